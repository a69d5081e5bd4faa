"""Exponential smoothing with a damped additive trend and an additive season, ETS(A,Ad,A), by statsmodels.

Hyndman, Koehler, Ord & Snyder (2008).
"""

import warnings

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, prepared, require
from assets.insights.forecast.methods.theta import RECENT

WEEKS_NEEDED = 4


def ets(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    require(history, WEEKS_NEEDED * season)
    mean, _ = _ets(prepared(history, season), horizon, season)
    return mean.clip(0)


def ets_on_roots(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    """The same on square roots, brought back to the mean as in `theta_on_roots`."""
    require(history, WEEKS_NEEDED * season)
    mean, variance = _ets(np.sqrt(prepared(history, season).clip(0)), horizon, season)
    return mean.clip(0) ** 2 + variance


def _ets(values: Floats, horizon: int, season: int) -> tuple[Floats, float]:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    if np.ptp(values) == 0:
        return np.full(horizon, values[0]), 0.0
    model = ExponentialSmoothing(
        values,
        trend="add",
        damped_trend=True,
        seasonal="add",
        seasonal_periods=season,
        initialization_method="estimated",
    )
    with warnings.catch_warnings():
        # A search that stops short of its tolerance still gives a fit; the backtest judges what it is worth.
        warnings.simplefilter("ignore")
        # The grid search for starting values finds the same optimum at three times the cost.
        fit = model.fit(use_brute=False)
    return np.asarray(fit.forecast(horizon), float), float(np.var(np.asarray(fit.resid, float)[-RECENT:]))
