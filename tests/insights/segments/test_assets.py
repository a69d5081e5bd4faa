"""The segment tables of a small shop: the same whichever weeks were run, and adding up from table to table."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.registry import QUARTERS, first_mondays
from tests.insights.demo_bench import FIRST, NEWEST, WEEKS, Demo, notes
from tests.shop_builder import Bench, days, line, write_store

SEGMENTS = ("insights/segments", "insights/segment_profiles", "insights/segment_moves")


@pytest.fixture(scope="module")
def weeks(backfilled: Demo) -> Demo:
    return backfilled


def test_every_buyer_of_every_week_has_a_named_segment(weeks: Demo) -> None:
    buyers = "SELECT as_of, person_id FROM features.customers WHERE frequency > 0 ORDER BY ALL"
    assert weeks.query("SELECT as_of, person_id FROM insights.segments ORDER BY ALL") == weeks.query(buyers)
    assert [week for (week,) in weeks.query("SELECT DISTINCT as_of FROM insights.segments ORDER BY 1")] == WEEKS
    names = weeks.query("SELECT DISTINCT segment_zh, segment_en FROM insights.segments")
    assert len(names) >= 3
    assert all(zh and en for zh, en in names)


def test_profiles_add_up_to_the_segments(weeks: Demo) -> None:
    counted = weeks.query("SELECT as_of, segment_id, count(*) FROM insights.segments GROUP BY ALL ORDER BY ALL")
    assert (
        weeks.query("SELECT as_of, segment_id, customer_count FROM insights.segment_profiles ORDER BY ALL") == counted
    )
    profiles = "SELECT as_of, sum(spend), sum(spend_90d) FROM insights.segment_profiles GROUP BY ALL ORDER BY ALL"
    customers = (
        "SELECT as_of, sum(spend), sum(spend_90d) FROM features.customers WHERE frequency > 0 GROUP BY ALL ORDER BY ALL"
    )
    assert weeks.query(profiles) == weeks.query(customers)
    shares = "SELECT sum(customer_share), sum(spend_share) FROM insights.segment_profiles GROUP BY as_of"
    assert weeks.query(shares) == [(pytest.approx(1, abs=1e-4), pytest.approx(1, abs=1e-4))] * len(WEEKS)


@pytest.mark.parametrize("week", WEEKS[1:])
def test_moves_add_up_to_the_segments_of_both_weeks(weeks: Demo, week: date) -> None:
    def counted(day: date) -> dict[int, int]:
        return dict(
            weeks.query(f"SELECT segment_id, count(*) FROM insights.segments WHERE as_of = '{day}' GROUP BY ALL")
        )

    def moved(side: str) -> dict[int, int]:
        sql = f"SELECT {side}, CAST(sum(customer_count) AS BIGINT) FROM insights.segment_moves"
        return dict(weeks.query(f"{sql} WHERE as_of = '{week}' AND {side} IS NOT NULL GROUP BY ALL"))

    assert moved("to_segment_id") == counted(week)
    assert moved("from_segment_id") == counted(week - timedelta(days=7))


def test_a_week_in_which_another_fit_came_into_force_says_so(weeks: Demo) -> None:
    said = {week for (week,) in weeks.query("SELECT DISTINCT as_of FROM insights.segment_moves WHERE is_refit")}
    fitted = dict(weeks.query("SELECT as_of, any_value(fitted_as_of) FROM insights.segments GROUP BY as_of"))
    assert said == {week for week in WEEKS[1:] if fitted[week] != fitted[week - timedelta(days=7)]}


def test_the_registry_has_one_fit_a_first_monday_of_a_quarter(weeks: Demo) -> None:
    rows = weeks.query(
        "SELECT fitted_as_of, name, method, version, metrics, in_force, is_stale FROM models.registry WHERE name = 'segments' ORDER BY fitted_as_of"
    )
    possible = [day for day in first_mondays(date(2024, 4, 1), NEWEST) if day.month in QUARTERS]
    # At first there are too few buyers; from the first fit on there is one every quarter.
    assert [row[0] for row in rows] == possible[-len(rows) :]
    assert len(rows) > 4
    assert all(day.weekday() == 0 and day.day <= 7 for day, *_ in rows)
    assert {(name, method, stale) for _, name, method, _, _, _, stale in rows} == {("segments", "kmeans", False)}
    assert all(len(row[3]) == 12 for row in rows)
    assert all(json.loads(row[4])["reason"] for row in rows)
    assert any(row[5] for row in rows)
    used = weeks.query("SELECT DISTINCT as_of, fitted_as_of, model_version FROM insights.segments ORDER BY ALL")
    in_force = {row[0]: row[3] for row in rows if row[5]}
    for week, fitted, version in used:
        assert fitted == max(day for day in in_force if day <= week)
        assert version == in_force[fitted]


def test_the_checks_judge_every_week_asked_for(
    weeks: Demo, backfill_checks: dict[str, dict[str, dict[str, Any]]]
) -> None:
    """Fits on other days in between must not make a check blind: a figure that is absent would pass."""
    checks = {name: check for asset in SEGMENTS for name, check in backfill_checks[asset].items()}
    assert all(check["passed"] or check["severity"] == "WARN" for check in checks.values())
    for name in ("every_buyer_has_a_segment_or_nobody_has", "who_arrived_is_who_is_there"):
        assert checks[name]["metadata"]["value"] == 0, name
    shrunk = checks["no_segment_has_shrunk_to_a_handful"]["metadata"]
    assert "| 3 segments |" in shrunk["candidates"]
    used = f"SELECT DISTINCT CAST(fitted_as_of AS VARCHAR) FROM insights.segments WHERE as_of = '{NEWEST}'"
    assert weeks.query(used) == [(shrunk["fitted_as_of"],)]


def test_the_step_says_which_fit_it_used(backfill_notes: dict[str, dict[str, Any]]) -> None:
    said = backfill_notes["insights/segments"]
    assert said["newest_fit"] == "2026-01-05"
    assert said["published_partitions"] == len(WEEKS)
    assert "not_enough_history" not in said


def test_too_few_customers_get_no_segments_and_are_told_what_is_missing(tmp_path: Path) -> None:
    """Half a year of history, but 49 buyers: nothing is invented, and the other tables are there."""
    demo, end = Demo(Bench(tmp_path)), date(2026, 1, 4)
    store = f"""
name: {{zh: 小店, en: Small shop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2025-07-01
history_on: {FIRST}
end: {end}
sources:
  sold: [{{path: history/orders.csv, history: true}}, {{path: 'orders/{{date}}.csv'}}]
tables: {{orders: FROM sold}}
"""
    write_store(demo.bench.store, store)
    dates = days(date(2025, 7, 1), end)
    rows = [line(f"o{n}", f"c{n % 49}", f"{day} 10:00:00", 1 + n % 3) for n, day in enumerate(dates)]
    past = (FIRST - dates[0]).days
    demo.bench.deliver("orders", "history", *rows[:past])
    for day, row in zip(dates[past:], rows[past:], strict=True):
        demo.bench.deliver("orders", day.isoformat(), row)
    demo.run("raw/orders", "clean/orders", "features/customer_days", first=FIRST, last=end)
    weeks = date(2025, 12, 29), date(2026, 1, 5)
    result = demo.run("features/customers", *SEGMENTS, first=weeks[0], last=weeks[1])
    assert demo.query("SELECT count(*) FROM features.customers WHERE frequency > 0 GROUP BY as_of") == [(49,), (49,)]
    for table in ("models.registry", *(asset.replace("/", ".") for asset in SEGMENTS)):
        assert demo.query(f"SELECT count(*) FROM {table}") == [(0,)], table
    said = notes(result, "insights/segments")["not_enough_history"]
    assert said == "not enough history: needs 50 customers, has 49; weeks up to 2026-01-05 have no segments"


def test_a_shop_younger_than_the_first_fit_gets_none_either(tea_house: Bench, tmp_path: Path) -> None:
    young = tea_house.copy(tmp_path)
    week = date(2024, 2, 5)
    result = young.run(*SEGMENTS, first=week, assets=build_assets(Calendar.of(young.shop)))
    assert result.success
    assert young.query("SELECT count(*) FROM insights.segments") == [(0,)]
    assert notes(result, "insights/segments")["not_enough_history"].startswith(
        "not enough history: needs 91 days of orders before the first Monday of a month"
    )
    assert len(days()) < 90


def test_a_table_of_an_earlier_release_may_have_columns_of_its_own(weeks: Demo, tmp_path: Path) -> None:
    older = weeks.copy(tmp_path)
    with duckdb.connect(str(older.bench.place / "warehouse.duckdb")) as connection:
        connection.execute("ALTER TABLE insights.segments ADD COLUMN r_score TINYINT")
    moves = "SELECT * FROM insights.segment_moves ORDER BY ALL"
    before = older.query(moves)
    older.run("insights/segment_moves", "insights/rfm_moves", first=WEEKS[-2], last=NEWEST)
    assert older.query(moves) == before != []
