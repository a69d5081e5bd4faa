"""Prediction intervals from the forecaster's own errors at past origins; no distribution is assumed.

Errors are taken on square roots, where a busy day varies as much as a quiet one. The spread is measured by step, never
narrowing with distance; the shape is shared by all steps, since a dozen origins cannot show a tail at each. The quantile
is the conformal one, ⌈(n + 1) level⌉ of n (Vovk, Gammerman & Shafer, 2005). Errors of one origin are not independent and
shops change, so these intervals alone hold too much in quiet times and too little in others: `tracking.py` widens and
narrows them by what they held.
"""

import numpy as np

from assets.insights.forecast.methods.history import Floats

ORIGINS_NEEDED = 8
LEVELS = {"80": 0.8, "95": 0.95}
"""The narrower ones first."""


def usual(errors: Floats) -> tuple[Floats, Floats]:
    """Where the errors (series × origins × steps, on square roots) usually lie: the middle and half the width of each level's
    interval, series × levels × steps.

    NaN below eight origins: an interval made of fewer would only look like one.
    """
    spread = spread_by_step(errors)
    scaled = errors / np.where(spread > 0, spread, 1.0)[:, None]
    # NaN comes last.
    scaled = np.sort(scaled.reshape(len(errors), -1), axis=1)
    count = (~np.isnan(scaled)).sum(axis=1)
    enough = (~np.isnan(errors).all(axis=2)).sum(axis=1) >= ORIGINS_NEEDED
    rows, ends = np.arange(len(errors)), []
    for level in LEVELS.values():
        tail = np.maximum(np.floor((count + 1) * (1 - level) / 2).astype(int), 1)
        low, high = scaled[rows, tail - 1], scaled[rows, np.maximum(count - tail, 0)]
        ends.append([np.where(enough, low, np.nan), np.where(enough, high, np.nan)])
    low, high = np.array(ends).transpose(1, 2, 0)[..., None] * spread[:, None]
    return (low + high) / 2, (high - low) / 2


def spread_by_step(errors: Floats) -> Floats:
    """The root mean squared error at each step, series × steps, made to grow with distance by isotonic regression."""
    from scipy.optimize import isotonic_regression

    counts = (~np.isnan(errors)).sum(axis=1)
    squares = np.nansum(errors**2, axis=1) / np.maximum(counts, 1)
    weights = np.maximum(counts, 1e-9)
    if squares.shape[1] == 1:
        return np.sqrt(squares)
    return np.sqrt([isotonic_regression(each, weights=weight).x for each, weight in zip(squares, weights, strict=True)])


def covered(actual: Floats, lower: Floats, upper: Floats) -> float:
    """The share of days that fell within."""
    judged = ~np.isnan(actual) & ~np.isnan(lower)
    return float(((actual >= lower) & (actual <= upper))[judged].mean()) if judged.any() else np.nan
