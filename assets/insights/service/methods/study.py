"""Fits an intent model on a shop's own labelled messages and says whether it may be used.

Rows are in the order of time. The first 80 % train, the rest judge; a model that passes is fitted once more on all rows with
the recipe found. A model in force before stays where it is right more often on the rows that only one of them has right, beyond
chance; so do others' labels where they are too few.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.insights.service.methods import figures
from assets.insights.service.methods.fitting import fit
from assets.insights.service.methods.intents import IntentModel
from resources.errors import NotEnough

FEWEST, FEWEST_AN_INTENT, FEWEST_INTENTS = 200, 10, 2
TRAIN = 0.8
CHANCE = 0.05
NEEDS = f"{FEWEST} labelled messages of customers, {FEWEST_INTENTS} intents with {FEWEST_AN_INTENT} each among the first {TRAIN:.0%} of them"


@dataclass(frozen=True)
class Fit:
    """`model` is of all rows; `holdout` has a row for it and for each that it was compared with."""

    model: IntentModel
    recipe: str
    wrong_share: float
    holdout: list[dict[str, Any]]
    is_accepted: bool
    reason: str


def fit_on_labels(
    texts: Sequence[str], labels: Sequence[str], previous: Sequence[str], before: IntentModel | None = None
) -> Fit:
    """Messages oldest first; `before` is the model in force. Intents with too few messages are left out. Raises NotEnough."""
    first = int(TRAIN * len(texts))
    counts = Counter(labels[:first])
    kept = {intent for intent, count in counts.items() if count >= FEWEST_AN_INTENT}
    if len(texts) < FEWEST or len(kept) < FEWEST_INTENTS:
        raise NotEnough(NEEDS, f"{len(texts)} with {len(kept)} such intents")
    train = [n for n in range(first) if labels[n] in kept]
    held_out = list(range(first, len(texts)))
    trial = fit(*_rows(texts, labels, previous, train))
    asked, truth, said_before = _rows(texts, labels, previous, held_out)
    own, right = _judged(trial.model, asked, truth, said_before)
    most = counts.most_common(1)[0][0]
    base = round(float((np.array(truth) == most).mean()), 4)
    holdout: list[dict[str, Any]] = [{"model": "this fit"} | own, {"model": "all as most were", "accuracy": base}]
    objection = "" if own["accuracy"] > base else "no better than calling every message what most were"
    if before is not None:
        earlier, right_before = _judged(before, asked, truth, said_before)
        holdout.append({"model": "in force before"} | earlier)
        pair = figures.paired(right, right_before)
        if pair["lost"] > pair["won"] and pair["mcnemar_p"] < CHANCE:
            objection = objection or "the model in force does better"
    if objection:
        return Fit(trial.model, trial.recipe.name, trial.wrong_share, holdout, False, objection)
    every = [n for n in range(len(texts)) if labels[n] in kept]
    found = fit(*_rows(texts, labels, previous, every), recipes=(trial.recipe,))
    reason = "better than all that it was compared with"
    return Fit(found.model, found.recipe.name, found.wrong_share, holdout, True, reason)


def _rows(
    texts: Sequence[str], labels: Sequence[str], previous: Sequence[str], numbers: Sequence[int]
) -> tuple[list[str], list[str], list[str]]:
    return [texts[n] for n in numbers], [labels[n] for n in numbers], [previous[n] for n in numbers]


def _judged(
    model: IntentModel, texts: list[str], labels: list[str], previous: list[str]
) -> tuple[dict[str, Any], "np.ndarray[Any, Any]"]:
    scores = model.scores(model.columns.of_texts(texts, previous))
    truth = np.array(labels)
    right = np.array(model.intents)[scores.argmax(axis=1)] == truth
    return figures.judged(model.intents, model.probabilities(scores), truth, model.sure_from), right
