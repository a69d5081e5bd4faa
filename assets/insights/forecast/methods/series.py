"""A shop's daily series as they were known on any Monday, from the ledger of `ledger.sql`."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.insights.forecast.methods.history import Floats
from assets.insights.forecast.methods.trading_calendar import TradingCalendar, trading_calendar

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]
"""Series and category; the category of a total is empty."""
ORDERS, CUSTOMERS, REVENUE, DEMAND = ((name, "") for name in ("orders", "customers", "revenue", "demand"))
SILENT_DAYS = 28
CATEGORIES = 50
CATEGORY_DAYS = 182


@dataclass(frozen=True)
class Histories:
    """What was known on a Monday: a value a date of the grid, NaN where the shop was shut."""

    as_of: date
    calendar: TradingCalendar
    days: list[date]
    series: dict[Key, Floats]

    @cached_property
    def first(self) -> int:
        return self.days[0].toordinal()

    @cached_property
    def position(self) -> NDArray[np.int64]:
        """By date from the first one: its place in the grid, -1 off it."""
        ordinals = np.array([day.toordinal() for day in self.days]) - self.first
        places = np.full(self.as_of.toordinal() - self.first, -1)
        places[ordinals] = np.arange(len(ordinals))
        return places

    @property
    def silent_days(self) -> int:
        """Days since the latest sale."""
        sold = np.flatnonzero(self.series[ORDERS] > 0)
        return (self.as_of - self.days[sold[-1]]).days - 1

    def happened(self, key: Key, ordinals: NDArray[np.int64]) -> Floats:
        """What happened on some dates; NaN where it was not known yet, or where the shop was shut."""
        at = ordinals - self.first
        within = (at >= 0) & (at < len(self.position))
        places = np.where(within, self.position[np.where(within, at, 0)], -1)
        history = self.series.get(key)
        if history is None:
            return np.where(places >= 0, 0.0, np.nan)
        return np.where(places >= 0, history[places], np.nan)

    def largest_categories(self) -> list[Key]:
        """The categories that sold the most pieces in the last half year, at most fifty of them."""
        sold = {key: float(np.nansum(row[-CATEGORY_DAYS:])) for key, row in self.series.items() if key[1]}
        return sorted(sorted(sold, key=lambda key: (-sold[key], key))[:CATEGORIES])


class Ledger:
    """All that ever becomes known, column by column. Two ledgers with the same rows are equal."""

    def __init__(self, rows: "pd.DataFrame", totals: Sequence[Key]):
        """`totals` are there even where nothing was ever sold of them."""
        self.keys: list[Key] = sorted({*totals, *zip(rows["series"], rows["category"], strict=True)})
        number = {key: at for at, key in enumerate(self.keys)}
        self._key = np.array(
            [number[key] for key in zip(rows["series"], rows["category"], strict=True)], dtype=np.int64
        )
        self._day, self._known = (
            rows[column].to_numpy().astype("datetime64[D]").astype(np.int64) for column in ("ordered_on", "known_on")
        )
        self._change = rows["change"].to_numpy(dtype=float)
        content = hashlib.sha256(repr(self.keys).encode())
        for column in (self._key, self._day, self._known, self._change):
            content.update(column.tobytes())
        self._content = content.hexdigest()
        self._as_of: dict[date, Histories | None] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    def as_of(self, week: date) -> Histories | None:
        """None before the first sale."""
        if week not in self._as_of:
            self._as_of[week] = self._known_before(week)
        return self._as_of[week]

    def _known_before(self, week: date) -> Histories | None:
        end = (week - date(1970, 1, 1)).days
        seen = (self._known < end) & (self._day < end)
        if not seen.any():
            return None
        key, day, change = self._key[seen], self._day[seen], self._change[seen]
        first = int(day.min())
        table = np.zeros((len(self.keys), end - first))
        np.add.at(table, (key, day - first), change)
        sold = np.flatnonzero(table[self.keys.index(ORDERS)] > 0)
        if len(sold) == 0:
            return None
        dates = [date.fromordinal(date(1970, 1, 1).toordinal() + first + int(at)) for at in sold]
        calendar = trading_calendar(dates, date.fromordinal(week.toordinal() - 1))
        days = calendar.grid(dates[0], date.fromordinal(week.toordinal() - 1))
        at = np.array([(day - date(1970, 1, 1)).days - first for day in days])
        table = np.where([day in calendar.shut for day in days], np.nan, table[:, at].clip(0))
        return Histories(week, calendar, days, {name: table[row] for row, name in enumerate(self.keys)})
