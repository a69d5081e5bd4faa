"""RFM scores: recency, frequency and monetary value, each 1 (worst) to 5 (best), by cut points that say something of their own.

Hughes, Strategic Database Marketing (1994), but not by fifths of the customers: in a shop where most are long gone the best fifth
may have been silent for half a year. Recency is cut where the shop's own gaps between purchases lie: a customer who has been
silent for longer than nine in ten gaps of this shop is late here, whatever other customers do. Frequency is cut among those
who came back; who bought once scores 1. Spend is cut in fifths of the buyers. Equal customers always get equal scores.
Limitation: gaps that have not ended yet are not counted, so a young shop's cut points are short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FEWEST_GAPS = 50
GAP_SHARES = (0.5, 0.8, 0.9, 0.97)
USUAL_DAYS = (30, 90, 180, 365)
REPEAT_SHARES = (0.25, 0.5, 0.75)
FIFTHS = (0.2, 0.4, 0.6, 0.8)

Scores = NDArray[np.int64]


@dataclass(frozen=True)
class CutPoints:
    """Four borders a measure, each rising. `recency_days`: at most so many days give 5, 4, 3, 2. `frequency`, `spend`: more than so
    much gives 2, 3, 4, 5. `spend` is empty in a shop without prices."""

    recency_days: Sequence[int]
    frequency: Sequence[int]
    spend: Sequence[float]
    are_usual: bool
    """Whether recency is cut at USUAL_DAYS, since the shop has too few gaps to tell its own."""

    def parameters(self) -> dict[str, object]:
        return asdict(self)

    @classmethod
    def of(cls, buyers: pd.DataFrame, gap_days: NDArray[np.int64], gap_counts: NDArray[np.int64]) -> "CutPoints":
        """Of buyers (frequency, and spend where there are prices) and of how often so many days lay between two purchase days of
        one person, shortest first."""
        are_usual = gap_counts.sum() < FEWEST_GAPS
        days = USUAL_DAYS if are_usual else _weighted(gap_days, gap_counts, GAP_SHARES)
        often = buyers["frequency"].to_numpy()
        repeat = often[often > 1]
        times = np.quantile(repeat, REPEAT_SHARES, method="inverted_cdf") if len(repeat) else ()
        spend: list[float] = []
        if "spend" in buyers and len(buyers):
            spend = [round(float(point), 2) for point in np.quantile(buyers["spend"], FIFTHS, method="inverted_cdf")]
        return cls(_rising(days), _rising((1, *times)), spend, bool(are_usual))

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, object]) -> "CutPoints":
        return cls(**parameters)  # pyright: ignore[reportArgumentType]


def _weighted(values: NDArray[np.int64], counts: NDArray[np.int64], shares: Sequence[float]) -> list[int]:
    reached = np.cumsum(counts) / counts.sum()
    return [int(values[np.searchsorted(reached, share - 1e-12)]) for share in shares]


def _rising(points: Sequence[float]) -> list[int]:
    """Four whole points, each above the one before."""
    found: list[int] = []
    for at in range(4):
        point = int(points[at]) if at < len(points) else 0
        found.append(max(point, found[-1] + 1 if found else 1))
    return found


def scores(buyers: pd.DataFrame, cut_points: CutPoints) -> dict[str, Scores]:
    """r_score, f_score and, in a shop with prices, m_score, in the order of the rows."""
    found = {
        "r_score": 5 - _above(buyers["recency_days"], cut_points.recency_days),
        "f_score": 1 + _above(buyers["frequency"], cut_points.frequency),
    }
    if cut_points.spend:
        found["m_score"] = 1 + _above(buyers["spend"], cut_points.spend)
    return found


def _above(values: pd.Series, points: Sequence[float]) -> Scores:
    return np.sum([values.to_numpy(float) > point for point in points], axis=0, dtype=np.int64)
