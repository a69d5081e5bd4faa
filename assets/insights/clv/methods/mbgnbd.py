"""MBG/NBD: as BG/NBD, but a customer may also drop out right after the first purchase.

Batislam, Denizel and Filiztekin (2007), "Empirical validation and comparison of models for customer base analysis",
International Journal of Research in Marketing 24 (3). Its probability of being alive is also informative for one-time buyers.
"""

import numpy as np
import pandas as pd

from assets.insights.clv.methods.groups import KEY
from assets.insights.clv.methods.maximum_likelihood import Fit, Needs, fit_model
from assets.insights.clv.methods.posterior import Floats, Posterior, expected_alive

MAX_SILENT = 0.999


def fit(groups: pd.DataFrame, *, days_per_unit: float = 1.0, needs: Needs | None = None) -> Fit:
    """Fit to rows of frequency, recency, T (in units of `days_per_unit` days) and customer_count; raises NotEnough."""
    return fit_model("mbgnbd", groups, days_per_unit, needs or Needs())


def posterior(fit: Fit, groups: pd.DataFrame) -> Posterior:
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    with np.errstate(over="ignore"):
        log_odds_dead = (fit.r + x) * np.log((fit.alpha + age) / (fit.alpha + t_x)) + np.log(fit.a / (fit.b + x))
        p_alive = 1 / (1 + np.exp(log_odds_dead))
    return Posterior(p_alive, fit.r + x, fit.alpha + age, fit.a, fit.b + x + 1)


def p_alive(fit: Fit, groups: pd.DataFrame) -> Floats:
    """The probability of being alive, or, where no drop-out can be told from the history, what stands in for it: the probability
    that a customer with this past would have stayed silent for as long as this one, at most MAX_SILENT."""
    if fit.sees_drop_out:
        return posterior(fit, groups).p_alive
    x, t_x, age = (groups[column].to_numpy(float) for column in KEY)
    return np.minimum(((fit.alpha + t_x) / (fit.alpha + age)) ** (fit.r + x), MAX_SILENT)


def expected_purchases(fit: Fit, groups: pd.DataFrame, horizon: float) -> Floats:
    """Purchases expected within the horizon (in the fit's unit) after (frequency, recency, T)."""
    return posterior(fit, groups).expected(horizon)


def expected_since_first(fit: Fit, age: Floats) -> Floats:
    """Repeat purchases expected of a new customer by this age (in the fit's unit)."""
    return fit.b / (fit.a + fit.b) * expected_alive(age, fit.r, fit.alpha, fit.a, fit.b + 1)
