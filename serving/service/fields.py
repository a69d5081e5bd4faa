"""What the service may say to a customer of themselves, and how an answer's {fields} are filled with it.

An answer is data: `{name}` stands for a field, and nothing else in it means anything. Where a field is not known the plain wording is given:
the row of the same intent and question that has no fields, else those sentences of the answer that need no missing field.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from assets.insights.service.methods.entries import FIELD
from resources.cards import STEPS
from resources.money import amount
from resources.words import Words
from serving.service.wording import STATUS

Row = dict[str, Any]
_SENTENCES = re.compile(r"(?<=[。！？!?；;\n])|(?<=\.)\s+")
LAST_STEPS = tuple(reversed(("ordered_at", *STEPS)))
MOST_RECOMMENDED = 3


@dataclass(frozen=True)
class Facts:
    """What is published of a customer."""

    person_id: str
    orders: Sequence[Row]
    card: Row
    recommended: Sequence[str]

    @property
    def is_valuable_at_risk(self) -> bool:
        """Whether they spend as much as the upper two fifths and are more likely to leave than not (without predictions: have long not bought)."""
        card = self.card
        if (card.get("m_score") or 0) < 4:
            return False
        if card.get("p_churn") is not None:
            return card["p_churn"] >= 0.5
        return (card.get("r_score") or 5) <= 2


def fields_of(
    facts: Facts | None, zone: str, currency: str | None, code: str | None = None, return_days: int | None = None
) -> dict[str, Words]:
    """The fields that are known of a customer, as shown in each language: of the order `code`, else of their latest."""
    if facts is None:
        return {}
    order = next((each for each in facts.orders if code is None or each["order_id"].lower() == code.lower()), None)
    found: dict[str, Words] = {}
    if order:
        found = {"order_id": _same(order["order_id"]), "order_status": status_of(order, zone)}
        for step in ("ordered_at", *STEPS):
            if order.get(step):
                local = order[step].astimezone(ZoneInfo(zone))
                found[step] = _same(f"{local:%Y-%m-%d %H:%M}")
                found[step.replace("_at", "_on")] = _day(local)
        if order.get("delivered_at") and return_days is not None:
            local = order["delivered_at"].astimezone(ZoneInfo(zone))
            found["return_until"] = _day(local + timedelta(days=return_days))
        if order.get("spend") is not None:
            found["order_amount"] = amount(order["spend"], currency)
    if facts.card.get("segment_zh"):
        found["segment"] = Words(facts.card["segment_zh"], facts.card["segment_en"])
    if facts.recommended:
        titles = facts.recommended[:MOST_RECOMMENDED]
        found["recommendations"] = Words("、".join(titles), ", ".join(titles))
    return found


def status_of(order: Row, zone: str) -> Words:
    step = next(each for each in LAST_STEPS if order.get(each))
    return STATUS[step].format(on=_day(order[step].astimezone(ZoneInfo(zone))))


def filled(answer: str, known: Mapping[str, Words], language: str) -> str | None:
    """The answer with its fields; None where one is missing."""
    names = FIELD.findall(answer)
    if any(name not in known for name in names):
        return None
    # What stands in a field is not looked at again: a title may hold braces.
    return FIELD.sub(lambda found: getattr(known[found[1]], language), answer)


def without_missing(answer: str, known: Mapping[str, Words], language: str) -> str | None:
    """Those sentences of an answer that need no missing field; None where there are none."""
    kept = [filled(sentence, known, language) for sentence in _SENTENCES.split(answer)]
    return "".join(sentence for sentence in kept if sentence).strip() or None


def _same(text: str) -> Words:
    return Words(text, text)


def _day(local: datetime) -> Words:
    return Words(f"{local.year}年{local.month}月{local.day}日", f"{local:%Y-%m-%d}")
