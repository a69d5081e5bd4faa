"""How good three-class labels and probabilities are: F1, precision and recall of classes, ranking, calibration."""

from typing import TYPE_CHECKING, Any

import numpy as np

from resources.learning.metrics import auc, calibration_error

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]


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


def praise_share(probabilities: "Array") -> "Array":
    """The probability of praise where the text praises or blames; columns are negative, neutral, positive."""
    sides = probabilities[:, [0, 2]] + 1e-9
    return sides[:, 1] / sides.sum(axis=1)


def judged(labels: "Array", found: "Array", probabilities: "Array") -> dict[str, float | None]:
    """Figures of three-class labels and probabilities; AUC, log loss and calibration are those of praise among the rows
    that praise or blame."""
    sided = labels != 1
    praise, is_praise = praise_share(probabilities[sided]), (labels[sided] == 2).astype(float)
    precision, recall = precision_recall(labels, found, 1)
    area = auc(is_praise, praise) if sided.any() else np.nan
    return {
        "accuracy": round(float((labels == found).mean()), 4),
        "macro_f1": round(macro_f1(labels, found, 3), 4),
        "neutral_precision": precision,
        "neutral_recall": recall,
        "auc": None if np.isnan(area) else round(area, 4),
        "log_loss": round(log_loss(is_praise, praise), 4),
        "calibration_error": round(calibration_error(is_praise, praise), 4) if sided.any() else None,
        "rows": len(labels),
    }


def log_loss(is_praise: "Array", praise: "Array") -> float:
    kept = np.clip(praise, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.where(is_praise == 1, np.log(kept), np.log(1 - kept)))) if len(kept) else 0.0
