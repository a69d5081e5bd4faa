"""What a forecaster is given, and what every one of them does to it first.

A history has one value a day of the trading grid (see `calendar.py`); a day the shop was shut is NaN, not zero. Its last
value is the day before the first one forecast, so that position `-season` is the same weekday as the first step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from resources.errors import NotEnough

Floats = NDArray[np.float64]

CLIP_QUANTILE = 0.995


@dataclass(frozen=True)
class Known:
    """What the calendar says: the event of each day ("" on a usual day), and which days to come the shop is shut."""

    past: Sequence[str] = ()
    future: Sequence[str] = ()
    shut: Sequence[bool] = ()
    factors: Mapping[str, float] | None = None
    """The effect of each event, where another series shows it better: a category is too small to tell it."""


NOTHING = Known()


class Forecaster(Protocol):
    """The expected value of each of the next `horizon` days; never negative, never NaN."""

    def __call__(self, history: Floats, horizon: int, season: int, known: Known = NOTHING) -> Floats: ...


def require(history: Floats, needs: int) -> None:
    has = int(np.count_nonzero(~np.isnan(history)))
    if has < needs or len(history) < needs:
        raise NotEnough(f"{needs} trading days", min(has, len(history)), least=needs)


def filled(history: Floats, season: int) -> Floats:
    """The history without gaps: a missing day is the mean of the same weekday in the four weeks before and after it."""
    values = np.array(history, float)
    missing = np.flatnonzero(np.isnan(values))
    if len(missing) == 0:
        return values
    usual = np.nanmean(values) if len(missing) < len(values) else 0.0
    at = missing[:, None] + season * np.r_[-4:0, 1:5]
    same = np.where((at >= 0) & (at < len(values)), values[at.clip(0, len(values) - 1)], np.nan)
    given = (~np.isnan(same)).sum(axis=1)
    values[missing] = np.where(given > 0, np.nansum(same, axis=1) / np.maximum(given, 1), usual)
    return values


def clipped(history: Floats, quantile: float = CLIP_QUANTILE) -> Floats:
    """The history without its giant days: one wholesale order would move level, trend and season at once."""
    given = history[~np.isnan(history)]
    return np.minimum(history, np.quantile(given, quantile, method="lower")) if len(given) else history


def prepared(history: Floats, season: int) -> Floats:
    return filled(clipped(np.asarray(history, float)), season)


def repeated(last_season: Floats, horizon: int) -> Floats:
    return np.resize(last_season, horizon).astype(float)
