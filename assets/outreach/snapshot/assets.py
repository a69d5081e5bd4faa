"""outreach/snapshot: what the warehouse knows, for readers that never open it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
import duckdb

from assets.outreach.snapshot.history import write_history
from assets.outreach.snapshot.models import write_models
from assets.outreach.snapshot.parts import parts_of
from assets.outreach.snapshot.publish import point, write
from resources.contract import CONTRACT
from resources.descriptions import said_of
from resources.registry import forget_unnamed, in_force
from resources.warehouse import Warehouse

EVENTS = CONTRACT["events"].clean.qualified
KEY = dg.AssetKey(["outreach", "snapshot"])


def build(tables: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The snapshot of the given tables."""
    whole = dg.AssetCheckSpec(
        "the_snapshot_has_every_row", asset=KEY, description="Readers see what the warehouse has.", blocking=True
    )

    @dg.asset(
        key=KEY,
        description="Tables with their history, as Parquet and one DuckDB file in a versioned folder.",
        group_name="outreach",
        deps=list(tables),
        check_specs=[whole],
        output_required=False,
        kinds={"duckdb", "parquet"},
    )
    def snapshot(warehouse: Warehouse) -> Iterator[Any]:
        connection, place = warehouse.connection, warehouse.place.snapshot
        parts = parts_of(warehouse, [".".join(key.path) for key in tables])
        rows = _newest_windows(connection, [part.name for part in parts])
        weekly = {part.name for part in parts if part.is_weekly}
        weeks = [row[1] for row in rows if row[0] in weekly]
        if not weeks:
            nothing = {"note": "No weekly table has rows yet: nothing to publish."}
            yield dg.AssetCheckResult(asset_key=KEY, check_name=whole.name, passed=True, metadata=nothing)
            return
        as_of, sequence = max(weeks), max(row[4] for row in rows)
        # In a warehouse made anew the sequence begins anew: the runs that wrote the rows tell two versions apart.
        runs = hashlib.sha256(repr([(row[0], row[1], row[3]) for row in rows]).encode()).hexdigest()[:8]
        version = f"{as_of}-{sequence:08d}-{runs}"
        newest = date.fromisoformat(as_of)
        beside = [partial(write_models, in_force(connection, newest), warehouse.place.models)]
        until = next((row[1] for row in _newest_windows(connection, [EVENTS])), None)
        if until:
            beside.append(
                partial(write_history, connection, date.fromisoformat(until), warehouse.shop.settings.duplicate_days)
            )
        written = write(connection, place, parts, version, newest, said_of(connection), beside)
        expected = {
            part.name: connection.execute(f"SELECT count(*) FROM ({part.select})").fetchall()[0][0] for part in parts
        }
        complete = written.row_counts == expected
        moved = complete and point(place, written, warehouse.shop.retention.snapshots)
        yield dg.AssetCheckResult(
            asset_key=KEY,
            check_name=whole.name,
            passed=complete,
            metadata={
                "written": dg.MetadataValue.json(written.row_counts),
                "expected": dg.MetadataValue.json(expected),
            },
        )
        yield dg.MaterializeResult(
            asset_key=KEY,
            metadata={
                "version": written.folder.name,
                "as_of": as_of,
                "pointer_moved": moved,
                "unused_weights_removed": forget_unnamed(warehouse),
                "folder": dg.MetadataValue.path(str(place)),
                "row_counts": dg.MetadataValue.json(written.row_counts),
            },
        )

    return [snapshot]


def _newest_windows(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """Of each table its newest partition, with the sequence and run that published it, and its last sequence of all."""
    return connection.execute(
        "SELECT table_name, max(partition_key), arg_max(sequence, partition_key), arg_max(run_id, partition_key), max(sequence) "
        "FROM ops.windows WHERE list_contains($names, table_name) GROUP BY table_name ORDER BY table_name",
        {"names": list(names)},
    ).fetchall()
