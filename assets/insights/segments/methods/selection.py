"""Which measures a segmentation rests on, and how many segments it has.

Stability is the mean adjusted Rand index (Hubert and Arabie 1985) between the partitions that K-means finds on
bootstrap samples, all judged on the same customers (Ben-Hur et al. 2002; Hennig 2007). Silhouette is reported and
decides nothing: on shop data it prefers two segments, or a handful of big spenders against everybody else.

Rule for k: admissible are the k that are stable enough and leave no segment too small; of these the largest that is
on average as stable as the most stable one is on a bad draw (its 10th percentile), since more segments say more as long
as they can be found again. The margin so follows the data: none where groups stand apart, some where customers are one
cloud. Where no k is admissible, the one that misses the two limits by least (in tenths; the smaller on a tie) is taken
and marked as a fallback.

Rule for measures: recency, frequency and spend stay unless they are constant; a further measure enters only if it is
neither constant, nor often missing, nor a copy of one already in, raises stability by more than its noise, and does not
shrink the smallest segment. Limitations: stability is itself estimated from a few resamples (standard error some
0.03), so that neighbouring k can change places; that is why a refit keeps its k, with leeway (see clusters.py). A
further measure is tried at the k chosen without it, so one that pays only at another k is missed.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.insights.segments.methods.space import BASE, EXTRAS, TENURE, Floats, Labels, Space, nearest


@dataclass(frozen=True)
class Settings:
    k_min: int = 3
    k_max: int = 8
    customers_a_segment: int = 20
    """So many on average at least: a small shop gets few segments."""
    min_stability: float = 0.8
    min_share: float = 0.03
    min_gain: float = 0.05
    """By so much a further measure must raise stability: names speak of recency, frequency and spend alone."""
    k_in_force_leeway: float = 0.05
    resamples: int = 12
    n_init: int = 5
    min_customers: int = 50
    max_missing: float = 0.05
    max_correlation: float = 0.9
    clip: float = 3.0
    max_relabelled: float = 0.35
    max_match_distance: float = 2.0
    fit_rows: int = 100_000
    bootstrap_rows: int = 5_000
    judge_rows: int = 2_000
    """Rows on which partitions are compared, silhouettes taken, hierarchical clustering and mixtures fitted."""


@dataclass(frozen=True)
class Draws:
    """Rows drawn once, so that every k and every set of measures is judged on the same customers."""

    seed: int
    resamples: Sequence[NDArray[np.int64]]
    judges: NDArray[np.int64]

    @classmethod
    def of(cls, rows: int, settings: Settings, seed: int) -> "Draws":
        rng = np.random.default_rng(seed)
        size = min(rows, settings.bootstrap_rows)
        return cls(
            seed,
            [rng.integers(0, rows, size) for _ in range(settings.resamples)],
            np.sort(rng.permutation(rows)[: settings.judge_rows]),
        )


@dataclass(frozen=True, eq=False)
class Candidate:
    k: int
    centroids: Floats
    stability: float
    stability_p10: float
    smallest_share: float
    explained_variance: float

    def is_admissible(self, settings: Settings, *, leeway: float = 0.0) -> bool:
        return self.stability >= settings.min_stability - leeway and self.smallest_share >= settings.min_share

    def shortfall(self, settings: Settings) -> float:
        stability = max(0.0, 1 - self.stability / settings.min_stability)
        return stability + max(0.0, 1 - self.smallest_share / settings.min_share)

    def row(self, judged: Floats, settings: Settings) -> dict[str, Any]:
        """The candidate's line in the table of k."""
        from sklearn.metrics import silhouette_score

        labels, _ = nearest(judged, self.centroids)
        row = {key: value for key, value in asdict(self).items() if key != "centroids"}
        row["silhouette"] = _score(silhouette_score, judged, labels)
        row["is_admissible"] = self.is_admissible(settings)
        return row


@dataclass(frozen=True, eq=False)
class Selection:
    space: Space
    points: Floats
    candidates: Sequence[Candidate]
    reasons: dict[str, str]
    """A sentence a measure: kept or dropped, and why."""


def select(
    logs: pd.DataFrame, ks: Sequence[int], draws: Draws, settings: Settings, in_force: Sequence[str] | None = None
) -> Selection:
    """Choose the measures and judge every k on them. `in_force`: the measures to keep to, where they still serve."""
    kept: list[str] = []
    waiting: list[str] = []
    reasons: dict[str, str] = {}
    for column in (*BASE, *EXTRAS):
        if in_force is not None and column not in in_force:
            reasons[column] = "dropped: not in the fit in force; measures are chosen anew when the shop has doubled"
        elif reason := drop_reason(logs, column, kept, settings):
            reasons[column] = reason
        elif column in BASE or in_force is not None:
            kept.append(column)
            reasons[column] = "kept: base" if column in BASE else "kept: in the fit in force"
        else:
            waiting.append(column)

    if TENURE in logs:
        reasons[TENURE] = "dropped: grows with the shop's history, whatever customers do; serves the names only"

    space, points, candidates = _judge(logs, kept, ks, draws, settings)
    at, _ = choose_k(candidates, settings)
    for column in waiting:
        if reason := drop_reason(logs, column, kept, settings):
            reasons[column] = reason
            continue
        _, _, (trial,) = _judge(logs, [*kept, column], [at.k], draws, settings)
        figures = (
            f"at k = {at.k} stability {at.stability:.3f} becomes {trial.stability:.3f}, "
            f"smallest share {at.smallest_share:.3f} becomes {trial.smallest_share:.3f}"
        )
        if trial.stability >= at.stability + settings.min_gain and trial.smallest_share >= at.smallest_share:
            kept.append(column)
            at = trial
            reasons[column] = f"kept: {figures}"
        else:
            reasons[column] = f"dropped: {figures}"
    if tuple(kept) != space.features:
        space, points, candidates = _judge(logs, kept, ks, draws, settings)
    return Selection(space, points, candidates, reasons)


def drop_reason(logs: pd.DataFrame, column: str, kept: Sequence[str], settings: Settings) -> str | None:
    """Why a measure cannot serve beside those kept so far; None where it can. The base falls only when constant."""
    if column not in logs:
        return "dropped: not in the frame"
    values = logs[column].to_numpy(float)
    if len(np.unique(values[~np.isnan(values)])) < 2:
        return "dropped: constant"
    if column in BASE:
        return None
    missing = float(np.isnan(values).mean())
    if missing > settings.max_missing:
        return f"dropped: missing for {missing:.1%} of customers"
    for other in kept:
        correlation = float(logs.loc[:, [column, other]].corr(method="spearman").to_numpy()[0, 1])
        if abs(correlation) > settings.max_correlation:
            return f"dropped: rank correlation {correlation:.2f} with {other}"
    return None


def choose_k(candidates: Sequence[Candidate], settings: Settings) -> tuple[Candidate, str]:
    limits = f"stability ≥ {settings.min_stability} and smallest share ≥ {settings.min_share}"
    admissible = [c for c in candidates if c.is_admissible(settings)]
    if not admissible:
        chosen = min(candidates, key=lambda c: (round(c.shortfall(settings), 1), c.k))
        return chosen, f"fallback: no k has {limits}; {chosen.k} misses them by least"
    best = max(admissible, key=lambda c: c.stability)
    chosen = max((c for c in admissible if c.stability >= best.stability_p10), key=lambda c: c.k)
    return chosen, (
        f"largest k with {limits}, and as stable as k = {best.k}, the most stable one, "
        f"is on a bad draw ({best.stability_p10:.3f})"
    )


def centroids_of(points: Floats, k: int, *, n_init: int = 1, seed: int = 0, start: Floats | None = None) -> Floats:
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        # A resample can hold fewer different points than k; what comes of it shows in stability and smallest share.
        warnings.simplefilter("ignore", ConvergenceWarning)
        starts: dict[str, Any] = {"init": "k-means++" if start is None else start, "n_init": n_init}
        return KMeans(k, random_state=seed, **starts).fit(points).cluster_centers_


def agreement(left: Labels, right: Labels, k: int) -> float:
    """Adjusted Rand index of two labellings with labels below k."""
    table = np.bincount(left * k + right, minlength=k * k).reshape(k, k).astype(float)
    pairs, rows, columns, total = (
        float((counts * (counts - 1)).sum()) / 2
        for counts in (table, table.sum(1), table.sum(0), np.array([table.sum()]))
    )
    expected = rows * columns / total
    return 1.0 if rows + columns == 2 * expected else (pairs - expected) / ((rows + columns) / 2 - expected)


def challengers(points: Floats, labels: Labels, k: int, seed: int) -> list[dict[str, Any]]:
    """K-means beside Ward's hierarchical clustering and a Gaussian mixture, on the same rows."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import calinski_harabasz_score, silhouette_score
    from sklearn.mixture import GaussianMixture

    # Shared values (bought once) make a component flat; the floor keeps it from collapsing on them.
    mixture = GaussianMixture(k, reg_covar=1e-3, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        partitions = {
            "kmeans": labels,
            "ward": AgglomerativeClustering(k).fit_predict(points).astype(np.int64),
            "gaussian_mixture": mixture.fit_predict(points).astype(np.int64),
        }
    return [
        {
            "model": method,
            "silhouette": _score(silhouette_score, points, partition),
            "calinski_harabasz": _score(calinski_harabasz_score, points, partition),
            "agreement_with_kmeans": round(agreement(labels, partition, k), 6),
            "smallest_share": round(float(np.bincount(partition, minlength=k).min()) / len(points), 6),
            "customers": len(points),
        }
        for method, partition in partitions.items()
    ]


def _judge(
    logs: pd.DataFrame, features: Sequence[str], ks: Sequence[int], draws: Draws, settings: Settings
) -> tuple[Space, Floats, list[Candidate]]:
    space = Space.of(logs, features, settings.clip)
    points = space.points(logs)
    return space, points, [_candidate(points, k, draws, settings) for k in ks]


def _candidate(points: Floats, k: int, draws: Draws, settings: Settings) -> Candidate:
    judged = points[draws.judges]
    partitions = [
        nearest(judged, centroids_of(points[rows], k, n_init=2, seed=draws.seed + i))[0]
        for i, rows in enumerate(draws.resamples)
    ]
    scores = [agreement(left, right, k) for i, left in enumerate(partitions) for right in partitions[i + 1 :]]
    centroids = centroids_of(points, k, n_init=settings.n_init, seed=draws.seed)
    labels, squared = nearest(points, centroids)
    total = float(((points - points.mean(0)) ** 2).sum())
    return Candidate(
        k,
        centroids,
        stability=round(float(np.mean(scores)), 6),
        stability_p10=round(float(np.quantile(scores, 0.1)), 6),
        smallest_share=round(float(np.bincount(labels, minlength=k).min()) / len(points), 6),
        explained_variance=round(1 - float(squared.sum()) / total, 6),
    )


def _score(index: Any, points: Floats, labels: Labels) -> float | None:
    return round(float(index(points, labels)), 6) if 1 < len(np.unique(labels)) < len(points) else None
