"""On which days a shop trades, read off its history, and which known events its days fall on.

The grid of a shop is every date of its trading weekdays; a date of the grid without a sale was a day it was shut, unless
the shop is so small that days without a sale are usual. So the same weekday always lies one season back, whatever
holidays lie between.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from resources.words import Words

WEEKDAY_SHARE = 0.25
"""A weekday belongs to the week when the shop sold on its dates at least this often as on those of the busiest weekday."""
STEADY_SHARE = 0.8
"""A shop that sold on fewer of its dates than this has quiet days: they count as zero, not as shut."""
RECENT_WEEKS = 26
YEARS_NEEDED = 2


class Event(Protocol):
    """A known event: its name, and whether a day is one of its days (resources.shop.Event)."""

    @property
    def name(self) -> Words: ...

    def holds(self, day: date) -> bool: ...


@dataclass(frozen=True)
class TradingCalendar:
    weekdays: tuple[int, ...]
    """Monday is 0."""
    shut: frozenset[date]
    """Dates of the grid on which the shop was shut."""

    @property
    def season(self) -> int:
        return len(self.weekdays)

    def grid(self, first: date, last: date) -> list[date]:
        every = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in every if day.weekday() in self.weekdays]

    def expected_shut(self, days: Iterable[date]) -> list[bool]:
        """Whether the shop was shut on the same month and day in each of at least two years; one year proves nothing."""
        years: dict[tuple[int, int], set[int]] = {}
        for day in self.shut:
            years.setdefault((day.month, day.day), set()).add(day.year)
        return [len(years.get((day.month, day.day), set())) >= YEARS_NEEDED for day in days]


def trading_calendar(sold_on: Collection[date], until: date | None = None) -> TradingCalendar:
    """The calendar, up to `until`, of a shop that sold something, of whatever kind, on these dates.

    The week is that of the last half year of sales: a shop that has begun to open on Sundays has a week of seven days.
    """
    if not sold_on:
        raise ValueError("not enough history: needs a day with a sale")
    sold, last = set(sold_on), max(sold_on)
    first = max(min(sold), last - timedelta(days=RECENT_WEEKS * 7 - 1))
    dates: list[list[date]] = [[] for _ in range(7)]
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        dates[day.weekday()].append(day)
    shares = [len(sold.intersection(days)) / len(days) if days else 0.0 for days in dates]
    weekdays = tuple(weekday for weekday, share in enumerate(shares) if share >= WEEKDAY_SHARE * max(shares))
    grid = TradingCalendar(weekdays, frozenset()).grid(min(sold), until or last)
    steady = len(sold.intersection(grid)) >= STEADY_SHARE * sum(day <= last for day in grid)
    return TradingCalendar(weekdays, frozenset(grid) - sold if steady else frozenset())


class EventDays(dict[date, str]):
    """The English name of a date's event, that of the first one listed; "" on a usual day."""

    def __init__(self, events: Sequence[Event]):
        super().__init__()
        self.events = events

    def __missing__(self, day: date) -> str:
        self[day] = next((event.name.en for event in self.events if event.holds(day)), "")
        return self[day]
