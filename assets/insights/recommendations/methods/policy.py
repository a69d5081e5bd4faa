"""What another way of choosing would have brought, from what was chosen at random and logged, before it goes live.

Self-normalised inverse propensity (SNIPS, Swaminathan and Joachims 2015) and doubly robust (DR, Dudík et al. 2011), each with a 95 % interval
from its linearised error. The point may be far off with few answers: show the interval or nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]

Z95 = 1.959963984540054


@dataclass(frozen=True)
class Value:
    """The mean reward a choice, its 95 % interval, and how many choices of the log stand for it."""

    value: float
    low: float
    high: float
    effective_count: float


def snips(reward: Floats, logged: Floats, target: Floats, groups: Groups | None = None) -> Value:
    """Of logged choices: their reward, the probability with which each was made, and that with which the other way would make it. `groups`: a
    number a choice of whose it is, where those of one person hang together."""
    weights = target / logged
    value = float(weights @ reward / weights.sum())
    return _value(value, _error(weights * (reward - value) / weights.sum(), groups), weights)


def snips_ahead(reward: Floats, logged: Floats, target: Floats, other: Floats, groups: Groups | None = None) -> Value:
    """How much more one way would have brought than the other, on the same log."""
    mine, theirs = target / logged, other / logged
    values = [float(weights @ reward / weights.sum()) for weights in (mine, theirs)]
    moves = mine * (reward - values[0]) / mine.sum() - theirs * (reward - values[1]) / theirs.sum()
    return _value(values[0] - values[1], _error(moves, groups), mine)


def doubly_robust(
    reward: Floats,
    logged: Floats,
    target: Floats,
    expected: Floats,
    expected_by_target: Floats,
    groups: Groups | None = None,
) -> Value:
    """The same where a model expects a reward: `expected` of the choice made, `expected_by_target` on average of what the other way would choose."""
    weights = target / logged
    each = expected_by_target + weights * (reward - expected)
    value = float(each.mean())
    return _value(value, _error((each - value) / len(each), groups), weights)


def _error(moves: Floats, groups: Groups | None) -> float:
    """The standard error of a sum of what each choice moves it by, those of a group together."""
    sums = moves if groups is None else np.bincount(groups, moves)
    return float(np.sqrt(sums @ sums))


def _value(value: float, error: float, weights: Floats) -> Value:
    effective = float(weights.sum() ** 2 / (weights @ weights))
    return Value(value, value - Z95 * error, value + Z95 * error, effective)
