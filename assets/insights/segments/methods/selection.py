"""Which measures a segmentation rests on, and how many segments it has.

Stability is the mean adjusted Rand index (Hubert and Arabie 1985) between the partitions that K-means finds on
bootstrap samples, all judged on the same customers (Ben-Hur et al. 2002; Hennig 2007). Silhouette is reported and
decides nothing: on shop data it prefers two segments, or a handful of big spenders against everybody else.

Rule for k: admissible are the k that are stable enough and leave no segment too small, and of these those of at least
four segments where there are any, since three are too few to act on. Taken is the one whose segments differ most in what their
members did in the next period (repurchase and spend, adjusted for k): what a segment is for. While a shop is too young to have a
next period, the largest that is on average as stable as the most stable one is on a bad draw (its 10th percentile), else the
fewest to act on. Where no k is admissible, the one that misses the two limits by least (in tenths; the smaller on a tie) is taken and marked as a fallback.

Rule for measures: recency, frequency and spend stay unless they are constant; a further measure enters only if it is
neither constant, nor often missing, nor a copy of one already in, raises stability by more than its noise, and does not
shrink the smallest segment. Stability is estimated from as many resamples as it takes to tell it from the limit by two
standard errors (jackknife over resamples), up to `most_resamples`. Limitations: neighbouring k can still change places; that is
why a refit keeps its k, with leeway (see clusters.py). A further measure is tried at the k chosen without it, so one that pays only at another k is missed.
"""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.insights.segments.methods.space import BASE, EXTRAS, Floats, Labels, Space, log_measures, nearest


@dataclass(frozen=True)
class Settings:
    k_min: int = 3
    k_max: int = 8
    k_to_act_on: int = 4
    """Fewer segments are taken only where so many are not admissible."""
    customers_a_segment: int = 20
    """So many on average at least: a small shop gets few segments."""
    min_stability: float = 0.75
    min_share: float = 0.03
    min_gain: float = 0.05
    """By so much a further measure must raise stability: names speak of recency, frequency and spend alone."""
    k_in_force_leeway: float = 0.05
    resamples: int = 12
    most_resamples: int = 48
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


@dataclass(frozen=True, eq=False)
class Later:
    """Customers as of an earlier day (`logs`) and what each did in the period after it: whether they bought, and where there are
    prices the logarithm of what they spent."""

    logs: pd.DataFrame
    outcomes: Floats

    @classmethod
    def of(cls, customers: pd.DataFrame, columns: Sequence[str]) -> "Later":
        """Of customers with the given measures, later_purchases and later_spend."""
        outcomes = [(customers["later_purchases"].to_numpy() > 0).astype(float)]
        if "spend" in columns:
            outcomes.append(np.log1p(customers["later_spend"].to_numpy(float).clip(0)))
        return cls(log_measures(customers, columns), np.stack(outcomes, axis=1))


@dataclass(frozen=True)
class Draws:
    """Rows drawn once, so that every k and every set of measures is judged on the same customers."""

    seed: int
    resamples: Sequence[NDArray[np.int64]]
    judges: NDArray[np.int64]
    later: Later | None = None

    @classmethod
    def of(cls, rows: int, settings: Settings, seed: int, later: Later | None = None) -> "Draws":
        rng = np.random.default_rng(seed)
        size = min(rows, settings.bootstrap_rows)
        return cls(
            seed,
            [rng.integers(0, rows, size) for _ in range(settings.most_resamples)],
            np.sort(rng.permutation(rows)[: settings.judge_rows]),
            later,
        )


@dataclass(frozen=True, eq=False)
class Candidate:
    k: int
    centroids: Floats
    stability: float
    stability_p10: float
    smallest_share: float
    explained_variance: float
    stability_se: float = 0.0
    resamples: int = 0
    next_period: float | None = None
    """The share of the variance of what members did next that lies between segments, adjusted for k, as a mean of the outcomes."""

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
    enough = [c for c in admissible if c.k >= settings.k_to_act_on] or admissible
    known = [c for c in enough if c.next_period is not None]
    if known:
        chosen = max(known, key=lambda c: (round(c.next_period or 0, 3), -c.k))
        return (
            chosen,
            f"of the k with {limits} the one whose segments differ most in the next period ({chosen.next_period:.3f})",
        )
    best = max(admissible, key=lambda c: c.stability)
    as_stable = [c for c in enough if c.stability >= best.stability_p10]
    if not as_stable:
        return min(enough, key=lambda c: c.k), f"fewest to act on with {limits}"
    return max(as_stable, key=lambda c: c.k), (
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
    return space, points, [_candidate(space, points, k, draws, settings) for k in ks]


def _candidate(space: Space, points: Floats, k: int, draws: Draws, settings: Settings) -> Candidate:
    scores, error, resamples = _stability(points, k, draws, settings)
    centroids = centroids_of(points, k, n_init=settings.n_init, seed=draws.seed)
    labels, squared = nearest(points, centroids)
    total = float(((points - points.mean(0)) ** 2).sum())
    next_period = None
    if draws.later:
        then, _ = nearest(space.points(draws.later.logs), centroids)
        next_period = _explained_later(draws.later.outcomes, then, k)
    return Candidate(
        k,
        centroids,
        stability=round(float(np.mean(scores)), 6),
        stability_p10=round(float(np.quantile(scores, 0.1)), 6),
        smallest_share=round(float(np.bincount(labels, minlength=k).min()) / len(points), 6),
        explained_variance=round(1 - float(squared.sum()) / total, 6),
        stability_se=round(error, 6),
        resamples=resamples,
        next_period=next_period,
    )


def _stability(points: Floats, k: int, draws: Draws, settings: Settings) -> tuple[Floats, float, int]:
    """The agreement of each pair of resamples, the standard error of their mean, and how many resamples it took."""
    judged = points[draws.judges]
    partitions: list[Labels] = []
    pairs = np.zeros((settings.most_resamples, settings.most_resamples))
    error = np.inf
    for i, rows in enumerate(draws.resamples):
        partitions.append(nearest(judged, centroids_of(points[rows], k, n_init=2, seed=draws.seed + i))[0])
        for j in range(i):
            pairs[i, j] = pairs[j, i] = agreement(partitions[i], partitions[j], k)
        count = i + 1
        if count < settings.resamples:
            continue
        total = pairs.sum()
        mean = total / (count * (count - 1))
        without = (total - 2 * pairs[:count].sum(1)) / ((count - 1) * (count - 2))
        error = float(np.sqrt((count - 1) / count * ((without - mean) ** 2).sum()))
        if abs(mean - settings.min_stability) > 2 * error:
            break
    return pairs[np.triu_indices(len(partitions), 1)], error, len(partitions)


def _explained_later(outcomes: Floats, labels: Labels, k: int) -> float:
    rows = len(outcomes)
    shares = []
    for values in outcomes.T:
        total = ((values - values.mean()) ** 2).sum()
        counts = np.maximum(np.bincount(labels, minlength=k), 1)
        means = np.bincount(labels, weights=values, minlength=k) / counts
        within = ((values - means[labels]) ** 2).sum()
        shares.append(1 - within / total * (rows - 1) / max(rows - k, 1) if total > 0 else 0.0)
    return round(float(np.mean(shares)), 6)


def _score(index: Any, points: Floats, labels: Labels) -> float | None:
    return round(float(index(points, labels)), 6) if 1 < len(np.unique(labels)) < len(points) else None
