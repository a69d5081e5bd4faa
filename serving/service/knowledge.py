"""What answers are made from: the model of intents and the knowledge base of a published version."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from resources.cards import Cards
from resources.learning.weights import read_arrays
from resources.shop import Shop
from resources.snapshot import version
from serving.service.engine import Engine, Known

if TYPE_CHECKING:
    from assets.insights.service.methods.entries import Entry
    from assets.insights.service.methods.intents import IntentModel

# As the registry names them, the shop's own before the one as installed.
MODELS = ("intents", "intents_installed")


def engine_of(cards: Cards, shop: Shop) -> Engine:
    """The engine of a version."""
    from assets.insights.service.methods.base import KnowledgeBase
    from assets.insights.service.methods.entries import entries_of

    model = model_of(cards)
    entries = entries_of(cards.entries(), shop.locale)
    known = known_of(entries, model)
    base = KnowledgeBase(replace(entry, intent=known[entry.answer_id].read_as) for entry in entries)
    return Engine(model, base, known, shop.name, shop.locale, shop.time_zone, shop.currency, shop.settings.return_days)


def model_of(cards: Cards) -> "IntentModel":
    """The model of intents by which the newest week was read: the shop's own, else the one as installed. A shop whose runs read no messages has neither: the
    one as installed is then trained here. Raises ZhikeError for one that cannot be read."""
    from assets.insights.service.methods.intents import IntentModel

    snapshot = version(cards.folder)
    for name in MODELS:
        fitted = snapshot.model(name) if snapshot else None
        if snapshot and fitted:
            return IntentModel.from_arrays(read_arrays(snapshot.models, fitted.parameters["file"]))
    from assets.insights.service.methods.starter import trained

    return trained().model


def known_of(entries: Sequence["Entry"], model: "IntentModel") -> dict[str, Known]:
    """The entries by id, each with the intent of the model's that it is read as."""
    foreign = [entry.question for entry in entries if entry.intent not in model.intents]
    read_as = dict(zip(foreign, (read.ranked[0][0] for read in model.read(foreign)), strict=True))
    return {
        entry.answer_id: Known(
            entry.intent,
            entry.intent if entry.intent in model.intents else read_as[entry.question],
            entry.question,
            entry.answer,
            str(entry.locale),
            entry.plain,
            entry.variants,
        )
        for entry in entries
    }
