"""The warehouse's file: who may open it, without what it is used for. One process at a time.

A kernel file lock is held while the warehouse is open and is freed when the process dies, so a killed run leaves nothing to
wait for.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import duckdb

from resources.errors import ZhikeError
from resources.home import Home

# The process of a run, by which a run is known to be dead.
PROCESS_TAG = "zhike/process"
# The engine puts its log beside a file at the path before a question mark, as if the rest were a query. With these settings it keeps no log: what
# is committed is in the file itself.
WITHOUT_LOG = {"checkpoint_threshold": "0b", "auto_checkpoint_skip_wal_threshold": "0"}
GONE = "Its process is gone: it was killed, or the machine went down."
# Dagster's names of the states in which a run has a process, or is about to have one.
GOING = ("NOT_STARTED", "STARTING", "STARTED", "CANCELING")


@contextmanager
def connected(
    home: Home, memory_limit: str | None = None, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The open file. Raises ZhikeError where it cannot be opened."""
    if not read_only:
        # A process that was killed leaves what it had spilled: rows as they arrived, with what is personal.
        shutil.rmtree(home.spill, ignore_errors=True)
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(home.spill)}
    if memory_limit:
        config["memory_limit"] = memory_limit
    if "?" in str(home.folder):
        config |= WITHOUT_LOG
    try:
        connection = duckdb.connect(str(home.warehouse), read_only=read_only, config=config)
    except duckdb.Error as error:
        if "not a valid DuckDB database" in str(error):
            raise ZhikeError(
                "the warehouse is broken: its file is no database of the engine",
                str(home.warehouse),
                "restore it from a backup, or move it away and run the shop: its files are then read anew",
            ) from error
        raise ZhikeError(
            f"the warehouse cannot be opened: {error}",
            str(home.warehouse),
            "close other programs that read it (they read the snapshot folder instead), or free space on that disk",
        ) from error
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def held(home: Home, run_id: str, wait_seconds: float) -> Iterator[None]:
    """Holds the warehouse. Raises ZhikeError when another process holds it for longer than `wait_seconds`."""
    deadline = time.monotonic() + wait_seconds
    try:
        file = home.lock.open("a+", encoding="utf-8")
    except OSError as error:
        raise ZhikeError(
            f"the lock of the warehouse cannot be opened: {error.strerror}",
            str(home.lock),
            "remove what is there if it is no file; make the home writable for the user who runs zhike",
        ) from error
    with file:
        while not _try_lock(file):
            if time.monotonic() >= deadline:
                raise ZhikeError(
                    f"the warehouse is held by {_holder(file)}; waited {wait_seconds:.0f} s",
                    str(home.lock),
                    "let that run end or stop that process; then run again",
                )
            time.sleep(0.1)
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "run_id": run_id}, file)
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        holder = json.loads(file.read())
    except ValueError:
        return "another process"
    run = f"run {holder['run_id']}" if holder["run_id"] else "a command"
    return f"{run} (process {holder['pid']})"
