"""Seasonal ARIMA(1,0,1)(0,1,1), the airline season with a damped level, by statsmodels: a reported challenger."""

import warnings

import numpy as np

from assets.insights.forecast.history import NOTHING, Floats, Known, prepared, require

WEEKS_NEEDED = 6


def arima(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    require(history, WEEKS_NEEDED * season)
    values = prepared(history, season)
    if np.ptp(values) == 0:
        return np.full(horizon, values[0])
    scale = values.std()
    with warnings.catch_warnings():
        # As with ETS: a search that stops short is judged by the backtest, not by its warning.
        warnings.simplefilter("ignore")
        fit = SARIMAX(values / scale, order=(1, 0, 1), seasonal_order=(0, 1, 1, season)).fit(disp=False, maxiter=50)
        mean = np.asarray(fit.forecast(horizon), float) * scale
    # Near a unit root the search may end in a filter that explodes.
    return np.nan_to_num(mean, nan=values[-season:].mean(), posinf=values.max()).clip(0, 4 * values.max())
