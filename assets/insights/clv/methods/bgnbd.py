"""BG/NBD: purchases while alive are Poisson, each may be the last.

Fader, Hardie and Lee (2005), "'Counting Your Customers' the Easy Way: An Alternative to the Pareto/NBD Model", Marketing
Science 24 (2). Rates are Gamma(r, alpha) over customers, the chance that a purchase is the last is Beta(a, b).

Limitation: a customer who bought once cannot have dropped out here, so `p_alive` is taken from MBG/NBD.
"""

import numpy as np
import pandas as pd

from assets.insights.clv.methods.groups import KEY
from assets.insights.clv.methods.maximum_likelihood import Fit, Needs, fit_model
from assets.insights.clv.methods.posterior import Floats, Posterior, expected_alive


def fit(groups: pd.DataFrame, *, days_per_unit: float = 1.0, needs: Needs | None = None) -> Fit:
    """Fit to rows of frequency, recency, T (in units of `days_per_unit` days) and customer_count; raises NotEnough."""
    return fit_model("bgnbd", groups, days_per_unit, needs or Needs())


def posterior(fit: Fit, groups: pd.DataFrame) -> Posterior:
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    with np.errstate(over="ignore", divide="ignore"):
        log_odds_dead = (fit.r + x) * np.log((fit.alpha + age) / (fit.alpha + t_x)) + np.log(
            fit.a / (fit.b + np.maximum(x, 1) - 1)
        )
        p_alive = np.where(x == 0, 1.0, 1 / (1 + np.exp(log_odds_dead)))
    return Posterior(p_alive, fit.r + x, fit.alpha + age, fit.a, fit.b + x)


def expected_purchases(fit: Fit, groups: pd.DataFrame, horizon: float) -> Floats:
    """Purchases expected within the horizon (in the fit's unit) after (frequency, recency, T)."""
    return posterior(fit, groups).expected(horizon)


def expected_since_first(fit: Fit, age: Floats) -> Floats:
    """Repeat purchases expected of a new customer by this age (in the fit's unit)."""
    return expected_alive(age, fit.r, fit.alpha, fit.a, fit.b)
