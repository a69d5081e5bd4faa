"""Sees new or changed source files and runs their days."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from resources.calendar import Calendar
from resources.contract import ORDERS, ContractTable
from resources.errors import ZhikeError
from resources.reader import delivered_days, deliveries
from resources.shop import Shop

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

WHOLE = "whole"


def fingerprints(shop: Shop, table: ContractTable) -> dict[str, str]:
    """Delivery day (or `whole`, for a file split by its rows' own day) to a fingerprint of its files, of those that are there."""
    found = deliveries(shop, table, delivered_days(shop, table))
    return {str(delivery.day or WHOLE): delivery.fingerprint() for delivery in found if delivery.is_there}


def ranges(days: list[str], step: int = 1) -> list[tuple[str, str]]:
    """Days (weeks, where the step is 7), sorted, as runs without a gap."""
    found: list[tuple[str, str]] = []
    for day in days:
        before = (date.fromisoformat(day) - timedelta(days=step)).isoformat()
        if found and found[-1][1] == before:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def build_sensor(calendar: Calendar, daily: "UnresolvedAssetJobDefinition") -> dg.SensorDefinition:
    shop = calendar.shop

    @dg.sensor(
        job=daily,
        name="source_files",
        minimum_interval_seconds=60,
        description="Runs the days whose files are new or were written again.",
    )
    def source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        seen: dict[str, dict[str, str]] = json.loads(context.cursor) if context.cursor else {}
        try:
            now = {table.name: fingerprints(shop, table) for table in [*shop.facts, *shop.changes]}
        except ZhikeError as error:
            return dg.SkipReason(str(error))
        keys = calendar.daily.get_partition_keys()
        facts = {table.name for table in shop.facts}
        changed: set[str] = set()
        for name, found in now.items():
            # Without a cursor the days that ran before the sensor was switched on are not run again. A table of changes has
            # no partitions; every run reads what is new of it, so its days are done when those of the orders are.
            key = dg.AssetKey(["raw", name if name in facts else ORDERS.name])
            done = set() if name in seen else context.instance.get_materialized_partitions(key)
            for day, fingerprint in found.items():
                if seen.get(name, {}).get(day) != fingerprint:
                    changed |= set(keys) - done if day == WHOLE else {day} - done
        wanted = sorted(changed & set(keys))
        cursor = json.dumps(now)
        if not wanted:
            context.update_cursor(cursor)
            return dg.SkipReason("No new or changed source files.")
        return dg.SensorResult(run_requests=list(_requests(wanted, now)), cursor=cursor)

    return source_files


def _requests(days: list[str], now: dict[str, dict[str, str]]) -> Iterator[dg.RunRequest]:
    for first, last in ranges(days):
        state = {
            name: {d: f for d, f in found.items() if d == WHOLE or first <= d <= last} for name, found in now.items()
        }
        yield dg.RunRequest(
            run_key=f"{first}:{last}:{hash_of(state)}",
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
        )


def hash_of(state: dict[str, dict[str, str]]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
