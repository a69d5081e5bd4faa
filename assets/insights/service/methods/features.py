"""Messages as TF-IDF weighted n-grams in three blocks: characters, words, and the message before.

Chinese is cut into characters 1-3 with a mark at both ends, other scripts into characters 2-5 within words; words are single
and in pairs. The message before has columns of its own, so that "好的" after a question is not "好的" after an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resources import text as words_of
from resources.learning.ngrams import Counts, Grams, Vocabulary, character_grams, inner_grams, joined, word_grams

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

CHINESE, OTHERS, WORDS = (1, 2, 3), (2, 3, 4, 5), (1, 2)
# Of the message before only words: what it was about, not how it was put.
BEFORE = (1,)


def grams_of(texts: Sequence[str], previous: Sequence[str]) -> tuple[Grams, ...]:
    """The n-grams of each block; both arguments as delivered."""
    normal, tokens = _words(texts)
    are_chinese = [words_of.is_chinese(text) for text in normal]
    characters = joined(
        [
            _only(
                character_grams(
                    [t if han else "" for t, han in _zip(normal, are_chinese)], is_whole=True, lengths=CHINESE
                ),
                are_chinese,
            ),
            inner_grams([[] if han else words for words, han in _zip(tokens, are_chinese)], lengths=OTHERS),
        ]
    )
    before = word_grams(_words(previous)[1], is_whole=False, lengths=BEFORE)
    return characters, word_grams(tokens, is_whole=True, lengths=WORDS), before


def _words(texts: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    normal = [words_of.normalised(text) for text in texts]
    return normal, words_of.segmented(normal)


def _zip(values: Sequence[Any], flags: Sequence[bool]) -> "zip[tuple[Any, bool]]":
    return zip(values, flags, strict=True)


def _only(grams: Grams, kept: Sequence[bool]) -> Grams:
    inside = np.array(kept, dtype=bool)[grams.texts]
    return Grams(grams.hashes[inside], grams.texts[inside], grams.size)


@dataclass(frozen=True)
class Sample:
    """The counted n-grams of labelled messages, block by block: counted once, they serve fits on several parts."""

    blocks: tuple[Counts, ...]

    @classmethod
    def of(cls, texts: Sequence[str], previous: Sequence[str] | None = None) -> "Sample":
        return cls(tuple(Counts.of(grams) for grams in grams_of(texts, previous or [""] * len(texts))))

    def rows(self, numbers: "Array") -> "Sample":
        return Sample(tuple(block.rows(numbers) for block in self.blocks))


@dataclass(frozen=True)
class Columns:
    """The vocabulary of each block, and how much the block weighs."""

    vocabularies: tuple[Vocabulary, ...]
    scales: tuple[float, ...]

    @classmethod
    def of(cls, sample: Sample, scales: Sequence[float], fewest: int) -> "tuple[Columns, Matrix]":
        """The n-grams that at least `fewest` messages hold, and the messages by them."""
        found = [Vocabulary.of(block, fewest) for block in sample.blocks]
        columns = cls(tuple(vocabulary for vocabulary, _ in found), tuple(scales))
        return columns, columns._stacked([matrix for _, matrix in found])

    def counted(self, sample: Sample) -> "Matrix":
        """The messages of a sample that may hold n-grams never seen."""
        pairs = zip(self.vocabularies, sample.blocks, strict=True)
        return self._stacked([vocabulary.of_counts(block) for vocabulary, block in pairs])

    def of_texts(self, texts: Sequence[str], previous: Sequence[str]) -> "Matrix":
        grams = grams_of(texts, previous)
        return self._stacked([v.weighted(block) for v, block in zip(self.vocabularies, grams, strict=True)])

    def _stacked(self, blocks: "Sequence[Matrix]") -> "Matrix":
        from scipy.sparse import csr_array, hstack

        scaled = [block * np.float32(scale) for block, scale in zip(blocks, self.scales, strict=True)]
        return csr_array(hstack(scaled, format="csr"))
