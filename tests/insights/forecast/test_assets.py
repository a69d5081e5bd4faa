"""The forecast tables of a small shop: known events, the same rows whichever weeks were run, and bad input."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest

from assets.insights.forecast.assets import build
from data_checks.forecast import NO_WORSE_THAN_LAST_WEEK
from resources.calendar import Calendar
from resources.registry import first_mondays
from tests.shop_builder import Bench, Row, complaint, days, line, write_store

FORECAST = ("insights/forecasts", "insights/forecast_totals", "insights/forecast_backtests")
TABLES = ("insights.forecasts", "insights.forecast_totals", "insights.forecast_backtests", "models.registry")
START, FIRST, LAST = date(2022, 1, 1), date(2024, 6, 4), date(2024, 6, 9)
NEWEST = date(2024, 6, 10)
WEEKS = [NEWEST - timedelta(weeks=number) for number in range(5, -1, -1)]
SALE = [date(year, 6, day) for year in (2022, 2023, 2024) for day in (18, 19)]
STORE = """
name: {zh: 杂货店, en: Corner shop}
time_zone: Europe/London
start: %s
history_on: %s
end: %s
sources:
  sold: [{path: history/orders.csv, history: true}, {path: "orders/{date}.csv"}]
  goods: {path: history/products.csv, history: true}
"""
PRICES = "currency: GBP\n"
EVENTS = """settings:
  events:
    - {name: {zh: 年中大促, en: Midsummer sale}, month_day: 06-18, last: 1}
    - {name: {zh: 店庆, en: Anniversary}, dates: [2024-06-25]}
"""


def shop(folder: Path, rows: list[Row], start: date, settings: str = "", products: "list[Row] | None" = None) -> Bench:
    """A shop whose history came at once on FIRST, and a delivery a day from then on."""
    bench = Bench(folder)
    orders = "FROM sold" if "currency" in settings else "SELECT * EXCLUDE (unit_price, discount) FROM sold"
    tables = f"tables: {{orders: '{orders}'{', products: FROM goods' if products else ''}}}\n"
    write_store(bench.store, STORE % (start, FIRST, LAST) + settings + tables)
    bench.deliver("products", "history", *(products or []))
    by_day: dict[date, list[Row]] = {}
    for row in rows:
        by_day.setdefault(date.fromisoformat(row["ordered_at"][:10]), []).append(row)
    bench.deliver("orders", "history", *(row for day in sorted(by_day) if day <= FIRST for row in by_day[day]))
    for day in days(FIRST + timedelta(days=1), LAST):
        bench.deliver("orders", day.isoformat(), *by_day.get(day, []))
    names = ("orders", "products") if products else ("orders",)
    stages = [f"{stage}/{name}" for stage in ("raw", "clean") for name in names]
    result = bench.run(*stages, first=FIRST, last=LAST)
    assert result.success, complaint(result)
    return bench


def weeks(bench: Bench, first: date, last: date = NEWEST) -> dg.ExecuteInProcessResult:
    result = bench.run(*FORECAST, first=first, last=last, assets=build(Calendar.of(bench.shop)))
    assert result.success
    return result


def sold(start: date, daily: int, seed: int = 0, **others: Any) -> list[Row]:
    """About so many orders a day, half as many again at weekends and four times as many on the days of the sale."""
    random, rows = np.random.default_rng(seed), []
    for day in days(start, LAST):
        busy = (1.5 if day.weekday() >= 5 else 1) * (4 if day in SALE else 1)
        for number in range(random.poisson(daily * busy)):
            product = "tea" if random.random() < 0.7 else "cup"
            quantity = int(random.integers(1, 4))
            rows.append(
                line(f"{day}-{number}", f"c{number % 40}", f"{day} 10:00:00", quantity, product_id=product) | others
            )
    return rows


@pytest.fixture(scope="module")
def dailies(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two sales seen, a third one to come; three kettles ever sold. Not to be changed."""
    rows = sold(START, 5)
    rows += [line(f"k{day}", "c1", f"2024-0{day}-01 09:00:00", product_id="kettle") for day in (1, 2, 3)]
    products = [
        {"product_id": name, "category": category, "known_on": START.isoformat()}
        for name, category in (("tea", "drinks"), ("cup", "ware"), ("kettle", "kitchen"))
    ]
    return shop(tmp_path_factory.mktemp("corner"), rows, START, PRICES + EVENTS, products)


@pytest.fixture(scope="module")
def backfill(dailies: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dg.ExecuteInProcessResult]:
    """All weeks in one range. Not to be changed."""
    bench = dailies.copy(tmp_path_factory.mktemp("backfill"))
    return bench, weeks(bench, WEEKS[0])


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.to_user_string() == asset and "from" in found.metadata:
            return {name: value.value for name, value in found.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")


def test_every_series_is_forecast_for_the_next_four_weeks(backfill: tuple[Bench, Any]) -> None:
    bench = backfill[0]
    series = bench.query(
        "SELECT as_of, series, category, count(*), min(forecast_on - as_of), max(forecast_on - as_of), max(step) "
        "FROM insights.forecasts GROUP BY ALL ORDER BY ALL"
    )
    names = [("customers", None), ("demand", "drinks"), ("demand", "ware"), ("demand", None), ("orders", None)]
    assert series == [(week, *name, 28, 0, 27, 28) for week in WEEKS for name in [*names, ("revenue", None)]]
    broken = (
        "mean <= 0 OR NOT (low_95 <= low_80 AND low_80 < high_80 AND high_80 <= high_95) OR method <> 'theta on roots'"
    )
    assert bench.query(f"SELECT count(*) FROM insights.forecasts WHERE {broken} OR reason_en IS NOT NULL") == [(0,)]
    # About what the shop sells: 5 orders on a weekday, 7.5 at weekends, of 2 pieces at 10 on average.
    usual = "SELECT avg(mean) FROM insights.forecasts WHERE as_of = '2024-05-13' AND event_en IS NULL AND category IS NULL AND series"
    for name, level in (("orders", 40 / 7), ("demand", 80 / 7), ("revenue", 800 / 7)):
        assert bench.query(f"{usual} = '{name}'") == [(pytest.approx(level, rel=0.15),)]


def test_the_sums_of_the_coming_days_have_intervals_of_their_own(backfill: tuple[Bench, Any]) -> None:
    bench = backfill[0]
    sums = bench.query(
        "SELECT t.as_of, t.series, t.category, t.day_count, t.last_on - t.as_of, "
        "abs(sum(f.mean) - any_value(t.mean)) < 0.01, any_value(t.high_80 - t.low_80) < sum(f.high_80 - f.low_80), "
        "any_value(t.judged_count) > 40, any_value(t.covered_80_count) > 28 "
        "FROM insights.forecast_totals AS t JOIN insights.forecasts AS f USING (as_of, series) "
        "WHERE f.category IS NOT DISTINCT FROM t.category AND f.forecast_on <= t.last_on GROUP BY ALL ORDER BY ALL"
    )
    names = [("customers", None), ("demand", "drinks"), ("demand", "ware"), ("demand", None), ("orders", None)]
    assert sums == [
        (week, *name, length, length - 1, True, True, True, True)
        for week in WEEKS
        for name in [*names, ("revenue", None)]
        for length in (7, 14, 28)
    ]


def test_demand_by_category_and_in_total_is_one_forecast(backfill: tuple[Bench, Any]) -> None:
    """Three kettles in two years are all that no forecast of a category speaks of."""
    lacking = backfill[0].query(
        "SELECT as_of, forecast_on, sum(CASE WHEN category IS NULL THEN mean ELSE -mean END) AS lacking "
        "FROM insights.forecasts WHERE series = 'demand' GROUP BY ALL"
    )
    assert len(lacking) == 28 * len(WEEKS)
    assert all(-1e-3 < rest < 0.05 for *_, rest in lacking)


def test_an_event_seen_twice_is_expected_the_third_time(backfill: tuple[Bench, Any]) -> None:
    bench = backfill[0]
    for name in ("series = 'orders'", "series = 'revenue'", "category = 'drinks'"):
        rows = bench.rows("insights.forecasts", f"as_of = '{NEWEST}' AND {name}")
        mean = {row["forecast_on"]: row["mean"] for row in rows}
        for day in (date(2024, 6, 18), date(2024, 6, 19)):
            # The same weekday a week later is usual; four times as much happened twice.
            assert 2 < mean[day] / mean[day + timedelta(days=7)] < 4.5, (name, day)
        events = {row["forecast_on"]: (row["event_zh"], row["event_en"]) for row in rows if row["event_en"]}
        assert events == {
            date(2024, 6, 18): ("年中大促", "Midsummer sale"),
            date(2024, 6, 19): ("年中大促", "Midsummer sale"),
            date(2024, 6, 25): ("店庆", "Anniversary"),
        }
        # It was never seen: it changes nothing.
        assert mean[date(2024, 6, 25)] == pytest.approx(mean[date(2024, 7, 2)], rel=0.1)


def test_a_forecast_whose_window_closed_is_judged_by_what_happened(backfill: tuple[Bench, Any]) -> None:
    bench, then = backfill[0], NEWEST - timedelta(weeks=4)
    happened = dict(bench.query("SELECT ordered_on, CAST(sum(quantity) AS INT) FROM clean.orders GROUP BY ordered_on"))
    forecasts = bench.rows("insights.forecasts", f"as_of = '{then}' AND series = 'demand' AND category IS NULL")
    (row,) = bench.rows("insights.forecast_backtests", f"as_of = '{NEWEST}' AND series = 'demand' AND category IS NULL")
    actual = [happened[each["forecast_on"]] for each in forecasts]
    assert (row["forecast_as_of"], row["day_count"], row["actual"]) == (then, 28, sum(actual))
    assert row["forecast"] == pytest.approx(sum(each["mean"] for each in forecasts), abs=1e-3)
    assert row["level"] == pytest.approx(row["forecast"] / row["actual"], abs=1e-5)
    errors = [abs(each["mean"] - value) for each, value in zip(forecasts, actual, strict=True)]
    assert row["wape"] == pytest.approx(sum(errors) / sum(actual), abs=1e-5)
    for level in ("80", "95"):
        within = [
            each[f"low_{level}"] <= value <= each[f"high_{level}"]
            for each, value in zip(forecasts, actual, strict=True)
        ]
        assert row[f"covered_{level}_count"] == sum(within)
    last_week = [happened[then - timedelta(days=7 - number % 7)] for number in range(28)]
    naive = sum(abs(one - other) for one, other in zip(last_week, actual, strict=True)) / sum(errors)
    assert row["naive_mase"] / row["mase"] == pytest.approx(naive, rel=1e-4)
    judged = bench.query("SELECT as_of, count(*) FROM insights.forecast_backtests GROUP BY as_of ORDER BY as_of")
    assert judged == [(week, 6) for week in WEEKS]


def test_the_choice_of_a_method_stands_in_the_registry(backfill: tuple[Bench, Any]) -> None:
    rows = backfill[0].query(
        "SELECT fitted_as_of, name, method, parameters, metrics, in_force FROM models.registry ORDER BY fitted_as_of"
    )
    # The first Monday with two weeks behind it, then every first Monday of a month.
    assert [row[0] for row in rows] == [date(2022, 1, 17), *first_mondays(date(2022, 1, 17), NEWEST)]
    assert {row[1:3] + row[5:] for row in rows} == {("forecast", "theta on roots", True)}
    assert json.loads(rows[3][4])["reason"] == "the default: 2 origins judged, a choice needs 8"
    metrics = json.loads(rows[-1][4])
    assert "no challenger is ahead" in metrics["reason"]
    table = {(row["model"], row["series"]): row for row in metrics["holdout"]["holdout"]}
    assert len(table) == 6 * 2
    for series in ("orders", "revenue"):
        default, floor = table["theta on roots", series], table["seasonal naive", series]
        assert default["origins"] == floor["origins"] >= 24
        assert default["mase"] < floor["mase"]
        assert default["level"] == pytest.approx(1, abs=0.1)
        for name in ("ets on roots", "arima", "ridge on lags"):
            assert 8 <= table[name, series]["origins"] < default["origins"], name
    coverage = {(row["series"], row["of"], row["level"]): row for row in metrics["holdout"]["coverage"]}
    assert set(coverage) == {
        (series, of, level)
        for series in ("totals", "categories")
        for of in ("days", *(f"totals of {length} days" for length in (7, 14, 28)))
        for level in (0.8, 0.95)
    }
    for (_, of, level), row in coverage.items():
        assert row["covered"] == pytest.approx(level, abs=0.05 if of == "days" else 0.15)


def test_the_check_shows_the_holdout_table_and_a_chart(backfill: tuple[Bench, dg.ExecuteInProcessResult]) -> None:
    checks = {check.check_name: check for check in backfill[1].get_asset_check_evaluations()}
    shown = {name: value.value for name, value in checks[NO_WORSE_THAN_LAST_WEEK].metadata.items()}
    assert "| theta on roots | orders |" in shown["holdout"]
    assert shown["chart"].startswith("![chart](data:image/png;base64,")
    assert checks[NO_WORSE_THAN_LAST_WEEK].passed, shown
    assert all(check.passed for check in checks.values() if check.severity == dg.AssetCheckSeverity.ERROR)


def test_a_category_of_three_sales_has_no_forecast_and_is_named(backfill: tuple[Bench, Any]) -> None:
    said = notes(backfill[1], "insights/forecasts")
    assert (
        said["not_enough_history"]
        == f"not enough history as of {NEWEST}: demand of kitchen: needs 10 days with a sale, has 3"
    )
    assert said["newest_fit"] == "2024-06-03"


def test_a_shop_without_prices_or_products_with_an_odd_order_has_totals_only(tmp_path: Path) -> None:
    """Nine weeks old: too young for an interval. A wholesale order of 9,000 pieces must not be promised again."""
    start = date(2024, 4, 8)
    rows = sold(start, 6)
    rows += [line("giant", "c1", "2024-05-30 09:00:00", 9000), line("absurd", "c1", "2024-05-31 09:00:00", 20_000)]
    bench = shop(tmp_path, rows, start)
    weeks(bench, WEEKS[0])
    newest = bench.rows("insights.forecasts", f"as_of = '{NEWEST}'")
    assert {(row["series"], row["category"]) for row in newest} == {
        ("orders", None),
        ("customers", None),
        ("demand", None),
    }
    assert max(row["mean"] for row in newest) < 60
    newest += bench.rows("insights.forecast_totals", f"as_of = '{NEWEST}'")
    assert {row["low_80"] for row in newest} == {row["high_95"] for row in newest} == {None}
    assert bench.query("SELECT count(*) FROM insights.forecast_backtests WHERE covered_80_count IS NOT NULL") == [(0,)]
    assert bench.query("SELECT count(*) FROM insights.forecast_backtests") > [(0,)]


def test_a_young_shop_repeats_last_week_or_says_what_it_needs(tmp_path: Path) -> None:
    """Opened on 20 May: two weeks on 3 June, three on the 10th. A discount of all that a day sold leaves no revenue to forecast."""
    start = date(2024, 5, 20)
    rows = [row | {"discount": 10 * row["quantity"]} for row in sold(start, 6)]
    bench = shop(tmp_path, rows, start, PRICES)
    result = weeks(bench, date(2024, 5, 27))
    assert bench.query("SELECT DISTINCT as_of FROM insights.forecasts ORDER BY 1") == [(date(2024, 6, 3),), (NEWEST,)]
    made = bench.rows("insights.forecasts", f"as_of = '{NEWEST}' AND series = 'orders'")
    assert {row["method"] for row in made} == {"seasonal naive"}
    assert {(row["reason_zh"], row["reason_en"]) for row in made} == {
        (
            "历史太短：需要 28 个营业日，目前 21 个，暂按上周同日估计",
            "too little history (21 of 28 trading days): last week is repeated for now",
        )
    }
    assert notes(result, "insights/forecasts")["not_enough_history"] == (
        f"not enough history as of {NEWEST}: revenue: needs 10 days with a sale, has 0"
    )
    assert bench.query("SELECT count(*) FROM insights.forecast_backtests") == [(0,)]


def test_a_shop_of_a_week_has_no_forecast_and_is_told_what_it_needs(tmp_path: Path) -> None:
    start = date(2024, 5, 31)
    bench = shop(tmp_path, sold(start, 6), start, PRICES)
    result = weeks(bench, date(2024, 6, 3))
    for table in TABLES:
        assert bench.query(f"SELECT count(*) FROM {table}") == [(0,)], table
    said = notes(result, "insights/forecasts")["not_enough_history"]
    assert said == f"not enough history: needs 14 days from the first sale on; {NEWEST} has no forecast"
