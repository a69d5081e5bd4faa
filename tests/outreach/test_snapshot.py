"""What readers open is whole, newest, and never in the way of a run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.outreach.snapshot.assets import build as snapshot
from data_checks.gate.asset import gated_asset
from data_checks.gate.expectation import no_row
from data_checks.gate.rows import Rows, Work
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.snapshot import current
from resources.tables import Column, Table
from tests.shop_builder import WEEKS, Bench

READER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print("open", flush=True)
    sys.stdin.readline()
    print(connection.execute("SELECT count(*), sum(spend) FROM takings_latest").fetchall()[0], flush=True)
"""
FIGURES = "SELECT count(*), sum(spend) FROM takings_latest"
NAMES = {"as_of": "DATE", "person_id": "VARCHAR", "spend": "BIGINT"}
TAKINGS = Table(
    "insights",
    "takings",
    "What everybody spent until a week, as a file says.",
    "weekly",
    ("as_of", "person_id"),
    tuple(Column(name, kind, "A test's.") for name, kind in NAMES.items()),
)
SUITE = [no_row("nobody_owes", "spend < 0", "A test's.")]


def taken(work: Work) -> Rows:
    return Rows(f"SELECT * FROM read_csv('{work.warehouse.shop.folder}/takings.csv') SEMI JOIN asked USING (as_of)")


def run(bench: Bench, first: object = WEEKS[0], last: object = WEEKS[-1]) -> dg.ExecuteInProcessResult:
    """The weeks of the table, then the snapshot."""
    calendar = Calendar.of(bench.shop)
    takings = gated_asset(TAKINGS, taken, calendar=calendar, suite=SUITE, kinds={"sql"})
    return bench.run(
        "insights/takings",
        "outreach/snapshot",
        assets=[takings, *snapshot([TAKINGS.asset_key])],
        first=str(first),
        last=str(last),
    )


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("outreach__snapshot")
    return {name: value.value for name, value in event.metadata.items()}


def versions(bench: Bench) -> list[str]:
    return sorted(path.name for path in (bench.place / "snapshot").iterdir() if path.name != "current")


def shown(bench: Bench) -> Path:
    return (bench.place / "snapshot" / "current").resolve()


def read(bench: Bench, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(shown(bench) / "zhike.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def sell(bench: Bench, spend: int) -> None:
    """Another customer in the newest week, not yet run."""
    with (bench.store / "takings.csv").open("a", encoding="utf-8") as file:
        file.write(f"{WEEKS[-1]},new{spend},{spend}\n")


@pytest.fixture(scope="module")
def opened(delivered: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with the table's file, nothing run. Not to be changed."""
    bench = delivered.copy(tmp_path_factory.mktemp("opened"))
    rows = [f"{week},{name},{10 * n}\n" for n, week in enumerate(WEEKS, 1) for name in ("anna", "bob", "cara", "dora")]
    (bench.store / "takings.csv").write_text("as_of,person_id,spend\n" + "".join(rows), encoding="utf-8")
    return bench


@pytest.fixture(scope="module")
def first_run(opened: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, dg.ExecuteInProcessResult]:
    """The shop with a first snapshot, and its run. Not to be changed."""
    bench = opened.copy(tmp_path_factory.mktemp("first_run"))
    result = run(bench)
    assert result.success
    return bench, result


@pytest.fixture
def published(first_run: tuple[Bench, dg.ExecuteInProcessResult], tmp_path: Path) -> Bench:
    """A copy of the shop with a first snapshot, to be changed."""
    return first_run[0].copy(tmp_path / "published")


def test_the_snapshot_of_the_whole_graph_holds_the_newest_week_of_its_tables(spoilt: Bench) -> None:
    result = spoilt.run("outreach/snapshot", assets=build_assets(Calendar.of(spoilt.shop)))
    assert set(metadata(result)["row_counts"]) == {"customers_latest", "identities_latest"}
    for table in ("customers", "identities"):
        expected = spoilt.query(f"SELECT * FROM features.{table} WHERE as_of = '{WEEKS[-1]}' ORDER BY ALL")
        assert len(expected) > 3
        assert read(spoilt, f"SELECT * FROM {table}_latest ORDER BY ALL") == expected


def test_parquet_and_one_duckdb_file_hold_the_newest_week(published: Bench) -> None:
    folder = shown(published)
    expected = [(WEEKS[-1], name, 10 * len(WEEKS)) for name in ("anna", "bob", "cara", "dora")]
    assert read(published, "SELECT * FROM takings_latest ORDER BY ALL") == expected
    assert duckdb.sql(f"SELECT * FROM '{folder}/takings_latest.parquet' ORDER BY ALL").fetchall() == expected
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["version"], manifest["as_of"]) == (folder.name, WEEKS[-1].isoformat())
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "zhike.duckdb", "takings_latest.parquet"}


def test_the_tables_of_the_snapshot_say_what_they_hold(published: Bench) -> None:
    where = "WHERE table_name = 'takings_latest'"
    assert read(published, f"SELECT comment FROM duckdb_columns() {where}") == [("A test's.",)] * len(NAMES)
    assert read(published, f"SELECT comment FROM duckdb_tables() {where}") == [(TAKINGS.description,)]


def test_the_step_says_what_it_published_and_checks_that_it_is_whole(
    first_run: tuple[Bench, dg.ExecuteInProcessResult],
) -> None:
    said = metadata(first_run[1])
    assert (said["as_of"], said["pointer_moved"]) == (WEEKS[-1].isoformat(), True)
    assert said["row_counts"] == {"takings_latest": 4}
    checks = {check.check_name: check for check in first_run[1].get_asset_check_evaluations()}
    check = checks["the_snapshot_has_every_row"]
    assert check.passed
    assert check.metadata["written"].value == check.metadata["expected"].value == said["row_counts"]


def test_without_weekly_rows_nothing_is_published(unrun: Bench) -> None:
    result = unrun.run("outreach/snapshot", assets=snapshot([TAKINGS.asset_key]))
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert current(unrun.place / "snapshot") is None


def test_a_run_without_a_change_writes_nothing(published: Bench) -> None:
    before = {path: path.stat().st_mtime_ns for path in shown(published).iterdir()}
    assert run(published).success
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
            assert metadata(run(published, WEEKS[-1]))["pointer_moved"] is True
            assert shown(published) != first
            assert reader.execute(FIGURES).fetchall() == [before]
            assert other.communicate("\n", timeout=30)[0] == f"{before}\n"
    finally:
        other.kill()
        other.wait()
    assert read(published, FIGURES) == [(before[0] + 1, before[1] + 7)]


def test_a_reader_outlives_its_version(published: Bench) -> None:
    """Versions beyond those kept are removed, also under a reader: its files stay as long as it holds them."""
    store = published.store / "store.yaml"
    store.write_text(store.read_text("utf-8") + "retention: {snapshots: 2}\n", "utf-8")
    with duckdb.connect(str(shown(published) / "zhike.duckdb"), read_only=True) as reader:
        first = shown(published)
        for spend in (1, 2):
            sell(published, spend)
            assert run(published, WEEKS[-1]).success
        assert not first.exists()
        assert reader.execute("SELECT count(*) FROM takings_latest").fetchall() == [(4,)]
    assert len(versions(published)) == published.shop.retention.snapshots == 2
    assert shown(published).name == versions(published)[-1]


def test_the_pointer_never_moves_back(published: Bench, opened: Bench, tmp_path: Path) -> None:
    """A warehouse made anew has an older week first: readers keep the newer one until it is reached again."""
    older = opened.copy(tmp_path / "older")
    older.place.mkdir(parents=True, exist_ok=True)
    (published.place / "snapshot").rename(older.place / "snapshot")
    before = shown(older)
    said = metadata(run(older, WEEKS[0], WEEKS[0]))
    assert (said["as_of"], said["pointer_moved"]) == (WEEKS[0].isoformat(), False)
    assert shown(older) == before
    assert read(older, "SELECT DISTINCT as_of FROM takings_latest") == [(WEEKS[-1],)]


def test_a_warehouse_made_anew_from_other_files_publishes_its_own_rows(published: Bench) -> None:
    """Its count of publications begins anew too, so that a version cannot be known by that count alone."""
    first = shown(published)
    published.place.joinpath("warehouse.duckdb").unlink()
    sell(published, 7)
    assert metadata(run(published))["pointer_moved"] is True
    assert shown(published) != first
    assert (WEEKS[-1], "new7", 7) in read(published, "SELECT * FROM takings_latest")


def test_what_a_killed_run_left_half_written_is_cleared_away(published: Bench) -> None:
    half = published.place / "snapshot" / ".building-1"
    half.mkdir()
    (half / "zhike.duckdb").write_bytes(b"half")
    sell(published, 2)
    assert run(published, WEEKS[-1]).success
    assert not half.exists()
    assert all(not name.startswith(".") for name in versions(published))
