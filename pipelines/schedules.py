"""When the jobs run by themselves, in the shop's time zone: the day after its end, the week after Sunday's day."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import dagster as dg

from assets.features.tables import CUSTOMER_DAYS
from pipelines.sensors import WHAT_TAG, range_tags, ranges
from resources.calendar import Calendar
from resources.database import connected, held
from resources.errors import ZhikeError
from resources.home import Home, open_home

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

DAY_HOUR = 2


def build_schedules(
    calendar: Calendar, daily: "UnresolvedAssetJobDefinition", weekly: "UnresolvedAssetJobDefinition", home: Path
) -> list[dg.ScheduleDefinition]:
    zone = calendar.shop.time_zone

    @dg.schedule(
        job=daily,
        name="every_day",
        cron_schedule=f"0 {DAY_HOUR} * * *",
        execution_timezone=zone,
        description="Yesterday's deliveries.",
    )
    def every_day(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        day = (context.scheduled_execution_time.date() - timedelta(days=1)).isoformat()
        if not calendar.daily.has_partition_key(day):
            return dg.SkipReason(f"{day} is not one of the shop's days.")
        return dg.RunRequest(run_key=day, partition_key=day, tags={WHAT_TAG: f"day {day}"})

    @dg.schedule(
        job=weekly,
        name="every_week",
        cron_schedule=f"0 {DAY_HOUR + 1}-23 * * 1",
        execution_timezone=zone,
        description="The week that ended on Sunday. Looks every hour of Monday until Sunday's day is there; runs once.",
    )
    def every_week(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        monday = context.scheduled_execution_time.date()
        if not calendar.weekly.has_partition_key(monday.isoformat()):
            return dg.SkipReason(f"{monday} is not one of the shop's weeks.")
        sunday = calendar.days_before(monday)[-1].isoformat()
        if sunday not in context.instance.get_materialized_partitions(CUSTOMER_DAYS.asset_key):
            return dg.SkipReason(f"Waits for {CUSTOMER_DAYS.qualified} of {sunday}.")
        week = monday.isoformat()
        return dg.RunRequest(run_key=week, partition_key=week, tags={WHAT_TAG: f"week {week}"})

    def again(
        job: "UnresolvedAssetJobDefinition",
        name: str,
        hour: int,
        partitioning: Literal["daily", "weekly"],
        step: int,
        description: str,
    ) -> dg.ScheduleDefinition:
        @dg.schedule(
            job=job, name=name, cron_schedule=f"0 {hour} * * *", execution_timezone=zone, description=description
        )
        def stale_again(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
            place = open_home(calendar.shop, home, to_read=True)
            return _again(place, calendar, partitioning, step, context.scheduled_execution_time.date())

        return stale_again

    days_again = again(daily, "days_again", DAY_HOUR + 1, "daily", 1, "Days whose inputs changed since they were run.")
    weeks_again = again(
        weekly, "weeks_again", DAY_HOUR + 2, "weekly", 7,
        "Weeks whose inputs changed since they were run: a day that was mended, a change of a customer that came late.",
    )  # fmt: skip
    return [every_day, every_week, days_again, weeks_again]


def _again(
    place: Home, calendar: Calendar, partitioning: Literal["daily", "weekly"], step: int, today: date
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """A run for each range of stale partitions, once a day."""
    listed = {"daily": calendar.daily, "weekly": calendar.weekly}[partitioning]
    try:
        stale = [key for key in stale_partitions(place, partitioning) if listed.has_partition_key(key)]
    except ZhikeError as error:
        yield dg.SkipReason(error.what)
        return
    for first, last in ranges(stale, step):
        what = "stale days" if partitioning == "daily" else "stale weeks"
        yield dg.RunRequest(run_key=f"{first}:{last} on {today}", tags=range_tags(first, last, what))
    if not stale:
        yield dg.SkipReason("Nothing is stale.")


def stale_partitions(place: Home, partitioning: str) -> list[str]:
    """The days or weeks of which some table has an input that changed since. Raises ZhikeError while a run holds the warehouse."""
    if not place.warehouse.exists():
        return []
    with held(place, "", 1), connected(place, read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT partition_key FROM ops.windows WHERE is_stale AND table_name IN "
            "(SELECT table_name FROM ops.reads WHERE partitioning = $partitioning) ORDER BY partition_key",
            {"partitioning": partitioning},
        ).fetchall()
    return [key for (key,) in found]
