"""One message answered by hand, for whoever has the home: from the published snapshot, without a server and without being kept."""

from typing import Any

from resources.cards import Published
from resources.consents import Consents
from resources.home import Home
from resources.masks import masked
from resources.privacy import account_id
from resources.shop import Shop
from serving.service.desk import facts_of
from serving.service.engine import Heard
from serving.service.knowledge import engine_of


def answered(home: Home, shop: Shop, text: str, customer: str | None) -> dict[str, Any]:
    """The reply to a text, as a customer says it who begins a conversation. Raises ZhikeError where nothing is published."""
    cards = Published(home).now()
    facts = facts_of(cards, Consents(home, cards.folder), account_id(customer, home.key)) if customer else None
    reply = engine_of(cards, shop).reply(Heard(masked(text), facts=facts))
    choices = [
        {"question": each.question, "intent": each.intent, "answer_id": each.answer_id} for each in reply.choices
    ]
    return {
        "kind": reply.kind,
        "text": reply.text,
        "intent": reply.intent,
        "p": reply.p,
        "answer_id": reply.answer_id,
        "choices": choices,
        "reasons": list(reply.reasons),
        "as_of": cards.as_of,
    }
