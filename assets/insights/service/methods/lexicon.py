"""What is known of words, units and grams before a shop's own entries are: how rare they are, what they are near to, and what it
says that both, or only one, of two questions hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Vectors:
    """Names with their rarity (inverse document frequency, natural logarithm) and their direction (rows of length 1)."""

    names: "Array"
    rarity: "Array"
    directions: "Array"

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names.tolist())}

    def of(self, names: Sequence[str]) -> tuple["Array", "Array"]:
        """Rarity and direction of each name; one that is not known is as rare as can be, and near to nothing."""
        rarity = np.full(len(names), self.rarity.max(initial=1.0), dtype=np.float32)
        directions = np.zeros((len(names), self.directions.shape[1]), dtype=np.float32)
        places = np.array([self.numbers.get(name, -1) for name in names], dtype=np.int64)
        known = places >= 0
        rarity[known], directions[known] = self.rarity[places[known]], self.directions[places[known]]
        return rarity, directions


@dataclass(frozen=True, eq=False)
class Grams:
    """Grams with what it adds to a margin that a question and an entry both hold them, or the entry alone: a row each. (What the
    question alone holds is all of it less what both hold, and moves no entry against another.)"""

    names: "Array"
    weights: "Array"

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names.tolist())}

    def of(self, names: Sequence[str]) -> "Array":
        """The two weights of each gram, a column each; none for one that is not known."""
        places = np.array([self.numbers.get(name, -1) for name in names], dtype=np.int64)
        return np.where(places >= 0, self.weights[:, places], 0.0) if len(self.names) else np.zeros((2, len(names)))


@dataclass(frozen=True, eq=False)
class Lexicon:
    words: Vectors
    units: Vectors
    grams: Grams
