"""Publishes the snapshot of some tables of the warehouse: all parts of a version, and the pointer to it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import duckdb

from assets.features.tables import CONSENTS
from assets.outreach.snapshot.history import write_history
from assets.outreach.snapshot.models import write_models
from assets.outreach.snapshot.parts import decided, parts_of
from assets.outreach.snapshot.platform_keys import write_platform_keys
from assets.outreach.snapshot.publish import point, write
from resources.contract import CONTRACT
from resources.descriptions import said_of
from resources.registry import in_force
from resources.snapshot import Snapshot
from resources.warehouse import Warehouse

EVENTS = CONTRACT["events"].clean.qualified


@dataclass(frozen=True)
class Published:
    """A version that was written: the rows that it should have, and whether the pointer shows it."""

    version: Snapshot
    expected: dict[str, int]
    is_shown: bool

    @property
    def is_complete(self) -> bool:
        return self.version.row_counts == self.expected


def publish_whole(warehouse: Warehouse, names: Sequence[str]) -> Published | None:
    """Publishes those of the tables that are there; None where no weekly one has rows. What lacks a row is written and not shown."""
    connection, place = warehouse.connection, warehouse.place.snapshot
    parts = [*parts_of(warehouse, names), *decided(warehouse, names)]
    rows = _newest_windows(connection, [part.name for part in parts])
    weekly = {part.name for part in parts if part.is_weekly}
    weeks = [row[1] for row in rows if row[0] in weekly]
    if not weeks:
        return None
    as_of, sequence = max(weeks), max(row[4] for row in rows)
    # In a warehouse made anew the sequence begins anew: the runs that wrote the rows tell two versions apart. So do the persons erased since, and
    # the platforms for which keys are kept: no run tells of either.
    made_by: list[Any] = [(row[0], row[1], row[3]) for row in rows]
    ((erasures,),) = connection.execute("SELECT count(DISTINCT proof_id) FROM ops.erasures").fetchall()
    platforms = warehouse.shop.platforms
    made_by += [told for told in (erasures, platforms) if told]
    runs = hashlib.sha256(repr(made_by).encode()).hexdigest()[:8]
    newest = date.fromisoformat(as_of)
    beside = [partial(write_models, in_force(connection, newest), warehouse.place.models)]
    until = next((row[1] for row in _newest_windows(connection, [EVENTS])), None)
    if until:
        beside.append(
            partial(write_history, connection, date.fromisoformat(until), warehouse.shop.settings.duplicate_days)
        )
    if platforms:
        beside.append(partial(write_platform_keys, connection, warehouse.shop.settings.accounts_a_key))
    written = write(
        connection, place, parts, f"{as_of}-{sequence:08d}-{runs}", newest, said_of(connection, [CONSENTS]), beside
    )
    expected = {
        part.name: connection.execute(f"SELECT count(*) FROM ({part.select})").fetchall()[0][0] for part in parts
    }
    is_shown = written.row_counts == expected and point(place, written, warehouse.shop.retention.snapshots)
    return Published(written, expected, is_shown)


def _newest_windows(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Of each table its newest partition, with the sequence and run that published it, and its last sequence of all."""
    return connection.execute(
        "SELECT table_name, max(partition_key), arg_max(sequence, partition_key), arg_max(run_id, partition_key), max(sequence) "
        "FROM ops.windows WHERE list_contains($names, table_name) GROUP BY table_name ORDER BY table_name",
        {"names": list(names)},
    ).fetchall()
