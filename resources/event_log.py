"""Dagster's event log in its own SQLite files, written faster: named in dagster.yaml.

Dagster opens a database anew for every event, in the run's file and in the common one, and SQLite checkpoints and syncs whenever
the last connection closes. A range of partitions has an event for each partition of each table, which Dagster hands over as a
batch when asked to, but the file storage writes one by one. Here a file stays open and a batch is one transaction a file. Files and
rows are Dagster's: without this module the same home is read and written as before, more slowly.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from dagster import EventLogEntry
from dagster._config import StringSource, UserConfigSchema
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, DagsterEventType
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sqlite import sqlite_event_log
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._core.storage.runs.sqlite import sqlite_run_storage
from dagster._core.storage.schedules.sqlite import sqlite_schedule_storage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS, create_db_conn_string
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage, SqliteStorageConfig
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, func, select

BATCH = 2000


def _address(base_dir: str, db_name: str) -> str:
    """Dagster's address of a file, which SQLAlchemy reads as an URL: of its path what means something there is quoted."""
    return create_db_conn_string(base_dir.replace("%", "%25").replace("?", "%3F"), db_name)


# Dagster's storages call it by this name, and can be told an address in no other way.
for _module in (sqlite_event_log, sqlite_run_storage, sqlite_schedule_storage):
    _module.create_db_conn_string = _address


@cache
def _migrations(location: str) -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", location)
    return _read_migrations(config)


# Dagster would load all files of its migrations for every database that it opens: twice or more a run.
_read_migrations = ScriptDirectory.from_config
ScriptDirectory.from_config = lambda config: _migrations(str(config.get_main_option("script_location")))


class Storage(DagsterSqliteStorage):
    """Dagster's SQLite storage with `EventLog` for its event log."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        super().__init__(base_dir, inst_data)
        self._event_log_storage = EventLog(self._event_log_storage._base_dir)

    @classmethod
    def config_type(cls) -> UserConfigSchema:
        return {"base_dir": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: SqliteStorageConfig) -> "Storage":
        return cls(config_value["base_dir"], inst_data)


class EventLog(SqliteEventLogStorage):
    """The event log that keeps the common file and the newest run's open. Connections are used by one thread at a time."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None):
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(BATCH))

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard not in self._engines:
            self._close_runs()
            self._engines[shard] = create_engine(
                self.conn_string_for_shard(shard),
                pool_size=1,
                max_overflow=-1,
                connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
            )
        return self._engines[shard]

    def _close_runs(self) -> None:
        for run in set(self._engines) - {INDEX_SHARD_NAME}:
            self._engines.pop(run).dispose()

    def wipe(self) -> None:
        # An open file would go on taking events after its name is gone.
        with self._db_lock:
            self._close_runs()
        super().wipe()

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            self._close_runs()
            if INDEX_SHARD_NAME in self._engines:
                self._engines.pop(INDEX_SHARD_NAME).dispose()

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        if len({event.run_id for event in events}) > 1:
            super().store_event_batch(events)
            return
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_connection() as connection:
            ids = [connection.execute(SqlEventLogStorageTable.insert(), row).lastrowid for row in rows]
            of_assets = [pair for pair in zip(events, ids, strict=True) if pair[0].dagster_event_type in ASSET_EVENTS]
            if of_assets:
                self._store_asset_event_tags(connection, *zip(*of_assets, strict=True))
            # What is kept of an asset is its newest event of a kind.
            newest = {
                (event.get_dagster_event().asset_key, event.dagster_event_type): (event, event_id)
                for event, event_id in of_assets
            }
            for event, event_id in newest.values():
                self._store_asset_event(connection, event, event_id)
        for event, event_id in zip(events, ids, strict=True):
            if event.dagster_event_type in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, event_id)

    def forget(self, run_ids: Sequence[str]) -> None:
        """Removes what runs have logged, but the newest materialization of a partition and the newest result of a check, by which Dagster
        knows what is there."""
        events, checks, tags = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c, AssetEventTagsTable.c
        newest = (
            select(func.max(events.id))
            .where(events.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION.value)
            .group_by(events.asset_key, events.partition)
        )
        newest_checks = select(func.max(checks.id)).group_by(checks.asset_key, checks.check_name)
        with self.index_connection() as connection:
            connection.execute(
                SqlEventLogStorageTable.delete().where(events.run_id.in_(run_ids), events.id.not_in(newest))
            )
            connection.execute(AssetEventTagsTable.delete().where(tags.event_id.not_in(select(events.id))))
            connection.execute(
                AssetCheckExecutionsTable.delete().where(checks.run_id.in_(run_ids), checks.id.not_in(newest_checks))
            )
        for run_id in run_ids:
            for file in Path(self._base_dir).glob(f"{run_id}.db*"):
                file.unlink()
