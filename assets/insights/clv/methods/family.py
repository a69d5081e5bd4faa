"""One family of figures of a person: a purchase model, the probability of insights.predictions and its spend, made to agree.

Each is better than the others at something: the probability knows what a person does beside buying, the purchase model how
purchases go on after the horizon of the probability, the spend what an order of the coming weeks is worth. So:

- Hazards are proportional (Cox 1972): one ratio a person raises or lowers the model's hazard of a next purchase, such that the
  probability at its own horizon is the given one. Then probabilities grow with the horizon, and none exceeds that of being alive.
- Purchases are midway, as a geometric mean, between the model's and those of its buyers with the given probability: two forecasts in
  equal parts (Bates and Granger 1969) err less than either. They are no fewer than the probability of one.
- An order is worth the given spend divided by the purchases of its horizon, so that spend and value are of one piece.

Without what is given, the figures are the model's own.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SURE = 1e-12
"""No model's probability counts for closer to 0 or 1."""
LEAST, MOST = 1e-6, 1 - 1e-6
"""Nothing about a customer is certain."""


@dataclass(frozen=True, eq=False)
class Given:
    """What insights.predictions says of customers, in their order: the probability of a purchase within `horizon_days` and the
    spend in them, which is missing where it could not be learned."""

    horizon_days: int
    p_purchase: Floats
    expected_spend: Floats

    def batch(self, at: int, rows: int) -> "Given":
        part = slice(at, at + rows)
        return Given(self.horizon_days, self.p_purchase[part], self.expected_spend[part])


def hazard_ratio(given: Floats, modelled: Floats) -> Floats:
    """By how much the hazard of a next purchase differs from the model's, by two probabilities of one horizon."""
    return hazard(given) / hazard(modelled)


def p_purchase(modelled: Floats, ratio: Floats) -> Floats:
    """The probability of a purchase, at any horizon."""
    return np.clip(-np.expm1(-ratio * hazard(modelled)), LEAST, MOST)


def purchases(expected: Floats, modelled: Floats, p: Floats) -> Floats:
    """The purchases expected, of the model's and its probability, and the probability `p`."""
    return np.maximum(p, expected * np.sqrt(p / np.clip(modelled, SURE, 1)))


def hazard(p: Floats) -> Floats:
    """The cumulated hazard of a probability."""
    return -np.log1p(-np.clip(p, SURE, 1 - SURE))
