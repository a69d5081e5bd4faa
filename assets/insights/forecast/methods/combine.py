"""Averages of forecasts, the effect of known events, shut days, and what happens when history is short."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.insights.forecast.methods.history import (
    NOTHING,
    Floats,
    Forecaster,
    Known,
    clipped,
    filled,
    require,
)
from assets.insights.forecast.methods.naive import seasonal_naive
from assets.insights.forecast.methods.theta import theta_on_roots
from resources.errors import NotEnough

DEFAULT: Forecaster = theta_on_roots
WEEKS_NEEDED = 2
PRIOR_DAYS = 1.0
"""An event seen on n days keeps n / (n + PRIOR_DAYS) of its measured effect: one 双11 is one observation."""


def average(*forecasters: Forecaster) -> Forecaster:
    """The plain mean of several forecasts; weights fitted on a few origins do worse than equal ones."""

    def combined(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
        return np.mean([forecaster(history, horizon, season, known) for forecaster in forecasters], axis=0)

    return combined


def event_factors(history: Floats, season: int, events: Sequence[str]) -> dict[str, float]:
    """How many times the usual day each event brought, on the log scale and shrunk towards 1.

    The usual day is the mean of the same weekday in the four weeks before and after, event days left out.
    """
    names = np.asarray(events, dtype=object)
    usual = filled(np.where(names == "", history, np.nan), season)
    factors = {}
    for name in sorted({*events} - {""}):
        days = (names == name) & ~np.isnan(history) & (usual > 0)
        logs = np.log(np.maximum(history[days], 0.01 * usual[days]) / usual[days])
        factors[name] = float(np.exp(logs.sum() / (len(logs) + PRIOR_DAYS)))
    return factors


def with_events(forecaster: Forecaster) -> Forecaster:
    """Forecast the days without their events, then put back those that are known to come.

    An event that the history has not seen yet changes nothing: its effect is not guessed.
    """

    def adjusted(history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats:
        if not known.past or not any(known.past):
            return forecaster(history, horizon, season, known)
        if len(known.past) != len(history) or len(known.future) != horizon:
            raise ValueError("known events: one name a day of the history and of the horizon, '' on a usual day")
        factors = event_factors(history, season, known.past) if known.factors is None else known.factors
        usual = history / np.array([factors.get(name, 1.0) for name in known.past])
        mean = forecaster(usual, horizon, season, known)
        return mean * np.array([factors.get(name, 1.0) for name in known.future])

    return adjusted


@dataclass(frozen=True)
class Forecast:
    mean: Floats
    method: str
    short: NotEnough | None = None
    """Why it is not the method that was asked for."""

    @property
    def reason(self) -> str:
        return str(self.short or "")


def forecast(
    history: Floats,
    horizon: int,
    season: int,
    known: Known = NOTHING,
    forecaster: Forecaster = DEFAULT,
    method: str = "theta on square roots",
) -> Forecast:
    """The forecast by `forecaster`; by last week again, with the reason, where the history is too short for it.

    Raises NotEnough below two weeks: one week shows no rhythm, and a number made of it would only look real.
    """
    history = np.asarray(history, float)
    require(history, WEEKS_NEEDED * season)
    shortfall = None
    try:
        mean = with_events(forecaster)(history, horizon, season, known)
    except NotEnough as short:
        # Clipped here, unlike the floor of the benchmark: a giant day must not be promised again.
        mean, method, shortfall = seasonal_naive(clipped(history), horizon, season, known), "seasonal naive", short
    if known.shut:
        mean = np.where(np.asarray(known.shut, bool), 0.0, mean)
    return Forecast(mean, method, shortfall)
