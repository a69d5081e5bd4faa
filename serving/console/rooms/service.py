"""Service: the conversations that wait for a person, the most urgent first; each with what was said, and what is done about it."""

from collections.abc import Mapping
from typing import Any

from resources.money import amount
from resources.words import Words
from serving.answers import INVALID, Refused, filled
from serving.console.visit import Page, Room, Visit
from serving.console.words import NO_PAGE
from serving.service import posted
from serving.service.wording import REASONS, STATES
from serving.shared import Serving

TITLE = Words("服务", "Service")
ONE = Words("转接 {number}", "Hand-over {number}")
MOST = 100
TONES = {"open": "bad", "taken": "warm", "answered": "good", "closed": ""}
STEPS = {
    "opened": Words("转接", "handed over"),
    "take": Words("接手", "taken"),
    "answer": Words("回复", "answered"),
    "note": Words("备注", "note"),
    "close": Words("结束", "closed"),
}
SENDERS = {
    "customer": Words("客户", "Customer"),
    "bot": Words("智能客服", "Assistant"),
    "agent": Words("人工客服", "Colleague"),
}
SAYS = {
    "lead": Words(
        "按紧急程度排列：愤怒和钱款 3 分，高价值客户有流失风险和要求人工 2 分，两次没帮到 1 分；同分先来先接。",
        "The most urgent first: anger and missing money count 3, a valuable customer at risk and asking for a person 2, two answers that did not help 1; of "
        "equal ones who came first.",
    ),
    "nobody": Words("现在没有人在等。", "Nobody is waiting."),
    "waiting": Words("{count} 个会话在等人工。", "{count} conversations wait for a person."),
    "since": Words("{at} 起", "since {at}"),
    "points": Words("{urgency} 分", "{urgency} points"),
    "by": Words("由 {who} 处理", "with {who}"),
    "about": Words("客户", "Customer"),
    "segment": Words("客群", "Segment"),
    "spend": Words("累计消费", "Spent so far"),
    "worth": Words("未来 12 个月价值", "Worth in 12 months"),
    "risk": Words("流失概率", "Likely to leave"),
    "orders": Words("最近订单", "Last orders"),
    "talk": Words("对话", "Conversation"),
    "steps": Words("处理记录", "What was done"),
    "act": Words("处理", "What to do"),
    "take": Words("接手", "Take it"),
    "answer": Words("回复客户", "Answer the customer"),
    "send": Words("发送回复", "Send the answer"),
    "note": Words("备注（客户看不到）", "Note (customers do not see it)"),
    "keep": Words("保存备注", "Keep the note"),
    "close": Words("结束会话", "Close it"),
    "back": Words("回到队列", "Back to the queue"),
}


def queue(visit: Visit) -> Page:
    """Who waits."""
    found = visit.serving.desk.conversations.queue(MOST)
    rows = [_row(visit, row) for row in found]
    waiting = sum(row["state"] != "answered" for row in found)
    return Page(TITLE, {"rows": rows, "waiting": waiting, "says": SAYS}, "queue.html.j2")


def handover(visit: Visit) -> Page:
    """One conversation, and what may be done about it."""
    conversations = visit.serving.desk.conversations
    number = _number(visit.path)
    found = conversations.handover(number)
    steps = [
        {
            "at": visit.clock(step["at"]),
            "who": step["who"],
            "step": STEPS[step["step"]],
            "text": Words.join([REASONS[reason] for reason in step["text"].split(", ")], Words("，", ", "))
            if step["step"] == "opened"
            else step["text"],
        }
        for step in found["steps"]
    ]
    said = [
        {
            "sender": message.sender,
            "who": SENDERS[message.sender],
            "at": visit.clock(message.sent_at),
            "text": message.text,
        }
        for message in conversations.messages(found["conversation_id"])
    ]
    record, currency = found["record"], visit.serving.shop.currency
    orders = [
        order | {"spend": None if order["spend"] is None else amount(order["spend"], currency)}
        for order in record.orders
    ]
    facts = [
        (SAYS["segment"], record.segment),
        (SAYS["spend"], None if record.spend is None else amount(record.spend, currency)),
        (SAYS["worth"], None if record.clv_12m is None else amount(record.clv_12m, currency)),
        (SAYS["risk"], None if record.p_churn is None else Words(*[f"{record.p_churn:.0%}"] * 2)),
    ]
    content = {"row": _row(visit, found), "steps": steps, "said": said, "orders": orders, "says": SAYS}
    content["facts"] = [(name, value) for name, value in facts if value]
    return Page(ONE.format(number=number), content, "handover.html.j2")


def act(serving: Serving, who: str, path: Mapping[str, str], form: Mapping[str, str]) -> str:
    """Takes, answers, closes or notes something. Raises Refused (422) for what cannot be done or has no words, else as Conversations.step does."""
    step, text = form.get("step", ""), posted.cleaned(form.get("text", ""))
    if step not in ("take", "answer", "note", "close") or (step in ("answer", "note") and not text):
        raise Refused(422, filled(INVALID, ("text",)))
    number = _number(path)
    serving.desk.conversations.step(number, step, who, text[: posted.LONGEST])
    return "/console/service" if step == "close" else f"/console/service/{number}"


def _row(visit: Visit, row: Mapping[str, Any]) -> dict[str, Any]:
    record = row["record"]
    return {
        "number": row["handover_id"],
        "state": STATES[row["state"]],
        "tone": TONES[row["state"]],
        "is_closed": row["state"] == "closed",
        "urgency": row["urgency"],
        "since": visit.clock(row["opened_at"]),
        "by": row["taken_by"],
        "reasons": [REASONS[reason] for reason in record.reasons],
        "summary": record.summary,
    }


def _number(path: Mapping[str, str]) -> int:
    """Raises Refused (404) for an address that no hand-over has."""
    if not path["number"].isdecimal() or len(path["number"]) > 15:
        raise Refused(404, NO_PAGE)
    return int(path["number"])


ROOM = Room("service", TITLE, {"": queue, "/{number}": handover}, scopes=("service",), forms={"/{number}": act})
