"""Whether a message is of any known intent, told from how it lies to the messages that a model was fitted on.

Signs are of two kinds. Of the scores: the highest, how far it stands out, how much nearer they are to those of the intent's
own messages than to those of all (relative Mahalanobis distance, Ren et al. 2021), and how alike the whole profile is. Of
the n-grams: the nearest message, what share of the nearest is of the likeliest intent, and the mean nearness to its messages
and to all. A logistic regression weighs them, learnt from intents that were left out of a fit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    Array = np.ndarray[Any, Any]
    Matrix = csr_array

# Messages that are kept to be near to; of more, every n-th.
KEPT = 10_000
NEIGHBOURS = 5
# Messages read at once: what is held is this times those kept.
BATCH = 256
# Of the mean variance, added to each: intents may be more than their messages.
SHRINKAGE = 0.1
# What is told by the highest score alone.
HIGHEST_ONLY = np.array([1.0, 0, 0, 0, 0, 0, 0, 0])


@dataclass(frozen=True)
class Known:
    """Messages of known intents, and the scores that a model not fitted on them gives them.

    `rows`: a row an n-gram, a column a message, each of length 1; `labels`: the intent of each. `profiles`: the mean scores
    of each intent's messages, a row an intent; `centre`: of all; `within` and `across`: inverse covariances about either."""

    rows: "Matrix"
    labels: "Array"
    profiles: "Array"
    centre: "Array"
    within: "Array"
    across: "Array"

    @cached_property
    def _tightness(self) -> "Array":
        """How long the mean message of each intent is: 1 where all are the same."""
        from scipy.sparse import csr_array

        counts = np.bincount(self.labels, minlength=len(self.profiles))
        places = np.arange(len(self.labels)), self.labels
        means = self.rows @ csr_array((1 / counts[self.labels], places), shape=(len(self.labels), len(counts)))
        return np.maximum(np.sqrt(means.multiply(means).sum(axis=0)), 1e-3)

    @classmethod
    def of(cls, matrix: "Matrix", labels: "Array", scores: "Array") -> "Known":
        """Messages with their intents and their scores by a model of others; each intent has a column of scores."""
        from scipy.sparse import csr_array

        intents = scores.shape[1]
        counts = np.bincount(labels, minlength=intents)
        centre = scores.mean(axis=0)
        sums = np.zeros((intents, intents))
        np.add.at(sums, labels, scores)
        profiles = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centre)
        kept = np.unique(np.linspace(0, len(labels) - 1, min(KEPT, len(labels))).astype(np.int64))
        return cls(
            csr_array(unit_rows(matrix[kept]).T),
            labels[kept].astype(np.int32),
            profiles.astype(np.float32),
            centre.astype(np.float32),
            _inverse_covariance(scores - profiles[labels]),
            _inverse_covariance(scores - centre),
        )

    def signs(self, matrix: "Matrix", scores: "Array") -> "Array":
        """A row a message; the columns in the order of `HIGHEST_ONLY`."""
        highest = scores.max(axis=1)
        first = scores.argmax(axis=1)
        stands_out = (highest - scores.mean(axis=1)) / np.maximum(scores.std(axis=1), 1e-9)
        away, off = scores - self.centre, scores - self.profiles[first]
        nearer = ((away @ self.across) * away).sum(axis=1) - ((off @ self.within) * off).sum(axis=1)
        alike = (_unit(scores) * _unit(self.profiles)[first]).sum(axis=1)
        near = [
            self._nearness(matrix[start : start + BATCH], first[start : start + BATCH])
            for start in range(0, len(first), BATCH)
        ]
        return np.column_stack([highest, stands_out, nearer, alike, np.vstack(near)])

    def _nearness(self, matrix: "Matrix", first: "Array") -> "Array":
        near = (unit_rows(matrix) @ self.rows).toarray()
        own = self.labels == first[:, None]
        order = np.argpartition(near, -min(NEIGHBOURS, near.shape[1]), axis=1)[:, -NEIGHBOURS:]
        counts = np.maximum(own.sum(axis=1), 1)
        return np.column_stack(
            [
                near.max(axis=1),
                np.take_along_axis(own, order, axis=1).mean(axis=1),
                (near * own).sum(axis=1) / counts / self._tightness[first],
                near.mean(axis=1),
            ]
        )

    def arrays(self) -> dict[str, "Array"]:
        return {
            "near_values": self.rows.data,
            "near_messages": self.rows.indices,
            "near_starts": self.rows.indptr,
            "near_labels": self.labels,
            "profiles": self.profiles,
            "centre": self.centre,
            "within": self.within,
            "across": self.across,
        }

    @classmethod
    def from_arrays(cls, arrays: "Mapping[str, Array]") -> "Known":
        from scipy.sparse import csr_array

        starts, labels = arrays["near_starts"], arrays["near_labels"]
        parts = arrays["near_values"], arrays["near_messages"], starts
        rows = csr_array(parts, shape=(len(starts) - 1, len(labels)))
        return cls(rows, labels, *(arrays[name] for name in ("profiles", "centre", "within", "across")))


@dataclass(frozen=True)
class Scope:
    """What tells messages of known intents from others: `weights` of the signs, an intercept, and from where on a message
    is in scope."""

    known: Known
    weights: "Array"
    intercept: float
    threshold: float

    def scores(self, matrix: "Matrix", scores: "Array") -> "Array":
        return self.known.signs(matrix, scores) @ self.weights + self.intercept

    def arrays(self) -> dict[str, "Array"]:
        return self.known.arrays() | {
            "scope_weights": self.weights,
            "scope_numbers": np.array([self.intercept, self.threshold]),
        }

    @classmethod
    def from_arrays(cls, arrays: "Mapping[str, Array]") -> "Scope":
        intercept, threshold = (float(number) for number in arrays["scope_numbers"])
        return cls(Known.from_arrays(arrays), arrays["scope_weights"], intercept, threshold)


def unit_rows(matrix: "Matrix") -> "Matrix":
    """Rows of length 1; one that holds nothing stays so."""
    from scipy.sparse import csr_array

    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
    held = np.diff(matrix.indptr)
    values = (matrix.data / np.repeat(np.maximum(lengths, 1e-9), held)).astype(np.float32)
    return csr_array((values, matrix.indices, matrix.indptr), shape=matrix.shape)


def _unit(scores: "Array") -> "Array":
    centred = scores - scores.mean(axis=1, keepdims=True)
    return centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)


def _inverse_covariance(off: "Array") -> "Array":
    found = off.T @ off / len(off)
    level = max(SHRINKAGE * float(np.trace(found)) / len(found), 1e-9)
    return np.linalg.inv(found + level * np.eye(len(found))).astype(np.float32)
