"""How long a home keeps what it was given, carried out after every `zhike run` and once a day while the web UI is up."""

from collections.abc import Mapping
from datetime import date

import dagster as dg

from assets.outreach.delivery.outbox import FILE, Outbox
from resources import exports
from resources.database import connected, held
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import KEYS
from resources.shop import Shop
from serving.service import keeping


def keep(place: Home, shop: Shop) -> dict[str, int]:
    """Removes what is older than the shop keeps. Returns how many rows went, by table. Raises ZhikeError while a run holds the warehouse, or where
    something cannot be removed."""
    went = keeping.retain(place, shop.retention, _days_run(place, shop))
    went["exports"] = exports.retain(place, shop.retention.export_days)
    if (place.folder / FILE).exists():
        with Outbox(place) as outbox:
            went["outbox"] = outbox.retain(shop.retention.outbox_days)
    return {name: count for name, count in went.items() if count}


def _days_run(place: Home, shop: Shop) -> Mapping[str, set[str]]:
    """The days of each table of the inbox that a run has read, of those that runs read."""
    days: dict[str, set[str]] = {table: set() for table in KEYS if table in shop.declared}
    if days and place.warehouse.exists():
        with held(place, "", 1), connected(place, read_only=True) as connection:
            published = connection.execute("SELECT table_name, partition_key FROM ops.windows").fetchall()
        for name, day in published:
            stage, _, table = name.partition(".")
            if stage == "raw" and table in days:
                days[table].add(day)
    return days


def once_a_day(context: dg.SensorEvaluationContext, shop: Shop, place: Home, today: date) -> str:
    """Does it on the first tick of a day on which nothing hinders it; says what went."""
    if context.cursor == today.isoformat():
        return ""
    try:
        went = keep(place, shop)
    except ZhikeError as error:
        return f"What is older than is kept stays for now: {error.what}."
    context.update_cursor(today.isoformat())
    return f"{sum(went.values())} rows older than is kept were removed." if went else ""
