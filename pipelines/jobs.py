"""The two jobs. Dagster lets one job hold one partitioning: days, then weeks. The snapshot, which has none, runs with either; the
report with the weeks."""

from typing import TYPE_CHECKING

import dagster as dg

from resources.calendar import Calendar

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

ALWAYS = dg.AssetKey(["outreach", "snapshot"])
WEEKLY = dg.AssetKey(["outreach", "report"])


def build_jobs(calendar: Calendar, assets: list[dg.AssetsDefinition]) -> list["UnresolvedAssetJobDefinition"]:
    weekly = [a.key for a in assets if a.partitions_def == calendar.weekly]
    daily = [a.key for a in assets if a.partitions_def != calendar.weekly and a.key not in (ALWAYS, WEEKLY)]
    return [
        dg.define_asset_job(
            "daily",
            selection=dg.AssetSelection.assets(*daily, ALWAYS),
            description="What the shop delivered on a day: raw, clean, customer days.",
        ),
        dg.define_asset_job(
            "weekly",
            selection=dg.AssetSelection.assets(*weekly, ALWAYS, WEEKLY),
            description="Customers and insights as of a Monday, from the days before it; the snapshot and the report.",
        ),
    ]
