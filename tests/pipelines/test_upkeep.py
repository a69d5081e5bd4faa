"""Runs that died are found by the shop's own sensor, whatever state they died in; nothing waits for a person."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from pipelines.upkeep import build_upkeep
from resources.database import GOING, PROCESS_TAG
from resources.event_log import Storage
from resources.processes import process_of
from resources.shop import load_shop

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
DEAD, ALIVE, REUSED, NAMELESS, UNKNOWN = "dead", "alive", "reused", "nameless", "unknown"


@pytest.fixture(scope="module")
def process() -> str:
    """A process that is gone."""
    dead = subprocess.Popen(["sleep", "60"])
    name = process_of(dead.pid)
    dead.kill()
    dead.wait()
    return name


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def tick(instance: dg.DagsterInstance) -> str:
    sensor = build_upkeep(load_shop("online_retail"), Path(instance.root_directory) / "home")
    return sensor.evaluate_tick(dg.build_sensor_context(instance=instance)).skip_message or ""


def age(home: Path, column: str, **run: str) -> None:
    """Makes runs look old."""
    where = " AND ".join(["true", *(f"{name} = :{name}" for name in run)])
    with closing(sqlite3.connect(home / "history" / "runs.db")) as connection, connection:
        connection.execute(f"UPDATE runs SET {column} = '2024-01-01 00:00:00' WHERE {where}", run)


def test_a_run_that_died_is_marked_failed_in_every_state_and_a_living_one_is_not(
    instance: dg.DagsterInstance, process: str, tmp_path: Path
) -> None:
    tags = {DEAD: process, REUSED: f"{os.getpid()}:1", ALIVE: process_of(os.getpid()), NAMELESS: None, UNKNOWN: ""}
    job = dg.job(name="a_job")(lambda: None)
    runs = {
        (name, state): instance.create_run_for_job(
            job, status=dg.DagsterRunStatus(state), tags={} if tag is None else {PROCESS_TAG: tag}
        ).run_id
        for name, tag in tags.items()
        for state in (*GOING, "SUCCESS")
    }

    def states(name: str) -> list[str]:
        found = [instance.get_run_by_id(runs[name, state]) for state in (*GOING, "SUCCESS")]
        return [run.status.value for run in found if run]

    as_they_were, failed = [*GOING, "SUCCESS"], [*["FAILURE"] * len(GOING), "SUCCESS"]
    assert tick(instance) == f"{2 * len(GOING)} dead runs were marked failed."
    assert {name: states(name) for name in tags} == {
        DEAD: failed, REUSED: failed, ALIVE: as_they_were, NAMELESS: as_they_were, UNKNOWN: as_they_were,
    }  # fmt: skip
    assert tick(instance) == "No run is dead or old."
    # A run that has named no process for long never will: it died before its resources started.
    age(tmp_path, "update_timestamp")
    assert tick(instance) == f"{len(GOING)} dead runs were marked failed."
    assert (states(NAMELESS), states(ALIVE), states(UNKNOWN)) == (failed, as_they_were, as_they_were)


DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-08")


@dg.asset(partitions_def=DAYS, check_specs=[dg.AssetCheckSpec("good", asset="sales")])
def sales() -> Iterator[object]:
    yield dg.AssetCheckResult(check_name="good", passed=True)
    yield dg.MaterializeResult(metadata={"rows": 3})


def test_old_runs_go_with_what_they_logged_and_which_days_are_there_stays_known(tmp_path: Path) -> None:
    ours = {"module": Storage.__module__, "class": Storage.__name__, "config": {"base_dir": str(tmp_path)}}
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"storage": {"custom": ours}}) as instance:
        days = ("2024-01-02", "2024-01-03", "2024-01-02")
        first, second, third = [
            dg.materialize([sales], instance=instance, partition_key=day, run_config=QUIET).run_id for day in days
        ]
        for run_id in (first, second):
            age(tmp_path, "create_timestamp", run_id=run_id)
        assert tick(instance) == "2 runs older than 60 days were removed."
        assert [run.run_id for run in instance.get_runs()] == [third]
        logs = tmp_path / "history" / "runs"
        assert {path.stem for path in logs.glob("*.db")} >= {third, "index"}
        assert not [path for path in tmp_path.rglob("*") if path.stem in (first, second)]
        assert instance.get_materialized_partitions(dg.AssetKey("sales")) == {"2024-01-02", "2024-01-03"}
        with closing(sqlite3.connect(logs / "index.db")) as connection:
            left = connection.execute("SELECT dagster_event_type FROM event_logs WHERE run_id = ?", [first]).fetchall()
            assert left == [], "its day was made again"
            left = connection.execute("SELECT dagster_event_type FROM event_logs WHERE run_id = ?", [second]).fetchall()
            assert left == [("ASSET_MATERIALIZATION",)]
        assert tick(instance) == "No run is dead or old."
