"""Rolling origins: what a forecaster would have forecast on past days, and how far off it was.

At each origin it sees the days before and nothing else. Errors are given as MASE (Hyndman & Koehler, 2006): the mean
absolute error in units of the seasonal naive error within that history.
"""

from collections.abc import Sequence

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Forecaster, Known
from resources.errors import NotEnough


def rolling_origins(days: int, horizon: int, count: int, step: int | None = None) -> list[int]:
    """The last `count` origins whose horizon lies within the history, `step` days apart (a horizon by default)."""
    step = horizon if step is None else step
    origins = [days - horizon - number * step for number in range(count)]
    return [origin for origin in reversed(origins) if origin > 0]


def past_forecasts(
    forecaster: Forecaster,
    history: Floats,
    origins: Sequence[int],
    horizon: int,
    season: int,
    events: Sequence[str] = (),
) -> Floats:
    """Origins × steps; NaN where the history before the origin is too short for the forecaster."""
    forecasts = np.full((len(origins), horizon), np.nan)
    for row, origin in enumerate(origins):
        known = Known(events[:origin], events[origin : origin + horizon]) if events else NOTHING
        try:
            forecasts[row] = forecaster(history[:origin].copy(), horizon, season, known)
        except NotEnough:
            continue
    return forecasts


def happened(history: Floats, origins: Sequence[int], horizon: int) -> Floats:
    return np.array([history[origin : origin + horizon] for origin in origins])


def naive_error(history: Floats, season: int) -> float:
    """The mean absolute error of last week's value within the history: the unit of MASE."""
    differences = np.abs(history[season:] - history[:-season])
    return float(np.nanmean(differences)) if np.count_nonzero(~np.isnan(differences)) else np.nan


def mase(actual: Floats, forecasts: Floats, unit: float) -> float:
    """NaN where the history never moved, and the unit is 0: no error can be measured in it."""
    return float(np.nanmean(np.abs(actual - forecasts)) / unit) if unit > 0 else np.nan


def wape(actual: Floats, forecasts: Floats) -> float:
    """Sum of absolute errors over the sum of what happened."""
    seen = ~np.isnan(actual) & ~np.isnan(forecasts)
    total = actual[seen].sum()
    return float(np.abs(actual - forecasts)[seen].sum() / total) if total > 0 else np.nan
