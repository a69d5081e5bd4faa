"""The warehouse: one DuckDB file a shop, one writing process at a time (resources/database.py).

`ops.windows` says of every published partition what it holds and whether an input has changed since.
"""

import os
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from resources import privacy, reading
from resources.database import PROCESS_TAG, connected, held
from resources.erased import ERASED_ROWS
from resources.hash_key import hash_key
from resources.home import Home, open_home
from resources.processes import process_of
from resources.quoting import literal
from resources.shop import Shop, load_shop
from resources.tables import Table

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")
Inputs = Mapping[str, Any]
"""What a select reads under unqualified names: a Table, with all of its columns; a select, as a view; a select with its parameters,
as a temporary table; a frame; or Mondays, as the column `as_of`. Later ones may read earlier ones."""

OPS = f"""
CREATE SCHEMA IF NOT EXISTS ops;
CREATE SCHEMA IF NOT EXISTS raw;
CREATE SCHEMA IF NOT EXISTS clean;
CREATE SCHEMA IF NOT EXISTS features;
CREATE SCHEMA IF NOT EXISTS insights;
CREATE SCHEMA IF NOT EXISTS outreach;
CREATE SCHEMA IF NOT EXISTS models;
CREATE TABLE IF NOT EXISTS ops.windows (
    table_name VARCHAR, partition_key VARCHAR, row_count BIGINT, figures JSON,
    run_id VARCHAR, sequence BIGINT, is_stale BOOLEAN
);
ALTER TABLE ops.windows ADD COLUMN IF NOT EXISTS code_version VARCHAR;
CREATE TABLE IF NOT EXISTS ops.code (table_name VARCHAR, places VARCHAR[]);
CREATE TABLE IF NOT EXISTS ops.refusals (
    table_name VARCHAR, partition_key VARCHAR, check_name VARCHAR, figure DOUBLE, at_least DOUBLE, at_most DOUBLE, run_id VARCHAR
);
CREATE TABLE IF NOT EXISTS ops.causes (
    table_name VARCHAR, partition_key VARCHAR, input_name VARCHAR, input_key VARCHAR, content HUGEINT
);
CREATE TABLE IF NOT EXISTS ops.reads (table_name VARCHAR, partitioning VARCHAR, input_name VARCHAR);
CREATE TABLE IF NOT EXISTS models.registry (
    name VARCHAR, fitted_as_of DATE, method VARCHAR, version VARCHAR, parameters JSON, metrics JSON, in_force BOOLEAN, is_stale BOOLEAN
);
ALTER TABLE models.registry ADD COLUMN IF NOT EXISTS code_version VARCHAR;
CREATE TABLE IF NOT EXISTS ops.deliveries (table_name VARCHAR, delivery VARCHAR, fingerprint VARCHAR);
{ERASED_ROWS.create_sql()};
CREATE TABLE IF NOT EXISTS ops.erasures (proof_id VARCHAR, table_name VARCHAR, row_count BIGINT);
-- What was stale before causes were noted is until it is run again.
INSERT INTO ops.causes SELECT table_name, partition_key, '', '', NULL FROM (
    SELECT table_name, partition_key FROM ops.windows WHERE is_stale
    UNION ALL SELECT 'models.registry', name || ' ' || fitted_as_of FROM models.registry WHERE is_stale
) AS w WHERE NOT EXISTS (FROM ops.causes AS c WHERE c.table_name = w.table_name AND c.partition_key = w.partition_key);
"""


SMALL_BYTES = 64 * 2**20
"""Up to this size of its file a warehouse is worked on by one thread: waking others for some thousand rows costs more than they save."""


class Warehouse(dg.ConfigurableResource):
    """The open warehouse of a shop. Open for the whole of a run, or within `with warehouse.opened(...)`."""

    store: str
    home: str
    wait_seconds: float = 60.0
    memory_limit: str | None = None

    _shop: Shop = PrivateAttr()
    _home: Home = PrivateAttr()
    _connection: duckdb.DuckDBPyConnection = PrivateAttr()
    _memo: dict[Hashable, Any] = PrivateAttr(default_factory=dict)
    _is_small: bool = PrivateAttr(default=False)

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self._connection

    @property
    def shop(self) -> Shop:
        return self._shop

    @property
    def place(self) -> Home:
        return self._home

    def share_out(self) -> None:
        """Gives a warehouse that has outgrown one thread all that the machine has."""
        if self._is_small and self._home.warehouse.stat().st_size > SMALL_BYTES:
            self._connection.execute("RESET threads")
            self._is_small = False

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, asked once for as long as the warehouse is open: the chunks and the tables of a run need the same past."""
        if key not in self._memo:
            self._memo[key] = make()
        return cast(T, self._memo[key])

    def ensure(self, table: Table) -> set[str]:
        """Makes the table as this shop has it, and adds the columns that one of an earlier release lacks; its descriptions become
        the comments of the table and its columns. Returns the columns that it has. Looked at once while the warehouse is open."""
        return self.once(
            ("ensured", table), lambda: self._ensure(table.for_shop(self._shop.has_prices, self._shop.declared))
        )

    def _ensure(self, table: Table) -> set[str]:
        self._connection.execute(table.create_sql())
        there = self._columns(table)
        changes: list[str] = []
        for column in table.columns:
            if column.name not in there:
                changes.append(f'ALTER TABLE {table.qualified} ADD COLUMN "{column.name}" {column.type}')
            if there.get(column.name) != column.description:
                changes.append(f'COMMENT ON COLUMN {table.qualified}."{column.name}" IS {literal(column.description)}')
        if not all(there.get(name) for name in table.column_names):
            changes.append(f"COMMENT ON TABLE {table.qualified} IS {literal(table.description)}")
            if table.partitioning == "weekly":
                # Made again: a view of all columns does not see one that was added.
                changes.append(
                    f"CREATE OR REPLACE VIEW {table.qualified}_latest AS "
                    f"SELECT * FROM {table.qualified} WHERE as_of = (SELECT max(as_of) FROM {table.qualified})"
                )
        if changes:
            # Each statement by itself would be written to the disk by itself.
            self._connection.execute("; ".join(["BEGIN TRANSACTION", *changes, "COMMIT"]))
        return {*there, *table.column_names}

    def _columns(self, table: Table) -> dict[str, str | None]:
        """The columns of a table that is there, with their comments."""
        return dict(
            self._connection.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = $schema AND table_name = $name "
                "AND database_name = current_database() ORDER BY column_index",
                {"schema": table.schema, "name": table.name},
            ).fetchall()
        )

    def select(
        self, sql: str, inputs: Inputs | None = None, parameters: Mapping[str, Any] | None = None
    ) -> "pd.DataFrame":
        """The rows of a select over `inputs`."""
        with self.given(inputs or {}):
            return self._connection.execute(sql, dict(parameters) if parameters else None).df()

    @contextmanager
    def given(self, inputs: Inputs) -> Iterator[None]:
        """Gives a select what it reads under unqualified names, for as long as the context lasts."""
        made: list[str] = []
        try:
            for name, what in inputs.items():
                made.append(f"{self._give(name, what)} IF EXISTS temp.{name}")
            yield
        finally:
            for each in reversed(made):
                self._connection.execute(f"DROP {each}")

    def _give(self, name: str, what: Any) -> str:
        connection = self._connection
        if isinstance(what, Table):
            connection.execute(f"CREATE TEMP VIEW {name} AS {what.whole(self.ensure(what))}")
            return "VIEW"
        if isinstance(what, str):
            connection.execute(f"CREATE TEMP VIEW {name} AS {what}")
            return "VIEW"
        if isinstance(what, tuple) and what and isinstance(what[0], str):
            select, parameters = what
            connection.execute(f"CREATE TEMP TABLE {name} AS {select}", dict(parameters) or None)
        elif isinstance(what, (tuple, list)):
            connection.execute(
                f"CREATE TEMP TABLE {name} AS SELECT CAST(unnest($weeks) AS DATE) AS as_of", {"weeks": list(what)}
            )
        else:
            connection.register("given_frame", what)
            try:
                connection.execute(f"CREATE TEMP TABLE {name} AS SELECT * FROM given_frame")
            finally:
                connection.unregister("given_frame")
        return "TABLE"

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
        with held(self._home, run_id, self.wait_seconds), self.opened_by_holder():
            yield self

    @contextmanager
    def opened_by_holder(self) -> Iterator["Warehouse"]:
        """Opens the warehouse for who holds it (resources/database.py) already, and may open it more than once."""
        self._shop = load_shop(self.store)
        self._home = open_home(self._shop, Path(self.home))
        with connected(self._home, self.memory_limit) as connection:
            connection.execute(f"SET TimeZone = '{self._shop.time_zone}'")
            privacy.register(connection, hash_key(self._home.key))
            reading.register(connection, self._shop.time_zone, decimal_comma=self._shop.has_decimal_comma)
            connection.execute(OPS)
            privacy.mask_stored(connection, self._home.folder)
            connection.execute("SET threads = 1")
            self._is_small = True
            self._connection = connection
            self._memo = {}
            self.share_out()
            yield self
