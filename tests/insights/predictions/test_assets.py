"""insights/predictions on a small made shop: fits on the calendar, weeks that do not depend on which ran first, back-tests
that are what happened, evidence beside the checks, and stated shortfalls."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import Bench, Row, days, line, write_store

START, FIRST, LAST = date(2025, 1, 6), date(2025, 9, 3), date(2025, 9, 7)
NEWEST = date(2025, 9, 8)
WEEKS = [NEWEST - timedelta(days=7 * n) for n in range(4, -1, -1)]
PREDICTIONS = ("insights/predictions", "insights/prediction_backtests", "insights/prediction_drift")
REVIEWS = ("raw/reviews", "clean/reviews", "insights/review_scores")
TABLES = ("predictions", "prediction_backtests", "prediction_drift")
STORE = f"""
name: {{zh: 小店, en: Small shop}}
time_zone: Asia/Shanghai
currency: CNY
start: {START}
history_on: {FIRST}
end: {LAST}
sources:
  sold: [{{path: history/orders.csv, history: true}}, {{path: 'orders/{{date}}.csv'}}]
  said: [{{path: history/reviews.csv, history: true}}, {{path: 'reviews/{{date}}.csv', optional: true}}]
tables: {{orders: FROM sold, reviews: FROM said}}
"""
BLAME = ("broke on the first day", "bad smell and a slow parcel", "not worth the money", "never again, poor leaves")
PRAISE = ("lovely tea", "fast parcel and fine leaves", "good value, will come back", "fresh and well packed")


def orders(persons: int = 260) -> list[Row]:
    """Purchases of persons of unlike pace, some of whom leave; their last order is marked as such."""
    rng = np.random.default_rng(7)
    rows = []
    for number in range(persons):
        pace, price = rng.lognormal(2.8, 0.8), rng.lognormal(4, 0.6)
        day = START + timedelta(days=int(rng.integers(0, 150)))
        while day <= LAST:
            at = f"{day} 10:00:00"
            rows.append(line(f"o{number}-{day}", f"c{number:03}", at, 1, round(price * rng.lognormal(0, 0.2), 2)))
            if rng.random() < 0.12:
                rows[-1] |= {"is_last": True}
                break
            day += timedelta(days=1 + int(rng.exponential(pace)))
    return rows


def reviews(rows: list[Row]) -> list[Row]:
    """Most who leave say why on the day of their last order; of the others some praise, and a few blame and stay."""
    rng = np.random.default_rng(8)
    said = []
    for row in rows:
        leaves = row.pop("is_last", False)
        if rng.random() < (0.8 if leaves else 0.3):
            blames = rng.random() < (0.9 if leaves else 0.05)
            said.append(
                {
                    "review_id": f"r-{row['order_id']}",
                    "customer_id": row["customer_id"],
                    "product_id": "tea",
                    "rating": int(rng.integers(1, 3) if blames else rng.integers(4, 6)),
                    "text": str(rng.choice(BLAME if blames else PRAISE)),
                    "reviewed_at": row["ordered_at"].replace("10:00", "20:00"),
                }
            )
    return said


def open_shop(bench: Bench, rows: list[Row]) -> None:
    write_store(bench.store, STORE)
    said = [row for row in reviews(rows) if row["reviewed_at"] < f"{FIRST}"]
    bench.deliver("reviews", "history", *said)
    by_day: dict[str, list[Row]] = {}
    for row in rows:
        by_day.setdefault(row["ordered_at"][:10], []).append(row)
    bench.deliver(
        "orders",
        "history",
        *(row for day in days(START, FIRST - timedelta(days=1)) for row in by_day.get(f"{day}", [])),
    )
    for day in days(FIRST + timedelta(days=1), LAST):
        bench.deliver("orders", f"{day}", *by_day.get(f"{day}", []))


def run(bench: Bench, *selection: str, first: date, last: date) -> dg.ExecuteInProcessResult:
    result = bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(bench.shop)))
    assert result.success
    return result


def run_weeks(bench: Bench, first: date, last: date = NEWEST) -> dg.ExecuteInProcessResult:
    return run(bench, "features/customers", "insights/customer_opinions", *PREDICTIONS, first=first, last=last)


def run_days(bench: Bench) -> None:
    run(bench, "raw/orders", "clean/orders", "features/customer_days", *REVIEWS, first=FIRST, last=LAST)


@pytest.fixture(scope="module")
def dailies(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """All days, no week. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("dailies"))
    open_shop(bench, orders())
    run_days(bench)
    return bench


@pytest.fixture(scope="module")
def backfill(dailies: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dg.ExecuteInProcessResult]:
    """All weeks in one range. Not to be changed."""
    bench = dailies.copy(tmp_path_factory.mktemp("backfill"))
    return bench, run_weeks(bench, WEEKS[0])


@pytest.fixture(scope="module")
def weeks(backfill: tuple[Bench, dg.ExecuteInProcessResult]) -> Bench:
    return backfill[0]


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.to_user_string() == asset and "from" in found.metadata:
            return {name: value.value for name, value in found.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")


def test_every_buyer_of_every_week_has_a_score_with_reasons(weeks: Bench) -> None:
    buyers = "SELECT as_of, person_id FROM features.customers WHERE frequency > 0 ORDER BY ALL"
    assert weeks.query("SELECT as_of, person_id FROM insights.predictions ORDER BY ALL") == weeks.query(buyers)
    assert [week for (week,) in weeks.query("SELECT DISTINCT as_of FROM insights.predictions ORDER BY 1")] == WEEKS
    rows = weeks.rows("insights.predictions")
    assert all(0 < row["p_purchase"] < 1 and row["p_churn"] == pytest.approx(1 - row["p_purchase"]) for row in rows)
    assert all(row["expected_spend"] >= 0 for row in rows)
    assert all(row["reasons_zh"] and row["reasons_en"] for row in rows)
    assert {row["horizon_days"] % 7 for row in rows} == {0}


def test_back_tests_are_what_happened_to_the_scores(weeks: Bench) -> None:
    """Worked out again from the orders and the stored scores, where both are there."""
    rows = weeks.rows("insights.prediction_backtests")
    assert [row["as_of"] for row in rows] == WEEKS
    row = rows[-1]
    scored = NEWEST - timedelta(days=row["horizon_days"])
    assert row["scored_as_of"] == scored
    happened = """
        SELECT count(*), avg(CASE WHEN l.customer_id IS NULL THEN 0 ELSE 1 END), sum(coalesce(l.paid, 0)) FROM
            (SELECT DISTINCT customer_id FROM clean.orders WHERE ordered_on < $scored) AS c
            LEFT JOIN (
                SELECT customer_id, sum(quantity * unit_price) AS paid FROM clean.orders
                WHERE ordered_on >= $scored AND ordered_on < $week GROUP BY customer_id
            ) AS l USING (customer_id)
    """
    (count, rate, paid) = weeks.query(happened, {"scored": scored, "week": NEWEST})[0]
    assert row["customer_count"] == count
    assert row["realised_rate"] == pytest.approx(rate, abs=1e-4)
    assert row["realised_spend"] == pytest.approx(float(paid), abs=0.01)
    stored = weeks.query("SELECT avg(p_purchase) FROM insights.predictions WHERE as_of = ?", [scored])[0][0]
    if scored in WEEKS:
        assert row["mean_score"] == pytest.approx(stored, abs=1e-4)
    assert row["auc"] > 0.6


def test_one_fit_a_month_with_its_hold_out_and_baselines(weeks: Bench) -> None:
    found = weeks.query(
        "SELECT fitted_as_of, parameters, metrics, in_force FROM models.registry WHERE name = 'purchase' ORDER BY 1"
    )
    assert len(found) >= 2
    assert all(day.weekday() == 0 and day.day <= 7 for day, *_ in found)
    for day, fit, text, _ in found:
        metrics, parameters = json.loads(text), json.loads(fit)
        names = {row["model"] for row in metrics["holdout"]["holdout"]}
        assert {"recency", "frequency", "logistic_rfm", "logistic", "linear", "forest", "boosting", "blend"} <= names
        horizon = timedelta(days=parameters["horizon_days"])
        holdout = date.fromisoformat(parameters["holdout_as_of"])
        assert holdout + horizon <= day
        assert all(date.fromisoformat(cut_off) + horizon <= holdout for cut_off in parameters["trained_as_of"])
        assert metrics["reason"]
    used = dict(weeks.query("SELECT as_of, any_value(fitted_as_of) FROM insights.predictions GROUP BY as_of"))
    in_force = [day for day, _, _, is_in_force in found if is_in_force]
    assert used == {week: max(day for day in in_force if day <= week) for week in WEEKS}


def test_what_reviews_say_joins_the_model_as_a_challenger(weeks: Bench) -> None:
    """Who leaves this shop says why: the challenger wins, and reasons name the review."""
    metrics, method = weeks.query(
        "SELECT metrics, method FROM models.registry WHERE name = 'purchase' AND in_force ORDER BY fitted_as_of DESC LIMIT 1"
    )[0]
    holdout = {row["model"]: row for row in json.loads(metrics)["holdout"]["holdout"]}
    without = holdout[method.removesuffix(" with reviews")]
    assert method.endswith(" with reviews")
    assert holdout[method]["auc"] > without["auc"] + 0.01 and holdout[method]["brier"] < without["brier"]
    discontent = weeks.query(
        f"""SELECT o.latest_review_sentiment < 0, avg(p.p_purchase), count(*),
            avg(CASE WHEN p.reasons_en LIKE '%review%' AND p.reasons_zh LIKE '%评%' THEN 1 ELSE 0 END)
        FROM insights.predictions AS p JOIN insights.customer_opinions AS o USING (as_of, person_id)
        WHERE as_of = '{NEWEST}' AND o.latest_review_sentiment IS NOT NULL GROUP BY 1 ORDER BY 1"""
    )
    (_, content, many, _), (_, unhappy, others, said) = discontent
    assert many > 20 and others > 20
    assert unhappy < content / 2
    assert said > 0.5


def test_checks_pass_and_show_their_evidence(backfill: tuple[Bench, dg.ExecuteInProcessResult]) -> None:
    found = {c.check_name: c for c in backfill[1].get_asset_check_evaluations() if c.asset_key.path[0] == "insights"}
    assert all(check.passed or check.severity == dg.AssetCheckSeverity.WARN for check in found.values())
    level = found["the_fit_predicts_as_many_buyers_as_come"].metadata
    assert isinstance(level["value"].value, float)
    assert "logistic_rfm" in level["holdout"].value
    assert level["calibration"].value.startswith("![chart](data:image/png;base64,")
    assert "own mean purchase" in level["spend"].value
    assert isinstance(found["as_many_bought_as_were_expected_to"].metadata["value"].value, float)
    assert "score" in found["no_input_has_moved_since_the_fit"].metadata["largest_shifts"].value


def test_every_input_and_the_score_are_watched(weeks: Bench) -> None:
    rows = weeks.rows("insights.prediction_drift", f"as_of = '{NEWEST}'")
    names = {row["feature"] for row in rows}
    assert {"score", "recency_days", "frequency", "spend", "t_days"} <= names
    assert all(row["psi"] >= 0 for row in rows)


def test_what_is_delivered_after_a_week_does_not_move_its_scores(weeks: Bench, tmp_path: Path) -> None:
    """Orders of half of the customers on Sunday: label and past of the newest week, nothing to the week before."""
    spoilt = weeks.copy(tmp_path)
    before = {table: spoilt.rows(f"insights.{table}") for table in TABLES}
    late = [line(f"x{n}", f"c{n:03}", f"{LAST} 20:00:00", 3, 99) for n in range(0, 260, 2)]
    spoilt.add("orders", LAST.isoformat(), *late)
    run(spoilt, "raw/orders", "clean/orders", "features/customer_days", first=LAST, last=LAST)
    run_weeks(spoilt, WEEKS[0])
    for table in TABLES:
        rows = spoilt.rows(f"insights.{table}")
        changed = {row["as_of"] for row in rows if row not in before[table]}
        assert changed == {NEWEST}, table


@pytest.mark.parametrize(
    ("rows", "shortfall"),
    [
        (
            [line(f"o{n}", f"c{n:03}", f"{START + timedelta(days=n % 200)} 10:00:00") for n in range(300)],
            "not enough history: needs 50 repeat purchases, has 0",
        ),
        (orders(50), "not enough history: needs 100 buyers, has 50"),
        (
            [line(f"o{n}-{d}", f"c{n:03}", f"{d} 10:00:00") for n in range(100) for d in days(START, LAST)[n % 5 :: 5]],
            "not enough history: needs buyers who came back and buyers who did not, has 100 of 100 who did",
        ),
    ],
    ids=["one-time buyers only", "fifty customers", "near-daily buyers"],
)
def test_a_shop_with_too_little_gets_nothing_and_is_told_why(rows: list[Row], shortfall: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    open_shop(bench, rows)
    run_days(bench)
    result = run_weeks(bench, NEWEST)
    assert bench.rows("models.registry", "name = 'purchase'") == []
    for table in TABLES:
        assert bench.rows(f"insights.{table}") == [], table
    said = notes(result, "insights/predictions")["not_enough_history"]
    assert said == f"{shortfall}; weeks up to {NEWEST} have no predictions"


def test_a_shop_two_weeks_old_is_told_how_much_history_it_needs(tea_house: Bench, tmp_path: Path) -> None:
    young = tea_house.copy(tmp_path)
    week = date(2024, 1, 15)
    result = run(young, *PREDICTIONS, first=week, last=week)
    assert young.rows("insights.predictions") == []
    said = notes(result, "insights/predictions")["not_enough_history"]
    assert (
        said
        == "not enough history: needs 146 days of orders before the first Monday of a month, has 14 days on 2024-01-15; "
        "weeks up to 2024-01-15 have no predictions"
    )
