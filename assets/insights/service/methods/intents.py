"""The intent of a message, by a linear model: ranked intents with calibrated probabilities, whether the message is of
any intent at all, and whether the likeliest may be taken without asking back.

The weights are one float32 matrix, a row an n-gram and a column an intent; reading needs no scikit-learn.
Probabilities are a softmax of the scores at one temperature (Guo et al. 2017).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from assets.insights.service.methods.features import Columns
from assets.insights.service.methods.scope import Scope
from resources.learning.ngrams import Vocabulary
from resources.text import has_words, normalised

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

NAMED = 3
BLOCKS = ("characters", "words", "before")
# Every message holds the marks of its beginning and its end.
MARKS = 2


class Reading(NamedTuple):
    """`ranked`: the likeliest intents, the likeliest first, with the probability that each is meant. `is_sure`: whether the
    first may be taken, at the precision that the model promises."""

    ranked: tuple[tuple[str, float], ...]
    is_in_scope: bool
    is_sure: bool


@dataclass(frozen=True)
class IntentModel:
    """`sure_from` is the probability from which the likeliest intent is right as often as `promised`."""

    intents: tuple[str, ...]
    columns: Columns
    weights: "Array"
    intercepts: "Array"
    temperature: float
    scope: Scope
    sure_from: float
    promised: float

    def read(self, texts: Sequence[str], previous: Sequence[str] | None = None) -> list[Reading]:
        """Each text with the customer's message before it, if there is one."""
        if not texts:
            return []
        matrix = self.columns.of_texts(texts, previous or [""] * len(texts))
        scores = self.scores(matrix)
        found, in_scope = self.probabilities(scores), self.scope.scores(matrix, scores)
        order = np.argsort(-found, axis=1, kind="stable")[:, :NAMED]
        says = (np.diff(matrix.indptr) > MARKS) & np.array([has_words(normalised(text)) for text in texts])
        readings = []
        for row in range(len(texts)):
            ranked = tuple((self.intents[n], round(float(found[row, n]), 4)) for n in order[row])
            is_known = bool(says[row] and in_scope[row] >= self.scope.threshold)
            is_sure = is_known and bool(found[row, order[row, 0]] >= self.sure_from)
            readings.append(Reading(ranked, is_known, is_sure))
        return readings

    def scores(self, matrix: "Matrix") -> "Array":
        return np.asarray(matrix @ self.weights) + self.intercepts

    def probabilities(self, scores: "Array") -> "Array":
        return softmax(scores * self.temperature)

    def arrays(self) -> dict[str, "Array"]:
        """What `from_arrays` makes the same model of: plain arrays, for a file without pickle."""
        found: dict[str, Array] = {"intents": np.array(self.intents), "weights": self.weights}
        for name, vocabulary in zip(BLOCKS, self.columns.vocabularies, strict=True):
            found |= {f"{name}_hashes": vocabulary.hashes, f"{name}_idf": vocabulary.idf}
        numbers = [self.temperature, self.sure_from, self.promised]
        return (
            found
            | self.scope.arrays()
            | {
                "scales": np.array(self.columns.scales),
                "intercepts": self.intercepts,
                "numbers": np.array(numbers, dtype=np.float64),
            }
        )

    @classmethod
    def from_arrays(cls, arrays: "Mapping[str, Array]") -> "IntentModel":
        vocabularies = tuple(Vocabulary(arrays[f"{name}_hashes"], arrays[f"{name}_idf"]) for name in BLOCKS)
        temperature, sure_from, promised = (float(number) for number in arrays["numbers"])
        return cls(
            tuple(str(name) for name in arrays["intents"]),
            Columns(vocabularies, tuple(float(scale) for scale in arrays["scales"])),
            arrays["weights"],
            arrays["intercepts"],
            temperature,
            Scope.from_arrays(arrays),
            sure_from,
            promised,
        )


def softmax(scores: "Array") -> "Array":
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
