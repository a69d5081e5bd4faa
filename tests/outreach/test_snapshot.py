"""What readers open is whole, newest, and never in the way of a run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.outreach.snapshot.publish import current
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import FIRST, LAST, ORDERS, WEEKS, Bench, line

READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print("open", flush=True)
    sys.stdin.readline()
    print(connection.execute("SELECT count(*), CAST(sum(spend) AS VARCHAR) FROM customers_latest").fetchall()[0], flush=True)
"""
FIGURES = "SELECT count(*), CAST(sum(spend) AS VARCHAR) FROM customers_latest"


def publish(bench: Bench) -> dg.ExecuteInProcessResult:
    return bench.run("outreach/snapshot", assets=build_assets(Calendar.of(bench.shop)))


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.get_asset_materialization_events()
    return {name: value.value for name, value in event.materialization.metadata.items()}


def versions(bench: Bench) -> list[str]:
    return sorted(path.name for path in (bench.place / "snapshot").iterdir() if path.name != "current")


def shown(bench: Bench) -> Path:
    return (bench.place / "snapshot" / "current").resolve()


def read(bench: Bench, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(shown(bench) / "zhike.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def sell(bench: Bench, pieces: int) -> None:
    """Another sale on the last day, and the newest week run again."""
    day = LAST.isoformat()
    bench.deliver("orders", day, *ORDERS.get(day, []), line("new", "bob", f"{day} 10:00:00", pieces))
    assert bench.run("raw/orders", "clean/orders", "features/customer_days", first=LAST).success
    assert bench.run("features/customers", first=WEEKS[-1]).success


@pytest.fixture
def published(spoilt: Bench) -> Iterator[Bench]:
    """The tea house with a first snapshot."""
    assert publish(spoilt).success
    yield spoilt


def test_parquet_and_one_duckdb_file_hold_the_newest_week(published: Bench) -> None:
    folder = shown(published)
    for table in ("customers", "identities"):
        expected = published.query(f"SELECT * FROM features.{table} WHERE as_of = '{WEEKS[-1]}' ORDER BY ALL")
        assert len(expected) > 3
        assert read(published, f"SELECT * FROM {table}_latest ORDER BY ALL") == expected
        assert duckdb.sql(f"SELECT * FROM '{folder}/{table}_latest.parquet' ORDER BY ALL").fetchall() == expected
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["version"], manifest["as_of"]) == (folder.name, WEEKS[-1].isoformat())
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json", "zhike.duckdb", "customers_latest.parquet", "identities_latest.parquet",
    }  # fmt: skip


def test_the_step_says_what_it_published_and_checks_that_it_is_whole(spoilt: Bench) -> None:
    result = publish(spoilt)
    ((rows,),) = spoilt.query(f"SELECT count(*) FROM features.customers WHERE as_of = '{WEEKS[-1]}'")
    said = metadata(result)
    assert (said["as_of"], said["pointer_moved"]) == (WEEKS[-1].isoformat(), True)
    assert said["row_counts"]["customers_latest"] == rows
    (check,) = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("the_snapshot_has_every_row", True)
    assert check.metadata["written"].value == check.metadata["expected"].value == said["row_counts"]


def test_without_weekly_rows_nothing_is_published(unrun: Bench) -> None:
    result = publish(unrun)
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert current(unrun.place / "snapshot") is None


def test_a_run_without_a_change_writes_nothing(published: Bench) -> None:
    before = {path: path.stat().st_mtime_ns for path in shown(published).iterdir()}
    assert published.run_weeks(WEEKS[0]).success
    assert publish(published).success
    assert {path: path.stat().st_mtime_ns for path in shown(published).iterdir()} == before
    assert len(versions(published)) == 1


def test_open_readers_keep_their_rows_and_are_in_nobodys_way(published: Bench) -> None:
    """One in this process, one in another: both opened before, both read after the pointer moved."""
    pointer = published.place / "snapshot" / "current" / "zhike.duckdb"
    ((before),) = read(published, FIGURES)
    first = shown(published)
    other = subprocess.Popen(
        [sys.executable, "-c", READER, str(pointer)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert other.stdout
        assert other.stdout.readline() == "open\n"
        with duckdb.connect(str(pointer), read_only=True) as reader:
            sell(published, 7)
            assert metadata(publish(published))["pointer_moved"] is True
            assert shown(published) != first
            assert reader.execute(FIGURES).fetchall() == [before]
            assert other.communicate("\n", timeout=30)[0] == f"{before}\n"
    finally:
        other.kill()
        other.wait()
    ((after),) = read(published, FIGURES)
    assert float(after[1]) == float(before[1]) + 70


def test_a_reader_outlives_its_version(published: Bench) -> None:
    """Versions beyond those kept are removed, also under a reader: its files stay as long as it holds them."""
    store = published.store / "store.yaml"
    store.write_text(store.read_text("utf-8") + "retention: {snapshots: 2}\n", "utf-8")
    with duckdb.connect(str(shown(published) / "zhike.duckdb"), read_only=True) as reader:
        first = shown(published)
        for pieces in (1, 2):
            sell(published, pieces)
            assert publish(published).success
        assert not first.exists()
        assert reader.execute("SELECT count(*) FROM customers_latest").fetchall() == [(4,)]
    assert len(versions(published)) == published.shop.retention.snapshots == 2
    assert shown(published).name == versions(published)[-1]


def test_the_pointer_never_moves_back(published: Bench, delivered: Bench, tmp_path: Path) -> None:
    """A warehouse made anew has an older week first: readers keep the newer one until it is reached again."""
    older = delivered.copy(tmp_path / "older")
    assert older.run_days(FIRST, FIRST).success
    assert older.run_weeks(WEEKS[0], WEEKS[0]).success
    (published.place / "snapshot").rename(older.place / "snapshot")
    before = shown(older)
    said = metadata(publish(older))
    assert (said["as_of"], said["pointer_moved"]) == (WEEKS[0].isoformat(), False)
    assert shown(older) == before
    assert read(older, "SELECT DISTINCT as_of FROM customers_latest") == [(WEEKS[-1],)]


def test_a_warehouse_made_anew_from_other_files_publishes_its_own_rows(published: Bench) -> None:
    """Its count of publications begins anew too, so that a version cannot be known by that count alone."""
    first = shown(published)
    published.place.joinpath("warehouse.duckdb").unlink()
    day = LAST.isoformat()
    published.deliver("orders", day, *ORDERS.get(day, []), line("new", "bob", f"{day} 10:00:00", 7))
    assert published.run_days().success
    assert published.run_weeks(WEEKS[0]).success
    assert metadata(publish(published))["pointer_moved"] is True
    assert shown(published) != first
    expected = published.query(f"SELECT * FROM features.customers WHERE as_of = '{WEEKS[-1]}' ORDER BY ALL")
    assert read(published, "SELECT * FROM customers_latest ORDER BY ALL") == expected


def test_what_a_killed_run_left_half_written_is_cleared_away(published: Bench) -> None:
    half = published.place / "snapshot" / ".building-1"
    half.mkdir()
    (half / "zhike.duckdb").write_bytes(b"half")
    sell(published, 2)
    assert publish(published).success
    assert not half.exists()
    assert all(not name.startswith(".") for name in versions(published))
