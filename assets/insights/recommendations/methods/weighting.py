"""What an event is worth, and how fast it fades.

The weight of a customer and a product is the sum of their events' worths, each halved with every half-life of its age, and
capped: one customer's million views of a product count no more than a few purchases.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

PURCHASE = "purchase"
CAP = 5.0
WORTHS = (0.0, 0.1, 0.3, 1.0)
HALF_LIVES = (None, 365.0, 120.0, 45.0, 15.0, 5.0)
# A half-life longer than this many times the log changes nothing.
LONGEST = 2.0


@dataclass(frozen=True)
class Weighting:
    """`worths`: of one event by its type, a purchase being 1; types not named are worth nothing. No half-life: nothing fades."""

    worths: Mapping[str, float] = field(default_factory=lambda: {PURCHASE: 1.0})
    half_life_days: float | None = None

    def of(self, event_types: NDArray[Any], event_counts: NDArray[Any], ages_days: NDArray[Any]) -> NDArray[np.float64]:
        """The weight of each row of a log, before those of a pair are added up and capped. `event_types`: as text or anything that equals it."""
        value = np.zeros(len(event_types))
        for event_type, worth in self.worths.items():
            value[event_types == event_type] = worth
        value = value * event_counts.astype(float)
        if self.half_life_days is not None:
            value = value * 0.5 ** (ages_days.astype(float).clip(0) / self.half_life_days)
        return value


def alternatives(weighting: Weighting, types: Sequence[str], span_days: float) -> Iterator[list[Weighting]]:
    """The rounds of a coordinate search, for a log of these event types and length: what each parameter could be instead."""
    if span_days > 0:
        usable = [half_life for half_life in HALF_LIVES if half_life is None or half_life <= LONGEST * span_days]
        yield [Weighting(weighting.worths, half_life) for half_life in usable]
    for event_type in sorted(set(types) - {PURCHASE}):
        yield [Weighting({**weighting.worths, event_type: worth}, weighting.half_life_days) for worth in WORTHS]
