"""Sees new or changed source files and runs their days."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from resources.calendar import Calendar
from resources.contract import ORDERS, ContractTable
from resources.errors import ZhikeError
from resources.home import open_home, write_safely
from resources.reader import delivered_days, deliveries
from resources.shop import Shop

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

WHOLE = "whole"
WHAT_TAG = "zhike/what"
# By table the fingerprints of its deliveries.
State = dict[str, dict[str, str]]


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


def range_tags(first: str, last: str, what: str = "days") -> dict[str, str]:
    """The tags by which Dagster knows that a run is of a range of partitions, and one by which people do."""
    said = f"{what} {first} … {last}" if first != last else f"{what.removesuffix('s')} {first}"
    return {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
        WHAT_TAG: said,
    }


def build_sensor(calendar: Calendar, daily: "UnresolvedAssetJobDefinition", home: Path) -> dg.SensorDefinition:
    shop = calendar.shop

    @dg.sensor(
        job=daily,
        name="source_files",
        minimum_interval_seconds=60,
        description="Runs the days whose files are new or were written again.",
    )
    def source_files(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        folder = open_home(shop, home).dagster / "seen"
        seen = _seen(folder, context.cursor)
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
        cursor = _note(folder, now, context.cursor)
        if not wanted:
            context.update_cursor(cursor)
            return dg.SkipReason("No new or changed source files.")
        return dg.SensorResult(run_requests=list(_requests(wanted, now)), cursor=cursor)

    return source_files


def _seen(folder: Path, cursor: str | None) -> State:
    """What the tick saw that left this cursor; nothing where that is not known."""
    if cursor and cursor.startswith("{"):
        return json.loads(cursor)  # of an earlier release, whose cursors were what it had seen
    try:
        return json.loads((folder / f"{cursor}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _note(folder: Path, now: State, before: str | None) -> str:
    """Writes what is seen now and gives the cursor that names it: Dagster keeps the cursor of every tick. The file of the cursor before
    stays, for a tick that is cut off is made again with that."""
    cursor = hash_of(now)
    if cursor != before:
        folder.mkdir(exist_ok=True)
        write_safely(folder / f"{cursor}.json", json.dumps(now))
        for path in folder.iterdir():
            if path.stem not in (cursor, before):
                path.unlink()
    return cursor


def _requests(days: list[str], now: State) -> Iterator[dg.RunRequest]:
    for first, last in ranges(days):
        state = {
            name: {d: f for d, f in found.items() if d == WHOLE or first <= d <= last} for name, found in now.items()
        }
        yield dg.RunRequest(
            run_key=f"{first}:{last}:{hash_of(state)}",
            tags=range_tags(first, last),
        )


def hash_of(state: State) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]
