"""The few hundred products that a customer's sources propose, with each source's score of them.

Scores of different sources have no common scale: each is divided by the mean of its own twenty best for that customer, so that
a weight means the same for everybody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.interactions import Matrix

SCALE_BY = 20
NOBODY = -1

Scores = NDArray[np.float32]
Products = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Candidates:
    """`products`: customers × width, indices of products, ascending, NOBODY at the end of shorter rows. `scores`: of each
    source, the same shape."""

    products: Products
    scores: Mapping[str, Scores]

    @property
    def is_there(self) -> NDArray[np.bool_]:
        return self.products != NOBODY

    def blended(self, weights: Mapping[str, float]) -> Scores:
        """The weighted sum of the sources; minus infinity where there is no product."""
        total = np.where(self.is_there, np.float32(0), np.float32(-np.inf))
        for source, weight in weights.items():
            if weight:
                total += np.float32(weight) * self.scores[source]
        return total

    def places(self, matrix: Matrix) -> NDArray[np.bool_]:
        """Where a candidate is an entry of the customer's row of a matrix."""
        return values_at(self.products, matrix) != 0


def union(proposed: Iterable[Matrix], product_count: int, without: Matrix | None = None) -> Products:
    """By customer the products that any source proposes, save those of `without`."""
    matrices = list(proposed)
    size = matrices[0].shape[0]
    keys = np.sort(np.concatenate([keys_of(matrix, product_count) for matrix in matrices]), kind="stable")
    keys = keys[np.diff(keys, prepend=-1) > 0]
    if without is not None and without.nnz:
        keys = keys[~np.isin(keys, keys_of(without, product_count), assume_unique=True)]
    rows, columns = np.divmod(keys, product_count)
    counts = np.bincount(rows, minlength=size)
    products = np.full((size, max(int(counts.max(initial=0)), 1)), NOBODY, np.int64)
    products[np.arange(products.shape[1]) < counts[:, None]] = columns
    return products


def keys_of(matrix: Matrix, product_count: int) -> NDArray[np.int64]:
    """Row and column of every entry as one number, ascending where the matrix has sorted indices."""
    rows = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    return rows * product_count + matrix.indices


def values_at(products: Products, matrix: Matrix) -> Scores:
    """The matrix' entries of each customer at the products of its row."""
    if not matrix.has_sorted_indices:
        matrix.sort_indices()
    keys = keys_of(matrix, matrix.shape[1])
    if not len(keys):
        return np.zeros(products.shape, np.float32)
    wanted = np.arange(len(products), dtype=np.int64)[:, None] * matrix.shape[1] + products
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = (keys[at] == wanted) & (products != NOBODY)
    return np.where(found, matrix.data[at], 0).astype(np.float32)


def scaled(scores: Scores, is_there: NDArray[np.bool_]) -> Scores:
    """Divided by the mean of the row's best; rows in which nothing scores stay zero."""
    scores = np.where(is_there, scores, np.float32(0))
    best = scores
    if scores.shape[1] > SCALE_BY:
        best = np.partition(scores, scores.shape[1] - SCALE_BY, axis=1)[:, -SCALE_BY:]
    mean = best.clip(0).mean(axis=1, keepdims=True)
    return np.divide(scores, mean, out=np.zeros_like(scores), where=mean > 0)


def ranked(products: Products, scores: Scores, count: int) -> tuple[Products, Scores]:
    """The `count` best products of each customer, best first, equal scores in the order of products; short rows end in NOBODY."""
    count = min(count, products.shape[1])
    order = (
        np.argsort(-scores, axis=1, kind="stable")[:, :count]
        if products.shape[1] <= 2 * count
        else _best(scores, count)
    )
    found, best = np.take_along_axis(products, order, 1), np.take_along_axis(scores, order, 1)
    return np.where(np.isfinite(best), found, NOBODY), best


def _best(scores: Scores, count: int) -> NDArray[np.int64]:
    cut = -np.partition(-scores, count - 1, axis=1)[:, count - 1 : count]
    above, ties = scores > cut, scores == cut
    # Of those at the cut the first: a partition alone would take any of them.
    is_kept = above | (ties & (ties.cumsum(axis=1) <= count - above.sum(axis=1, keepdims=True)))
    at = np.nonzero(is_kept)[1].reshape(len(scores), count)
    order = np.argsort(-np.take_along_axis(scores, at, 1), axis=1, kind="stable")
    return np.take_along_axis(at, order, 1)
