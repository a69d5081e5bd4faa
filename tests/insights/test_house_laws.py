"""The laws that hold for every weekly table: a past week is what it was, whichever weeks were run, in any order, and twice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.shop import load_shop
from tests.insights.demo_bench import NEWEST, SPINE, WEEKLY, WEEKS, Demo
from tests.shared import once
from tests.shop_builder import Bench

TABLES = [*SPINE, *WEEKLY]
# A week's plan rests on the arms and contacts of the weeks planned before it, so which weeks were run is part of what it is: a customer who was
# addressed last week rests, and one who was held out stays so. Their law is that the same weeks before give the same plan.
PLANS = ("outreach/winback", "outreach/not_planned", "insights/uplift")
ALONE = [table for table in TABLES if table not in PLANS]
REGISTRY = "SELECT * EXCLUDE (is_stale) FROM models.registry ORDER BY ALL"
BOOK = "SELECT table_name, partition_key, row_count, sequence FROM ops.windows ORDER BY ALL"


def rows(demo: Demo, asset: str, first: str = "0001-01-01") -> list[dict[str, Any]]:
    return demo.bench.rows(asset.replace("/", "."), f"as_of >= '{first}'")


@pytest.fixture(scope="session")
def newest(dailies: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A fresh home in which the newest week alone was run. Not to be changed."""
    return Demo(Bench(once(tmp_path_factory, "newest", lambda folder: run(dailies.copy(folder), NEWEST))))


@pytest.fixture(scope="session")
def backwards(newest: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The same, with the weeks before it run afterwards. Not to be changed."""
    last = NEWEST - timedelta(days=7)
    make = lambda folder: run(newest.copy(folder), WEEKS[-3], last)  # noqa: E731
    return Demo(Bench(once(tmp_path_factory, "backwards", make)))


def run(demo: Demo, first: Any, last: Any = NEWEST) -> None:
    demo.weeks(first, last, tables=WEEKLY)


def test_every_weekly_table_is_held_to_the_laws() -> None:
    calendar = Calendar.of(load_shop("demo"))
    weekly = {asset.key.to_user_string() for asset in build_assets(calendar) if asset.partitions_def == calendar.weekly}
    assert weekly == set(TABLES)


@pytest.mark.parametrize("table", ALONE)
def test_the_newest_week_alone_is_what_a_backfill_gives(backfilled: Demo, newest: Demo, table: str) -> None:
    expected = rows(backfilled, table, str(NEWEST))
    assert expected, f"{table} has no rows: the law would say nothing"
    assert rows(newest, table) == expected


@pytest.mark.parametrize("table", ALONE)
def test_weeks_run_afterwards_are_what_a_backfill_gives(backfilled: Demo, backwards: Demo, table: str) -> None:
    assert rows(backwards, table) == rows(backfilled, table, str(WEEKS[-3]))


def test_the_same_fits_are_made_whichever_weeks_are_run(backfilled: Demo, backwards: Demo) -> None:
    fits = backwards.query(REGISTRY)
    assert fits
    assert set(map(str, fits)) <= set(map(str, backfilled.query(REGISTRY)))


def test_running_again_adds_nothing(backfilled: Demo, tmp_path: Path) -> None:
    again = backfilled.copy(tmp_path)
    run(again, WEEKS[-2])
    for query in (BOOK, REGISTRY):
        assert again.query(query) == backfilled.query(query)


def test_plans_made_week_by_week_are_what_a_range_gives(backfilled: Demo, tmp_path: Path) -> None:
    again = backfilled.copy(tmp_path)
    with duckdb.connect(str(again.bench.place / "warehouse.duckdb")) as warehouse:
        for table in PLANS:
            warehouse.execute(f"DELETE FROM {table.replace('/', '.')} WHERE as_of >= '{WEEKS[-2]}'")
    for week in WEEKS[-2:]:
        again.run(*PLANS, first=week, last=week)
    for table in PLANS:
        expected = rows(backfilled, table, str(WEEKS[-2]))
        assert expected and rows(again, table, str(WEEKS[-2])) == expected
