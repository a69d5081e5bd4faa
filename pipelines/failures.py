"""What failed in the newest commands, read from Dagster's own files: `zhike status` answers before Dagster would be imported."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

from resources.database import GOING, GONE, PROCESS_TAG
from resources.errors import ZhikeError, disk_full
from resources.home import Home
from resources.masks import masked
from resources.processes import is_gone

# The runs that one command made.
COMMAND_TAG = "zhike/command"
BACKFILL_TAG = "dagster/backfill"
INTERRUPTED = "DagsterExecutionInterruptedError"
STOPPED = "It was stopped; what was published before stays."
RECENT_RUNS = 20
SHOWN_FAILURES = 5


def failures(home: Home) -> list[dict[str, str]]:
    """What failed in the newest commands and backfills, up to the newest one in which nothing did. One command is several
    runs when a step fails, and the last of them may be fine."""
    history = home.dagster / "history"
    found: list[dict[str, str]] = []
    for _, together in groupby(_runs(history / "runs.db"), lambda run: run["belongs_to"]):
        runs = list(together)
        failed = [run for run in runs if run["status"] == "FAILURE" or _is_dead(run)]
        if not failed and any(run["status"] == "SUCCESS" for run in runs):
            break
        found += [{"run": run["run_id"], "job": run["job"], "why": _why(history, run)} for run in failed]
    return found[:SHOWN_FAILURES]


def _runs(file: Path) -> list[dict[str, Any]]:
    """The newest runs, the newest first."""
    return list(
        _read(
            file,
            """
            SELECT run_id, pipeline_name AS job, status,
                coalesce((SELECT value FROM run_tags AS t WHERE t.run_id = runs.run_id AND key = :command),
                    (SELECT value FROM run_tags AS t WHERE t.run_id = runs.run_id AND key = :backfill), run_id) AS belongs_to,
                (SELECT value FROM run_tags AS t WHERE t.run_id = runs.run_id AND key = :process) AS process
            FROM runs ORDER BY id DESC LIMIT :recent
            """,
            command=COMMAND_TAG,
            backfill=BACKFILL_TAG,
            process=PROCESS_TAG,
            recent=RECENT_RUNS,
        )
    )


def _is_dead(run: dict[str, Any]) -> bool:
    """Whether a run goes on by the book only; Dagster is told of it when the next run starts."""
    return run["status"] in GOING and is_gone(run["process"] or "")


def _why(history: Path, run: dict[str, Any]) -> str:
    """What the gate said, else the first cause."""
    if _is_dead(run):
        return GONE
    events = _read(
        history / "runs" / f"{run['run_id']}.db",
        "SELECT event FROM event_logs WHERE dagster_event_type IN ('STEP_FAILURE', 'PIPELINE_FAILURE') ORDER BY id LIMIT 1",
    )
    for row in events:
        event = json.loads(row["event"])["dagster_event"]
        data = event["event_specific_data"] or {}
        described = (data.get("user_failure_data") or {}).get("description")
        chain, error = [], data.get("error")
        while error:
            chain.append((error["cls_name"], error["message"]))
            error = error["cause"]
        return described or told(chain, event["message"])
    return "see the run in the web UI"


def told(chain: list[tuple[str | None, str]], otherwise: str | None) -> str:
    """Of an error and its causes, the outermost first, as (class, message): what a ZhikeError says, whose remedy is the one to keep; else
    that the disk is full, or the first cause."""
    names = [name for name, _ in chain]
    if INTERRUPTED in names:
        return STOPPED
    own = [message.partition(": ")[2] for name, message in chain if name == ZhikeError.__name__]
    full = [
        str(found) for _, message in chain if (found := disk_full(message.strip().split("\n")[0], "the shop's home"))
    ]
    return (own or full or [masked(chain[-1][1] if chain else otherwise or "the run failed")])[-1].strip()


def _read(file: Path, sql: str, **parameters: Any) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        return
    # Whoever may not write cannot take part in the file's locks, and reads it as it stands.
    how = "mode=ro" if os.access(file.parent, os.W_OK) else "immutable=1"
    with closing(sqlite3.connect(f"{file.as_uri()}?{how}", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            yield from map(dict, connection.execute(sql, parameters).fetchall())
        except sqlite3.OperationalError as error:
            # The first command was ended before it had made the tables.
            if "no such table" not in str(error):
                raise
