"""The likelihoods of lifetimes' BG/NBD and MBG/NBD, added up so that what depends on frequency alone is computed once a frequency.

The gamma functions and their derivatives are most of the work, and a million customers have a few hundred frequencies. The
value is lifetimes' own to rounding; optimiser and start are lifetimes' own too.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Model = Literal["bgnbd", "mbgnbd"]
Floats = NDArray[np.float64]


def fitter(model: Model) -> Any:
    """The fitter as lifetimes has it."""
    from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter

    return (BetaGeoFitter if model == "bgnbd" else ModifiedBetaGeoFitter)(penalizer_coef=0.0)


def fast_fitter(model: Model, frequency: Floats, weights: Floats) -> Any:
    """The fitter for these rows, with the likelihood added up by frequency."""
    import autograd.numpy as anp
    from autograd.scipy.special import gammaln

    counts, numbers = np.unique(frequency, return_inverse=True)
    totals = np.bincount(numbers, weights=weights)
    # MBG/NBD lets a customer drop out after the first purchase too: one more chance than frequency.
    extra = 0 if model == "bgnbd" else 1
    can_be_dead = np.ones_like(frequency) if extra else (frequency > 0).astype(float)
    survived = frequency if extra else np.maximum(frequency, 1) - 1
    chances = counts + extra
    everyone = weights.sum()

    def mean_nll(
        log_params: Any, freq: Floats, rec: Floats, age: Floats, weights: Floats, penalizer_coef: float
    ) -> Any:
        r, alpha, a, b = anp.exp(log_params)
        by_count = (gammaln(r + counts) - gammaln(r) + gammaln(a + b) + gammaln(b + chances) - gammaln(b)) - gammaln(
            a + b + chances
        )
        log_age = anp.log(alpha + age)
        log_odds = anp.log(a) - anp.log(b + survived) + (r + freq) * (log_age - anp.log(alpha + rec))
        most = anp.maximum(log_odds, 0.0)
        alive_or_dead = most + anp.log(anp.exp(-most) + anp.exp(log_odds - most) * can_be_dead)
        by_row = alive_or_dead - (r + freq) * log_age
        return -((by_count * totals).sum() + (by_row * weights).sum()) / everyone - r * anp.log(alpha)

    found = fitter(model)
    found._negative_log_likelihood = mean_nll
    return found
