"""Which clauses speak of which aspect, and what a review says of it.

A clause speaks of an aspect when one of the aspect's words occurs in it. Its own score and that of the whole review are
blended on the scale of log-odds: a clause alone is short, and the review is what its writer thinks on the whole.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from resources.learning.ngrams import CHARACTER_SEED, character_units, rolled

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

REVIEW_WEIGHT = 0.5


class Mention(NamedTuple):
    clause: int
    aspect: str


def mentions(clauses: Sequence[str], words: Mapping[str, Sequence[str]]) -> list[Mention]:
    """The aspects that each clause speaks of, by the order of clauses, then of `words`."""
    names = list(words)
    by_length: dict[int, list[tuple[str, int]]] = {}
    for number, name in enumerate(names):
        for word in words[name]:
            by_length.setdefault(len(word), []).append((word, number))
    if not by_length or not clauses:
        return []
    found: list[Array] = []
    grams = rolled(character_units(clauses), sorted(by_length), CHARACTER_SEED)
    for (length, entries), (hashes, owners) in zip(sorted(by_length.items()), grams, strict=True):
        searched = next(rolled(character_units([word for word, _ in entries]), [length], CHARACTER_SEED))[0]
        order = np.argsort(searched, kind="stable")
        ascending, numbers = searched[order], np.array([entries[n][1] for n in order])
        place = np.searchsorted(ascending, hashes)
        near = np.flatnonzero(ascending[np.minimum(place, len(ascending) - 1)] == hashes)
        # A word may stand in the lists of several aspects.
        while len(near):
            found.append(owners[near] * len(names) + numbers[place[near]])
            place[near] += 1
            near = near[place[near] < len(ascending)]
            near = near[ascending[place[near]] == hashes[near]]
    pairs = np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)
    return [Mention(int(pair) // len(names), names[int(pair) % len(names)]) for pair in pairs]


def blended(clause: "Array", review: "Array") -> "Array":
    """Log-odds of a clause and of its review to the probability that the aspect is praised."""
    return 1 / (1 + np.exp(-(clause + REVIEW_WEIGHT * review) / (1 + REVIEW_WEIGHT)))
