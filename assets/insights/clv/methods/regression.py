"""The challenger that looks at everything: regression of log spend on behaviour and attributes.

Ridge regression (Hoerl and Kennard 1970) and gradient boosting on histograms (Ke et al. 2017) of log(1 + what came later), trained
on an earlier cut-off than they are judged on. What comes back from logarithms is too low where most bring nothing, so forecasts
are scaled to the training window's total. They tell one horizon, the one they are trained on, and no interval.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from resources.errors import NotEnough
from resources.learning.model import Method
from resources.learning.model import fit as learn

Floats = NDArray[np.float64]

BEHAVIOUR = (
    "recency_days", "frequency", "t_days", "spend", "monetary_value", "purchases_7d", "spend_7d", "purchases_30d", "spend_30d",
    "purchases_90d", "spend_90d", "purchases_365d", "spend_365d", "gap_mean_days", "gap_sd_days", "recency_to_gap", "return_share",
    "lines_a_purchase", "items_a_purchase", "category_count", "channel_count", "session_count_30d", "view_count_30d",
    "cart_count_30d", "visit_recency_days", "tenure_days", "account_count",
)  # fmt: skip
ATTRIBUTES = ("age_band", "gender", "region", "occupation")
METHODS: dict[str, Method] = {"ridge regression": "linear", "boosted regression": "boosting"}
MIN_CUSTOMERS = 100


def forecasts(train: pd.DataFrame, now: pd.DataFrame, target: str) -> dict[str, Floats]:
    """What `now` will bring, by method, learnt from `target` of `train`: both have the columns of features.customers.

    Empty where `train` has too few customers, or none of them brought anything.
    """
    brought = np.maximum(train[target].to_numpy(float), 0)
    if len(train) < MIN_CUSTOMERS or not brought.any():
        return {}
    features = [name for name in (*BEHAVIOUR, *ATTRIBUTES) if name in train]
    found = {}
    for name, method in METHODS.items():
        try:
            model = learn(method, train, np.log1p(brought), features, is_class=False)
        except NotEnough:
            continue
        fitted, ahead = (np.maximum(np.expm1(model.predict(frame)), 0) for frame in (train, now))
        found[name] = ahead * (brought.sum() / fitted.sum() if fitted.sum() > 0 else 0)
    return found
