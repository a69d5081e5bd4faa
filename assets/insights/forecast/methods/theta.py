"""Theta: simple exponential smoothing with half the linear trend as drift, on deseasonalised values.

Assimakopoulos & Nikolopoulos (2000), in the form Hyndman & Billah (2003) gave it. The season is additive, taken by
classical decomposition. `theta_on_roots` does the same on square roots, where a busy day varies as much as a quiet one,
and comes back to the mean: E[x²] = E[x]² + Var[x], with the variance of the one-step errors of the last `RECENT` days.
"""

import numpy as np

from assets.insights.forecast.methods.history import NOTHING, Floats, Known, prepared, require

WEEKS_NEEDED = 4
RECENT = 120
DRIFT = 0.5
ALPHAS = np.geomspace(0.02, 0.9, 20)
"""Searched as a grid: no optimiser can fail to converge. Small weights, which matter most, lie close together."""


def theta(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    require(history, WEEKS_NEEDED * season)
    mean, _ = _theta(prepared(history, season), horizon, season)
    return mean.clip(0)


def theta_on_roots(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    require(history, WEEKS_NEEDED * season)
    mean, variance = _theta(np.sqrt(prepared(history, season).clip(0)), horizon, season)
    return mean.clip(0) ** 2 + variance


def _theta(values: Floats, horizon: int, season: int) -> tuple[Floats, float]:
    """The forecast, and the variance of the one-step errors."""
    days, steps = np.arange(len(values)), np.arange(horizon)
    seasonal = seasonal_offsets(values, season)
    level_values = values - seasonal[(days - len(values)) % season]
    slope = float(np.polyfit(days, level_values, 1)[0])
    alpha, level, errors = smoothed(level_values, season)
    drift = DRIFT * slope * (steps + (1 - (1 - alpha) ** len(values)) / alpha)
    return level + drift + seasonal[steps % season], float(np.var(errors[-RECENT:]))


def seasonal_offsets(values: Floats, season: int) -> Floats:
    """How far each weekday lies from the moving average; position 0 is the weekday of the first step forecast."""
    weights = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    half = len(weights) // 2
    around = values[half : len(values) - half] - np.convolve(values, weights / season, "valid")
    position = (np.arange(half, len(values) - half) - len(values)) % season
    offsets = np.bincount(position, around, season) / np.bincount(position, minlength=season)
    return offsets - offsets.mean()


def smoothed(values: Floats, season: int) -> tuple[float, float, Floats]:
    """The weight of the least squared one-step error, its last level, and its errors."""
    from scipy.signal import lfilter

    first = values[: 2 * season].mean()
    levels = np.empty((len(ALPHAS), len(values) + 1))
    levels[:, 0] = first
    for row, alpha in enumerate(ALPHAS):
        levels[row, 1:], _ = lfilter([alpha], [1, alpha - 1], values, zi=[(1 - alpha) * first])
    errors = values - levels[:, :-1]
    best = int((errors**2).sum(axis=1).argmin())
    return float(ALPHAS[best]), float(levels[best, -1]), errors[best]
