"""outreach/snapshot: the newest rows of every weekly table, for readers that never open the warehouse."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from assets.outreach.snapshot.publish import point, write
from resources.registry import forget_unnamed
from resources.warehouse import Warehouse

KEY = dg.AssetKey(["outreach", "snapshot"])


def build(tables: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The snapshot of the given weekly tables."""
    whole = dg.AssetCheckSpec(
        "the_snapshot_has_every_row", asset=KEY, description="Readers see what the warehouse has.", blocking=True
    )

    @dg.asset(
        key=KEY,
        description="The newest rows of every weekly table, as Parquet and one DuckDB file in a versioned folder.",
        group_name="outreach",
        deps=list(tables),
        check_specs=[whole],
        output_required=False,
        kinds={"duckdb", "parquet"},
    )
    def snapshot(warehouse: Warehouse) -> Iterator[Any]:
        connection, place = warehouse.connection, warehouse.place.snapshot
        names = [".".join(key.path) for key in tables]
        rows = connection.execute(
            "SELECT table_name, max(partition_key), arg_max(sequence, partition_key), arg_max(run_id, partition_key) FROM ops.windows "
            "WHERE list_contains($names, table_name) GROUP BY table_name ORDER BY table_name",
            {"names": names},
        ).fetchall()
        if not rows:
            nothing = {"note": "No weekly table has rows yet: nothing to publish."}
            yield dg.AssetCheckResult(asset_key=KEY, check_name=whole.name, passed=True, metadata=nothing)
            return
        as_of, sequence = max(row[1] for row in rows), max(row[2] for row in rows)
        # In a warehouse made anew the sequence begins anew: the runs that wrote the rows tell two versions apart.
        runs = hashlib.sha256(repr([(row[0], row[1], row[3]) for row in rows]).encode()).hexdigest()[:8]
        there = [row[0] for row in rows]
        written = write(connection, place, there, f"{as_of}-{sequence:08d}-{runs}", date.fromisoformat(as_of))
        expected = {
            f"{name.partition('.')[2]}_latest": connection.execute(f"SELECT count(*) FROM {name}_latest").fetchall()[0][
                0
            ]
            for name in there
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
