"""What the intervals of shops that were run have held: by series, by how far ahead, and by season.

Every Monday on which there was an interval is judged as the assets would have made it, from what was known on it. The rule
and its two rates were settled on the first 60 % of the Mondays of the demo shop, online_retail and olist; the rest are the
later Mondays, which nothing was chosen on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from assets.insights.forecast.methods.choice import DEFAULT
from assets.insights.forecast.methods.history import Floats
from assets.insights.forecast.methods.intervals import LEVELS
from assets.insights.forecast.methods.series import Key
from assets.insights.forecast.methods.study import PastStudy
from assets.insights.forecast.methods.tracking import DAYS
from assets.insights.forecast.reads import study_of
from resources.warehouse import Warehouse

EARLIER = 0.6
BUCKETS = {"days 1-7": (0, 7), "days 8-14": (7, 14), "days 15 on": (14, None)}


@dataclass(frozen=True)
class Judged:
    """A Monday and length: whether what happened fell within, series × levels × columns; NaN where nothing can be said."""

    monday: date
    keys: Sequence[Key]
    length: int
    held: Floats
    width_to_mean: Floats
    """Width over mean, series × levels."""


def coverage_of(store: str, home: Path) -> list[dict[str, Any]]:
    """Rows of shares by part (earlier, later), level and series."""
    with Warehouse(store=store, home=str(home)).opened() as warehouse:
        study = study_of(warehouse)
        first = warehouse.shop.start
        monday = first + timedelta(days=-first.weekday() % 7)
        last = warehouse.shop.end or date.today()
        mondays = [monday + timedelta(weeks=number) for number in range((last - monday).days // 7)]
        judged = [each for monday in mondays for each in judged_on(study, monday)]
    with_interval = sorted({each.monday for each in judged})
    split = with_interval[int(EARLIER * len(with_interval))]
    parts = {
        "earlier": [each for each in judged if each.monday < split],
        "later": [each for each in judged if each.monday >= split],
    }
    series = sorted({key[0] for each in judged for key in each.keys if not key[1]})
    return [
        {"shop": store, "part": part, "level": level, "series": name or "all categories"} | shares_of(found, at, name)
        for part, found in parts.items()
        for at, level in enumerate(LEVELS.values())
        for name in [*series, "all totals", ""]
    ]


def judged_on(study: PastStudy, monday: date) -> list[Judged]:
    made = study.tracking.intervals(monday, lambda _: DEFAULT)
    closed = study.cache.ledger.as_of(study.cache.closed_on(monday))
    if not made or closed is None:
        return []
    came, found = study.tracking.came(monday, lambda _: DEFAULT, closed), []
    for length, each in made.items():
        actual = came[length][:, None]
        held = np.where(np.isnan(actual) | np.isnan(each.low), np.nan, (actual >= each.low) & (actual <= each.high))
        if not np.isnan(held).all():
            width = np.nansum(each.high - each.low, axis=2) / np.maximum(np.nansum(each.mean, axis=1), 1e-9)[:, None]
            found.append(Judged(monday, each.keys, length, held, width))
    return found


def shares_of(found: Sequence[Judged], level: int, series: str) -> dict[str, float]:
    """The shares of one level: of all days, by how far ahead, by quarter of the year, and of totals; `series` is that of a
    total, "all totals", or "" for categories."""

    def share(length: int, bucket: tuple[int, int | None] = (0, None), quarter: int = 0) -> float:
        cells = [
            each.held[_rows(each.keys, series), level, slice(*bucket)].ravel()
            for each in found
            if each.length == length and (not quarter or (each.monday.month - 1) // 3 + 1 == quarter)
        ]
        together = np.concatenate(cells) if cells else np.array([])
        together = together[~np.isnan(together)]
        return round(float(together.mean()), 3) if len(together) else np.nan

    widths = [each.width_to_mean[_rows(each.keys, series), level].mean() for each in found if each.length == DAYS]
    return (
        {"days": share(DAYS)}
        | {name: share(DAYS, bucket) for name, bucket in BUCKETS.items()}
        | {f"Q{quarter}": share(DAYS, quarter=quarter) for quarter in (1, 2, 3, 4)}
        | {f"sum {length}": share(length) for length in sorted({each.length for each in found} - {DAYS})}
        | {"width": round(float(np.mean(widths)), 2) if widths else np.nan}
    )


def _rows(keys: Sequence[Key], series: str) -> list[bool]:
    names = {"": None, "all totals": ""}
    if series in names:
        return [bool(key[1]) == (names[series] is None) for key in keys]
    return [key == (series, "") for key in keys]
