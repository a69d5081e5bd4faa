"""The commands that only read: what they say, and that they answer without loading what a run needs."""

import json
import os
import re
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from resources.database import PROCESS_TAG
from tests.pipelines.corner import environment, shell, zhike
from tests.shop_builder import Bench

HEAVY = ("dagster", "pandas", "sklearn", "great_expectations")
WITNESS = f"""
import sys
import pipelines.cli_audiences
import pipelines.cli_report
from pipelines.cli import main
try:
    main()
finally:
    print(*sorted(name for name in sys.modules if name in {HEAVY}), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "command", [["status"], ["customer", "c05"], ["recommend", "c05"], ["report"], ["audience", "list"]]
)
def test_a_reading_command_loads_neither_dagster_nor_a_model_library(corner: Bench, command: list[str]) -> None:
    options = ["--store", str(corner.store), *(["--json"] if command != ["report"] else [])]
    done = shell(["-c", WITNESS, *command, *options], env=environment(ZHIKE_HOME=str(corner.home)))
    assert "person_id" in done.stdout or command[0] != "customer"
    assert done.stderr.splitlines()[-1] == "", f"loaded: {done.stderr}"


def test_customer_tells_what_every_published_table_says_of_a_person(corner: Bench) -> None:
    file = corner.place / "snapshot" / "current" / "zhike.duckdb"
    with duckdb.connect(str(file), read_only=True) as snapshot:
        tables = snapshot.execute(
            "SELECT table_name FROM duckdb_columns() WHERE schema_name = 'main' AND column_name = 'person_id'"
        ).fetchall()
        expected = {
            table.removesuffix("_latest"): count
            for (table,) in tables
            for ((count,),) in [snapshot.execute(f"SELECT count(*) FROM {table} WHERE person_id = 'c05'").fetchall()]
            if count
        }
    found = zhike(corner, "customer", "c05", "--store", str(corner.store), "--json").json
    assert {table: len(rows) for table, rows in found.items()} == expected
    assert {"customers", "segments"} <= set(expected)


@pytest.mark.parametrize("person", ["' OR true --", 'c05"', "顾客", "%", ""])
def test_an_odd_id_is_nobody(corner: Bench, person: str) -> None:
    said = zhike(corner, "customer", person, "--store", str(corner.store))
    assert (said.code, said.out) == (1, "")
    assert f"no customer {person!r} in the newest week" in said.err


def test_status_knows_a_run_whose_process_is_gone(corner: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(corner.place / "dagster"))
    with dg.DagsterInstance.get() as instance:
        instance.create_run_for_job(
            dg.job(name="daily")(lambda: None),
            status=dg.DagsterRunStatus.STARTED,
            tags={PROCESS_TAG: f"{os.getpid()}:1"},
        )
    (failure,) = status(corner)["failures"]
    assert (failure["job"], failure["why"]) == (
        "daily",
        "Its process is gone: it was killed, or the machine went down.",
    )


def test_status_reads_what_a_killed_process_left_in_the_log(corner: Bench) -> None:
    """DuckDB's write-ahead log of a process that was killed is read along, and left for the next writer."""
    code = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("UPDATE ops.windows SET is_stale = true WHERE table_name = 'insights.clv'")
os.kill(os.getpid(), 9)
"""
    shell(["-c", code, str(corner.place / "warehouse.duckdb")])
    stale = {row["table"]: row["stale"] for row in status(corner)["tables"]}
    assert (stale["insights.clv"], stale["insights.segments"]) == (3, 0)
    assert (corner.place / "warehouse.duckdb.wal").exists()


def test_status_of_a_warehouse_without_its_book_says_that_nothing_was_run(new_corner: Bench) -> None:
    """The first command was killed as soon as it had made the file."""
    assert status(new_corner)["tables"] == []
    new_corner.place.mkdir(parents=True)
    duckdb.connect(str(new_corner.place / "warehouse.duckdb")).close()
    assert status(new_corner)["tables"] == []


def status(bench: Bench) -> dict[str, Any]:
    said = zhike(bench, "status", "--store", str(bench.store), "--json")
    assert said.code == 0, said.err
    return json.loads(said.out)


def test_report_writes_the_week_on_one_page(corner: Bench, tmp_path: Path) -> None:
    """A young shop of orders alone: its page tells of orders, classes and forecasts, and has no word of reviews or categories."""
    made = zhike(corner, "report", "--store", str(corner.store))
    page = corner.place / "reports" / "2024-01-29.html"
    assert (made.code, made.out.strip()) == (0, str(page))
    assert page.stat().st_mode & 0o777 == 0o600
    text = page.read_text("utf-8")
    assert re.findall(r'<section id="(\w+)"', text) == ["week", "who", "sold", "trust"]
    assert "各品类销量" not in text
    elsewhere = zhike(corner, "report", "--store", str(corner.store), "--out", str(tmp_path / "week.html"))
    assert (elsewhere.code, (tmp_path / "week.html").read_text("utf-8")) == (0, text)
    refused = zhike(corner, "report", "--store", str(corner.store), "--out", str(tmp_path / "nowhere" / "week.html"))
    assert refused.code == 1
    assert "the report cannot be written: No such file or directory" in refused.err


def test_without_a_snapshot_there_is_no_report(new_corner: Bench) -> None:
    said = zhike(new_corner, "report", "--store", str(new_corner.store))
    assert (said.code, said.out) == (1, "")
    assert "nothing is published yet" in said.err
    assert not new_corner.place.exists()
