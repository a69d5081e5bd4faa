"""What readers open is whole, newest, and never in the way of a run."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import numpy as np
import pandas as pd
import pytest

from assets.outreach.report.assets import build as report
from assets.outreach.snapshot.assets import build as snapshot
from data_checks.gate.asset import gated_asset
from data_checks.gate.expectation import no_row
from data_checks.gate.rows import Rows, Work
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.home import Home
from resources.learning.weights import read_arrays, write_arrays
from resources.snapshot import current
from resources.snapshot import opened as opened_snapshot
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


def test_the_snapshot_of_the_whole_graph_holds_its_tables_with_their_history(spoilt: Bench) -> None:
    result = spoilt.run("outreach/snapshot", assets=build_assets(Calendar.of(spoilt.shop)))
    published = set(metadata(result)["row_counts"])
    assert {
        "clean.orders",
        "clean.products",
        "features.customer_days",
        "features.customers",
        "ops.quarantine_counts",
    } <= published
    for table in ("features.customers", "features.identities"):
        everything = spoilt.query(f"SELECT * FROM {table} ORDER BY ALL")
        assert read(spoilt, f"SELECT * FROM {table} ORDER BY ALL") == everything
        newest = [row for row in everything if row[0] == WEEKS[-1]]
        assert 3 < len(newest) < len(everything)
        for view in (f"{table}_latest", f"{table.partition('.')[2]}_latest"):
            assert read(spoilt, f"SELECT * FROM {view} ORDER BY ALL") == newest
    counts = "SELECT source_table, reason, count(*) FROM clean.quarantine GROUP BY ALL ORDER BY ALL"
    held = "SELECT source_table, reason, CAST(sum(row_count) AS BIGINT) FROM ops.quarantine_counts GROUP BY ALL ORDER BY ALL"
    assert read(spoilt, held) == spoilt.query(counts) != []


def test_what_was_delivered_is_published_without_what_is_personal_and_with_the_shops_clocks(spoilt: Bench) -> None:
    spoilt.run("outreach/snapshot", assets=build_assets(Calendar.of(spoilt.shop)))
    columns = "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'clean'"
    personal = {(table.name, name) for table in CONTRACT.values() for name in table.clean.personal_columns}
    assert personal.isdisjoint(read(spoilt, columns))
    shifted = read(spoilt, "SELECT DISTINCT ordered_at_local - ordered_at FROM clean.orders")
    assert shifted == [(timedelta(hours=8),)]
    zones = read(spoilt, "SELECT count(*) FROM clean.orders WHERE CAST(ordered_at_local AS DATE) <> ordered_on")
    assert zones == [(0,)]


def test_money_is_exact_in_the_database_and_adds_up_in_parquet(spoilt: Bench) -> None:
    spoilt.run("outreach/snapshot", assets=build_assets(Calendar.of(spoilt.shop)))
    ((exact, kind),) = read(spoilt, "SELECT sum(spend), any_value(typeof(spend)) FROM features.customers")
    frame = pd.read_parquet(shown(spoilt) / "features.customers.parquet")
    assert (kind, str(frame["spend"].dtype)) == ("DECIMAL(18,4)", "float64")
    assert round(frame["spend"].sum(), 4) == float(exact)


def test_parquet_and_one_duckdb_file_hold_the_newest_week(published: Bench) -> None:
    folder = shown(published)
    expected = [(WEEKS[-1], name, 10 * len(WEEKS)) for name in ("anna", "bob", "cara", "dora")]
    assert read(published, "SELECT * FROM takings_latest ORDER BY ALL") == expected
    parquet = f"SELECT * FROM '{folder}/insights.takings.parquet' ORDER BY ALL"
    assert duckdb.sql(parquet).fetchall() == read(published, "SELECT * FROM insights.takings ORDER BY ALL")
    assert len(duckdb.sql(parquet).fetchall()) == 4 * len(WEEKS)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert (manifest["version"], manifest["as_of"]) == (folder.name, WEEKS[-1].isoformat())
    files = ("insights.takings.parquet", "models.registry.parquet", "ops.refusals.parquet")
    assert {path.name for path in folder.iterdir()} == {"manifest.json", "zhike.duckdb", *files}
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o400"}


def test_the_models_in_force_are_published_with_their_weights(published: Bench) -> None:
    """The newest in force at or before the newest week, readable without the warehouse, and no longer in need of the home's files."""
    first, second = (write_arrays(published.place / "models", {"edges": np.arange(n)}) for n in (3, 4))
    fits = (
        ("tastes", WEEKS[0], first, True),
        ("tastes", WEEKS[1], second, True),
        ("tastes", WEEKS[2], first, False),
        ("tastes", WEEKS[-1] + timedelta(days=7), first, True),
        ("lost", WEEKS[0], "00ff.npz", True),
    )
    with duckdb.connect(str(published.place / "warehouse.duckdb")) as connection:
        connection.executemany(
            "INSERT INTO models.registry VALUES (?, ?, 'graph', 'v', ?, ?, ?, false, 'code')",
            [
                (name, day, json.dumps({"file": file}), json.dumps({"reason": "best"}), in_force)
                for name, day, file, in_force in fits
            ],
        )
    sell(published, 7)
    assert run(published, WEEKS[-1]).success
    for path in (published.place / "models").iterdir():
        path.unlink()
    snapshot = current(published.place / "snapshot")
    assert snapshot
    fitted = snapshot.model("tastes")
    assert fitted
    assert (fitted.fitted_as_of, fitted.method, fitted.metrics.reason) == (WEEKS[1], "graph", "best")
    assert list(read_arrays(snapshot.models, fitted.parameters["file"])["edges"]) == [0, 1, 2, 3]
    assert (snapshot.model("lost"), snapshot.model("unheard-of")) == (None, None)
    assert {path.name for path in snapshot.models.iterdir()} == {"tastes.json", second}


def test_the_tables_of_the_snapshot_say_what_they_hold(published: Bench) -> None:
    where = "WHERE table_name LIKE 'takings%'"
    comments = {comment for (comment,) in read(published, f"SELECT comment FROM duckdb_columns() {where}")}
    assert all(comment.endswith("A test's.") for comment in comments)
    tables = "SELECT comment FROM duckdb_tables() WHERE table_name = 'takings' UNION ALL SELECT comment FROM duckdb_views() WHERE view_name = 'takings_latest'"
    assert read(published, tables) == [(TAKINGS.description,)] * 3


def test_a_snapshot_of_an_earlier_release_is_still_read(published: Bench) -> None:
    folder = published.place / "snapshot" / "older"
    folder.mkdir()
    with duckdb.connect(str(folder / "zhike.duckdb")) as connection:
        connection.execute("CREATE TABLE takings_latest AS SELECT 'anna' AS person_id, 3 AS spend")
    (folder / "manifest.json").write_text(
        json.dumps({"version": "older", "as_of": "2024-01-01", "row_counts": {"takings_latest": 1}})
    )
    pointer = published.place / "snapshot" / "current"
    pointer.unlink()
    pointer.symlink_to("older")
    with opened_snapshot(Home(published.place)) as reader:
        assert reader.tables_with("person_id") == ["takings"]
        assert reader.rows("takings", person_id="anna") == [{"person_id": "anna", "spend": 3}]


def test_the_step_says_what_it_published_and_checks_that_it_is_whole(
    first_run: tuple[Bench, dg.ExecuteInProcessResult],
) -> None:
    said = metadata(first_run[1])
    assert (said["as_of"], said["pointer_moved"]) == (WEEKS[-1].isoformat(), True)
    assert said["row_counts"] == {"insights.takings": 4 * len(WEEKS), "models.registry": 0, "ops.refusals": 0}
    checks = {check.check_name: check for check in first_run[1].get_asset_check_evaluations()}
    check = checks["the_snapshot_has_every_row"]
    assert check.passed
    assert check.metadata["written"].value == check.metadata["expected"].value == said["row_counts"]


def test_without_weekly_rows_nothing_is_published(unrun: Bench) -> None:
    result = unrun.run("outreach/snapshot", assets=snapshot([TAKINGS.asset_key]))
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert current(unrun.place / "snapshot") is None


def test_without_a_snapshot_there_is_no_report(unrun: Bench) -> None:
    result = unrun.run("outreach/report", assets=report())
    assert result.success
    assert result.get_asset_materialization_events() == []
    assert not (unrun.place / "reports").exists()


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
