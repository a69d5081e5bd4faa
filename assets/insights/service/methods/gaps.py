"""Questions that no entry answers, put together by what they ask, each group with a draft of the entry that is missing.

Leader clustering (Hartigan 1975): the most frequent question leads; each next one joins the leader that it is nearest to (cosine of TF-IDF
over units and bigrams), or leads itself. One pass, in an order that does not depend on how the questions came.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assets.insights.service.methods.phrases import Phrase, phrases

NEAR = 0.45
# Questions that are looked at: the most frequent. Memory grows with them alone.
MOST = 3_000
# Shorter ones (hello, thanks) ask nothing.
FEWEST_UNITS = 4
# Numbers of orders and parcels: one customer's, and different in each wording of the same.
_NUMBERS = re.compile(r"[A-Za-z]{0,4}\d[\d-]{6,}")
VARIANTS = 5


@dataclass(frozen=True)
class Asked:
    """A question that nothing answers. `reply` is what a person answered in its conversation, if one did; the newest is shown."""

    conversation_id: str
    text: str
    asked_at: float
    intent: str | None = None
    reply: str | None = None


@dataclass(frozen=True)
class Gap:
    """Questions that ask the same, and the draft of an entry: standard question, variants, intent, and an answer as it was given."""

    question: str
    variants: tuple[str, ...]
    intent: str | None
    reply: str | None
    asked: tuple[Asked, ...]


def gaps(questions: Iterable[Asked]) -> list[Gap]:
    """Groups of at least two conversations, the largest first."""
    by_text: dict[str, list[Asked]] = defaultdict(list)
    for one in questions:
        by_text[without_numbers(one.text)].append(one)
    texts = sorted(by_text, key=lambda text: (-len(by_text[text]), text))
    parts = phrases(texts)
    kept = [(text, part) for text, part in zip(texts, parts, strict=True) if len(part.units) >= FEWEST_UNITS][:MOST]
    groups: list[list[str]] = []
    leaders: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for (text, _), weights in zip(kept, _weighted([part for _, part in kept]), strict=True):
        near: Counter[int] = Counter()
        for term, weight in weights.items():
            for group, other in leaders[term]:
                near[group] += weight * other
        # Of equally near ones the larger, which came first.
        best = min(near, key=lambda group: (-round(near[group], 9), group), default=-1)
        if best >= 0 and near[best] >= NEAR:
            groups[best].append(text)
            continue
        for term, weight in weights.items():
            leaders[term].append((len(groups), weight))
        groups.append([text])
    found = [_gap(group, by_text) for group in groups]
    several = [gap for gap in found if len({one.conversation_id for one in gap.asked}) > 1]
    return sorted(several, key=lambda gap: (-len(gap.asked), gap.question))


def without_numbers(text: str) -> str:
    """A text with the field that answers have in place of the number of an order."""
    return _NUMBERS.sub("{order_id}", " ".join(text.split()))


def _weighted(parts: Sequence[Phrase]) -> list[dict[str, float]]:
    """TF-IDF of the terms of each, of length 1."""
    frequency = Counter(term for part in parts for term in set(part.terms))
    rows = []
    for part in parts:
        counts = Counter(part.terms)
        weights = {
            term: (1 + math.log(count)) * (math.log((1 + len(parts)) / (1 + frequency[term])) + 1)
            for term, count in counts.items()
        }
        length = math.sqrt(sum(weight * weight for weight in weights.values()))
        rows.append({term: weight / length for term, weight in weights.items()})
    return rows


def _gap(group: Sequence[str], by_text: dict[str, list[Asked]]) -> Gap:
    asked = sorted(
        (one for text in group for one in by_text[text]), key=lambda one: (-one.asked_at, one.conversation_id)
    )
    intents = Counter(one.intent for one in asked if one.intent)
    likely = min(intents, key=lambda intent: (-intents[intent], intent), default=None)
    reply = next((without_numbers(one.reply) for one in asked if one.reply), None)
    return Gap(group[0], tuple(group[1 : 1 + VARIANTS]), likely, reply, tuple(asked))
