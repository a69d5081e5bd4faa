"""The warehouse: one DuckDB file a shop, one writing process at a time.

A kernel file lock is held while the warehouse is open and is freed when the process dies, so a killed run leaves
nothing to wait for. `ops.windows` says of every published partition what it holds and whether an input has changed since.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from resources.errors import ZhikeError
from resources.home import Home, open_home
from resources.privacy import hash_key, register
from resources.shop import Shop, load_shop
from resources.tables import MONEY, Column, Table

OPS = """
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS clean;
CREATE SCHEMA IF NOT EXISTS features;
CREATE SCHEMA IF NOT EXISTS insights;
CREATE SCHEMA IF NOT EXISTS models;
CREATE TABLE IF NOT EXISTS ops.windows (
    table_name VARCHAR, partition_key VARCHAR, row_count BIGINT, figures JSON,
    run_id VARCHAR, sequence BIGINT, is_stale BOOLEAN
);
CREATE TABLE IF NOT EXISTS ops.reads (table_name VARCHAR, partitioning VARCHAR, input_name VARCHAR);
CREATE TABLE IF NOT EXISTS models.registry (
    name VARCHAR, fitted_as_of DATE, method VARCHAR, version VARCHAR, parameters JSON, metrics JSON, in_force BOOLEAN, is_stale BOOLEAN
);
CREATE TABLE IF NOT EXISTS ops.deliveries (table_name VARCHAR, delivery VARCHAR, fingerprint VARCHAR);
"""


class Warehouse(dg.ConfigurableResource):
    """The open warehouse of a shop. Open for the whole of a run, or within `with warehouse.opened(...)`."""

    store: str
    home: str
    wait_seconds: float = 60.0
    memory_limit: str | None = None

    _shop: Shop = PrivateAttr()
    _home: Home = PrivateAttr()
    _connection: duckdb.DuckDBPyConnection = PrivateAttr()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self._connection

    @property
    def shop(self) -> Shop:
        return self._shop

    @property
    def place(self) -> Home:
        return self._home

    def view(self, table: Table) -> None:
        """Makes the temporary view `schema_name` of a table with all of its columns: those that this shop lacks are 0 or empty,
        and so is a table that it lacks altogether. So one select serves every shop."""
        self._connection.execute(table.for_shop(self._shop.has_prices, self._shop.declared).create_sql())
        there = {row[0] for row in self._connection.execute(f"DESCRIBE {table.qualified}").fetchall()}
        columns = ", ".join(
            column.name if column.name in there else f"CAST({_nothing(column)} AS {column.type}) AS {column.name}"
            for column in table.columns
        )
        self._connection.execute(
            f"CREATE OR REPLACE TEMP VIEW {table.schema}_{table.name} AS SELECT {columns} FROM {table.qualified}"
        )

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Warehouse"]:
        run_id = context.run.run_id if context.run else ""
        if context.instance and run_id and context.instance.has_run(run_id):
            context.instance.add_run_tags(run_id, {PROCESS_TAG: process_of(os.getpid())})
        with self.opened(run_id):
            yield self

    @contextmanager
    def opened(self, run_id: str = "") -> Iterator["Warehouse"]:
        """Opens the warehouse. Raises ZhikeError when another process holds it for longer than `wait_seconds`."""
        self._shop = load_shop(self.store)
        self._home = open_home(self._shop, Path(self.home))
        with _locked(self._home, run_id, self.wait_seconds), _connected(self._home, self.memory_limit) as connection:
            connection.execute(f"SET TimeZone = '{self._shop.time_zone}'")
            register(connection, hash_key(self._home.key))
            connection.execute(OPS)
            self._connection = connection
            yield self


def _nothing(column: Column) -> str:
    return "0" if column.type == MONEY or column.name.endswith("_count") else "NULL"


@contextmanager
def _connected(home: Home, memory_limit: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(home.spill)}
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        connection = duckdb.connect(str(home.warehouse), config=config)
    except duckdb.Error as error:
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
def _locked(home: Home, run_id: str, wait_seconds: float) -> Iterator[None]:
    deadline = time.monotonic() + wait_seconds
    with home.lock.open("a+", encoding="utf-8") as file:
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


PROCESS_TAG = "zhike/process"


def process_of(pid: int) -> str:
    """A process by number and start time, so that a number used again by another process is not taken for it."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return f"{pid}:{fields[19]}"


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Marks as failed the runs whose process is gone (killed, power cut), so that nothing waits for them. Returns their ids."""
    going = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    dead: list[str] = []
    for run in instance.get_runs(filters=dg.RunsFilter(statuses=going)):
        process = run.tags.get(PROCESS_TAG)
        if process and process_of(int(process.partition(":")[0])) != process:
            instance.report_run_failed(run, "Its process is gone: it was killed, or the machine went down.")
            dead.append(run.run_id)
    return dead
