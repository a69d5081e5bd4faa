"""The forecast of one Monday: every series by the method in force, with the known events."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assets.insights.forecast.methods.agreement import agreeing
from assets.insights.forecast.methods.choice import DEFAULT, FLOOR, METHODS
from assets.insights.forecast.methods.combine import event_factors, forecast
from assets.insights.forecast.methods.history import Floats, Known
from assets.insights.forecast.methods.series import DEMAND, REVENUE, SILENT_DAYS, Histories, Key, Ledger
from assets.insights.forecast.methods.trading_calendar import Event, EventDays
from resources.errors import NotEnough
from resources.words import NOTHING, Words

SALE_DAYS_NEEDED = 10


@dataclass(frozen=True)
class Forecasts:
    """What was forecast on a Monday."""

    as_of: date
    days: list[date]
    events: list[str]
    mean: dict[Key, Floats] = field(default_factory=dict)
    method: dict[Key, str] = field(default_factory=dict)
    reason: dict[Key, Words] = field(default_factory=dict)
    """Why a series is not forecast by the default."""
    short: dict[Key, str] = field(default_factory=dict)
    """What is missing for the series that have no forecast."""

    @cached_property
    def ordinals(self) -> NDArray[np.int64]:
        return np.array([day.toordinal() for day in self.days], dtype=np.int64)


def forecasts(
    seen: Histories, horizon_days: int, events: EventDays, method: str, keys: Sequence[Key] = ()
) -> Forecasts:
    """The forecasts of all series for the trading days among the next `horizon_days`, demand made to agree; or of `keys`, each by itself."""
    coming = seen.calendar.grid(seen.as_of, seen.as_of + timedelta(days=horizon_days - 1))
    past, future = ([events[day] for day in days] for days in (seen.days, coming))
    made = Forecasts(seen.as_of, coming, future)
    shut = seen.calendar.expected_shut(coming)
    factors: dict[str, float] | None = None
    for key in keys or [key for key in seen.series if not key[1]] + seen.largest_categories():
        history = seen.series[key]
        sold = np.flatnonzero(history > 0)
        if seen.silent_days > SILENT_DAYS:
            made.short[key] = f"needs a sale in the last {SILENT_DAYS} days, the latest is {seen.silent_days} days ago"
            continue
        if len(sold) < SALE_DAYS_NEEDED:
            made.short[key] = f"needs {SALE_DAYS_NEEDED} days with a sale, has {len(sold)}"
            continue
        start = int(sold[0])
        if key[1] and factors is None:
            factors = event_factors(seen.series[DEMAND], seen.calendar.season, past)
        calendar = Known(past[start:], future, shut, factors if key[1] else None)
        try:
            each = forecast(history[start:], len(coming), seen.calendar.season, calendar, METHODS[method], method)
        except NotEnough as short:
            made.short[key] = str(short).removeprefix("not enough history: ")
            continue
        made.mean[key] = each.mean.round(4)
        made.method[key] = each.method
        made.reason[key] = because(method, each.short)

    def of_rest(rest: Floats) -> Floats:
        calendar = Known(past, future, shut, factors)
        return forecast(rest, len(coming), seen.calendar.season, calendar, METHODS[method], method).mean

    if not keys:
        made.mean.update(agreeing(made.mean, seen, of_rest))
    return made


def because(method: str, short: NotEnough | None) -> Words:
    """Why a series is not forecast by the default, for those who read the forecast; empty where it is."""
    if short is not None:
        return Words(
            "历史太短：需要 {least} 个营业日，目前 {has} 个，暂按上周同日估计",
            "too little history ({has} of {least} trading days): last week is repeated for now",
        ).format(least=short.least, has=short.has)
    if method == DEFAULT:
        return NOTHING
    if method == FLOOR:
        return Words(
            "过去一段时间里，照搬上周同日比默认方法更准",
            "on this shop's past, repeating last week was more accurate than the default",
        )
    return Words(
        "过去一段时间里，此方法明显比默认方法准", "on this shop's past, clearly more accurate than the default"
    )


class ForecastCache:
    """Forecasts of any Monday of one shop, each made once."""

    def __init__(self, ledger: Ledger, horizon_days: int, events: tuple[Event, ...]):
        self.ledger = ledger
        self.horizon_days = horizon_days
        self.events = EventDays(events)
        self._made: dict[tuple[date, str, tuple[Key, ...]], Forecasts | None] = {}

    def forecasts(self, week: date, method: str, keys: tuple[Key, ...] = ()) -> Forecasts | None:
        """None before the first sale."""
        asked = (week, method, keys)
        if asked not in self._made:
            seen = self.ledger.as_of(week)
            self._made[asked] = None if seen is None else forecasts(seen, self.horizon_days, self.events, method, keys)
        return self._made[asked]

    def revenue(self, week: date, method: str, days: int) -> float | None:
        """The revenue forecast of so many days; None where there is none."""
        seen = self.ledger.as_of(week)
        if seen is None or REVENUE not in seen.series:
            return None
        mean = forecasts(seen, days, self.events, method, (REVENUE,)).mean.get(REVENUE)
        return None if mean is None else float(mean.sum())

    def closed_on(self, week: date) -> date:
        """The first Monday on which all that was forecast on another may be known."""
        return week + timedelta(weeks=math.ceil(self.horizon_days / 7))
