"""Which clauses speak of which aspect, and what a review says of it.

A clause speaks of an aspect when one of the aspect's words occurs in it. Its own score and that of the whole review are
blended on the scale of log-odds: a clause alone is short, and the review is what its writer thinks on the whole.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from assets.insights.sentiment.ngrams import character_grams

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

REVIEW_WEIGHT = 0.5


class Mention(NamedTuple):
    clause: int
    aspect: str


def mentions(clauses: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[Mention]:
    """The aspects that each clause speaks of, by the order of clauses, then of `words`."""
    names = list(words)
    found: list[Array] = []
    by_length: dict[int, list[tuple[str, int]]] = {}
    for number, name in enumerate(names):
        for word in words[name]:
            by_length.setdefault(len(word), []).append((word, number))
    for length, entries in sorted(by_length.items()):
        hashes = character_grams([word for word, _ in entries], [length]).hashes
        order = np.argsort(hashes, kind="stable")
        ascending, numbers = hashes[order], np.array([entries[n][1] for n in order])
        grams = character_grams(clauses, [length])
        first = np.searchsorted(ascending, grams.hashes)
        # A word may stand in the lists of several aspects.
        while True:
            inside = np.minimum(first, len(ascending) - 1)
            hit = (first < len(ascending)) & (ascending[inside] == grams.hashes)
            if not hit.any():
                break
            found.append(grams.texts[hit] * len(names) + numbers[inside[hit]])
            first = np.where(hit, first + 1, len(ascending))
    pairs = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return [Mention(int(pair) // len(names), names[int(pair) % len(names)]) for pair in pairs]


def blended(clause: "Array", review: "Array") -> "Array":
    """Log-odds of a clause and of its review to the probability that the aspect is praised."""
    return 1 / (1 + np.exp(-(clause + REVIEW_WEIGHT * review) / (1 + REVIEW_WEIGHT)))
