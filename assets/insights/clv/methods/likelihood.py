"""The likelihoods of lifetimes' BG/NBD and MBG/NBD, added up so that what depends on frequency alone is computed once a frequency.

The gamma functions and their derivatives are most of the work, and a million customers have a few hundred frequencies. The
gradient is written out, which saves tracing it at every step. The value is lifetimes' own to rounding; optimiser and start are
lifetimes' own too.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Lifetimes = Literal["bgnbd", "mbgnbd"]
Floats = NDArray[np.float64]


def fitter(model: Lifetimes) -> Any:
    """The fitter as lifetimes has it."""
    from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter

    return (BetaGeoFitter if model == "bgnbd" else ModifiedBetaGeoFitter)(penalizer_coef=0.0)


def fast_fitter(model: Lifetimes, frequency: Floats, weights: Floats) -> Any:
    """The fitter for these rows, with the likelihood added up by frequency."""
    import autograd.numpy as anp
    from autograd.extend import defvjp, primitive
    from autograd.scipy.special import gammaln, psi

    counts, numbers = np.unique(frequency, return_inverse=True)
    shares = np.bincount(numbers, weights=weights) / weights.sum()
    # MBG/NBD lets a customer drop out after the first purchase too: one more chance than frequency.
    extra = 0 if model == "bgnbd" else 1
    can_be_dead = np.ones_like(frequency) if extra else (frequency > 0).astype(float)
    survived = frequency if extra else np.maximum(frequency, 1) - 1
    chances = counts + extra
    row_shares = weights / weights.sum()

    def log_odds_dead(r: Any, alpha: Any, a: Any, b: Any, rec: Floats, age: Floats) -> Any:
        return anp.log(a) - anp.log(b + survived) + (r + frequency) * (anp.log(alpha + age) - anp.log(alpha + rec))

    @primitive
    def value(log_params: Any, rec: Floats, age: Floats) -> Any:
        r, alpha, a, b = anp.exp(log_params)
        by_count = (gammaln(r + counts) - gammaln(r) + gammaln(a + b) + gammaln(b + chances) - gammaln(b)) - gammaln(
            a + b + chances
        )
        log_odds = log_odds_dead(r, alpha, a, b, rec, age)
        most = np.maximum(log_odds, 0.0)
        by_row = most + np.log(np.exp(-most) + np.exp(log_odds - most) * can_be_dead)
        by_row = by_row - (r + frequency) * np.log(alpha + age)
        return -((by_count * shares).sum() + (by_row * row_shares).sum()) - r * np.log(alpha)

    def gradient(log_params: Any, rec: Floats, age: Floats) -> Any:
        r, alpha, a, b = anp.exp(log_params)
        p_dead = can_be_dead / (1 + anp.exp(-log_odds_dead(r, alpha, a, b, rec, age)))
        all_chances = psi(a + b) - psi(a + b + chances)
        log_age = anp.log(alpha + age)
        by_r = ((psi(r + counts) - psi(r)) * shares).sum() + (
            (p_dead * (log_age - anp.log(alpha + rec)) - log_age) * row_shares
        ).sum()
        by_alpha = (
            (r + frequency) * (p_dead * (1 / (alpha + age) - 1 / (alpha + rec)) - 1 / (alpha + age)) * row_shares
        ).sum()
        by_a = (all_chances * shares).sum() + (p_dead * row_shares).sum() / a
        by_b = ((all_chances + psi(b + chances) - psi(b)) * shares).sum() - (p_dead / (b + survived) * row_shares).sum()
        return -anp.array([r * (by_r + anp.log(alpha)), alpha * by_alpha + r, a * by_a, b * by_b])

    defvjp(
        value,
        lambda answer, log_params, rec, age: lambda g: g * gradient(log_params, rec, age),
        None,
        None,
    )

    def mean_nll(
        log_params: Any, freq: Floats, rec: Floats, age: Floats, weights: Floats, penalizer_coef: float
    ) -> Any:
        return value(log_params, rec, age)

    found = fitter(model)
    found._negative_log_likelihood = mean_nll
    return found
