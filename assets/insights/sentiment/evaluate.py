"""How good labels and probabilities are: F1 and precision and recall of each class, AUC, Brier score, calibration error."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

BINS = 10


def confusion(labels: "Array", found: "Array", count: int) -> "Array":
    """Rows are the true classes, columns the found ones."""
    table = np.zeros((count, count))
    np.add.at(table, (labels, found), 1)
    return table


def class_f1(labels: "Array", found: "Array", count: int) -> "Array":
    """F1 of each class; 0 for a class that neither side has."""
    table = confusion(labels, found, count)
    total = table.sum(axis=0) + table.sum(axis=1)
    return 2 * np.diag(table) / np.where(total == 0, 1, total)


def macro_f1(labels: "Array", found: "Array", count: int) -> float:
    return float(class_f1(labels, found, count).mean())


def precision_recall(labels: "Array", found: "Array", number: int) -> tuple[float | None, float | None]:
    """Of one class; None where nothing was found, or nothing is there."""
    right = int(((labels == number) & (found == number)).sum())
    named, there = int((found == number).sum()), int((labels == number).sum())
    return (round(right / named, 4) if named else None, round(right / there, 4) if there else None)


def auc(is_positive: "Array", score: "Array") -> float | None:
    """The share of pairs of a positive and a negative row that the score puts in order, ties half; None without a pair."""
    from scipy.stats import rankdata

    positive = int(is_positive.sum())
    negative = len(is_positive) - positive
    if not positive or not negative:
        return None
    ranks = rankdata(score)[is_positive].sum()
    return float((ranks - positive * (positive + 1) / 2) / (positive * negative))


def brier(is_positive: "Array", probability: "Array") -> float:
    return float(np.mean((probability - is_positive) ** 2))


def calibration_error(is_positive: "Array", probability: "Array") -> float:
    """Expected calibration error: mean difference between mean probability and share of positives in ten bins of equal
    width, weighed by their rows (Guo et al. 2017)."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [
        (bins == number).mean() * abs(probability[bins == number].mean() - is_positive[bins == number].mean())
        for number in np.unique(bins)
    ]
    return float(sum(gaps))


def log_loss(labels: "Array", probabilities: "Array") -> float:
    return float(-np.mean(np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-6, 1))))


def judged(labels: "Array", found: "Array", probabilities: "Array") -> dict[str, float | None]:
    """Figures of three-class labels and probabilities; AUC and calibration of praise among rows that praise or blame."""
    sided = labels != 1
    sides = probabilities[sided][:, [0, 2]] + 1e-9
    praise = sides[:, 1] / sides.sum(axis=1)
    is_praise = labels[sided] == 2
    area = auc(is_praise, praise)
    precision, recall = precision_recall(labels, found, 1)
    return {
        "accuracy": round(float((labels == found).mean()), 4),
        "macro_f1": round(macro_f1(labels, found, 3), 4),
        "auc": None if area is None else round(area, 4),
        "log_loss": round(log_loss(labels, probabilities), 4),
        "calibration_error": round(calibration_error(is_praise, praise), 4) if sided.any() else None,
        "neutral_precision": precision,
        "neutral_recall": recall,
    }
