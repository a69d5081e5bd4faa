"""How the methods did on past Mondays whose windows have closed, and what their intervals held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from assets.insights.forecast.methods.choice import DEFAULT, EXPENSIVE, METHODS, choose
from assets.insights.forecast.methods.history import Floats, clipped
from assets.insights.forecast.methods.intervals import LEVELS
from assets.insights.forecast.methods.metrics import mase, naive_error
from assets.insights.forecast.methods.series import DEMAND, ORDERS, REVENUE, Key
from assets.insights.forecast.methods.tracking import DAYS, Intervals, Tracking
from assets.insights.forecast.methods.weeks import ForecastCache
from resources.fitted import Metrics

ORIGIN_WEEKS = 4
EXPENSIVE_WEEKS = 12
JUDGED_WEEKS = 104
GROUPS = ("totals", "categories")


@dataclass(frozen=True)
class OriginResult:
    """A method on one origin and series: what it forecasts and what happened, on the days that the shop was open."""

    actual: Floats
    forecasts: Floats
    unit: float

    @cached_property
    def mase(self) -> float:
        return mase(self.actual, self.forecasts, self.unit)


@dataclass(frozen=True)
class Choice:
    method: str
    metrics: Metrics


class PastStudy:
    """Judges methods on one shop's past; every origin is judged once, as of the Monday on which its window closed."""

    def __init__(self, cache: ForecastCache):
        self.cache = cache
        self.tracking = Tracking(cache)
        self.keys: tuple[Key, ...] = (ORDERS, REVENUE if REVENUE in cache.ledger.keys else DEMAND)
        self._judged: dict[tuple[str, date], dict[Key, OriginResult]] = {}
        self._held: dict[tuple[str, date], dict[tuple[int, str], Floats]] = {}

    def choice(self, day: date) -> Choice:
        """What to put in force on a Monday, by what happened before it."""
        judged = {name: self._all(name, self.origins(day, name)) for name in METHODS}
        errors = {
            name: {
                origin.isoformat(): float(np.mean([cell.mase for cell in cells.values()]))
                for origin, cells in by_origin.items()
                if len(cells) == len(self.keys) and all(np.isfinite(cell.mase) for cell in cells.values())
            }
            for name, by_origin in judged.items()
        }
        method, reason = choose(errors)
        coverage = self._coverage(method, self.origins(day, DEFAULT))
        holdout = [
            {"model": name, "series": key[0]} | _figures(_of(judged[name], key), _of(judged[DEFAULT], key))
            for key in self.keys
            for name in judged
        ]
        mine = [row for row in holdout if row["model"] == method and row["mase"] is not None]
        figures = {f"{row['series']}_mase": row["mase"] for row in mine}
        return Choice(method, Metrics(reason, {"holdout": holdout, "coverage": coverage}, figures=figures))

    def origins(self, day: date, method: str) -> list[date]:
        """The Mondays on which a method is judged: the same ones whatever day asks, closed before it."""
        weeks = EXPENSIVE_WEEKS if method in EXPENSIVE else ORIGIN_WEEKS
        mondays = [day - timedelta(weeks=number) for number in range(JUDGED_WEEKS, 0, -1)]
        return [each for each in mondays if each.toordinal() // 7 % weeks == 0 and self.cache.closed_on(each) <= day]

    def _all(self, method: str, origins: Sequence[date]) -> dict[date, dict[Key, OriginResult]]:
        return {origin: cells for origin in origins if (cells := self._judge(method, origin))}

    def _judge(self, method: str, origin: date) -> dict[Key, OriginResult]:
        if (method, origin) not in self._judged:
            self._judged[method, origin] = self._cells(method, origin)
        return self._judged[method, origin]

    def _cells(self, method: str, origin: date) -> dict[Key, OriginResult]:
        forecasts, seen = self.cache.forecasts(origin, method, self.keys), self.cache.ledger.as_of(origin)
        closed = self.cache.ledger.as_of(self.cache.closed_on(origin))
        if forecasts is None or seen is None or closed is None:
            return {}
        return {
            key: OriginResult(
                closed.happened(key, forecasts.ordinals),
                forecasts.mean[key],
                naive_error(clipped(seen.series[key]), seen.calendar.season),
            )
            for key in self.keys
            # A method that was not able yet says nothing of itself by its fallback.
            if forecasts.method.get(key) == method
        }

    def _coverage(self, method: str, origins: Sequence[date]) -> list[dict[str, Any]]:
        """The share of days, and of totals of each length, that fell within the intervals of past Mondays, by group and level."""
        rows = []
        for length in [DAYS, *self.tracking.lengths]:
            for group in GROUPS:
                held = [
                    held for each in origins if (held := self._holds(method, each).get((length, group))) is not None
                ]
                if not held:
                    continue
                for name, share in zip(LEVELS, np.mean(held, axis=0), strict=True):
                    row = {
                        "series": group,
                        "of": f"totals of {length} days" if length else "days",
                        "level": LEVELS[name],
                    }
                    rows.append(row | {"origins": len(held), "covered": round(float(share), 4)})
        return rows

    def _holds(self, method: str, origin: date) -> dict[tuple[int, str], Floats]:
        """By length and group the share at each level that fell within; what has no interval yet is left out."""
        if (method, origin) not in self._held:
            made = self.tracking.intervals(origin, lambda _: method)
            closed = self.cache.ledger.as_of(self.cache.closed_on(origin))
            came = self.tracking.came(origin, lambda _: method, closed) if made and closed else {}
            self._held[method, origin] = shares(made, came) if came else {}
        return self._held[method, origin]


def shares(made: Mapping[int, Intervals], came: Mapping[int, Floats]) -> dict[tuple[int, str], Floats]:
    """By length and group the share at each level of what happened that fell within the intervals of a Monday."""
    found = {}
    for length, each in made.items():
        actual = came[length][:, None]
        judged = ~np.isnan(actual) & ~np.isnan(each.low)
        within = judged & (actual >= each.low) & (actual <= each.high)
        is_category = np.array([bool(key[1]) for key in each.keys])
        for group, mine in zip(GROUPS, (~is_category, is_category), strict=True):
            count = judged[mine].sum(axis=(0, 2))
            if count.any():
                found[length, group] = within[mine].sum(axis=(0, 2)) / count
    return found


def _of(by_origin: dict[date, dict[Key, OriginResult]], key: Key) -> dict[date, OriginResult]:
    return {origin: cells[key] for origin, cells in by_origin.items() if key in cells}


def _figures(cells: dict[date, OriginResult], default: dict[date, OriginResult]) -> dict[str, Any]:
    """MASE, that of the default on the same origins, WAPE and level over all open days of the origins."""
    if not cells:
        return {"origins": 0, "mase": None, "default_mase": None, "wape": None, "level": None}
    actual = np.concatenate([cell.actual for cell in cells.values()])
    forecasts = np.concatenate([cell.forecasts for cell in cells.values()])
    open_ = ~np.isnan(actual)
    total = float(actual[open_].sum())
    shared = [default[origin].mase for origin in cells if origin in default]
    return {
        "origins": len(cells),
        "mase": round(float(np.mean([cell.mase for cell in cells.values()])), 4),
        "default_mase": round(float(np.mean(shared)), 4) if len(shared) == len(cells) else None,
        "wape": round(float(np.abs(actual - forecasts)[open_].sum() / total), 4) if total else None,
        "level": round(float(forecasts[open_].sum() / total), 4) if total else None,
    }
