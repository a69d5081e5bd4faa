"""How alike a question and each of some phrasings are, in numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.service.methods.lexicon import Lexicon, Vectors
from assets.insights.service.methods.phrases import Packed, Phrase

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

FEATURES = (
    "bm25_to_best",
    "bm25_to_own",
    "place",
    "units_shared",
    "pairs_shared",
    "pairs_to_units",
    "words_shared",
    "words_met",
    "words_met_back",
    "rarest_word_missed",
    "rarest_word_missed_back",
    "words_direction",
    "units_met",
    "units_met_back",
    "rarest_unit_missed",
    "rarest_unit_missed_back",
    "units_direction",
    "length_ratio",
    "length",
    "negation_differs",
    "numbers_differ",
)
"""The columns of `Book.features`. `_met`: the share of the question's words, weighed by rarity, for which the phrasing has the same or a
near one (Mihalcea et al. 2006); `_back`: the other way round; `_direction`: the cosine of both means (Arora et al. 2017)."""


@dataclass(frozen=True, eq=False)
class Side:
    """One kind of parts (words or units) of many phrasings."""

    vectors: Vectors
    names: dict[str, int]
    rarity: "Array"
    directions: "Array"
    packed: Packed
    means: "Array"

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], vectors: Vectors) -> "Side":
        names = {name: number for number, name in enumerate(dict.fromkeys(part for row in rows for part in row))}
        rarity, directions = vectors.of(list(names))
        packed = Packed.of(rows, names.__getitem__)
        means = packed.sums((rarity[:, None] * directions)[packed.values].T).T
        return cls(vectors, names, rarity, directions, packed, _of_length_one(means))

    def compared(self, parts: Sequence[str], chosen: "Array") -> "Array":
        """For each of the chosen phrasings: parts shared (Jaccard), met, met back, rarest missed, rarest missed back, direction."""
        rarity, directions = self.vectors.of(parts)
        own = np.array([self.names.get(part, -1) for part in parts], dtype=np.int64)
        there = self.packed.rows(chosen)
        near = np.maximum(directions @ self.directions[there.values].T, 0.0)
        near[own[:, None] == there.values] = 1.0
        best, back = there.largest(near), near.max(axis=0, initial=0.0)
        rare = self.rarity[there.values]
        same = there.sums((back == 1.0).astype(float))
        every = len(parts) + np.diff(there.starts)
        mean = _of_length_one((rarity[:, None] * directions).sum(axis=0, keepdims=True))[0]
        return np.stack(
            [
                same / np.maximum(every - same, 1),
                (rarity @ best) / max(float(rarity.sum()), 1e-9),
                there.sums(rare * back) / np.maximum(there.sums(rare), 1e-9),
                ((1 - best) * rarity[:, None]).max(axis=0, initial=0.0),
                there.largest((1 - back) * rare),
                self.means[chosen] @ mean,
            ]
        )


@dataclass(frozen=True, eq=False)
class Book:
    """Many phrasings, ready to be compared with a question."""

    lexicon: Lexicon
    words: Side
    units: Side
    grams: Packed
    gram_numbers: dict[str, int]
    gram_weights: "Array"
    is_pair: "Array"
    is_negated: "Array"
    numbers: list[frozenset[str]]

    @classmethod
    def of(cls, phrases: Sequence[Phrase], lexicon: Lexicon) -> "Book":
        names = {name: number for number, name in enumerate(dict.fromkeys(g for p in phrases for g in p.grams))}
        units = {unit for phrase in phrases for unit in phrase.units}
        return cls(
            lexicon,
            Side.of([phrase.words for phrase in phrases], lexicon.words),
            Side.of([phrase.units for phrase in phrases], lexicon.units),
            Packed.of([phrase.grams for phrase in phrases], names.__getitem__),
            names,
            lexicon.grams.of(list(names)),
            np.array([name not in units for name in names], dtype=bool),
            np.array([phrase.is_negated for phrase in phrases], dtype=bool),
            [phrase.numbers for phrase in phrases],
        )

    def features(self, question: Phrase, chosen: "Array", bm25: "Array", most: float) -> "Array":
        """A row for each of the chosen phrasings, which come with their BM25 scores, best first; `most` is what the question scores
        against itself."""
        there = self.grams.rows(chosen)
        shared, is_pair = self.held(question)[there.values], self.is_pair[there.values]
        units, pairs = there.sums(shared & ~is_pair), there.sums(shared & is_pair)
        words = self.words.compared(question.words, chosen)
        letters = self.units.compared(question.units, chosen)
        own, sizes = max(len(question.units), 1), np.maximum(np.diff(self.units.packed.starts)[chosen], 1)
        return np.stack(
            [
                bm25 / max(float(bm25.max(initial=0.0)), 1e-9),
                bm25 / max(most, 1e-9),
                np.log1p(np.arange(len(chosen))),
                letters[0],
                # With the marks at both ends a text has one more pair than units.
                pairs / np.maximum(own + sizes + 2 - pairs, 1),
                pairs / np.maximum(units, 1),
                *words,
                *letters[1:],
                np.abs(np.log(own / sizes)),
                np.log(sizes),
                self.is_negated[chosen] != question.is_negated,
                np.array([len(question.numbers ^ self.numbers[number]) for number in chosen]),
            ],
            axis=1,
            dtype=np.float64,
        )

    def gram_margins(self, question: Phrase, chosen: "Array") -> "Array":
        """What the grams that both or only the phrasing hold add to the margin of each."""
        there = self.grams.rows(chosen)
        both, alone = self.gram_weights[:, there.values]
        return there.sums(np.where(self.held(question)[there.values], both, alone))

    def held(self, question: Phrase) -> "Array":
        """Of each gram of the book whether the question holds it."""
        held = np.zeros(len(self.gram_numbers), dtype=bool)
        held[[self.gram_numbers[gram] for gram in question.grams if gram in self.gram_numbers]] = True
        return held


def _of_length_one(rows: "Array") -> "Array":
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
