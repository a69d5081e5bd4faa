"""Puts into the outbox what each channel is to be told now: fresh alerts that nobody has dealt with, and what went wrong. Whoever sends calls it
first; a backfill of past weeks gives it nothing, because only the newest week counts and only while it is fresh."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from assets.outreach.alerts.methods.alert import Alert
from assets.outreach.alerts.methods.digests import URGENT, digests, due
from assets.outreach.alerts.operations import Operation, failing, operations
from assets.outreach.alerts.published import standing, told_now
from assets.outreach.delivery.outbox import Outbox
from resources.alert_marks import Marks
from resources.cards import CARDS, Published
from resources.channels import Channel
from resources.database import connected, held
from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop
from resources.snapshot import current, reading
from resources.words import Words

REFUSALS = "SELECT table_name, partition_key, check_name FROM ops.refusals"
FITS = "SELECT name, fitted_as_of, in_force FROM models.registry"
LOST_DAYS = 2
BROKEN = Words("消息渠道「{0}」发不出去：{1}", "channel {0} delivers nothing: {1}")
LOST = Words("消息渠道「{0}」有消息没有送达：{1}", "channel {0} did not take a message: {1}")

Row = dict[str, Any]


def put_alerts(home: Home, shop: Shop, outbox: Outbox, channels: Sequence[str], now: datetime) -> int:
    """Puts out at most two messages a channel, and notes what they tell, so that it is told once. Returns how many messages are new. Raises ZhikeError where outbox or marks cannot be written, or the snapshot not be read."""
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    alerts, found = _alerts(home), _operations(home, shop, outbox, now, today)
    count = 0
    with Marks(home) as marks:
        done = marks.newest()
        for channel in channels:
            fresh, wrong = due(alerts, found, marks.told(channel), done, channel, today)
            fresh, wrong = _wanted(shop.channels.get(channel), fresh, wrong)
            for digest in digests(fresh, wrong, shop.alerts.digest, shop.currency, now):
                # Noted after it is put out: a process that ends in between puts the same message out again, which its key makes no second one.
                count += outbox.put(channel, digest.message)
                marks.tell(channel, digest.told)
    return count


def _wanted(
    channel: Channel | None, alerts: list[Alert], found: list[Operation]
) -> tuple[list[Alert], list[Operation]]:
    """Of what is due that which the channel is to be told."""
    if channel is None:
        return alerts, found
    wanted = [alert for alert in alerts if channel.wants(alert.cause, alert.urgency >= URGENT)]
    return wanted, found if channel.wants("operation", urgent=True) else []


def _alerts(home: Home) -> list[Alert]:
    snapshot = current(home.snapshot)
    # Without cards nobody knows of whom nothing may be told.
    if snapshot is None or not (snapshot.folder / CARDS).exists():
        return []
    with reading(snapshot) as reader:
        return told_now(standing(reader), home, Published(home).now())


def _operations(home: Home, shop: Shop, outbox: Outbox, now: datetime, today: date) -> list[Operation]:
    snapshot = current(home.snapshot)
    newest = date.fromisoformat(snapshot.as_of) if snapshot else None
    refused, fits = _known(home)
    is_running = shop.end is None or shop.end >= today - timedelta(days=7)
    found = operations(refused, fits, newest, today, is_running=is_running)
    for channel, hold in outbox.holds().items():
        if hold.is_broken:
            found.append(failing(channel, BROKEN.format(channel, hold.words), hold.since.isoformat()))
    for row in outbox.listed(["dead"], now - timedelta(days=LOST_DAYS)):
        found.append(failing(row.channel, LOST.format(row.channel, row.words), row.changed_at.date().isoformat()))
    return list({each.name: each for each in found}.values())


def _known(home: Home) -> tuple[list[Row], list[Row]]:
    """Refusals and fits as the warehouse has them; while a run holds it, as they were published."""
    if not home.warehouse.exists():
        return [], []
    try:
        with held(home, "", 1), connected(home, read_only=True) as connection:
            return _read(connection)
    except ZhikeError:
        snapshot = current(home.snapshot)
        if snapshot is None:
            return [], []
        with reading(snapshot) as reader:
            return _read(reader.connection)


def _read(connection: duckdb.DuckDBPyConnection) -> tuple[list[Row], list[Row]]:
    return _rows(connection, REFUSALS), _rows(connection, FITS)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    with closing(connection.cursor()) as cursor:
        try:
            cursor.execute(query)
        except duckdb.CatalogException:
            # Nothing was run yet, or published by an earlier release.
            return []
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
