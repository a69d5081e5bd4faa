"""How good probabilities are: ranking, calibration, level; and how far a distribution has moved."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TOP_SHARE = 0.1
BINS = 10


def judged(labels: Floats, scores: Floats) -> dict[str, Any]:
    """All figures of scores against 0/1 labels: auc, ap, lift, brier, log_loss, ece, mean_score, rate, count."""
    labels, scores = np.asarray(labels, float), np.asarray(scores, float)
    figures = {
        "auc": auc(labels, scores),
        "ap": average_precision(labels, scores),
        "lift": lift(labels, scores),
        "brier": float(np.mean((scores - labels) ** 2)),
        "log_loss": log_loss(labels, scores),
        "ece": calibration_error(labels, scores),
        "mean_score": float(scores.mean()),
        "rate": float(labels.mean()),
    }
    return {
        name: None if math.isnan(value) else round(value, 6 if name == "log_loss" else 4)
        for name, value in figures.items()
    } | {"count": len(labels)}


def log_loss(labels: Floats, scores: Floats) -> float:
    inside = np.clip(scores, 1e-6, 1 - 1e-6)
    return float(-np.mean(labels * np.log(inside) + (1 - labels) * np.log(1 - inside)))


def auc(labels: Floats, scores: Floats) -> float:
    """Area under the ROC curve: the chance that a buyer's score is above a non-buyer's, ties half (Mann-Whitney)."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return math.nan
    _, group, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[group]
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(labels: Floats, scores: Floats) -> float:
    """Mean of the precision at each distinct score, weighted by the recall gained there."""
    found, counted = _by_score(labels, scores)
    if not found[-1]:
        return math.nan
    return float(np.sum(np.diff(found, prepend=0.0) * found / counted) / found[-1])


def lift(labels: Floats, scores: Floats, share: float = TOP_SHARE) -> float:
    """Rate among the `share` of highest scores against the rate of all; a tie at the border counts in proportion."""
    rate = labels.mean()
    if not rate:
        return math.nan
    found, counted = _by_score(labels, scores)
    top = max(1.0, share * len(labels))
    return float(np.interp(top, np.append(0, counted), np.append(0, found)) / top / rate)


def calibration_error(labels: Floats, scores: Floats) -> float:
    """Expected calibration error (Naeini et al. 2015) over ten bins of equal width."""
    bins = np.clip((scores * BINS).astype(int), 0, BINS - 1)
    return float(np.abs(np.bincount(bins, scores - labels, BINS)).sum() / len(labels))


def calibration_table(labels: Floats, scores: Floats) -> list[dict[str, Any]]:
    """`predicted` (mean score), `realised` (rate) and `count` of ten bins of as many rows each."""
    order = np.argsort(scores, kind="stable")
    return [
        {
            "predicted": round(float(scores[part].mean()), 4),
            "realised": round(float(labels[part].mean()), 4),
            "count": len(part),
        }
        for part in np.array_split(order, BINS)
        if len(part)
    ]


def _by_score(labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """From the highest score down: positives and rows found so far at each distinct score."""
    _, group = np.unique(-scores, return_inverse=True)
    return np.cumsum(np.bincount(group, labels)), np.cumsum(np.bincount(group)).astype(float)


def histogram(values: Floats) -> dict[str, list[float]]:
    """Of a column: cut points at its tenths, and the share of rows below each, above the last, and missing."""
    present = values[np.isfinite(values)]
    edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS)) if len(present) else np.empty(0)
    return {"edges": edges.tolist(), "shares": _shares(values, edges).round(6).tolist()}


def stability_index(fitted: Mapping[str, list[float]], values: Floats) -> float:
    """PSI, the population stability index, of a column against the `histogram` of the rows fitted on.

    Above .25 is usually read as another population (Siddiqi 2006). Empty cells count as half a row of 1,000.
    """
    expected = np.maximum(fitted["shares"], 0.0005)
    actual = np.maximum(_shares(values, np.array(fitted["edges"], float)), 0.0005)
    return float(np.sum((actual - expected) * np.log(actual / expected)))


def _shares(values: Floats, edges: Floats) -> Floats:
    present = np.isfinite(values)
    cells = np.where(present, np.searchsorted(edges, values, side="left"), len(edges) + 1)
    return np.bincount(cells, minlength=len(edges) + 2) / max(len(values), 1)
