"""What a budget and capacities are worth: the Lagrangian dual of choosing at most one action a person.

Each person takes the action with the highest gain less budget price times spend less the price of its place, if that is above zero. The sum
of what they take, plus what is left at those prices, is at or above every plan's gain: a bound. It is convex and piecewise linear in
the prices, and its lowest point is found by cutting planes (Kelley 1960): a linear program over the tangents found so far names the
next prices. First on a sample of people, then on all of them near the prices found there.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

SAMPLE = 50_000
TOLERANCE = 1e-6
ROUNDS, ROUNDS_ON_ALL = 150, 25
NEAR = 0.02
NOTHING = -1


@dataclass(frozen=True, eq=False)
class Offers:
    """What could be offered: actions × people, a gain of -inf where it may not be."""

    gain: Floats
    spend: Floats
    budget: float
    capacities: Floats

    @property
    def count(self) -> int:
        return self.gain.shape[1]

    def of(self, part: "slice | NDArray[np.bool_]", share: float = 1.0) -> "Offers":
        """Those to a part of the people, with a share of the budget and of the places."""
        return Offers(self.gain[:, part], self.spend[:, part], self.budget * share, self.capacities * share)

    def taken(self, prices: Floats) -> tuple[Numbers, Floats]:
        """Of each person the action they take at these prices (budget first, then a place of each action), and what it leaves them."""
        best, action = np.zeros(self.count), np.full(self.count, NOTHING, np.int64)
        for number in range(len(self.gain)):
            left = self.left(number, prices)
            np.copyto(action, number, where=left > best)
            np.maximum(best, left, out=best)
        return action, best

    def left(self, action: int, prices: Floats) -> Floats:
        """What an action leaves each person at these prices."""
        return self.gain[action] - prices[0] * self.spend[action] - prices[1 + action]

    def used(self, action: Numbers) -> Floats:
        """The budget and the places that a choice takes."""
        chosen = np.flatnonzero(action >= 0)
        spent = float(self.spend[action[chosen], chosen].sum())
        return np.append(spent, np.bincount(action[chosen], minlength=len(self.gain)).astype(float))

    def gained(self, action: Numbers) -> float:
        """The gain of a choice."""
        chosen = np.flatnonzero(action >= 0)
        return float(self.gain[action[chosen], chosen].sum())

    @property
    def limits(self) -> Floats:
        return np.append(self.budget, self.capacities)


@dataclass(frozen=True, eq=False)
class Bound:
    """The lowest bound found and the prices at which it holds."""

    value: float
    prices: Floats


def lowest(offers: Offers) -> Bound:
    """The lowest bound on the gain of any plan."""
    top = _highest(offers)
    share = SAMPLE / max(offers.count, 1)
    if share >= 1:
        return _descend(offers, np.zeros(len(top)), top, ROUNDS)
    near = _descend(offers.of(slice(0, SAMPLE), share), np.zeros(len(top)), top, ROUNDS).prices
    low, high = np.maximum(near - NEAR * top, 0), np.minimum(near + NEAR * top, top)
    # A price of zero may well stay so: its box then is one-sided.
    return _descend(offers, np.minimum(low, near * 0.9), np.maximum(high, near * 1.1), ROUNDS_ON_ALL, near)


def _highest(offers: Offers) -> Floats:
    """Prices at which nobody would take anything; zero where there is no limit to pay for."""
    is_there = offers.gain > -np.inf
    a_yuan = np.divide(offers.gain, offers.spend, out=np.zeros_like(offers.gain), where=is_there & (offers.spend > 0))
    places = np.max(offers.gain, axis=1, initial=0.0)
    top = np.append(a_yuan.max(initial=0.0), places)
    return np.where(np.isfinite(offers.limits), top, 0.0)


def _descend(offers: Offers, low: Floats, high: Floats, rounds: int, start: Floats | None = None) -> Bound:
    """Kelley's cutting planes between two corners."""
    moving = np.flatnonzero(high > low)
    limits = np.where(np.isfinite(offers.limits), offers.limits, 0.0)
    prices = (low if start is None else start).copy()
    best = Bound(np.inf, prices)
    cuts: list[Floats] = []
    sides: list[float] = []
    for _ in range(rounds):
        action, left = offers.taken(prices)
        value = float(left.sum() + limits @ prices)
        if value < best.value:
            best = Bound(value, prices.copy())
        slope = (limits - offers.used(action))[moving]
        cuts.append(np.append(slope, -1.0))
        sides.append(float(slope @ prices[moving]) - value)
        if not len(moving):
            break
        floor, prices[moving] = _next(cuts, sides, low[moving], high[moving])
        if best.value - floor <= TOLERANCE * abs(best.value):
            break
    return best


def _next(cuts: list[Floats], sides: list[float], low: Floats, high: Floats) -> tuple[float, Floats]:
    """The lowest point of the tangents, and where it is; in units of the width of each price, which are alike in size."""
    from scipy.optimize import linprog

    width = high - low
    rows = np.array(cuts)
    scale = max(float(np.abs(sides).max()), 1.0)
    matrix = np.column_stack([rows[:, :-1] * width / scale, rows[:, -1]])
    right = (np.array(sides) - rows[:, :-1] @ low) / scale
    objective = np.append(np.zeros(len(width)), 1.0)
    bounds: Any = [(0.0, 1.0)] * len(width) + [(0.0, None)]
    found = linprog(objective, A_ub=matrix, b_ub=right, bounds=bounds, method="highs-ds")
    return float(found.x[-1]) * scale, low + np.clip(found.x[:-1], 0.0, 1.0) * width
