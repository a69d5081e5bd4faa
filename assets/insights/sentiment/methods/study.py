"""Fits a sentiment model on a shop's own stars and says whether it may be used.

Rows are in the order of time. The first 70 % train, the next 15 % calibrate, the last 15 % judge; a model that passes is
fitted once more on all rows. One and two stars blame, three are neutral, four and five praise.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.sentiment.methods.linear import Documents, Model, Sample, fit
from assets.insights.sentiment.methods.metrics import judged, log_loss, macro_f1, praise_share
from assets.insights.sentiment.methods.scoring import LABELS, Engine, Scores, documents_of
from resources.errors import NotEnough
from resources.learning.metrics import auc, calibration_table

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]

FEWEST = 200
FEWEST_A_SIDE = 20
FEWEST_NEUTRAL = 5
TRAIN, CALIBRATE = 0.7, 0.85
# Held-out reviews that snownlp scores too.
COMPARED = 50
F1_NOISE, LOSS_NOISE = 0.02, 0.02
NEEDS = f"{FEWEST} rated reviews with words, at least {FEWEST_A_SIDE} of them with one or two stars and as many with four or five"


@dataclass(frozen=True)
class Fit:
    """`model` is of all rows; `holdout` has a row for it and for each that it was compared with, `calibration` its bins."""

    model: Model
    holdout: list[dict[str, Any]]
    calibration: list[dict[str, Any]]
    is_accepted: bool
    reason: str


def classes_of(stars: "Array") -> "Array":
    """Stars as numbers of `LABELS`."""
    return np.where(stars <= 2, 0, np.where(stars == 3, 1, 2))


def fit_on_stars(
    texts: Sequence[str],
    stars: "Array",
    prior: Model | None = None,
    before: Scores | None = None,
    other: Callable[[Sequence[str]], "Array"] | None = None,
) -> Fit:
    """`texts` are normalised and have words, oldest first. `prior` is a model whose score becomes a column; `before` the
    engine in force; `other` gives another engine's probabilities of praise (snownlp's). Raises NotEnough."""
    labels = classes_of(stars)
    first, second = int(TRAIN * len(texts)), int(CALIBRATE * len(texts))
    trained_on = np.bincount(labels[:first], minlength=3)
    if len(texts) < FEWEST or min(trained_on[0], trained_on[2]) < FEWEST_A_SIDE:
        raise NotEnough(NEEDS, f"{len(texts)}, of them {trained_on[0]} and {trained_on[2]} of the first {first}")
    learns_neutral = trained_on[1] >= FEWEST_A_SIDE and (labels[first:second] == 1).sum() >= FEWEST_NEUTRAL
    classes = LABELS if learns_neutral else (LABELS[0], LABELS[2])
    numbers = labels if learns_neutral else labels // 2
    taught = np.arange(len(texts)) if learns_neutral else np.flatnonzero(labels != 1)
    documents = documents_of(texts, prior)
    train, calibrate = taught[taught < first], taught[(taught >= first) & (taught < second)]
    sample = Sample.of(documents)
    trial = fit(sample.rows(train), numbers[train], classes)
    trial = trial.calibrated(documents.rows(calibrate), numbers[calibrate])
    last = documents.rows(np.arange(second, len(texts)))
    holdout, calibration, objection = _compared(last, labels, trial, prior, before, other)
    if objection:
        return Fit(trial, holdout, calibration, False, objection)
    model = fit(sample.rows(taught), numbers[taught], classes)
    model = replace(model, slopes=trial.slopes, offsets=trial.offsets, factors=trial.factors)
    return Fit(model, holdout, calibration, True, "better than all that it was compared with")


def _compared(
    held_out: Documents,
    labels: "Array",
    trial: Model,
    prior: Model | None,
    before: Scores | None,
    other: Callable[[Sequence[str]], "Array"] | None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], str | None]:
    """The figures on the last rows of `labels`, the calibration there, and what speaks against the model."""
    known, truth = labels[: -len(held_out)], labels[-len(held_out) :]
    own, probabilities = _judged(Engine(trial, prior), held_out, truth)
    base = _base(known, truth)
    holdout = [{"model": "this fit"} | own, {"model": "all as most were"} | base]
    objection = None
    if own["macro_f1"] <= base["macro_f1"] or own["log_loss"] >= base["log_loss"]:
        objection = "no better than calling every review what most were"
    if before is not None:
        earlier, _ = _judged(before, before.documents(held_out.texts, held_out.tokens), truth)
        holdout.append({"model": "in force before"} | earlier)
        if not beats(own, earlier):
            objection = objection or "no better than the model in force"
    some = np.flatnonzero(truth != 1)[-COMPARED:]
    # snownlp is slow: it is asked about a fit that nothing else speaks against.
    if objection is None and other is not None and len(np.unique(truth[some])) == 2:
        figures = [
            {
                "model": name,
                "accuracy": round(float(((praise >= 0.5) * 2 == truth[some]).mean()), 4),
                "auc": round(auc((truth[some] == 2).astype(float), praise), 4),
                "rows": len(some),
            }
            for name, praise in (
                ("snownlp, some of these", other([held_out.texts[n] for n in some])),
                ("this fit, the same", praise_share(probabilities[some])),
            )
        ]
        holdout += figures
        if figures[1]["auc"] <= figures[0]["auc"]:
            objection = "ranks held-out reviews no better than snownlp"
    sided = truth != 1
    calibration = calibration_table((truth[sided] == 2).astype(float), praise_share(probabilities[sided]))
    return holdout, calibration, objection


def beats(own: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """Better by log loss or by macro-F1, and not worse by the other: three-star reviews are few, so F1 is noisy."""
    by_loss = own["log_loss"] < earlier["log_loss"] and own["macro_f1"] >= earlier["macro_f1"] - F1_NOISE
    by_f1 = own["macro_f1"] > earlier["macro_f1"] and own["log_loss"] <= earlier["log_loss"] * (1 + LOSS_NOISE)
    return by_loss or by_f1


def _judged(engine: Scores, documents: Documents, truth: "Array") -> tuple[dict[str, Any], "Array"]:
    probabilities = engine.probabilities(documents)
    return judged(truth, engine.labels(documents, probabilities), probabilities), probabilities


def _base(known: "Array", truth: "Array") -> dict[str, Any]:
    """Every review as most were, praised as often as those before."""
    sided = known[known != 1]
    share = float((sided == 2).mean())
    most = int(np.bincount(known, minlength=3).argmax())
    of_sides = truth[truth != 1] == 2
    return {
        "accuracy": round(float((truth == most).mean()), 4),
        "macro_f1": round(macro_f1(truth, np.full(len(truth), most), 3), 4),
        "log_loss": round(log_loss(of_sides, np.full(len(of_sides), share)), 4),
        "rows": len(truth),
    }
