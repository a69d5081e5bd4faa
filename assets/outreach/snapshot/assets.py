"""outreach/snapshot: what the warehouse knows, for readers that never open it."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from assets.outreach.snapshot.whole import publish_whole
from resources.registry import forget_unnamed
from resources.warehouse import Warehouse

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
        found = publish_whole(warehouse, [".".join(key.path) for key in tables])
        if found is None:
            nothing = {"note": "No weekly table has rows yet: nothing to publish."}
            yield dg.AssetCheckResult(asset_key=KEY, check_name=whole.name, passed=True, metadata=nothing)
            return
        written = found.version
        yield dg.AssetCheckResult(
            asset_key=KEY,
            check_name=whole.name,
            passed=found.is_complete,
            metadata={
                "written": dg.MetadataValue.json(written.row_counts),
                "expected": dg.MetadataValue.json(found.expected),
            },
        )
        yield dg.MaterializeResult(
            asset_key=KEY,
            metadata={
                "version": written.folder.name,
                "as_of": written.as_of,
                "pointer_moved": found.is_shown,
                "unused_weights_removed": forget_unnamed(warehouse),
                "folder": dg.MetadataValue.path(str(warehouse.place.snapshot)),
                "row_counts": dg.MetadataValue.json(written.row_counts),
            },
        )

    return [snapshot]
