"""What an action changed: those who got it against those held out of it at random, with an interval.

The difference in means (Welch), made sharper by what was known of people before (regression with arm times centred covariates, Lin 2013, standard
errors HC2), weeks pooled, and segments shrunk towards the whole (normal-normal empirical Bayes, DerSimonian and Laird 1986).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resources.errors import ZhikeError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Z95 = 1.959963984540054
FEWEST = 10
MISMATCH = 0.001
SPREAD = 10
FIRST_SHARE, KNOWN_SHARE = 0.5, 0.1


@dataclass(frozen=True)
class Effect:
    """The mean difference that an action made, its standard error, and how many people it rests on."""

    value: float
    standard_error: float
    treated: int
    control: int

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.value - Z95 * self.standard_error

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.value + Z95 * self.standard_error

    @property
    def is_known(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


def difference(outcome: Floats, is_treated: Bools) -> Effect:
    """Difference in means. Raises ZhikeError where the rows are no experiment."""
    _two_arms(is_treated)
    treated, control = outcome[is_treated], outcome[~is_treated]
    variance = treated.var(ddof=1) / len(treated) + control.var(ddof=1) / len(control)
    return Effect(float(treated.mean() - control.mean()), float(np.sqrt(variance)), len(treated), len(control))


def adjusted(outcome: Floats, is_treated: Bools, covariates: Floats) -> Effect:
    """The same, with what was known of each person before the draw (people × covariates) taken out. Never of what came after it.

    Raises ZhikeError where the rows are no experiment.
    """
    _two_arms(is_treated)
    centred = covariates - covariates.mean(axis=0)
    centred = centred[:, centred.std(axis=0) > 1e-12]
    if min(is_treated.sum(), (~is_treated).sum()) < FEWEST * (1 + centred.shape[1]):
        return difference(outcome, is_treated)
    arm = is_treated.astype(float)[:, None]
    design = np.hstack([np.ones((len(arm), 1)), arm, centred, arm * centred])
    inverse = np.linalg.pinv(design.T @ design)
    weights = inverse @ (design.T @ outcome)
    leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design), 1 - 1e-9)
    residual = (outcome - design @ weights) / np.sqrt(1 - leverage)
    # The arm's own row of the sandwich: how much each person moves its weight.
    moves = design @ inverse[1] * residual
    error = float(np.sqrt(moves @ moves))
    return Effect(float(weights[1]), error, int(is_treated.sum()), int((~is_treated).sum()))


def _two_arms(is_treated: Bools) -> None:
    if min(is_treated.sum(), (~is_treated).sum()) < 2:
        raise ZhikeError(
            "this is not an experiment: nobody, or everybody, was held out at random",
            "the arms of an action",
            "give the action a hold-out and let a week pass; what it brought cannot be told from those who got it alone",
        )


def sample_ratio(treated: int, control: int, holdout_share: float) -> float:
    """Sample-ratio mismatch: at most how probable it is that a draw with this share ever gives arms so far from it, however often one looks: arms are
    looked at again every week. The likelihood of the share drawn over that of any other (Beta with the weight of SPREAD people about it; Lindon & Malek
    2022), exact in small arms too. Below MISMATCH the arms are not those of the draw, and their difference says nothing."""
    from scipy.special import betaln

    treated_before, held_before = SPREAD * (1 - holdout_share), SPREAD * holdout_share
    as_drawn = treated * np.log(1 - holdout_share) + control * np.log(holdout_share)
    otherwise = betaln(treated_before + treated, held_before + control) - betaln(treated_before, held_before)
    return float(min(np.exp(as_drawn - otherwise), 1.0))


def pooled(effects: Sequence[Effect]) -> Effect:
    """Of several weeks, each weighted by the size of its comparison and not by its variance, which in small arms goes with the effect."""
    sizes = np.array([found.treated * found.control / (found.treated + found.control) for found in effects])
    shares = sizes / sizes.sum()
    return Effect(
        float(shares @ np.array([found.value for found in effects])),
        float(np.sqrt(shares**2 @ np.array([found.standard_error**2 for found in effects]))),
        sum(found.treated for found in effects),
        sum(found.control for found in effects),
    )


def shrunk(effects: Sequence[Effect]) -> list[Effect]:
    """Of segments, each drawn towards their mean by as much as its own error outweighs how far segments truly differ."""
    values = np.array([found.value for found in effects])
    variances = np.maximum(np.array([found.standard_error**2 for found in effects]), 1e-18)
    weights = 1 / variances
    mean = weights @ values / weights.sum()
    spread = weights @ (values - mean) ** 2 - (len(values) - 1)
    between = max(0.0, float(spread / (weights.sum() - (weights**2).sum() / weights.sum()))) if len(values) > 1 else 0.0
    again = 1 / (variances + between)
    centre, of_centre = again @ values / again.sum(), 1 / again.sum()
    kept = between / (between + variances)
    errors = np.sqrt(kept * variances + (1 - kept) ** 2 * of_centre)
    return [
        Effect(float(k * v + (1 - k) * centre), float(e), found.treated, found.control)
        for k, v, e, found in zip(kept, values, errors, effects, strict=True)
    ]


def with_prior(effect: Effect | None, prior: float, prior_error: float) -> tuple[float, float]:
    """Value and standard error of what is believed: the prior before any result, and less and less of it as results come."""
    if effect is None:
        return prior, prior_error
    precisions = np.array([1 / prior_error**2, 1 / max(effect.standard_error, 1e-9) ** 2])
    value = precisions @ np.array([prior, effect.value]) / precisions.sum()
    return float(value), float(1 / np.sqrt(precisions.sum()))


def people_needed(base: float, with_action: float, holdout_share: float, power: float = 0.8) -> int:
    """How many people an action needs for its effect on a rate to be seen at 5 % (normal approximation, two-sided)."""
    from scipy.stats import norm

    variance = base * (1 - base) / holdout_share + with_action * (1 - with_action) / (1 - holdout_share)
    return int(np.ceil(float(norm.ppf(power) + Z95) ** 2 * variance / (with_action - base) ** 2))


def half_width(people: int, base: float, holdout_share: float) -> float:
    """Half the width of the 95 % interval that so many people will give."""
    return float(Z95 * np.sqrt(base * (1 - base) * (1 / holdout_share + 1 / (1 - holdout_share)) / people))


def holdout_share(known: Effect | None) -> float:
    """The share to hold out next: half, which shows an effect soonest, until it is known, a tenth from then on."""
    return KNOWN_SHARE if known is not None and known.is_known else FIRST_SHARE
