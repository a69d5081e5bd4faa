"""NBD: every customer buys on at a steady rate of their own, and nobody leaves.

Ehrenberg (1959), "The Pattern of Consumer Purchases", Applied Statistics 8. Purchases are Poisson, rates Gamma(r, alpha) over
customers: what is expected is the own past rate, drawn towards the shop's. The simplest model that knows every horizon: it serves
where the others do no better than naive rows.
"""

import numpy as np
import pandas as pd

from assets.insights.clv.methods.groups import KEY, weights_of
from assets.insights.clv.methods.maximum_likelihood import LOG_BOUNDS, Fit, Needs, check
from assets.insights.clv.methods.posterior import Floats, Posterior


def fit(groups: pd.DataFrame, *, days_per_unit: float = 1.0, needs: Needs | None = None) -> Fit:
    """Fit to rows of frequency, recency, T (in units of `days_per_unit` days) and customer_count; raises NotEnough."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    check(groups, days_per_unit, needs or Needs())
    x, _, age = (groups[column].to_numpy(float) for column in KEY)
    weights = weights_of(groups)
    scale = float(age.max())

    def loss(log_params: Floats) -> float:
        r, alpha = np.exp(log_params)
        by_row = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + age / scale)
        return -float((weights * by_row).sum() / weights.sum())

    found = minimize(loss, np.zeros(2), method="L-BFGS-B", bounds=LOG_BOUNDS[:2])
    r, alpha = np.exp(found.x).tolist()
    return Fit(
        "nbd", r, alpha * scale, 0.0, 1.0, -found.fun * weights.sum() - float((weights * x).sum() * np.log(scale)), "own",
        days_per_unit, int(weights.sum()), int(weights[x > 0].sum()), None,
    )  # fmt: skip


def posterior(fit: Fit, groups: pd.DataFrame) -> Posterior:
    x, _, age = (groups[column].to_numpy(float) for column in KEY)
    return Posterior(np.ones_like(x), fit.r + x, fit.alpha + age, 0.0, np.ones_like(x))


def expected_since_first(fit: Fit, age: Floats) -> Floats:
    """Repeat purchases expected of a new customer by this age (in the fit's unit)."""
    return fit.r / fit.alpha * age
