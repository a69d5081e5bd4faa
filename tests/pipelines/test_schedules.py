"""Days run after their end and weeks after Sunday's day, by the shop's own clock."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dagster._utils.schedules import cron_string_iterator

from pipelines.definitions import build_definitions
from resources.shop import load_shop
from tests.shop_builder import Bench

CUSTOMER_DAYS = dg.AssetKey(["features", "customer_days"])


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        yield instance


def tick(
    definitions: dg.Definitions, name: str, instance: dg.DagsterInstance, zone: str, at: str
) -> "dg.RunRequest | str":
    """What a schedule asks for at an hour of a zone, or why it does not."""
    hour = datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone))
    repository = definitions.get_repository_def()
    context = dg.build_schedule_context(instance=instance, scheduled_execution_time=hour, repository_def=repository)
    (schedule,) = [found for found in definitions.schedules or [] if found.name == name]
    assert isinstance(schedule, dg.ScheduleDefinition)
    data = schedule.evaluate_tick(context)
    if data.run_requests:
        (request,) = data.run_requests
        return request
    assert data.skip_message
    return data.skip_message


@pytest.fixture
def tea(delivered: Bench) -> dg.Definitions:
    return build_definitions(delivered.shop, delivered.home)


ZONE = "Asia/Shanghai"


def test_two_o_clock_asks_for_yesterday(tea: dg.Definitions, instance: dg.DagsterInstance) -> None:
    request = tick(tea, "every_day", instance, ZONE, "2024-01-20 02:00")
    assert isinstance(request, dg.RunRequest)
    assert (request.partition_key, request.run_key) == ("2024-01-19", "2024-01-19")
    assert request.tags["zhike/what"] == "day 2024-01-19"


def test_two_o_clock_is_the_shops_not_the_machines(tea: dg.Definitions) -> None:
    (schedule,) = [found for found in tea.schedules or [] if found.name == "every_day"]
    assert isinstance(schedule, dg.ScheduleDefinition)
    midnight = datetime(2024, 1, 20, tzinfo=ZoneInfo("UTC")).timestamp()
    assert isinstance(schedule.cron_schedule, str)
    first = next(cron_string_iterator(midnight, schedule.cron_schedule, schedule.execution_timezone))
    assert first.astimezone(ZoneInfo("UTC")).isoformat() == "2024-01-20T18:00:00+00:00"


def test_a_night_of_the_clock_change_is_asked_for(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    """On 27 March 2011 London had no two o'clock in the sense of the day before."""
    retail = build_definitions(load_shop("online_retail"), tmp_path)
    request = tick(retail, "every_day", instance, "Europe/London", "2011-03-28 02:00")
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2011-03-27"


@pytest.mark.parametrize("at", ["2024-01-17 02:00", "2024-02-06 02:00"])
def test_days_that_are_not_the_shops_are_skipped(tea: dg.Definitions, instance: dg.DagsterInstance, at: str) -> None:
    assert "is not one of the shop's days" in str(tick(tea, "every_day", instance, ZONE, at))


def test_the_week_waits_for_sundays_day(tea: dg.Definitions, instance: dg.DagsterInstance) -> None:
    at = "2024-01-29 03:00"
    said = tick(tea, "every_week", instance, ZONE, at)
    assert said == "Waits for features.customer_days of 2024-01-28."
    instance.report_runless_asset_event(dg.AssetMaterialization(CUSTOMER_DAYS, partition="2024-01-27"))
    assert tick(tea, "every_week", instance, ZONE, "2024-01-29 04:00") == said
    instance.report_runless_asset_event(dg.AssetMaterialization(CUSTOMER_DAYS, partition="2024-01-28"))
    requests = [tick(tea, "every_week", instance, ZONE, f"2024-01-29 {hour:02}:00") for hour in (5, 6, 23)]
    asked = {(r.partition_key, r.run_key) for r in requests if isinstance(r, dg.RunRequest)}
    assert asked == {("2024-01-29", "2024-01-29")}, "one run_key, so one run, however often Monday looks"


def test_a_week_within_the_history_waits_for_its_delivery(tea: dg.Definitions, instance: dg.DagsterInstance) -> None:
    assert (
        tick(tea, "every_week", instance, ZONE, "2024-01-15 03:00") == "Waits for features.customer_days of 2024-01-17."
    )


@pytest.mark.parametrize("at", ["2024-01-01 03:00", "2024-02-12 03:00"])
def test_weeks_that_are_not_the_shops_are_skipped(tea: dg.Definitions, instance: dg.DagsterInstance, at: str) -> None:
    assert "is not one of the shop's weeks" in str(tick(tea, "every_week", instance, ZONE, at))
