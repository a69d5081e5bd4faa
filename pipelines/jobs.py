"""The jobs. Dagster lets one job hold one partitioning: days, then weeks. The snapshot, which has none, runs with either; the report and the
delivery with the weeks, and the delivery by itself."""

from typing import TYPE_CHECKING

import dagster as dg

from resources.calendar import Calendar

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

ALWAYS = dg.AssetKey(["outreach", "snapshot"])
WEEKLY = dg.AssetKey(["outreach", "report"])
DELIVERY = dg.AssetKey(["outreach", "delivery"])


def build_jobs(calendar: Calendar, assets: list[dg.AssetsDefinition]) -> list["UnresolvedAssetJobDefinition"]:
    weekly = [a.key for a in assets if a.partitions_def == calendar.weekly]
    daily = [a.key for a in assets if a.partitions_def != calendar.weekly and a.key not in (ALWAYS, WEEKLY, DELIVERY)]
    delivered = [a.key for a in assets if a.key == DELIVERY]
    jobs = [
        dg.define_asset_job(
            "daily",
            selection=dg.AssetSelection.assets(*daily, ALWAYS),
            description="What the shop delivered on a day: raw, clean, customer days.",
        ),
        dg.define_asset_job(
            "weekly",
            selection=dg.AssetSelection.assets(*weekly, ALWAYS, WEEKLY, *delivered),
            description="Customers and insights as of a Monday, from the days before it; the snapshot and the report.",
        ),
    ]
    if delivered:
        alone = dg.AssetSelection.assets(DELIVERY)
        jobs.append(dg.define_asset_job("delivery", selection=alone, description="What waits for the shop's channels."))
    return jobs
