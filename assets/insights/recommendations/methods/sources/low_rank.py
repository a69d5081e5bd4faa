"""Low-rank scorer: the history seen through the strongest common tastes (ideal low-pass filter of GF-CF, Shen et al. 2021,
arXiv 2108.07567), by a randomised singular value decomposition (Halko, Martinsson & Tropp 2011).

Where the graphs follow single products, this follows the few directions in which all customers differ. Dividing by the
product's degree to a power beyond one half leaves less of mere popularity in it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.interactions import Floats, Matrix
from assets.insights.recommendations.methods.sources.item_graph import degrees, divided
from resources.learning.threads import one_thread

POPULARITY_POWER = 0.6
OVERSAMPLES, POWER_ITERATIONS = 16, 2


@dataclass(frozen=True, eq=False)
class LowRank:
    """`tastes`: products × rank, orthonormal columns, the strongest first."""

    tastes: NDArray[np.float32]
    product_degrees: Floats

    @classmethod
    def of(cls, weights: Matrix, rank: int, seed: int = 0) -> "LowRank":
        """At most as many tastes as the smaller side of the matrix allows."""
        customer, product = degrees(weights)
        normal = divided(weights, customer**0.5, product**0.5).astype(np.float32)
        rank = min(rank, min(weights.shape) - 1)
        if rank < 1:
            return cls(np.zeros((weights.shape[1], 0), np.float32), product)
        return cls(_right_singular_vectors(normal, rank, seed), product)

    def truncated(self, rank: int) -> "LowRank":
        return LowRank(self.tastes[:, :rank], self.product_degrees)

    @property
    def rank(self) -> int:
        return self.tastes.shape[1]

    def customers(self, histories: Matrix) -> NDArray[np.float32]:
        """Customers × rank."""
        ones = np.ones(histories.shape[0])
        return (
            divided(histories, ones, self.product_degrees**POPULARITY_POWER).astype(np.float32) @ self.tastes
        ).astype(np.float32)

    def products(self) -> NDArray[np.float32]:
        """Products × rank: the inner product with a customer's row is the score."""
        return self.tastes * (self.product_degrees**POPULARITY_POWER)[:, None].astype(np.float32)


def _right_singular_vectors(matrix: Matrix, rank: int, seed: int) -> NDArray[np.float32]:
    # One thread: the order in which a parallel product adds up is not the same from run to run.
    with one_thread():
        width = min(rank + OVERSAMPLES, min(matrix.shape))
        sample = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), np.float32)
        transposed = matrix.T.tocsr()
        basis = _orthonormal(matrix @ sample)
        for _ in range(POWER_ITERATIONS):
            basis = _orthonormal(matrix @ _orthonormal(transposed @ basis))
        # matrix ≈ basis · small: the right singular vectors of `small` are those of the matrix.
        small = np.asarray(transposed @ basis)
        values, vectors = np.linalg.eigh((small.T @ small).astype(float))
        chosen = vectors[:, values > values[-1] * 1e-9][:, ::-1][:, :rank]
        tastes = small @ chosen.astype(np.float32)
        length = np.linalg.norm(tastes, axis=0)
        return np.ascontiguousarray(tastes / np.maximum(length, np.finfo(np.float32).tiny), np.float32)


def _orthonormal(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """An orthonormal basis of what the columns span, by the eigenvectors of their inner products (twice, for accuracy). Directions that
    are as good as nothing are left out: a small shop has fewer tastes than were asked for."""
    basis = np.asarray(columns, np.float32)
    for _ in range(2):
        values, vectors = np.linalg.eigh((basis.T @ basis).astype(float))
        kept = values > max(values[-1] * 1e-6, np.finfo(float).tiny)
        basis = basis @ (vectors[:, kept] / np.sqrt(values[kept])).astype(np.float32)
    return basis
