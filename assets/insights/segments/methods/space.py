"""The frozen scaled space in which customers are compared.

Each measure is log1p of its value (below zero counts as 0: a net refunder has bought nothing), filled with the median
where missing, standardised, and ended at ± `clip`: unlogged, or without an end, one big spender becomes a segment of
their own. Numbers are kept to ten significant digits before anything is fitted on them, so that a fit restored from its
stored parameters gives the same answers to the bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

BASE = ("recency_days", "frequency", "spend")
EXTRAS = ("gap_mean_days", "items_a_purchase", "return_share", "category_count")

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def rounded(values: Floats) -> Floats:
    return np.array([float(f"{value:.10g}") for value in values.ravel()]).reshape(values.shape)


def log_measures(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({column: np.log1p(frame[column].to_numpy(float).clip(0)) for column in columns})


@dataclass(frozen=True, eq=False)
class Space:
    features: tuple[str, ...]
    fill: Floats
    mean: Floats
    scale: Floats
    clip: float

    @classmethod
    def of(cls, logs: pd.DataFrame, features: Sequence[str], clip: float) -> "Space":
        chosen = logs[list(features)]
        fill = rounded(chosen.median().to_numpy(float))
        filled = np.where(chosen.isna(), fill, chosen.to_numpy(float))
        return cls(tuple(features), fill, rounded(filled.mean(0)), rounded(filled.std(0)), clip)

    def points(self, logs: pd.DataFrame) -> Floats:
        values = logs[list(self.features)].to_numpy(float)
        filled = np.where(np.isnan(values), self.fill, values)
        return np.clip((filled - self.mean) / self.scale, -self.clip, self.clip)

    def points_from(self, other: "Space", centroids: Floats) -> Floats:
        """Centroids of another space with the same measures, in this one."""
        return np.clip((centroids * other.scale + other.mean - self.mean) / self.scale, -self.clip, self.clip)


def nearest(points: Floats, centroids: Floats) -> tuple[Labels, Floats]:
    """Index of the nearest centroid, the first one on a tie, and the squared distance to it.

    Summed measure by measure, never as a matrix product, so that a row's answer does not depend on its neighbours.
    """
    labels = np.zeros(len(points), np.int64)
    best = np.full(len(points), np.inf)
    for label, centroid in enumerate(centroids):
        squared = np.zeros(len(points))
        for column, centre in enumerate(centroid):
            squared += (points[:, column] - centre) ** 2
        closer = squared < best
        labels[closer] = label
        best[closer] = squared[closer]
    return labels, best


def group_means(values: Floats, labels: Labels, k: int) -> Floats:
    counts = np.bincount(labels, minlength=k)
    return np.stack([np.bincount(labels, weights=column, minlength=k) / counts for column in values.T], axis=1)
