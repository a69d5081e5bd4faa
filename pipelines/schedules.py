"""When the jobs run by themselves, in the shop's time zone: the day after its end, the week after Sunday's day."""

from datetime import timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.tables import CUSTOMER_DAYS
from resources.calendar import Calendar

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

DAY_HOUR = 2


def build_schedules(
    calendar: Calendar, daily: "UnresolvedAssetJobDefinition", weekly: "UnresolvedAssetJobDefinition"
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
        return dg.RunRequest(run_key=day, partition_key=day)

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
        return dg.RunRequest(run_key=monday.isoformat(), partition_key=monday.isoformat())

    return [every_day, every_week]
