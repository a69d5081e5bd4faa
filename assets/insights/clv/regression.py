"""The challenger that looks at everything: regression of log spend on behaviour and attributes.

Ridge regression (Hoerl and Kennard 1970) and gradient boosting on histograms (Ke et al. 2017) of log(1 + what came later), trained
on an earlier cut-off than they are judged on. What comes back from logarithms is too low where most bring nothing, so forecasts
are scaled to the training window's total. They tell one horizon, the one they are trained on, and no interval.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BEHAVIOUR = (
    "recency_days", "frequency", "t_days", "spend", "monetary_value", "purchases_7d", "spend_7d", "purchases_30d", "spend_30d",
    "purchases_90d", "spend_90d", "purchases_365d", "spend_365d", "gap_mean_days", "gap_sd_days", "recency_to_gap", "return_share",
    "lines_a_purchase", "items_a_purchase", "category_count", "channel_count", "session_count_30d", "view_count_30d",
    "cart_count_30d", "visit_recency_days", "tenure_days", "account_count",
)  # fmt: skip
ATTRIBUTES = ("age_band", "gender", "region", "occupation")
MIN_CUSTOMERS = 100
MIN_LEVEL_CUSTOMERS = 30
"""A value of an attribute that fewer have is not told apart."""


def forecasts(train: pd.DataFrame, now: pd.DataFrame, target: str) -> dict[str, Floats]:
    """What `now` will bring, by method, learnt from `target` of `train`: both have the columns of features.customers.

    Empty where `train` has too few customers, or none of them brought anything.
    """
    brought = np.maximum(train[target].to_numpy(float), 0)
    if len(train) < MIN_CUSTOMERS or not brought.any():
        return {}
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    seen, asked = _design(train, now)
    models = {
        "ridge regression": make_pipeline(StandardScaler(), Ridge(alpha=10.0)),
        "boosted regression": HistGradientBoostingRegressor(
            learning_rate=0.05, max_iter=80, max_leaf_nodes=8, min_samples_leaf=20, early_stopping=False, random_state=0
        ),
    }
    found = {}
    # Sums in parallel depend on the number of threads.
    with threadpool_limits(1):
        for name, model in models.items():
            model.fit(seen, np.log1p(brought))
            fitted, ahead = (np.maximum(np.expm1(model.predict(frame)), 0) for frame in (seen, asked))
            found[name] = ahead * (brought.sum() / fitted.sum() if fitted.sum() > 0 else 0)
    return found


def _design(train: pd.DataFrame, now: pd.DataFrame) -> tuple[Floats, Floats]:
    """Logarithms of behaviour, missing as the training median, and attributes as 0/1; constant columns are left out."""
    columns: list[tuple[Floats, Floats]] = []
    for name in BEHAVIOUR:
        if name in train:
            seen, asked = (np.log1p(np.maximum(f[name].to_numpy(float, na_value=np.nan), 0)) for f in (train, now))
            middle = float(np.nanmedian(seen)) if np.isfinite(seen).any() else 0.0
            columns.append((np.where(np.isnan(seen), middle, seen), np.where(np.isnan(asked), middle, asked)))
    for name in ATTRIBUTES:
        if name in train:
            counts = train[name].value_counts()
            levels: Sequence[str] = sorted(counts.index[counts >= MIN_LEVEL_CUSTOMERS])
            columns += [tuple((f[name] == level).to_numpy(float) for f in (train, now)) for level in levels]
    kept = [(seen, asked) for seen, asked in columns if np.ptp(seen) > 0]
    return np.column_stack([seen for seen, _ in kept]), np.column_stack([asked for _, asked in kept])
