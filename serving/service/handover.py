"""When a person takes over: what they are told, and who comes first.

Urgency is a sum of points, so that two reasons weigh more than one: strong anger 3, missing money 3, a valuable customer at risk 2, a person
asked for 2, two answers that did not help 1. Of equal ones who has waited longest comes first.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from resources.money import amount
from resources.shop import Shop
from resources.words import Words
from serving.service import wording
from serving.service.fields import Facts, status_of

if TYPE_CHECKING:
    from serving.service.engine import Reply

POINTS = {"anger": 3, "money": 3, "at_risk": 2, "asked": 2, "no_help": 1}


def urgency(reasons: Sequence[str]) -> int:
    return sum(POINTS[reason] for reason in set(reasons))


@dataclass(frozen=True)
class Handover:
    """What an agent is told, as it was when the conversation was handed over."""

    reasons: tuple[str, ...]
    said: str
    intent: str | None
    language: str
    customer_id: str | None
    person_id: str | None
    orders: list[dict[str, Any]]
    segment: Words | None
    p_churn: float | None
    clv_12m: float | None
    spend: float | None
    summary: tuple[Words, Words]

    @classmethod
    def made(
        cls, reply: "Reply", said: str, language: str, customer: str | None, facts: Facts | None, shop: Shop
    ) -> "Handover":
        """The record of a reply that hands over."""
        card = facts.card if facts else {}
        segment = Words(card["segment_zh"], card["segment_en"]) if card.get("segment_zh") else None
        orders = [
            {"order_id": order["order_id"], "status": status_of(order, shop.time_zone), "spend": order["spend"]}
            for order in (facts.orders if facts else ())
        ]
        who = _who(facts, segment, orders, shop.currency)
        person = facts.person_id if facts else None
        worth = (card.get("p_churn"), card.get("clv_12m"), card.get("spend"))
        record = cls(reply.reasons, said, reply.intent, language, customer, person, orders, segment, *worth, (who, who))
        return record.with_reasons(reply.reasons)

    def with_reasons(self, reasons: tuple[str, ...]) -> "Handover":
        """The same with other reasons, and the second line of the summary that says them."""
        named = Words.join([wording.REASONS[reason] for reason in reasons], Words("，", ", "))
        said = self.said if len(self.said) <= wording.CUT else f"{self.said[: wording.CUT]}…"
        why = wording.WHY.format(reasons=named, said=said.replace("\n", " "))
        return replace(self, reasons=reasons, summary=(self.summary[0], why))

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def of(cls, text: str) -> "Handover":
        found = json.loads(text)
        segment = Words(**found["segment"]) if found["segment"] else None
        orders = [order | {"status": Words(**order["status"])} for order in found["orders"]]
        first, second = (Words(**line) for line in found["summary"])
        return cls(
            **found
            | {"reasons": tuple(found["reasons"]), "segment": segment, "orders": orders, "summary": (first, second)}
        )

    def read(self, language: str) -> dict[str, Any]:
        """The record in one language."""
        orders = [order | {"status": getattr(order["status"], language)} for order in self.orders]
        return {
            "customer_id": self.customer_id,
            "person_id": self.person_id,
            "summary": [getattr(line, language) for line in self.summary],
            "reasons": [getattr(wording.REASONS[reason], language) for reason in self.reasons],
            "reason_codes": list(self.reasons),
            "intent": self.intent,
            "language": self.language,
            "orders": orders,
            "segment": getattr(self.segment, language) if self.segment else None,
            "p_churn": self.p_churn,
            "clv_12m": self.clv_12m,
            "spend": self.spend,
        }


def _who(facts: Facts | None, segment: Words | None, orders: Sequence[dict[str, Any]], currency: str | None) -> Words:
    """The first line of the summary: whom an agent has before them."""
    if facts is None:
        return wording.UNKNOWN_CUSTOMER
    spend, p_churn = facts.card.get("spend"), facts.card.get("p_churn")
    order = wording.NO_ORDER
    if orders:
        order = wording.LATEST_ORDER.format(order_id=orders[0]["order_id"], status=orders[0]["status"])
    return wording.KNOWN_CUSTOMER.format(
        segment=segment or wording.NO_SEGMENT,
        spend=wording.NOT_KNOWN if spend is None else amount(spend, currency),
        p_churn=wording.NOT_KNOWN if p_churn is None else f"{p_churn:.0%}",
        order=order,
    )
