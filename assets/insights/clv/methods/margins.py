"""The share of what a customer pays that is left to the shop."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def margin_share(paid: ArrayLike, cost: ArrayLike, orders: ArrayLike) -> Floats | None:
    """Each customer's margin, drawn towards the shop's as if one more order of usual size had brought the shop's.

    `paid` and `cost` are missing for customers without pieces of known cost. Between 0 and 1: what is sold below cost is worth
    nothing here, not less. None where the shop knows no cost, or nothing was paid.
    """
    paid, cost = (np.nan_to_num(np.asarray(v, float)) for v in (paid, cost))
    total = paid.sum()
    if total <= 0 or not cost.any():
        return None
    usual = total / np.asarray(orders, float).sum()
    shop = 1 - cost.sum() / total
    # Returns may leave less than nothing paid: then only the shop's margin is known.
    is_known = paid > 0
    paid, cost = np.where(is_known, paid, 0), np.where(is_known, cost, 0)
    return np.clip((paid - cost + usual * shop) / (paid + usual), 0, 1)
