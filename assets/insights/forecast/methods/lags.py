"""Regression on lags, forecast day by day with each forecast fed back: reported challengers.

Inputs: the last `season` days, the same weekday two to four weeks back, means of one and four weeks, the weekday. All in
units of the history's mean.
"""

from typing import Any

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, prepared, require
from resources.learning.threads import one_thread

WEEKS_NEEDED = 12
WEEKS_BACK = 4


def ridge_on_lags(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    from sklearn.linear_model import RidgeCV

    return _fed_back(RidgeCV(alphas=np.logspace(-1, 4, 11)), history, horizon, season)


def boosting_on_lags(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.05, min_samples_leaf=10, random_state=0)
    return _fed_back(model, history, horizon, season)


def _fed_back(model: Any, history: Floats, horizon: int, season: int) -> Floats:

    require(history, WEEKS_NEEDED * season)
    values = prepared(history, season)
    unit = values.mean()
    if np.ptp(values) == 0:
        return np.full(horizon, unit)
    values = values / unit
    start = WEEKS_BACK * season
    rows = np.array([_inputs(values[:day], day, season) for day in range(start, len(values))])
    # On a year of days threads wait for each other longer than they work.
    with one_thread():
        model.fit(rows, values[start:])
        for day in range(len(values), len(values) + horizon):
            values = np.append(values, max(0.0, model.predict([_inputs(values, day, season)])[0]))
    return values[-horizon:] * unit


def _inputs(past: Floats, day: int, season: int) -> Floats:
    weeks = past[-WEEKS_BACK * season :]
    weekday = np.zeros(season)
    weekday[day % season] = 1
    same_weekday = weeks[: (WEEKS_BACK - 1) * season : season]
    return np.r_[weeks[-season:], same_weekday, weeks[-season:].mean(), weeks.mean(), weekday]
