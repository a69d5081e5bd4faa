"""MBG/CNBD-k: as MBG/NBD, but purchases keep a pace, as those of a grocer's customers do.

Platzer and Reutterer (2016), "Ticking Away the Moments: Timing Regularity Helps to Better Predict Customer Activity", Marketing
Science 35 (5); Reutterer, Platzer and Schröder (2021), "Leveraging purchase regularity for predicting customer behavior the easy
way", International Journal of Research in Marketing 38 (1). The times between purchases are Erlang-k, which is k stages of a
Poisson process: k = 1 is MBG/NBD, and the larger k, the more regular they are. Stage rates are Gamma(r, alpha) over customers, the
chance that a purchase is the last is Beta(a, b).

A customer who is alive is in one of k stages, the further the longer the last purchase is ago. Given the stage, the stages passed
within a horizon are negative binomial: so everything that is expected is a finite sum, and knows when the last purchase was.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import factorial, log
from typing import Any

import numpy as np
import pandas as pd

from assets.insights.clv.methods.groups import KEY, weights_of
from assets.insights.clv.methods.maximum_likelihood import NAMES, Fit, at_bound, bounded, standard_errors
from assets.insights.clv.methods.posterior import Floats, Posterior
from resources.errors import NotEnough

MOST_REGULAR = 4
FEWEST = 1e-9
"""A further purchase that is less likely than this adds nothing."""
MAX_SILENT = 0.999


def fit(groups: pd.DataFrame, log_gap_sum: float, mbgnbd: Fit) -> Fit | None:
    """Fit to the rows of an MBG/NBD fit and the sum of the logarithms of all times between purchases, in the fit's unit. None where
    k = 1, which is MBG/NBD, makes the purchases likeliest."""
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    weights, scale = weights_of(groups), float(age.max())
    gaps = float((weights * x).sum())

    def of(k: int, log_params: Floats) -> float:
        """The log-likelihood."""
        mean = negative_log_likelihood(k)(log_params, x, t_x, age, weights, 0.0)
        return float(-mean * weights.sum() + (k - 1) * log_gap_sum - gaps * log(factorial(k - 1)))

    found = replace(mbgnbd, log_likelihood=of(1, np.log([getattr(mbgnbd, name) for name in NAMES])))
    for k in range(2, MOST_REGULAR + 1):
        start = np.log([mbgnbd.r, mbgnbd.alpha / scale / k, mbgnbd.a, mbgnbd.b])
        try:
            scaled, curvature = bounded(negative_log_likelihood(k), x, t_x / scale, age / scale, weights, [start])
        except NotEnough:
            continue
        log_params, notes = scaled + np.log([1, scale, 1, 1]), at_bound(scaled)
        parameters = dict(zip(NAMES, np.exp(log_params).tolist(), strict=True))
        likelihood = of(k, log_params)
        if likelihood > found.log_likelihood:
            found = replace(
                mbgnbd,
                model="mbgcnbd",
                **parameters,
                k=k,
                log_likelihood=likelihood,
                path="own",
                standard_errors=None if notes else standard_errors(parameters, curvature, weights.sum()),
                notes=tuple(f"{name} at the bound of its range" for name in notes),
            )
    return found if found.k > 1 else None


def negative_log_likelihood(k: int) -> Callable[..., Any]:
    """The mean over customers, without the terms that hold no parameter, as a function of log r, alpha, a and b that autograd takes."""
    import autograd.numpy as anp
    from autograd.scipy.special import gammaln

    def mean(log_params: Any, x: Floats, t_x: Floats, age: Floats, weights: Floats, penalty: float) -> Any:
        r, alpha, a, b = anp.exp(log_params)
        shape = r + k * x
        alive, stage = 1.0, 1.0
        for j in range(1, k):
            stage = stage * (shape + j - 1) / j * (age - t_x) / (alpha + age)
            alive = alive + stage
        dead = anp.log(a) - anp.log(b + x) + shape * (anp.log(alpha + age) - anp.log(alpha + t_x))
        by_row = (
            gammaln(shape) - gammaln(r) + r * anp.log(alpha) - shape * anp.log(alpha + age)
            + gammaln(b + x + 1) + gammaln(a + b) - gammaln(b) - gammaln(a + b + x + 1)
            + anp.logaddexp(anp.log(alive), dead)
        )  # fmt: skip
        return -(weights * by_row).sum() / weights.sum()

    return mean


@dataclass(frozen=True, eq=False)
class Stages(Posterior):
    """What is known of customers who are alive: the stage rates Gamma(shape + j, rate) of those in stage j, and the share of each
    stage (`stages`, a row a stage)."""

    stages: Floats

    def p_some(self, horizon: float) -> Floats:
        return self.p_alive * self._reached(1, horizon, slice(None))

    def expected(self, horizon: float) -> Floats:
        return self._sum(horizon, lambda number: 1)

    def second_factorial_moment(self, horizon: float) -> Floats:
        return self._sum(horizon, lambda number: 2 * (number - 1))

    def _sum(self, horizon: float, weight: Callable[[int], float]) -> Floats:
        """Of the purchases within the horizon, each by the probability that it is made: the sum of their weights by number."""
        total, stays, number = np.zeros_like(self.shape), np.ones_like(self.shape), 1
        likely = np.arange(len(self.shape))
        while len(likely):
            made = stays[likely] * self._reached(number, horizon, likely)
            total[likely] += weight(number) * made
            likely = likely[made >= FEWEST]
            stays[likely] *= (self.b[likely] + number - 1) / (self.a + self.b[likely] + number - 1)
            number += 1
        return self.p_alive * total

    def _reached(self, number: int, horizon: float, rows: Any) -> Floats:
        """The probability that a customer who never leaves makes so many purchases."""
        from scipy.special import betainc

        shape, passed, k = self.shape[rows], horizon / (self.rate[rows] + horizon), len(self.stages)
        reached = [self.stages[j, rows] * betainc(number * k - j, shape + j, passed) for j in range(k)]
        return np.sum(reached, axis=0)


def posterior(fit: Fit, groups: pd.DataFrame) -> Stages:
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    shape, rate = fit.r + fit.k * x, fit.alpha + age
    stages = [np.ones_like(x)]
    for j in range(1, fit.k):
        stages.append(stages[-1] * (shape + j - 1) / j * (age - t_x) / rate)
    alive = np.sum(stages, axis=0)
    with np.errstate(over="ignore"):
        log_odds_dead = shape * np.log(rate / (fit.alpha + t_x)) + np.log(fit.a / (fit.b + x)) - np.log(alive)
        p_alive = 1 / (1 + np.exp(log_odds_dead))
    return Stages(p_alive, shape, rate, fit.a, fit.b + x + 1, np.array(stages) / alive)


def p_alive(fit: Fit, groups: pd.DataFrame) -> Floats:
    """As in MBG/NBD: the probability of being alive, or that of having been silent for so long where nobody is seen to leave."""
    after = posterior(fit, groups)
    if fit.sees_drop_out:
        return after.p_alive
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    silent = ((fit.alpha + t_x) / (fit.alpha + age)) ** (fit.r + fit.k * x) / after.stages[0]
    return np.minimum(silent, MAX_SILENT)


def expected_since_first(fit: Fit, age: Floats) -> Floats:
    """Repeat purchases expected of a new customer by this age (in the fit's unit)."""
    new = pd.DataFrame({"frequency": [0.0], "recency": [0.0], "T": [0.0]})
    after = posterior(fit, new)
    at, numbers = np.unique(age, return_inverse=True)
    return np.array([after.expected(float(horizon))[0] for horizon in at])[numbers].reshape(np.shape(age))
