"""Customers with the same frequency, recency and T: fitted and scored once, then joined back."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KEY = ["frequency", "recency", "T"]
WEIGHT = "customer_count"


def grouped(customers: pd.DataFrame) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The distinct (frequency, recency, T), in order, with customer_count; and the number of each customer's row there."""
    by_key = customers.groupby(KEY, sort=True)
    numbers = by_key.ngroup().to_numpy(np.int64)
    groups = by_key.size().rename(WEIGHT).reset_index()
    return groups, numbers


def weights_of(groups: pd.DataFrame) -> NDArray[np.float64]:
    """How many customers each row stands for: one, where the frame does not say."""
    return groups[WEIGHT].to_numpy(float) if WEIGHT in groups else np.ones(len(groups))
