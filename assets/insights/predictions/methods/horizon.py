"""The horizon of a shop: long enough that most who will come back have come back.

Days between purchases differ by shop: 30 or 90 days for all would call half of a furniture shop's customers gone. The
horizon lies midway between the 80 % and the 90 % point of the gaps between a person's purchase days, in whole weeks.
Limitation: gaps that have not ended yet are not among them, so a young shop's horizon is short.
"""

import numpy as np
from numpy.typing import NDArray

from resources.errors import NotEnough

FEWEST_GAPS = 50
SHORTEST_WEEKS, LONGEST_WEEKS = 4, 26
LEVELS = (0.8, 0.9)


def horizon_days(gap_days: NDArray[np.int64], counts: NDArray[np.int64], before: int | None = None) -> int:
    """The horizon from so many gaps of so many days. One `before`, in force, is kept while it lies between the two points, so
    that scores of different months mean the same. Raises NotEnough where gaps are too few."""
    if counts.sum() < FEWEST_GAPS:
        raise NotEnough(f"{FEWEST_GAPS} repeat purchases", int(counts.sum()))
    order = np.argsort(gap_days)
    reached = np.cumsum(counts[order]) / counts.sum()
    low, high = (float(gap_days[order][np.searchsorted(reached, level - 1e-12)]) for level in LEVELS)
    if before is not None and low <= before <= high:
        return before
    weeks = round((low + high) / 2 / 7)
    return 7 * min(max(weeks, SHORTEST_WEEKS), LONGEST_WEEKS)
