"""How the methods did on past Mondays whose windows have closed, and what their intervals held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np

from assets.insights.forecast.methods.choice import DEFAULT, EXPENSIVE, METHODS, choose
from assets.insights.forecast.methods.history import Floats, clipped
from assets.insights.forecast.methods.intervals import NOMINAL, ORIGINS_NEEDED, calibrated, intervals
from assets.insights.forecast.methods.metrics import mase, naive_error
from assets.insights.forecast.methods.series import DEMAND, ORDERS, REVENUE, Key
from assets.insights.forecast.methods.weeks import RECORD_WEEKS, ForecastCache, record
from resources.fitted import Metrics

ORIGIN_WEEKS = 4
EXPENSIVE_WEEKS = 12
JUDGED_WEEKS = 104
LEVELS = {"80": 0.8, "95": 0.95}
GROUPS = ("totals", "categories")
Nominal = dict[str, dict[str, float]]
"""By group and level what is asked of the past errors."""


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
    nominal: Nominal
    metrics: Metrics


class PastStudy:
    """Judges methods on one shop's past; every origin is judged once, as of the Monday on which its window closed."""

    def __init__(self, cache: ForecastCache):
        self.cache = cache
        self.keys: tuple[Key, ...] = (ORDERS, REVENUE if REVENUE in cache.ledger.keys else DEMAND)
        self._judged: dict[tuple[str, date], dict[Key, OriginResult]] = {}
        self._held: dict[tuple[str, date], dict[str, dict[str, Floats]]] = {}

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
        nominal, coverage = self._calibrated(method, self.origins(day, DEFAULT))
        holdout = [
            {"model": name, "series": key[0]} | _figures(_of(judged[name], key), _of(judged[DEFAULT], key))
            for key in self.keys
            for name in judged
        ]
        mine = [row for row in holdout if row["model"] == method and row["mase"] is not None]
        figures = {f"{row['series']}_mase": row["mase"] for row in mine}
        return Choice(method, nominal, Metrics(reason, {"holdout": holdout, "coverage": coverage}, figures=figures))

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

    def _calibrated(self, method: str, origins: Sequence[date]) -> tuple[Nominal, list[dict[str, Any]]]:
        """What to ask of the past errors, of totals and of categories, and the share of days that fell within then."""
        nominal: Nominal = {group: dict(LEVELS) for group in GROUPS}
        coverage = []
        for group in GROUPS:
            held = [held for origin in origins if (held := self._holds(method, origin).get(group))]
            for name, level in LEVELS.items():
                if len(held) < ORIGINS_NEEDED:
                    continue
                shares = dict(zip(NOMINAL[level], np.mean([each[name] for each in held], axis=0).tolist(), strict=True))
                nominal[group][name] = calibrated(shares, level)
                coverage.append(
                    {"series": group, "level": level, "origins": len(held), "nominal": nominal[group][name]}
                    | {"covered": round(shares[nominal[group][name]], 4), "uncalibrated": round(shares[level], 4)}
                )
        return nominal, coverage

    def _holds(self, method: str, origin: date) -> dict[str, dict[str, Floats]]:
        """By group and level the share of days within, for each nominal level; empty where there is no interval yet."""
        if (method, origin) not in self._held:
            self._held[method, origin] = self._shares(method, origin)
        return self._held[method, origin]

    def _shares(self, method: str, origin: date) -> dict[str, dict[str, Floats]]:
        seen, now = self.cache.ledger.as_of(origin), self.cache.forecasts(origin, method)
        closed = self.cache.ledger.as_of(self.cache.closed_on(origin))
        if seen is None or now is None or closed is None:
            return {}
        weeks = [origin - timedelta(weeks=number) for number in range(RECORD_WEEKS, 0, -1)]
        earlier = [forecasts for week in weeks if (forecasts := self.cache.forecasts(week, method))]
        asked = [nominal for level in LEVELS.values() for nominal in NOMINAL[level]]
        within: dict[str, list[list[float]]] = {}
        for key in now.mean:
            past, forecasts = record(key, seen, earlier, len(now.days))
            ends = intervals(now.mean[key], past, forecasts, asked)
            if np.isnan(ends[0][0]).all():
                continue
            actual = closed.happened(key, now.ordinals)
            open_ = ~np.isnan(actual)
            shares = [float(((actual >= low) & (actual <= high))[open_].mean()) for low, high in ends]
            within.setdefault(GROUPS[bool(key[1])], []).append(shares)
        split = len(NOMINAL[LEVELS["80"]])
        means = {group: np.mean(rows, axis=0) for group, rows in within.items()}
        return {group: {"80": mean[:split], "95": mean[split:]} for group, mean in means.items()}


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
