"""Alerts: what changed for the worse, the most urgent first, what was done about it, and whether messages arrive."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from assets.outreach.alerts.methods.alert import Alert
from assets.outreach.alerts.methods.wording import CAUSES, URGENCIES
from assets.outreach.alerts.published import standing, told_now
from assets.outreach.delivery.outbox import FILE, Outbox
from assets.outreach.report.methods.parts import Cell, Grid, money
from resources.alert_marks import LONGEST_NOTE, Mark, Marks, newest_marks
from resources.snapshot import reading, version
from resources.words import Words
from serving.answers import INVALID, Refused, filled
from serving.console.parts import Link, product
from serving.console.visit import Page, Room, Tile, Visit
from serving.console.words import NO_PAGE
from serving.service import posted
from serving.shared import Serving

TITLE = Words("预警", "Alerts")
MOST, MOST_DAYS, MESSAGES = 30, 90, 20
TONES = {3: "bad", 2: "warm", 1: ""}
STEPS = ("acknowledge", "snooze", "reopen")
STATES = {
    "waiting": Words("等待发送", "waiting"),
    "sending": Words("发送中", "being sent"),
    "sent": Words("已送达", "sent"),
    "perhaps_sent": Words("可能已送达", "perhaps sent"),
    "dead": Words("没有送达", "not delivered"),
}
SAYS = {
    "lead": Words("有 {count} 条预警待处理。", "{count} {noun} for somebody to act."),
    "nothing": Words("没有待处理的预警。", "Nothing waits for anybody."),
    "causes": Words("原因", "Cause"),
    "all": Words("全部", "All"),
    "open": Words("待处理", "Waiting"),
    "done": Words("已处理", "Dealt with"),
    "whole": Words("全店", "The whole shop"),
    "person": Words("客户", "Customer"),
    "product": Words("商品", "Product"),
    "stake": Words("面临风险", "At stake"),
    "since": Words("截至 {as_of}", "as of {as_of}"),
    "more": Words("另有 {count} 条排在后面，没有列出。", "{count} more stand behind these and are not shown."),
    "act": Words("处理", "Deal with it"),
    "note": Words("备注（可不填）", "Note (optional)"),
    "days": Words("几天后再提醒（天）", "Remind again in (days)"),
    "acknowledge": Words("知道了", "Acknowledge"),
    "snooze": Words("稍后再提醒", "Remind me later"),
    "reopen": Words("重新打开", "Open it again"),
    "rules": Words(
        "先按紧急程度，再按面临风险的金额排列。点“知道了”后不再提醒；“稍后再提醒”到期后会再发一次。客户再次下单，或预警过了有效期，就自动消失。",
        "The most urgent first, then those with the most at stake. What is acknowledged is told no more; what is put off is told once more when the days are over. "
        "An alert goes by itself when the customer buys again, or when it expires.",
    ),
    "delivery": Words("消息发送", "Messages"),
    "no_messages": Words("还没有发过消息。", "No message was sent yet."),
    "broken": Words("渠道「{name}」发不出去：{why}", "Channel {name} delivers nothing: {why}"),
}
DONE = {
    "acknowledge": Words("{who} 于 {at} 确认", "acknowledged by {who}, {at}"),
    "snooze": Words("{who} 于 {at} 推迟到 {until}", "put off until {until} by {who}, {at}"),
    "reopen": Words("{who} 于 {at} 重新打开", "opened again by {who}, {at}"),
}
MESSAGE_COLUMNS = (
    Words("消息", "Message"),
    Words("渠道", "Channel"),
    Words("状态", "State"),
    Words("时间", "When"),
    Words("说明", "What was answered"),
)


def page(visit: Visit) -> Page:
    """The alerts that wait, or those that were dealt with; of one cause where the address names one."""
    cause = visit.asked.get("cause", "")
    cause = cause if cause in CAUSES else ""
    is_done = visit.asked.get("show") == "done"
    marks, today = newest_marks(visit.serving.home), _today(visit.serving)
    held = visit.held("alerts", lambda reads: standing(reads.reader))
    alerts = told_now(held, visit.serving.home, visit.cards)
    resting = [alert for alert in alerts if _rests(marks.get(alert.alert_id), today)]
    waiting = [alert for alert in alerts if not _rests(marks.get(alert.alert_id), today)]
    shown = _ordered([alert for alert in (resting if is_done else waiting) if cause in ("", alert.cause)])
    noun = "alert waits" if len(waiting) == 1 else "alerts wait"
    content = {
        "lead": SAYS["lead"].format(count=len(waiting), noun=noun) if waiting else SAYS["nothing"],
        "tiles": _tiles(visit) if alerts else [],
        "filters": _filters(waiting, cause, is_done),
        "views": [(SAYS[name], _address("", name), (name == "done") == is_done) for name in ("open", "done")],
        "rows": [_row(visit, alert, marks.get(alert.alert_id)) for alert in shown[:MOST]],
        "left": SAYS["more"].format(count=len(shown) - MOST) if len(shown) > MOST else None,
        "is_done": is_done,
        "cause": cause,
        "days": visit.serving.shop.alerts.snooze_days,
        "most_days": MOST_DAYS,
        "longest_note": LONGEST_NOTE,
        "messages": _messages(visit),
        "says": SAYS,
    }
    return Page(TITLE, content, "alerts.html.j2")


def act(serving: Serving, who: str, path: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Acknowledges, puts off or opens an alert again. Raises Refused (422) for what cannot be done, (404) for an alert that does not stand."""
    step, days = form.get("step", ""), form.get("days", "")
    cards = serving.published.now()
    known = version(cards.folder)
    if step not in STEPS or (
        step == "snooze" and not (days.isdecimal() and len(days) < 4 and 1 <= int(days) <= MOST_DAYS)
    ):
        raise Refused(422, filled(INVALID, ("step",)))
    if known is None:
        raise Refused(404, NO_PAGE)
    with reading(known) as reader:
        alerts = told_now(standing(reader), serving.home, cards)
    alert = next((each for each in alerts if each.alert_id == form.get("alert", "")), None)
    if alert is None:
        raise Refused(404, NO_PAGE)
    until = _today(serving) + timedelta(days=int(days)) if step == "snooze" else None
    with Marks(serving.home) as marks:
        marks.mark(alert.alert_id, alert.person_id, step, who, posted.cleaned(form.get("note", "")), until)
    cause = form.get("cause", "")
    return _address(cause if cause in CAUSES else "", "done" if step == "reopen" else "open")


def _today(serving: Serving) -> date:
    return datetime.now(ZoneInfo(serving.shop.time_zone)).date()


def _rests(mark: Mark | None, today: date) -> bool:
    return mark is not None and mark.rests(today)


def _ordered(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda each: (-each.urgency, -each.as_of.toordinal(), each.place))


def _address(cause: str, show: str) -> str:
    asked = {name: value for name, value in (("cause", cause), ("show", show if show == "done" else "")) if value}
    return "/console/alerts" + (f"?{urlencode(asked)}" if asked else "")


def _tiles(visit: Visit) -> list[Tile]:
    """The week by cause, as its report has it."""
    found = visit.sections("alerts")
    rows = found[0].grids[0].rows if found else []
    return [Tile(name, count, *stake) for name, count, *stake in rows if isinstance(name, Words)]


def _filters(waiting: Sequence[Alert], cause: str, is_done: bool) -> list[tuple[Words, str, bool]]:
    show = "done" if is_done else "open"
    there = dict.fromkeys(alert.cause for alert in _ordered(waiting)) | ({cause: None} if cause else {})
    return [
        (SAYS["all"], _address("", show), not cause),
        *((CAUSES[each], _address(each, show), each == cause) for each in there),
    ]


def _row(visit: Visit, alert: Alert, mark: Mark | None) -> dict[str, Any]:
    currency = visit.serving.shop.currency
    subject: tuple[Words, Cell | Link] = (SAYS["product"], SAYS["whole"])
    if alert.person_id:
        subject = SAYS["person"], Link(alert.person_id, f"/console/customers/{quote(alert.person_id, safe='')}")
    elif alert.product_id:
        subject = SAYS["product"], product(alert.product_id, alert.title)
    stake = None
    if currency and alert.at_stake is not None:
        stake = money(round(alert.at_stake, 2), currency, "alerts.one", alert.alert_id)
    done = None
    if mark:
        done = DONE[mark.step].format(who=mark.who, at=visit.clock(mark.at), until=mark.until)
    return {
        "id": alert.alert_id,
        "name": alert.name,
        "urgency": URGENCIES[alert.urgency],
        "tone": TONES[alert.urgency],
        "subject": subject,
        "reasons": alert.reasons,
        "stake": stake,
        "worked_out": alert.stake,
        "since": SAYS["since"].format(as_of=alert.as_of),
        "done": done,
        "note": mark.note if mark else "",
    }


def _messages(visit: Visit) -> dict[str, Any]:
    """What was sent and what was not: from the outbox, as it is now."""
    if not (visit.serving.home.folder / FILE).exists():
        return {"broken": [], "grid": None}
    with Outbox(visit.serving.home) as outbox:
        broken = [
            SAYS["broken"].format(name=name, why=hold.words) for name, hold in outbox.holds().items() if hold.is_broken
        ]
        rows: list[list[Cell]] = [
            [
                row.message.title,
                row.channel,
                STATES[row.state],
                visit.clock(row.changed_at.isoformat()),
                row.words if any(row.words) else None,
            ]
            for row in outbox.listed(limit=MESSAGES)
        ]
    return {
        "broken": broken,
        "grid": Grid(Words("最近的消息", "The latest messages"), MESSAGE_COLUMNS, rows) if rows else None,
    }


ROOM = Room("alerts", TITLE, {"": page}, scopes=("service", "marketing"), forms={"": act})
