"""Runs that died are found by the shop's own sensor, whatever state they died in; nothing waits for a person."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from pipelines.upkeep import upkeep
from resources.database import GOING, PROCESS_TAG, process_of

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
    return upkeep.evaluate_tick(dg.build_sensor_context(instance=instance)).skip_message or ""


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
    assert tick(instance) == "No run is dead."
    # A run that has named no process for long never will: it died before its resources started.
    with closing(sqlite3.connect(tmp_path / "history" / "runs.db")) as connection, connection:
        connection.execute("UPDATE runs SET update_timestamp = '2024-01-01 00:00:00'")
    assert tick(instance) == f"{len(GOING)} dead runs were marked failed."
    assert (states(NAMELESS), states(ALIVE), states(UNKNOWN)) == (failed, as_they_were, as_they_were)
