"""What people ask, taken apart: units (a character, or a word in Latin letters), their bigrams, and words."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from resources.text import NEGATIONS, normalised, segmented

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

START, END = "^", "$"
_UNITS = re.compile(r"[a-z0-9\u00df-\u024f]+|\w")
_NUMBERS = re.compile(r"\d+(?:\.\d+)?|[一二三四五六七八九十两百千万]+(?=[天个月年期次元块件折点号])")


@dataclass(frozen=True)
class Phrase:
    """A text: its units in order, what they and their neighbours make (`grams`, each once, with marks at both ends), its words in
    order, its numbers, and whether it negates."""

    units: tuple[str, ...]
    grams: tuple[str, ...]
    words: tuple[str, ...]
    numbers: frozenset[str]
    is_negated: bool

    @property
    def terms(self) -> list[str]:
        """Units and bigrams with repeats and without marks: what is searched by."""
        return [*self.units, *map("".join, zip(self.units, self.units[1:], strict=False))]


def phrases(texts: Sequence[str]) -> list[Phrase]:
    """Texts as customers and editors write them, taken apart."""
    prepared = [normalised(text) for text in texts]
    return [_phrase(text, words) for text, words in zip(prepared, segmented(prepared), strict=True)]


def _phrase(text: str, words: Iterable[str]) -> Phrase:
    units = tuple(_UNITS.findall(text))
    marked = (START, *units, END)
    grams = dict.fromkeys((*units, *map("".join, zip(marked, marked[1:], strict=False))))
    spoken = tuple(word for word in words if word[0].isalnum())
    is_negated = any(mark in NEGATIONS for mark in (*units, *spoken))
    return Phrase(units, tuple(grams), spoken, frozenset(_NUMBERS.findall(text)), is_negated)


@dataclass(frozen=True)
class Packed:
    """Lists of numbers, one after the other: that of row n is `values[starts[n] : starts[n + 1]]`."""

    values: "Array"
    starts: "Array"

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], number: Callable[[str], int]) -> "Packed":
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        values = np.array([number(each) for row in rows for each in row], dtype=np.int64)
        return cls(values, np.concatenate(([0], np.cumsum(lengths))))

    def rows(self, chosen: "Array") -> "Packed":
        """Those of some rows, in their order."""
        lengths = self.starts[chosen + 1] - self.starts[chosen]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        places = np.arange(starts[-1]) + np.repeat(self.starts[chosen] - starts[:-1], lengths)
        return Packed(self.values[places], starts)

    def sums(self, of_values: "Array") -> "Array":
        """For each row the sum of what stands for its values (along the last axis)."""
        totals = np.concatenate((np.zeros((*of_values.shape[:-1], 1)), np.cumsum(of_values, axis=-1)), axis=-1)
        return totals[..., self.starts[1:]] - totals[..., self.starts[:-1]]

    def largest(self, of_values: "Array") -> "Array":
        """For each row the largest of what stands for its values, 0 where it has none (along the last axis)."""
        given = np.zeros((*of_values.shape[:-1], len(self.starts) - 1))
        held = np.flatnonzero(np.diff(self.starts))
        if len(held):
            given[..., held] = np.maximum.reduceat(of_values, self.starts[held], axis=-1)
        return given
