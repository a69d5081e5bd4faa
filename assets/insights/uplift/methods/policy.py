"""What another way of choosing would have brought, from what was chosen at random and logged, before it goes live.

Self-normalised inverse propensity (SNIPS, Swaminathan and Joachims 2015) and doubly robust (DR, Dudík et al. 2011), each with a 95 % interval
from its linearised error. The point may be far off with few answers: show the interval or nothing.
"""

from dataclasses import dataclass

import numpy as np

from assets.insights.uplift.methods.effect import Z95, Floats


@dataclass(frozen=True)
class Value:
    """The mean reward a choice, its 95 % interval, and how many choices of the log stand for it."""

    value: float
    low: float
    high: float
    effective_count: float


def snips(reward: Floats, logged: Floats, target: Floats) -> Value:
    """Of logged choices: their reward, the probability with which each was made, and that with which the other way would make it."""
    weights = target / logged
    value = float(weights @ reward / weights.sum())
    error = float(np.sqrt(np.sum((weights * (reward - value)) ** 2)) / weights.sum())
    return _value(value, error, weights)


def doubly_robust(
    reward: Floats, logged: Floats, target: Floats, expected: Floats, expected_by_target: Floats
) -> Value:
    """The same where a model expects a reward: `expected` of the choice made, `expected_by_target` on average of what the other way would choose."""
    weights = target / logged
    each = expected_by_target + weights * (reward - expected)
    return _value(float(each.mean()), float(each.std(ddof=1) / np.sqrt(len(each))), weights)


def _value(value: float, error: float, weights: Floats) -> Value:
    effective = float(weights.sum() ** 2 / (weights @ weights))
    return Value(value, value - Z95 * error, value + Z95 * error, effective)
