"""Intervals that hold what they promise: widened after days that fell outside, narrowed while all fall within.

Adaptive conformal inference (Gibbs & Candès, 2021) on the width: every Monday of the last year the interval of a series is
`exp(x)` times as wide as its usual errors ask (`intervals.py`), and x moves by the share of the days of the week before that
missed what had been forecast of them, less the share that may. In the long run the share is met whatever the shop does;
nothing is chosen on days that were still to come. Days and the totals of each length are followed apart: errors of days
cancel in their sum, those of the level do not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from assets.insights.forecast.methods.history import Floats
from assets.insights.forecast.methods.intervals import LEVELS, usual
from assets.insights.forecast.methods.series import Histories, Key
from assets.insights.forecast.methods.weeks import ForecastCache, Forecasts

RECORD_WEEKS = 52
"""How far back past forecasts count."""
LENGTHS = (7, 14, 28)
DAYS = 0
"""The length that stands for the days one by one."""
RATE_OF_DAYS, RATE_OF_TOTALS = 0.4, 0.2
"""How far a week in which all is missed moves x; a week brings many days, and one total."""
WIDEST = 3.0
"""No week's width is more than so many times the usual one, or less than that part of it."""
SMALLEST = 1e-9
"""Half the width, at least: the interval of a forecaster that was never wrong is a point."""

MethodOn = Callable[[date], str | None]
"""The method in force on a Monday; None where there is none."""


@dataclass(frozen=True)
class Intervals:
    """Of one Monday: series × levels × columns; NaN where too few origins were judged."""

    keys: Sequence[Key]
    mean: Floats
    low: Floats
    high: Floats
    judged: NDArray[np.int64]
    """Past forecasts of the last year that had an interval and could be judged, series × levels, and how many of them held."""
    held: NDArray[np.int64]


@dataclass(frozen=True)
class _Past:
    """The forecasts of some Mondays, series × Mondays × columns, and what is known of them on a later one; NaN for what is not over.

    `over_on` is the last day of each, -1 where there is none.
    """

    told: Floats
    came: Floats
    over_on: NDArray[np.int64]

    @property
    def errors(self) -> Floats:
        return np.sqrt(self.came.clip(0)) - np.sqrt(self.told.clip(0))


# By length and series the middle and half the width, each levels × columns.
_Usual = dict[int, dict[Key, Floats]]


class Tracking:
    """The intervals of any Monday of one shop."""

    def __init__(self, cache: ForecastCache):
        self.cache = cache
        horizon = cache.horizon_days
        self.lengths = [*(length for length in LENGTHS if length < horizon), horizon]
        self._usual: dict[tuple[date, tuple[str | None, ...]], _Usual] = {}

    def intervals(self, week: date, method_on: MethodOn) -> dict[int, Intervals]:
        """By length (DAYS: single days) the intervals of all series; empty where nothing is forecast."""
        keys, seen = self._keys(week, method_on), self.cache.ledger.as_of(week)
        if not keys or seen is None:
            return {}
        mondays = _mondays_before(week)
        of_mondays = [self._usual_on(monday, method_on) for monday in [*mondays, week]]
        now, made = self._past([week], method_on, keys, seen), {}
        for length, past in self._past(mondays, method_on, keys, seen).items():
            empty = np.full((2, len(LEVELS), past.told.shape[2]), np.nan)
            # Series × Mondays × ends × levels × columns; the last Monday is this one.
            known = np.array([[each.get(length, {}).get(key, empty) for each in of_mondays] for key in keys])
            made[length] = _followed(keys, now[length].told[:, 0], past, known[:, :, 0], known[:, :, 1], mondays[0])
        return made

    def came(self, week: date, method_on: MethodOn, closed: Histories) -> dict[int, Floats]:
        """By length what happened of all that was forecast on a Monday, series × columns; NaN where the shop was shut."""
        past = self._past([week], method_on, self._keys(week, method_on), closed)
        return {length: each.came[:, 0] for length, each in past.items()}

    def _keys(self, week: date, method_on: MethodOn) -> list[Key]:
        forecasts = self._forecasts(week, method_on)
        return list(forecasts.mean) if forecasts else []

    def _forecasts(self, week: date, method_on: MethodOn) -> Forecasts | None:
        method = method_on(week)
        return None if method is None else self.cache.forecasts(week, method)

    def _usual_on(self, week: date, method_on: MethodOn) -> _Usual:
        """By length and series the middle and half the width that the errors known on a Monday ask for."""
        mondays = _mondays_before(week)
        asked = week, tuple(method_on(monday) for monday in [*mondays, week])
        if asked not in self._usual:
            made: _Usual = {}
            keys, seen = self._keys(week, method_on), self.cache.ledger.as_of(week)
            if keys and seen is not None:
                for length, past in self._past(mondays, method_on, keys, seen).items():
                    made[length] = dict(zip(keys, np.stack(usual(past.errors), axis=1), strict=True))
            self._usual[asked] = made
        return self._usual[asked]

    def _past(
        self, mondays: Sequence[date], method_on: MethodOn, keys: Sequence[Key], seen: Histories
    ) -> dict[int, _Past]:
        """By length what was forecast on some Mondays, and what is known of it."""
        ordinals = np.full((len(mondays), self.cache.horizon_days), -1)
        told = np.full((len(keys), *ordinals.shape), np.nan)
        for row, monday in enumerate(mondays):
            each = self._forecasts(monday, method_on)
            if each is not None:
                ordinals[row, : len(each.days)] = each.ordinals
                for at, key in enumerate(keys):
                    if key in each.mean:
                        told[at, row, : len(each.days)] = each.mean[key]
        came = np.array([seen.happened(key, ordinals) for key in keys])
        past = {DAYS: _Past(told, came, ordinals)}
        first, today = np.array([monday.toordinal() for monday in mondays])[:, None], seen.as_of.toordinal()
        for length in self.lengths:
            within = (ordinals >= 0) & (ordinals < first + length)
            open_ = within & ~np.isnan(came)
            is_over = open_.any(axis=2) & (first + length <= today)[:, 0]
            # A day on which the shop was shut brought nothing.
            total = np.where(is_over, np.where(open_, came, 0.0).sum(axis=2), np.nan)
            expected = np.where(within, told, 0.0).sum(axis=2)
            past[length] = _Past(expected[..., None], total[..., None], first + length - 1)
        return past


def _mondays_before(week: date) -> list[date]:
    return [week - timedelta(weeks=number) for number in range(RECORD_WEEKS, 0, -1)]


def _followed(keys: Sequence[Key], mean: Floats, past: _Past, middle: Floats, half: Floats, first: date) -> Intervals:
    """The intervals of the last Monday, after all that was missed on the Mondays before it, the `first` of them on."""
    rate = RATE_OF_TOTALS if past.told.shape[2] == 1 else RATE_OF_DAYS
    allowed = 1 - np.array(list(LEVELS.values()))
    off = np.abs(past.errors[:, :, None] - middle[:, :-1]) / np.maximum(half[:, :-1], SMALLEST)
    weeks = np.where(past.over_on >= 0, (past.over_on - first.toordinal()) // 7, -1)
    x = np.zeros((len(keys), off.shape[1] + 1, len(LEVELS)))
    for number in range(1, x.shape[1]):
        rows, columns = np.nonzero(weeks == number - 1)
        # Days × series × levels. A wider interval holds what the narrower one does.
        days = off[:, rows, :, columns]
        missed = np.logical_and.accumulate(days > np.exp(x[:, rows]).transpose(1, 0, 2), axis=2).sum(axis=0)
        judged = (~np.isnan(days)).sum(axis=0)
        move = np.where(judged > 0, missed / np.maximum(judged, 1) - allowed, 0.0)
        x[:, number] = np.clip(x[:, number - 1] + rate * move, -np.log(WIDEST), np.log(WIDEST))
    widths = np.exp(x)[..., None]
    held = np.logical_or.accumulate(off <= widths[:, :-1], axis=2)
    root, half = np.sqrt(mean.clip(0))[:, None], half[:, -1] * widths[:, -1]
    low, high = root + middle[:, -1] - half, root + middle[:, -1] + half
    return Intervals(
        keys,
        mean,
        np.minimum.accumulate(low.clip(0) ** 2, axis=1),
        np.maximum.accumulate(high.clip(0) ** 2, axis=1),
        (~np.isnan(off)).sum(axis=(1, 3)),
        held.sum(axis=(1, 3)),
    )
