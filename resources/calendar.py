"""Delivery days and as-of weeks of a shop, in its own time zone, and how weeks rest on days.

A daily key is a delivery day. A weekly key K is a Monday and rests on the days before K: Dagster's default would map K
to the seven days that follow it, so the mapping is explicit.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import dagster as dg

from resources.shop import Shop

WEEK_ON_DAYS = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True)


def monday_after(day: date) -> date:
    """The first Monday after `day`, never `day` itself: the first as-of date that knows of it."""
    return day + timedelta(days=7 - day.weekday())


def today_in(shop: Shop) -> date:
    """The day that it is in the shop's time zone."""
    return datetime.now(ZoneInfo(shop.time_zone)).date()


def oldest_kept(shop: Shop, today: date) -> date:
    """The oldest week that retention keeps once all weeks up to `today`, or to the shop's end, are there."""
    newest = today - timedelta(days=today.weekday())
    newest = min(newest, monday_after(shop.end)) if shop.end else newest
    return max(monday_after(shop.start), newest - timedelta(days=7 * (shop.retention.weeks - 1)))


@dataclass(frozen=True)
class Calendar:
    """The partitions of one shop."""

    shop: Shop
    daily: dg.DailyPartitionsDefinition
    weekly: dg.WeeklyPartitionsDefinition

    @classmethod
    def of(cls, shop: Shop, weeks_from: date | None = None) -> "Calendar":
        """All days and weeks of a shop. With `weeks_from` those that a list shows to people: weeks from then on, and no day that is lost;
        older weeks would be dropped as soon as they are run, and so stand there as missing for ever."""
        # end_date is exclusive, and end_offset does not reach past it: without the extra week the last key is lost.
        day_end = (shop.end + timedelta(days=1)).isoformat() if shop.end else None
        week_end = (monday_after(shop.end) + timedelta(days=7)).isoformat() if shop.end else None
        lost = [datetime.combine(day, time(), ZoneInfo(shop.time_zone)) for day in shop.lost_days if weeks_from]
        return cls(
            shop=shop,
            daily=dg.DailyPartitionsDefinition(
                start_date=shop.first_delivery.isoformat(),
                end_date=day_end,
                timezone=shop.time_zone,
                exclusions=lost or None,
            ),
            weekly=dg.WeeklyPartitionsDefinition(
                start_date=(weeks_from or monday_after(shop.start)).isoformat(),
                end_date=week_end,
                day_offset=1,
                end_offset=1,
                timezone=shop.time_zone,
            ),
        )

    def days_before(self, as_of: date) -> list[date]:
        """Every delivery that week `as_of` rests on: what is known before it was handed over on any of these days. Days that
        the shop has given up as lost are not among them."""
        first = self.shop.first_delivery
        last = max(first, min(as_of - timedelta(days=1), self.shop.end or date.max))
        days = (first + timedelta(days=number) for number in range((last - first).days + 1))
        return [day for day in days if day not in self.shop.lost_days]
