"""Who buys within the horizon: learners against baselines, chosen on the past, judged on a later window.

Rows are customers as of several cut-offs with what they did in the horizon after each (`labelled`). Three steps:
1. Choice, on cut-offs whose windows closed before the hold-out begins: learners fitted on the earlier ones score the later
   ones, never a customer they were fitted on (halves by a hash of the person), and the lowest Brier score wins. A sigmoid
   calibration learned on one window is kept if it helps in a later one that shares no day with it: what corrects one season
   can spoil the next. Where customers write reviews, that learner with what they say as further inputs is its challenger, and
   takes its place if it scores these cut-offs better.
2. Judgement, on the newest cut-off whose window has closed: every learner, the challenger and every baseline, fitted on the
   cut-offs of step 1.
3. The model in force is fitted anew on all closed cut-offs. A learner that does not beat the baselines gives way to the best of
   them; one that does worse than what was in force at the hold-out, or ranks too well to be true, is not put in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from assets.insights.predictions.methods.features import BASELINES, caps, inputs, opinion_inputs
from resources.errors import NotEnough
from resources.learning.encoding import Floats
from resources.learning.metrics import calibration_table, judged
from resources.learning.model import CLASSIFIERS, Method, Model, fit, fit_all, sigmoid_calibration
from resources.learning.study import Role, Row, Rule, judge, too_good, verdict
from resources.learning.trees import TreeSettings

# Customers come again at every cut-off, so there are fewer of them than rows: small trees.
TREES = TreeSettings(
    forest_trees=20,
    forest_rows=1_500,
    forest_leaf_rows=25,
    boosting_rounds=40,
    boosting_rate=0.12,
    boosting_leaves=4,
    boosting_leaf_rows=50,
)
DEFAULT: Method = "logistic"
FEWEST_BUYERS = 100
LEAK_AUC = 0.97
RANKING_SLACK, OLDER_SLACK = 0.005, 0.002
WITH_REVIEWS = " with reviews"
RANKED_BY = {"auc": "AUC", "ap": "average precision", "lift": "lift"}


@dataclass(frozen=True)
class Choice:
    """The learner of step 1, its calibration, the figures it was chosen by, and whether it sees what reviews say."""

    method: Method
    calibration: Sequence[float] | None
    validation: list[dict[str, Any]]
    has_reviews: bool = False


@dataclass(frozen=True, eq=False)
class Study:
    """What came of the three steps. `candidate` is what step 2 judged, on the earlier cut-offs; `model` is for use."""

    model: Model
    name: str
    candidate: Model
    is_accepted: bool
    reason: str
    behind: dict[str, float]
    """How far the chosen learner's Brier score lies above the lowest of a learner on the hold-out, and its standard error."""
    rows: list[dict[str, Any]]
    choice: Choice
    calibration: list[dict[str, Any]]
    train: list[date]
    holdout: date


def bought(labelled: pd.DataFrame) -> Floats:
    return (labelled["later_purchases"].to_numpy() > 0).astype(float)


def cut_offs_of(labelled: pd.DataFrame) -> list[date]:
    return sorted(day.date() for day in pd.to_datetime(labelled["as_of"]).unique())


def at(labelled: pd.DataFrame, cut_offs: Sequence[date]) -> pd.DataFrame:
    chosen = pd.to_datetime(labelled["as_of"]).isin([pd.Timestamp(day) for day in cut_offs])
    return labelled[chosen].reset_index(drop=True)


def study(
    labelled: pd.DataFrame,
    horizon_days: int,
    history_days: int,
    kept: Choice | None = None,
    in_force_then: tuple[str, Model] | None = None,
) -> Study:
    """The three steps on labelled customers as of several cut-offs, the newest the hold-out.

    `history_days` are those before the earliest cut-off. `kept`: a choice made before, instead of step 1. `in_force_then`:
    version and model with which customers were scored as of the hold-out. Raises NotEnough.
    """
    cut_offs = cut_offs_of(labelled)
    holdout = cut_offs[-1]
    train = [day for day in cut_offs if day + timedelta(days=horizon_days) <= holdout]
    if not train:
        needs = f"two horizons of {horizon_days} days after the first cut-off"
        raise NotEnough(needs, f"{(holdout - cut_offs[0]).days + horizon_days} days")
    past, later = at(labelled, train), at(labelled, [holdout])
    if len(later) < FEWEST_BUYERS:
        raise NotEnough(f"{FEWEST_BUYERS} buyers", len(later))
    y = bought(later)
    if not 0 < y.sum() < len(y):
        raise NotEnough("buyers who came back and buyers who did not", f"{int(y.sum())} of {len(y)} who did")
    names, limits = inputs(list(labelled), history_days), caps(history_days)
    said = opinion_inputs(list(labelled), history_days)

    models: dict[str, Model] = {
        name: fit("logistic", past, bought(past), [c for c in columns if c in labelled])
        for name, columns in BASELINES.items()
    }
    models |= fit_all(CLASSIFIERS, past, bought(past), names, caps=limits, settings=TREES)
    choice = kept or choose(past, train, horizon_days, names, said, limits)
    chosen = str(choice.method)
    if said:
        challenger = chosen + WITH_REVIEWS
        models[challenger] = fit(choice.method, past, bought(past), [*names, *said], caps=limits, settings=TREES)
        chosen = challenger if choice.has_reviews else chosen
    models[chosen] = models[chosen].calibrated(choice.calibration)

    # The learners have one encoding.
    encoded = models[CLASSIFIERS[0]].encoding.matrix(later)
    scores = {n: m.scores(encoded) if n in CLASSIFIERS else m.predict(later) for n, m in models.items()}
    roles: dict[Role, dict[str, Floats]] = {
        "baseline": {name: values for name, values in scores.items() if name in BASELINES},
        "candidate": {name: values for name, values in scores.items() if name not in BASELINES},
        "in force before": {},
    }
    if in_force_then:
        version, model = in_force_then
        roles["in force before"][f"in force then ({version})"] = model.predict(later)
    rows = judge(y, roles)
    found = verdict(rows, chosen, RULE, too_good(models[chosen].features, later, y))
    ahead, behind = ahead_of(chosen, rows, y, {name: scores[name] for name in roles["candidate"]})
    name = found.name
    everything = at(labelled, cut_offs)
    if name in BASELINES:
        final = fit("logistic", everything, bought(everything), models[name].features)
    else:
        seen = [*names, *said] if choice.has_reviews else names
        final = fit(choice.method, everything, bought(everything), seen, caps=limits, settings=TREES).calibrated(
            choice.calibration
        )
    return Study(
        model=final,
        name=name,
        candidate=models[name],
        is_accepted=found.is_accepted,
        reason=f"{found.reason}. {ahead}",
        behind=behind,
        rows=rows,
        choice=choice,
        calibration=calibration_table(y, scores[name]),
        train=train,
        holdout=holdout,
    )


def choose(
    past: pd.DataFrame,
    train: Sequence[date],
    horizon_days: int,
    names: Sequence[str],
    said: Sequence[str],
    limits: dict[str, float],
) -> Choice:
    """The learner with the lowest Brier score on the last cut-offs of `train`, with the inputs `said` if they lower it, and its
    calibration."""
    later = list(train[-2:]) if len(train) > 2 else list(train[-1:])
    earlier = list(train[: -len(later)])
    try:
        y, is_last, scores = _unseen(past, earlier, later, CLASSIFIERS, names, limits)
    except NotEnough:
        return Choice(DEFAULT, None, [])
    rows = [{"model": method} | judged(y, found) for method, found in scores.items()]
    chosen = min(scores, key=lambda method: round(float(np.mean((scores[method] - y) ** 2)), 4))
    of_chosen, has_reviews = scores[chosen], False
    if said:
        _, _, challenged = _unseen(past, earlier, later, [chosen], [*names, *said], limits)
        rows.append({"model": chosen + WITH_REVIEWS} | judged(y, challenged[chosen]))
        has_reviews = _beats(rows[-1], next(row for row in rows if row["model"] == chosen))
        if has_reviews:
            of_chosen, names = challenged[chosen], [*names, *said]
    # A window that shares days with the last one says nothing of another season.
    apart = [day for day in train[1:] if day + timedelta(days=horizon_days) <= train[-1]]
    if not apart:
        return Choice(chosen, None, rows, has_reviews)
    try:
        before = [day for day in train if day < apart[-1]]
        y_apart, _, scores_apart = _unseen(past, before, apart[-1:], [chosen], names, limits)
    except NotEnough:
        return Choice(chosen, None, rows, has_reviews)
    calibration = sigmoid_calibration(y_apart, scores_apart[chosen], y[is_last], of_chosen[is_last])
    return Choice(chosen, calibration, rows, has_reviews)


def ahead_of(
    chosen: str, rows: Sequence[Row], labels: Floats, scores: Mapping[str, Floats]
) -> tuple[str, dict[str, float]]:
    """Which learner leads on the hold-out, as a sentence with the rule of the choice; and by how much, with the standard error of
    the difference.

    A leader there takes no place: whoever chooses by the hold-out has nothing left to judge by.
    """
    by_name = {row["model"]: row for row in rows}
    leader = min(scores, key=lambda name: (by_name[name]["brier"], name != chosen))
    rule = f"{chosen} was chosen on earlier windows alone, the hold-out only judges"
    if leader == chosen:
        return f"{rule}; it has the lowest Brier score of all learners there, too", {"brier_behind_leader": 0.0}
    difference = (scores[chosen] - labels) ** 2 - (scores[leader] - labels) ** 2
    gap, error = float(difference.mean()), float(difference.std(ddof=1) / np.sqrt(len(difference)))
    where = "within" if gap <= error else "beyond"
    others = [text for name, text in RANKED_BY.items() if by_name[leader][name] > by_name[chosen][name]]
    also = f"; it also leads on {', '.join(others)}" if others else ""
    return (
        f"{rule}: there the Brier score of {leader} is lower by {gap:.4f}, {where} its standard error of {error:.4f}{also}",
        {"brier_behind_leader": round(gap, 4), "brier_behind_leader_error": round(error, 4)},
    )


def _unseen(
    past: pd.DataFrame,
    earlier: Sequence[date],
    later: Sequence[date],
    methods: Sequence[Method],
    names: Sequence[str],
    limits: dict[str, float],
) -> tuple[Floats, Any, dict[Method, Floats]]:
    """Labels as of the cut-offs `later`, which of them are of the last, and the scores of learners fitted on `earlier` ones of the
    other half of the customers."""
    fitted, judging = at(past, earlier), at(past, later)
    scores = {method: np.empty(len(judging)) for method in methods}
    half, other = _half(fitted), _half(judging)
    for side in (0, 1):
        rest = fitted[half != side].reset_index(drop=True)
        models = fit_all(methods, rest, bought(rest), names, caps=limits, settings=TREES)
        encoded = models[methods[0]].encoding.matrix(judging[other == side])
        for method, model in models.items():
            scores[method][other == side] = model.scores(encoded)
    is_last = (pd.to_datetime(judging["as_of"]) == pd.Timestamp(later[-1])).to_numpy()
    return bought(judging), is_last, scores


def _half(frame: pd.DataFrame) -> Any:
    """Which half a person is in, at every cut-off the same."""
    return np.array([crc32(person.encode()) % 2 for person in frame["person_id"]], int)


def _beats(mine: Row, baseline: Row) -> bool:
    """A lower Brier score (ranking and calibration in one), and no worse ranking."""
    return mine["brier"] < baseline["brier"] and mine["auc"] >= baseline["auc"] - RANKING_SLACK


RULE = Rule(
    "brier", beats=_beats, holds=lambda mine, before: mine["brier"] <= before["brier"] + OLDER_SLACK, most_auc=LEAK_AUC
)
