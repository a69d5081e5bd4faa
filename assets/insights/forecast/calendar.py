"""On which days a shop trades, read off its history, and which known events its days fall on.

The grid of a shop is every date of its trading weekdays; a date of the grid without a sale was a day it was shut, unless
the shop is so small that days without a sale are usual. So the same weekday always lies one season back, whatever
holidays lie between.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAY_SHARE = 0.25
"""A weekday belongs to the week when the shop sold on its dates at least this often as on those of the busiest weekday."""
STEADY_SHARE = 0.8
"""A shop that sold on fewer of its dates than this has quiet days: they count as zero, not as shut."""
RECENT_WEEKS = 26
YEARS_NEEDED = 2

SPRING_FESTIVALS = (
    date(2009, 1, 26), date(2010, 2, 14), date(2011, 2, 3), date(2012, 1, 23), date(2013, 2, 10), date(2014, 1, 31),
    date(2015, 2, 19), date(2016, 2, 8), date(2017, 1, 28), date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25),
    date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3),
)  # fmt: skip
"""New Year's Day of the Chinese calendar; the days of the festival are usual days outside these years."""


@dataclass(frozen=True)
class Event:
    """A known event: its dates of every year (month and day) or one by one, from `first` to `last` days after each."""

    zh: str
    en: str
    month_day: tuple[int, int] | None = None
    dates: tuple[date, ...] = ()
    first: int = 0
    last: int = 0

    def holds(self, day: date) -> bool:
        return any(self._is_date(day - timedelta(days=number)) for number in range(self.first, self.last + 1))

    def _is_date(self, day: date) -> bool:
        return (day.month, day.day) == self.month_day or day in self.dates


# New Year's Eve and the seven days of the public holiday, counted from New Year's Day.
CHINESE = (
    Event("双11", "Singles' Day", month_day=(11, 11)),
    Event("618", "618", month_day=(6, 18)),
    Event("春节", "Spring Festival", dates=SPRING_FESTIVALS, first=-1, last=6),
)


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

    def next_days(self, last: date, horizon: int) -> list[date]:
        """The next `horizon` dates of the grid after `last`."""
        return self.grid(last + timedelta(days=1), last + timedelta(days=horizon * 7 + 7))[:horizon]

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
        self[day] = next((event.en for event in self.events if event.holds(day)), "")
        return self[day]
