"""Prediction intervals from the forecaster's own errors at past origins; no distribution is assumed.

Errors are taken on square roots, where a busy day varies as much as a quiet one. The spread is measured by step, never
narrowing with distance; the shape is shared by all steps, since a dozen origins cannot show a tail at each. The quantile
is the conformal one, ⌈(n + 1) level⌉ of n (Vovk, Gammerman & Shafer, 2005). Errors of one origin are not independent and
shops change: so what is asked of the past errors (the nominal level) is chosen by what intervals held on older origins.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from assets.insights.forecast.methods.history import Floats

ORIGINS_NEEDED = 8
NOMINAL = {0.8: (0.8, 0.85, 0.9, 0.95), 0.95: (0.95, 0.97, 0.98, 0.99)}
"""By level what may be asked of the past errors: never less, since a shop that changes strays further than it did."""


def interval(mean: Floats, actual: Floats, forecasts: Floats, level: float) -> tuple[Floats, Floats]:
    """Lower and upper end at each step; `actual` and `forecasts` are origins × steps, all of them in the past.

    NaN below eight origins: an interval made of fewer would only look like one.
    """
    return intervals(mean, actual, forecasts, [level])[0]


def intervals(mean: Floats, actual: Floats, forecasts: Floats, levels: Sequence[float]) -> list[tuple[Floats, Floats]]:
    """The same for several levels."""
    errors = np.sqrt(actual.clip(0)) - np.sqrt(forecasts.clip(0))
    if np.count_nonzero(~np.isnan(errors).all(axis=1)) < ORIGINS_NEEDED:
        return [(np.full(len(mean), np.nan), np.full(len(mean), np.nan))] * len(levels)
    spread = spread_by_step(errors)
    scaled = np.sort((errors / np.where(spread > 0, spread, 1.0)).ravel())
    scaled = scaled[~np.isnan(scaled)]
    root = np.sqrt(mean.clip(0))
    tails = [max(int(np.floor((len(scaled) + 1) * (1 - level) / 2)), 1) for level in levels]
    return [
        ((root + scaled[tail - 1] * spread).clip(0) ** 2, (root + scaled[-tail] * spread).clip(0) ** 2)
        for tail in tails
    ]


def spread_by_step(errors: Floats) -> Floats:
    """The root mean squared error at each step, made to grow with distance by isotonic regression."""
    from scipy.optimize import isotonic_regression

    counts = (~np.isnan(errors)).sum(axis=0)
    squares = np.nansum(errors**2, axis=0) / np.maximum(counts, 1)
    return np.sqrt(isotonic_regression(squares, weights=np.maximum(counts, 1e-9)).x)


def covered(actual: Floats, lower: Floats, upper: Floats) -> float:
    """The share of days that fell within."""
    judged = ~np.isnan(actual) & ~np.isnan(lower)
    return float(((actual >= lower) & (actual <= upper))[judged].mean()) if judged.any() else np.nan


def calibrated(shares: Mapping[float, float], level: float) -> float:
    """The nominal level whose measured coverage lay nearest to `level`; the lowest of them where two are as near."""
    return min(shares, key=lambda nominal: (round(abs(shares[nominal] - level), 6), nominal))
