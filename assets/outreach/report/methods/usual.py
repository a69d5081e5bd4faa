"""Whether a week is within the usual: inside the range in which four weeks in five lie, by the weeks before it."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assets.outreach.report.methods.parts import percent
from resources.words import NOTHING, Words

# Fewer weeks give no range to speak of; older ones are another season.
FEWEST, MOST = 8, 13


@dataclass(frozen=True)
class Usual:
    """The 80 % range of some weeks, and their median, least and most."""

    low: float
    high: float
    median: float
    least: float
    most: float
    week_count: int


def usual(before: Sequence[float]) -> Usual | None:
    """The usual range by the weeks before, the newest last; None of fewer than FEWEST.

    Tenths by the exclusive method: of weeks that are alike, the next one lies outside in one case in five, whatever their number.
    """
    weeks = list(before)[-MOST:]
    if len(weeks) < FEWEST:
        return None
    tenths = statistics.quantiles(weeks, n=10, method="exclusive")
    return Usual(max(tenths[0], 0.0), tenths[-1], statistics.median(weeks), min(weeks), max(weeks), len(weeks))


def place(value: float, range_: Usual | None) -> str:
    """within, above or below; unknown where there is no range."""
    if range_ is None:
        return "unknown"
    return "above" if value > range_.high else "below" if value < range_.low else "within"


def verdict(value: float, range_: Usual | None) -> Words:
    """The place in words, as it stands after a figure in a table."""
    if range_ is None:
        return Words("历史不足，暂不判断", "too little history to tell")
    where = place(value, range_)
    if where == "within":
        return Words("正常", "within the usual")
    if value > range_.most:
        return Words(f"{range_.week_count} 周来最高", f"the highest in {range_.week_count} weeks")
    if value < range_.least:
        return Words(f"{range_.week_count} 周来最低", f"the lowest in {range_.week_count} weeks")
    return Words("偏高", "above the usual") if where == "above" else Words("偏低", "below the usual")


def compared(people: float, range_: Usual | None) -> Words:
    """The place of a number of people, between brackets behind it; nothing where there is no range."""
    said = {
        "within": Words("（人数正常）", " (as many as usual)"),
        "above": Words("（多于正常）", " (more than usual)"),
        "below": Words("（少于正常）", " (fewer than usual)"),
    }
    return said.get(place(people, range_), NOTHING)


def beside(value: float, base: float) -> Words:
    """How far a value lies above or below a base, in words."""
    shown = percent(abs(value / base - 1)) if base > 0 else "–"
    return Words(f"高 {shown}", f"{shown} above") if value >= base else Words(f"低 {shown}", f"{shown} below")


def against(value: float, base: float) -> Words:
    """A value against a base, in percent with its sign; a dash where the base is nothing."""
    if base <= 0:
        return Words("–", "–")
    change = value / base - 1
    shown = f"{'+' if change > 0 else ''}{percent(change)}"
    return Words(shown, shown)
