"""The methods that a shop's forecasts may be made by, and the rule by which one of them is in force."""

from collections.abc import Mapping

import numpy as np

from assets.insights.forecast.methods.arima import arima
from assets.insights.forecast.methods.ets import ets_on_roots
from assets.insights.forecast.methods.history import NOTHING, Floats, Forecaster, Known, clipped
from assets.insights.forecast.methods.lags import ridge_on_lags
from assets.insights.forecast.methods.naive import seasonal_mean, seasonal_naive
from assets.insights.forecast.methods.theta import theta_on_roots

DEFAULT, FLOOR = "theta on roots", "seasonal naive"


def last_week(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
    """Seasonal naive as it may be put in force: a giant day is not promised again."""
    return seasonal_naive(clipped(history), horizon, season, known)


METHODS: dict[str, Forecaster] = {
    DEFAULT: theta_on_roots,
    FLOOR: last_week,
    "seasonal mean": seasonal_mean,
    "ridge on lags": ridge_on_lags,
    "ets on roots": ets_on_roots,
    "arima": arima,
}
EXPENSIVE = frozenset({"ridge on lags", "ets on roots", "arima"})
"""Twenty to a hundred times the cost of the default: judged on every third origin."""
ORIGINS_NEEDED = 8
MARGIN = 0.05
STANDARD_ERRORS = 2.0

ByOrigin = Mapping[str, Mapping[str, float]]
"""By method and origin the mean MASE of the judged series."""


def choose(errors: ByOrigin) -> tuple[str, str]:
    """The method to put in force, and why.

    The default, unless seasonal naive did better on the same origins, or a challenger was ahead of the default by 5 % and
    by two standard errors (of the difference, over origins). Below eight origins nothing is decided: picking the winner
    of a few origins does worse than the default.
    """
    judged = len(errors[DEFAULT])
    if judged < ORIGINS_NEEDED:
        return DEFAULT, f"the default: {judged} origins judged, a choice needs {ORIGINS_NEEDED}"
    ahead = {name: gain for name in errors if (gain := _gain(errors, name)) is not None}
    best = max(ahead, key=lambda name: ahead[name], default=None)
    if best is not None:
        return best, f"ahead of {DEFAULT} by {ahead[best]:.1%} on {len(_shared(errors, best))} origins"
    default, floor = (np.mean([errors[name][origin] for origin in _shared(errors, FLOOR)]) for name in (DEFAULT, FLOOR))
    if default > floor:
        return FLOOR, f"{DEFAULT} ({default:.3f}) loses to {FLOOR} ({floor:.3f}), no challenger is clearly ahead"
    return DEFAULT, f"the default: no challenger is ahead by {MARGIN:.0%} and {STANDARD_ERRORS:.0f} standard errors"


def _shared(errors: ByOrigin, name: str) -> list[str]:
    return sorted(set(errors[name]) & set(errors[DEFAULT]))


def _gain(errors: ByOrigin, name: str) -> float | None:
    """How far a challenger is ahead of the default, where it is so clearly."""
    shared = _shared(errors, name)
    if name in (DEFAULT, FLOOR) or len(shared) < ORIGINS_NEEDED:
        return None
    own, default = (np.array([errors[each][origin] for origin in shared]) for each in (name, DEFAULT))
    behind = own - default
    gain = 1 - own.mean() / default.mean()
    clear = behind.mean() < -STANDARD_ERRORS * behind.std(ddof=1) / np.sqrt(len(behind))
    return float(gain) if gain >= MARGIN and clear else None
