"""Rolling origins: what a forecaster would have said on past days, and how far off it was.

At each origin it sees the days before and nothing else. Errors are told as MASE (Hyndman & Koehler, 2006): the mean
absolute error in units of the seasonal naive error within that history.
"""

from collections.abc import Sequence

import numpy as np

from assets.insights.forecast.history import (
    NOTHING,
    Floats,
    Forecaster,
    Known,
    NotEnoughHistory,
)


def rolling_origins(days: int, horizon: int, count: int, step: int | None = None) -> list[int]:
    """The last `count` origins whose horizon lies within the history, `step` days apart (a horizon, unless told)."""
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
    told = np.full((len(origins), horizon), np.nan)
    for row, origin in enumerate(origins):
        known = Known(events[:origin], events[origin : origin + horizon]) if events else NOTHING
        try:
            told[row] = forecaster(history[:origin].copy(), horizon, season, known)
        except NotEnoughHistory:
            continue
    return told


def happened(history: Floats, origins: Sequence[int], horizon: int) -> Floats:
    return np.array([history[origin : origin + horizon] for origin in origins])


def naive_error(history: Floats, season: int) -> float:
    """The mean absolute error of last week's value within the history: the unit of MASE."""
    differences = np.abs(history[season:] - history[:-season])
    return float(np.nanmean(differences)) if np.count_nonzero(~np.isnan(differences)) else np.nan


def mase(actual: Floats, told: Floats, unit: float) -> float:
    """NaN where the history never moved, and the unit is 0: no error can be told in it."""
    return float(np.nanmean(np.abs(actual - told)) / unit) if unit > 0 else np.nan


def wape(actual: Floats, told: Floats) -> float:
    """Sum of absolute errors over the sum of what happened."""
    seen = ~np.isnan(actual) & ~np.isnan(told)
    total = actual[seen].sum()
    return float(np.abs(actual - told)[seen].sum() / total) if total > 0 else np.nan
