"""How good ranked intents and their probabilities are."""

from collections.abc import Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from resources.learning.metrics import calibration_error

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

FEWEST_SURE = 20
NEVER = 2.0
Z = 1.959964


def ranked(intents: Sequence[str], scores: "Array", truth: "Array") -> dict[str, float]:
    """Accuracy, macro-F1 over the intents in `truth`, and how often the right one is among the first three."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
    names = np.array(intents)[order]
    found = names[:, 0]
    f1 = []
    for intent in np.unique(truth):
        both = ((found == intent) & (truth == intent)).sum()
        f1.append(2 * both / max(1, (found == intent).sum() + (truth == intent).sum()))
    return {
        "accuracy": round(float((found == truth).mean()), 4),
        "macro_f1": round(float(np.mean(f1)), 4),
        "top_3": round(float((names == truth[:, None]).any(axis=1).mean()), 4),
    }


def judged(intents: Sequence[str], probabilities: "Array", truth: "Array", sure_from: float) -> dict[str, Any]:
    """All figures of probabilities, and the precision and coverage of those that are sure."""
    highest = probabilities.max(axis=1)
    right = np.array(intents)[probabilities.argmax(axis=1)] == truth
    sure = highest >= sure_from
    low, high = wilson(int(right[sure].sum()), int(sure.sum()))
    at = highest >= threshold_of(highest, right, 0.95)
    return ranked(intents, probabilities, truth) | {
        "rows": len(truth),
        "ece": round(calibration_error(right.astype(float), highest), 4),
        "sure_share": round(float(sure.mean()), 4),
        "sure_precision": round(float(right[sure].mean()), 4) if sure.any() else None,
        "sure_precision_low": low,
        "sure_precision_high": high,
        "coverage_at_95": round(float(at.mean()), 4),
    }


def wilson(right: int, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not count:
        return 0.0, 1.0
    share, spread = right / count, Z * Z / count
    middle = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / count + spread / (4 * count)) / (1 + spread)
    return round(middle - half, 4), round(middle + half, 4)


def paired(ours: "Array", theirs: "Array") -> dict[str, Any]:
    """Rows that only one of two models has right, and McNemar's exact p (1947)."""
    from scipy.stats import binomtest

    won, lost = int((ours & ~theirs).sum()), int((theirs & ~ours).sum())
    p = float(binomtest(won, won + lost).pvalue) if won + lost else 1.0
    return {"won": won, "lost": lost, "mcnemar_p": float(f"{p:.3g}")}


def threshold_of(confidence: "Array", is_right: "Array", precision: float) -> float:
    """The lowest confidence from which on so many are right; 2 (never) where none is."""
    order = np.argsort(-confidence, kind="stable")
    right = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(right >= precision)
    reached = reached[reached >= FEWEST_SURE - 1]
    return float(confidence[order[reached[-1]]]) if len(reached) else NEVER
