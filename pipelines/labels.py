"""What the catalogue of the web UI shows beside an asset: who answers for it, what it holds, by when it is to be fresh."""

from datetime import timedelta

import dagster as dg

from resources.calendar import Calendar

# Days are run at two, weeks on Monday from three on (pipelines/schedules.py).
DAILY_DEADLINE, DAILY_WITHIN = "0 6 * * *", timedelta(hours=24)
WEEKLY_DEADLINE, WEEKLY_WITHIN = "0 6 * * 2", timedelta(hours=30)


def labelled(calendar: Calendar, assets: list[dg.AssetsDefinition]) -> list[dg.AssetsDefinition]:
    """The assets with the shop's owners, with tags to search by (`every`: day or week; `personal`), and with the time by which each is to have
    been run anew. Of a shop that has ended nothing is late."""

    def with_labels(spec: dg.AssetSpec) -> dg.AssetSpec:
        is_weekly = spec.partitions_def == calendar.weekly
        tags = {"every": "week" if is_weekly else "day"} | ({"personal": ""} if _is_personal(spec) else {})
        return spec.replace_attributes(
            owners=calendar.shop.owners,
            tags={**spec.tags, **tags},
            freshness_policy=None if calendar.shop.end else _deadline(calendar, is_weekly=is_weekly),
        )

    return [asset.map_asset_specs(with_labels) for asset in assets]


def _deadline(calendar: Calendar, *, is_weekly: bool) -> dg.FreshnessPolicy:
    cron, within = (WEEKLY_DEADLINE, WEEKLY_WITHIN) if is_weekly else (DAILY_DEADLINE, DAILY_WITHIN)
    return dg.FreshnessPolicy.cron(cron, within, timezone=calendar.shop.time_zone)


def _is_personal(spec: dg.AssetSpec) -> bool:
    schema = spec.metadata.get("dagster/column_schema")
    return isinstance(schema, dg.TableSchema) and any("personal" in column.tags for column in schema.columns)
