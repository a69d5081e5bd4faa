"""What earlier customers brought at the same age: the chain-ladder way of reading cohorts on.

The mean purchases and money of each 30 days since the first purchase, over the customers who have lived through them; a customer
is expected to bring the mean of the ages that lie ahead. Beyond the ages seen, the mean of the last three steps goes on.
It knows the level of a shop well and tells two customers of the same age not apart.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

STEP_DAYS = 30
MIN_CUSTOMERS = 30
"""A step that fewer have lived through says nothing."""
TAIL_STEPS = 3


def expected(by_step: pd.DataFrame, column: str, age_days: ArrayLike, horizon_days: float) -> Floats | None:
    """Expected purchases or spend (`column` of the rows of cohort_curve.sql) of customers aged `age_days` (T) within the horizon.

    None while fewer than MIN_CUSTOMERS have lived through a first step.
    """
    ages = np.asarray(age_days, float)
    steps = int(ages.max(initial=0) // STEP_DAYS)
    lived = np.array([(ages >= STEP_DAYS * (step + 1)).sum() for step in range(steps)])
    lived = lived[lived >= MIN_CUSTOMERS]
    if not len(lived):
        return None
    sums = by_step.set_index("step")[column].reindex(range(len(lived)), fill_value=0).to_numpy(float)
    means = sums / lived
    tail = float(means[-TAIL_STEPS:].mean())
    grid = np.arange(len(means) + 1) * float(STEP_DAYS)
    curve = np.concatenate([[0.0], np.cumsum(means)])

    def at(age: Floats) -> Floats:
        return np.interp(age, grid, curve) + np.maximum(age - grid[-1], 0) / STEP_DAYS * tail

    return np.maximum(at(ages + horizon_days) - at(ages), 0)
