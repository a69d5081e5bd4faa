"""Alerts and what went wrong as messages: at most two at once, one for what is urgent and one for the week, however many alerts there are, because
a robot in a group may send 20 a minute and people read one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from assets.outreach.alerts.methods.alert import FRESH_DAYS, Alert
from assets.outreach.alerts.operations import Operation
from assets.outreach.delivery.message import Message, keyed
from resources.masks import masked
from resources.money import amount
from resources.words import Words

if TYPE_CHECKING:
    from resources.alert_marks import Mark

URGENT = 3
OPERATION_DAYS = 3
LONGEST_NAME = 40

WEEK = Words("本周预警 {count} 条{stake}", "{count} {noun} this week{stake}")
STAKE = Words("，面临风险的金额合计 {money}", ", {money} at stake in all")
NOW = Words("请今天处理：", "to be seen to today: ")
COMPLAINED = Words("{count} 位重要客户投诉", "{count} valuable {noun} complained")
FAILED = Words("{count} 项运行异常", "{count} {noun} went wrong in running the shop")
LINE = Words("{place}. {name} · {subject}{stake}：{reasons}", "{place}. {name} · {subject}{stake}: {reasons}")
AT_STAKE = Words(" · {money}", " · {money}")
PERSON, PRODUCT, SHOP = (
    Words("客户 {0}", "customer {0}"),
    Words("商品 {0}", "product {0}"),
    Words("全店", "the whole shop"),
)
OTHERS = Words("其余 {count} 条请到经营台的「预警」页查看", "{count} more: see Alerts in the console")
SEE = Words("详情与处理：经营台的「预警」页", "More, and what to do about it: Alerts in the console")

# Signs that make mentions, links, emphasis or headings in the markup of one channel or another, and signs that read the same and make nothing.
_DEFUSED = str.maketrans("@<>[]*_`#~|\\", "＠＜＞［］＊＿｀＃～｜＼")


@dataclass(frozen=True)
class Digest:
    """A message, and the alerts and operations of which it tells, each with its person."""

    message: Message
    told: tuple[tuple[str, str | None], ...]


def due(
    alerts: Sequence[Alert],
    found: Sequence[Operation],
    told: set[str],
    marks: "Mapping[str, Mark]",
    channel: str,
    today: date,
) -> tuple[list[Alert], list[Operation]]:
    """What a channel is to be told on a day: of a fresh week what it was not told yet and nobody has acknowledged or put off; of earlier weeks
    what was put off until now. Nothing where the newest week is not fresh."""
    newest = max((alert.as_of for alert in alerts), default=None)
    if newest is None or (today - newest).days > FRESH_DAYS:
        alerts = []
    fresh = [
        alert
        for alert in alerts
        if alert.alert_id not in told
        and alert.expires_on > today
        and (alert.as_of == newest or _was_put_off(marks.get(alert.alert_id)))
        and not ((mark := marks.get(alert.alert_id)) and mark.rests(today))
    ]
    return fresh, [each for each in found if each.name not in told and each.channel != channel]


def _was_put_off(mark: "Mark | None") -> bool:
    return mark is not None and mark.step in ("snooze", "reopen")


def digests(
    alerts: Sequence[Alert], found: Sequence[Operation], most: int, currency: str | None, now: datetime
) -> list[Digest]:
    """The messages: what is urgent, then the week's, each naming `most` alerts with the most at stake and counting the others."""
    urgent = [alert for alert in alerts if alert.urgency >= URGENT]
    others = [alert for alert in alerts if alert.urgency < URGENT]
    made = []
    if urgent or found:
        parts = []
        if urgent:
            noun = "customer" if len(urgent) == 1 else "customers"
            parts.append(COMPLAINED.format(count=len(urgent), noun=noun))
        if found:
            parts.append(FAILED.format(count=len(found), noun="thing" if len(found) == 1 else "things"))
        title = NOW + Words.join(parts, Words("，", ", "))
        made.append(_digest(title, urgent, found, most, currency, now, is_urgent=True))
    if others:
        made.append(_digest(_week(others, currency), others, (), most, currency, now, is_urgent=False))
    return made


def _week(alerts: Sequence[Alert], currency: str | None) -> Words:
    total = sum(alert.at_stake or 0 for alert in alerts)
    stake = STAKE.format(money=amount(round(total), currency)) if currency and total else Words("", "")
    return WEEK.format(count=len(alerts), noun="alert" if len(alerts) == 1 else "alerts", stake=stake)


def _digest(
    title: Words,
    alerts: Sequence[Alert],
    found: Sequence[Operation],
    most: int,
    currency: str | None,
    now: datetime,
    *,
    is_urgent: bool,
) -> Digest:
    ranked = sorted(alerts, key=lambda alert: (-alert.urgency, -(alert.at_stake or 0), alert.place, alert.alert_id))
    failures = [defused(each.words, 300) for each in found]
    lines = [*failures[:most], *(_line(place, alert, currency) for place, alert in enumerate(ranked[:most], start=1))]
    left = len(failures[most:]) + len(ranked[most:])
    lines.append(OTHERS.format(count=left) if left else SEE)
    told = [*((each.name, None) for each in found), *((alert.alert_id, alert.person_id) for alert in ranked)]
    shown = tuple(sorted({alert.person_id for alert in ranked[:most] if alert.person_id}))
    ends = [alert.as_of + timedelta(days=FRESH_DAYS + 1) for alert in alerts]
    expires_at = now + timedelta(days=OPERATION_DAYS)
    if ends and not found:
        end = max(ends)
        expires_at = max(now, datetime(end.year, end.month, end.day, tzinfo=now.tzinfo))
    about = " ".join(sorted(name for name, _ in told))
    message = Message(keyed(about, title, lines), title, tuple(lines), is_urgent, expires_at, shown)
    return Digest(message, tuple(told))


def _line(place: int, alert: Alert, currency: str | None) -> Words:
    if alert.person_id:
        subject = PERSON.format(_shown(alert.person_id))
    elif alert.product_id:
        subject = PRODUCT.format(plain(alert.title or alert.product_id, LONGEST_NAME))
    else:
        subject = SHOP
    stake = Words("", "")
    if currency and alert.at_stake:
        stake = AT_STAKE.format(money=amount(round(alert.at_stake), currency))
    reasons = defused(alert.reasons, 300)
    return LINE.format(place=place, name=alert.name, subject=subject, stake=stake, reasons=reasons)


def _shown(person_id: str) -> str:
    """An id as it is, so that it can be looked for; a shop's ids may be numbers of phones, which are masked."""
    known = masked(person_id)
    return known if re.fullmatch(r"[\w.:-]{1,64}", known) else plain(known, 64)


def defused(words: Words, most: int) -> Words:
    return Words(*(plain(text, most) for text in words))


def plain(text: str, most: int) -> str:
    """What somebody else wrote as a text that mentions nobody, links nowhere and marks nothing up, on one line and at most so long."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    line = re.sub(r"(?<=\w)\.(?=[^\W\d_])", "．", " ".join(line.split()).translate(_DEFUSED)).replace("://", "：//")
    return line if len(line) <= most else f"{line[: most - 1]}…"
