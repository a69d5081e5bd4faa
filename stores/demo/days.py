"""The shop's time axis: days counted from its first day, instants as the shop's wall time (Asia/Shanghai, naive)."""

from __future__ import annotations

import numpy as np

START = np.datetime64("2024-01-01", "D")
HISTORY_DAYS = 731
"""Days 0 to 730 (2025-12-31) are handed over at once; day 731 is the first daily delivery."""

DAY_SECONDS = 86_400
_HOUR_WEIGHTS = np.array([2, 3, 4, 5, 5, 6, 5, 4, 4, 4, 4, 5, 6, 8, 9, 6], dtype=float)
_FIRST_HOUR = 7


def date_text(day: int) -> str:
    """The day as YYYY-MM-DD."""
    return str(START + np.timedelta64(int(day), "D"))


def instant(day: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Wall-clock instants (microseconds) from day numbers and seconds of the day (which may pass midnight)."""
    return START.astype("datetime64[us]") + (
        day.astype("int64") * DAY_SECONDS + second.astype("int64")
    ) * np.timedelta64(1_000_000, "us")


def day_of(instants: np.ndarray) -> np.ndarray:
    """Day numbers of instants; NaT gives a very negative number."""
    return (instants.astype("datetime64[D]") - START).astype("int64")


def seconds_of_day(rng: np.random.Generator, size: int) -> np.ndarray:
    """Seconds of the day of shopping, from 07:00 to 22:59:59, with a peak in the evening."""
    hours = rng.choice(_HOUR_WEIGHTS.size, size=size, p=_HOUR_WEIGHTS / _HOUR_WEIGHTS.sum()) + _FIRST_HOUR
    return hours * 3600 + rng.integers(0, 3600, size=size)


def season_weights(days: int) -> np.ndarray:
    """Weight of each day for arrivals and guests: busier weekends, sales around 18 June, 11 November, 12 December."""
    dates = START + np.arange(days)
    weekday = (dates.astype("int64") + 3) % 7
    weights = np.where(weekday >= 5, 1.35, 1.0)
    month_day = np.array([str(date)[5:] for date in dates])
    for first, last, factor in (("06-15", "06-20", 2.2), ("11-08", "11-12", 3.0), ("12-10", "12-13", 1.7)):
        weights[(month_day >= first) & (month_day <= last)] *= factor
    return weights
