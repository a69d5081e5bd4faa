"""How right forecasts were, judged on a window that came after: level, error, ranking and calibration, beside naive rows.

Ranking measures do not depend on the order of rows: customers with the same forecast count by their mean. Always predicting
nothing has a small absolute error where most buy nothing, so no measure stands alone.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from assets.insights.clv.methods.maximum_likelihood import Fit
from assets.insights.clv.methods.models import MODELS

Floats = NDArray[np.float64]

TOP_SHARE = 0.1
LAST_BUCKET = 7


def measures(actual: ArrayLike, predicted: ArrayLike) -> dict[str, float | None]:
    """MAE, RMSE, MSLE, total bias, the top decile's share, normalised Gini and correlation; None where undefined.

    Money below 0 counts as 0 in the logarithms of MSLE.
    """
    y, f = np.asarray(actual, float), np.asarray(predicted, float)
    total, is_flat = y.sum(), np.ptp(f) <= 1e-12 * max(np.abs(f).max(), 1e-300)
    ranked = _in_order_of(f, y)
    best = _gini(np.sort(y)[::-1])
    logs = np.log1p(np.maximum(f, 0)) - np.log1p(np.maximum(y, 0))
    return {
        "mae": float(np.abs(f - y).mean()),
        "rmse": float(np.sqrt(((f - y) ** 2).mean())),
        "msle": float((logs**2).mean()),
        "total_bias": float(f.sum() / total - 1) if total else None,
        "top_decile_share": float(ranked[: int(TOP_SHARE * len(y))].sum() / total) if total else None,
        # Adding 0 makes -0 a plain 0.
        "normalised_gini": _gini(ranked) / best + 0.0 if total and best else None,
        "correlation": None if is_flat or not np.ptp(y) else float(np.corrcoef(f, y)[0, 1]),
    }


def holdout_table(actual: ArrayLike, forecasts: Mapping[str, ArrayLike], frequency: ArrayLike) -> pd.DataFrame:
    """One row a forecast, in the order given; calibration_error is by frequency at the cut-off (see calibration_error)."""
    by_bucket = by_frequency(frequency, actual, forecasts)
    rows = [
        {"model": name, **measures(actual, forecast), "calibration_error": calibration_error(by_bucket, name)}
        for name, forecast in forecasts.items()
    ]
    return pd.DataFrame(rows)


def calibration_error(by_bucket: pd.DataFrame, name: str) -> float | None:
    """By how much a bucket's mean forecast misses its mean, averaged over customers, as a share of the mean of all."""
    weights, actual = by_bucket["customer_count"], by_bucket["actual"]
    total = float((weights * actual).sum())
    return float((weights * (by_bucket[name] - actual).abs()).sum() / total) if total > 0 else None


def naive_purchases(customers: pd.DataFrame, horizon: float) -> dict[str, Floats]:
    """Horizon in the unit of T. A customer of the cut-off day itself has no rate, and counts as 0."""
    x, age = customers["frequency"].to_numpy(float), customers["T"].to_numpy(float)
    rate = np.divide(x, age, out=np.zeros_like(x), where=age > 0)
    same = x.sum() / age.sum() * horizon if age.sum() > 0 else 0.0
    return {
        "naive: own rate": rate * horizon,
        "naive: same again": x,
        "naive: same rate for all": np.full(len(x), same),
        "naive: nothing": np.zeros(len(x)),
    }


def naive_money(customers: pd.DataFrame, horizon: float) -> dict[str, Floats]:
    rate = naive_purchases(customers, horizon)["naive: own rate"]
    return {
        "naive: own rate x own mean": rate * customers["monetary_value"].fillna(0).to_numpy(float),
        "naive: past total": customers["spend"].fillna(0).to_numpy(float),
    }


def by_frequency(frequency: ArrayLike, actual: ArrayLike, forecasts: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """Mean of what was forecast and of what came, by frequency at the cut-off, 0 to 7 and more."""
    bucket = np.minimum(np.asarray(frequency, int), LAST_BUCKET)
    frame = pd.DataFrame({"frequency": bucket, "customer_count": 1, "actual": actual, **forecasts})
    by_bucket = frame.groupby("frequency")
    means = by_bucket[["actual", *forecasts]].mean()
    means.insert(0, "customer_count", by_bucket["customer_count"].sum())
    return means.reset_index()


def cumulative_expected(fit: Fit, first_purchases: ArrayLike, at: ArrayLike) -> Floats:
    """Repeat purchases of all customers expected by each time `at`, on the axis and in the unit of their first purchases."""
    starts, counts = np.unique(np.asarray(first_purchases, float), return_counts=True)
    ages = np.maximum(np.asarray(at, float)[:, None] - starts[None, :], 0)
    return (MODELS[fit.model].expected_since_first(fit, ages) * counts).sum(axis=1)


def interval_coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike, promised: ArrayLike) -> dict[str, float]:
    """Shares of customers within, below and above their intervals, beside the share that was promised to be within."""
    y, lower, upper = (np.asarray(v, float) for v in (actual, low, high))
    is_within = (y >= lower) & (y <= upper)
    return {
        "promised_share": float(np.mean(promised)),
        "covered_share": float(is_within.mean()),
        "below_share": float((y < lower).mean()),
        "above_share": float((y > upper).mean()),
        "mean_width": float((upper - lower).mean()),
    }


def _in_order_of(forecast: Floats, actual: Floats) -> Floats:
    """Actual values from the highest forecast to the lowest, averaged over ties."""
    _, ranks, counts = np.unique(-forecast, return_inverse=True, return_counts=True)
    means = np.bincount(ranks, weights=actual) / counts
    return np.repeat(means, counts)


def _gini(ranked: Floats) -> float:
    """Area between the curve of cumulated shares and the diagonal."""
    n, total = len(ranked), ranked.sum()
    return float((np.cumsum(ranked) / total).sum() / n - (n + 1) / (2 * n)) if total else 0.0
