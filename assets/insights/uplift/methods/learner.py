"""Who answers because of an action: X-learner (Künzel et al. 2019) of logistic regression and ridge, and whether it may be used.

What each arm would have done is fitted on the one and imputed to the other; the two sets of differences are fitted again and weighted by the
share of the arms. It is judged by the Qini coefficient (Radcliffe 2007) on a later campaign, against who answers anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.insights.uplift.methods.effect import Z95, Bools, Floats
from resources.learning.linear import Linear, logistic, ridge

DRAWS, LOWER = 200, 0.05
SEED = 20_240_101
GROUPS = 20


@dataclass(frozen=True, eq=False)
class XLearner:
    """The imputed differences of both arms as linear functions, and the share that was treated."""

    of_treated: Linear
    of_control: Linear
    response: Linear
    share: float

    def uplift(self, x: Floats) -> Floats:
        """By how much the action raises each person's chance."""
        return self.share * self.of_control.margins(x) + (1 - self.share) * self.of_treated.margins(x)

    def answers(self, x: Floats) -> Floats:
        """Response ranking: who answers when treated, for whatever reason."""
        return self.response.margins(x)

    def parameters(self) -> dict[str, Any]:
        linear = {name: getattr(self, name).parameters() for name in ("of_treated", "of_control", "response")}
        return linear | {"share": self.share}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "XLearner":
        linear = (Linear.from_parameters(told[name]) for name in ("of_treated", "of_control", "response"))
        return cls(*linear, told["share"])


def fit(x: Floats, outcome: Floats, is_treated: Bools) -> XLearner:
    """Of people × standardised columns, 0/1 outcomes, and arms."""
    treated, control = logistic(x[is_treated], outcome[is_treated]), logistic(x[~is_treated], outcome[~is_treated])
    gained = outcome[is_treated] - _chance(control, x[is_treated])
    missed = _chance(treated, x[~is_treated]) - outcome[~is_treated]
    return XLearner(ridge(x[is_treated], gained), ridge(x[~is_treated], missed), treated, float(is_treated.mean()))


def _chance(model: Linear, x: Floats) -> Floats:
    return 1 / (1 + np.exp(-model.margins(x)))


@dataclass(frozen=True, eq=False)
class Ranking:
    """People from the highest score down; those of one score count together."""

    outcome: Floats
    is_treated: Floats
    ends: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, score: Floats, outcome: Floats, is_treated: Bools) -> "Ranking":
        order = np.argsort(-score, kind="stable")
        ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
        return cls(outcome[order], is_treated[order].astype(float), ends, order)

    def area(self, counts: Floats) -> tuple[float, float]:
        """The area under the Qini curve, and that under the straight line to its end. `counts`: how often each person counts."""
        mine = counts[self.order]
        treated, all_ = mine * self.is_treated, np.cumsum(mine)[self.ends]
        treated_count = np.cumsum(treated)[self.ends]
        control_count = all_ - treated_count
        won = np.cumsum(treated * self.outcome)[self.ends]
        won_anyway = np.cumsum((mine - treated) * self.outcome)[self.ends]
        ratio = np.divide(treated_count, control_count, out=np.zeros_like(all_), where=control_count > 0)
        curve, people = np.append(0.0, won - won_anyway * ratio), np.append(0.0, all_)
        return float(np.trapezoid(curve, people)), float(curve[-1] * people[-1] / 2)


def qini(score: Floats, outcome: Floats, is_treated: Bools, counts: Floats | None = None) -> float:
    """Qini coefficient: the area between the curve of a ranking and the straight line, as a share of what the perfect ranking has there.

    Normalised as in scikit-uplift: perfect puts those who answered when treated first, and those who answered untreated last. Figures that are
    normalised otherwise do not compare.
    """
    weights = np.ones(len(score)) if counts is None else counts
    area, line = Ranking.of(score, outcome, is_treated).area(weights)
    perfect, perfect_line = _perfect(outcome, is_treated).area(weights)
    return (area - line) / (perfect - perfect_line) if perfect > perfect_line else 0.0


def _perfect(outcome: Floats, is_treated: Bools) -> Ranking:
    return Ranking.of(np.where(is_treated, outcome, -outcome), outcome, is_treated)


@dataclass(frozen=True)
class Verdict:
    """Qini of the uplift ranking and of response ranking on a later campaign, the lower 5 % bounds of the first above nothing (everybody alike) and
    above the second, by paired bootstrap, and whether the uplift ranking may be used."""

    uplift: float
    response: float
    above_everybody: float
    above_response: float

    @property
    def is_in_force(self) -> bool:
        return self.above_everybody > 0 and self.above_response > 0


def judge(uplift: Floats, response: Floats, outcome: Floats, is_treated: Bools) -> Verdict:
    """The gate, on people of a later campaign: whether scores of uplift are ahead of scores of response, and of no ranking."""
    rankings = [Ranking.of(score, outcome, is_treated) for score in (uplift, response)]
    perfect = _perfect(outcome, is_treated)
    rng = np.random.default_rng(SEED)
    everyone = np.ones(len(outcome))
    drawn = np.array(
        [
            _qinis(rankings, perfect, rng.multinomial(len(outcome), everyone / len(outcome)).astype(float))
            for _ in range(DRAWS)
        ]
    )
    found = _qinis(rankings, perfect, everyone)
    return Verdict(
        found[0],
        found[1],
        float(np.quantile(drawn[:, 0], LOWER)),
        float(np.quantile(drawn[:, 0] - drawn[:, 1], LOWER)),
    )


def _qinis(rankings: list[Ranking], perfect: Ranking, counts: Floats) -> list[float]:
    best, line = perfect.area(counts)
    areas = (ranking.area(counts) for ranking in rankings)
    return [(area - straight) / (best - line) if best > line else 0.0 for area, straight in areas]


def sleeping_below(score: Floats, outcome: Floats, is_treated: Bools) -> float:
    """The score below which an action drives people away: the highest twentieth up to which the difference of all below is surely below zero.
    -inf where there is none."""
    order = np.argsort(score, kind="stable")
    border = -np.inf
    for share in range(1, GROUPS):
        rows = order[: len(order) * share // GROUPS]
        treated, control = outcome[rows][is_treated[rows]], outcome[rows][~is_treated[rows]]
        if min(len(treated), len(control)) < 2:
            continue
        error = np.sqrt(treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control))
        if treated.mean() - control.mean() + Z95 * error < 0:
            border = float(score[rows[-1]])
    return border
