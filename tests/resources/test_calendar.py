"""Delivery days and as-of Mondays, and that week K rests on the seven days before K."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resources.calendar import WEEK_ON_DAYS, Calendar, monday_after, oldest_kept
from tests.shop_builder import FIRST, LAST, WEEKS, Bench, days


@pytest.fixture(scope="module")
def calendar(delivered: Bench) -> Calendar:
    return Calendar.of(delivered.shop)


def days_mapped_to(calendar: Calendar, key: str) -> list[str]:
    """What Dagster takes for the days of a week."""
    subset = calendar.weekly.subset_with_partition_keys([key])
    mapped = WEEK_ON_DAYS.get_upstream_mapped_partitions_result_for_partitions(subset, calendar.weekly, calendar.daily)
    return sorted(mapped.partitions_subset.get_partition_keys())


def test_a_shop_that_ended_has_its_last_day_and_the_monday_after_it(calendar: Calendar) -> None:
    assert calendar.daily.get_first_partition_key() == FIRST.isoformat()
    assert calendar.daily.get_last_partition_key() == LAST.isoformat()
    assert calendar.weekly.get_partition_keys() == [week.isoformat() for week in WEEKS]


def test_the_last_week_of_a_shop_that_ended_on_a_friday_is_the_next_monday(delivered: Bench) -> None:
    shop = delivered.shop.model_copy(update={"start": date(2010, 12, 1), "history_on": None, "end": date(2011, 12, 9)})
    calendar = Calendar.of(shop)
    assert calendar.daily.get_last_partition_key() == "2011-12-09"
    assert calendar.weekly.get_first_partition_key() == "2010-12-06"
    assert calendar.weekly.get_last_partition_key() == "2011-12-12"


def test_a_shop_that_goes_on_has_this_week_s_monday(delivered: Bench) -> None:
    calendar = Calendar.of(delivered.shop.model_copy(update={"end": None}))
    # On Monday just after midnight in Shanghai the Monday is an as-of date already, and Sunday a whole day.
    now = datetime(2024, 3, 4, 0, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert calendar.weekly.get_partition_keys(current_time=now)[-1] == "2024-03-04"
    assert calendar.daily.get_partition_keys(current_time=now)[-1] == "2024-03-03"


def test_dagster_maps_a_week_to_the_seven_days_before_it(calendar: Calendar) -> None:
    expected = [(date(2024, 1, 29) - timedelta(days=back)).isoformat() for back in range(7, 0, -1)]
    assert days_mapped_to(calendar, "2024-01-29") == expected


def test_dagster_s_own_mapping_would_take_the_days_after_it(calendar: Calendar) -> None:
    """Why the mapping is explicit; when this fails, upstream changed."""
    subset = calendar.weekly.subset_with_partition_keys(["2024-01-22"])
    mapped = dg.TimeWindowPartitionMapping().get_upstream_mapped_partitions_result_for_partitions(
        subset, calendar.weekly, calendar.daily
    )
    assert sorted(mapped.partitions_subset.get_partition_keys())[0] == "2024-01-22"


@pytest.mark.parametrize("week", WEEKS)
def test_a_week_needs_every_delivery_before_it_and_the_history_whenever_it_came(calendar: Calendar, week: date) -> None:
    expected = [day for day in days() if day < week] or [FIRST]
    assert calendar.days_before(week) == expected


def test_the_week_in_which_a_shop_ended_rests_on_the_days_it_had(delivered: Bench) -> None:
    calendar = Calendar.of(delivered.shop.model_copy(update={"end": date(2024, 1, 31)}))
    assert calendar.days_before(date(2024, 2, 5)) == [day for day in days() if day <= date(2024, 1, 31)]


def test_a_week_does_without_the_days_that_the_shop_has_given_up(delivered: Bench) -> None:
    lost = date(2024, 1, 24)
    calendar = Calendar.of(delivered.shop.model_copy(update={"lost_days": [lost]}))
    assert calendar.days_before(date(2024, 1, 29)) == [day for day in days() if day < date(2024, 1, 29) and day != lost]


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_the_monday_after_a_day_is_the_first_that_knows_of_it(day: date) -> None:
    monday = monday_after(day)
    assert monday.weekday() == 0
    assert day < monday <= day + timedelta(days=7)


@pytest.mark.parametrize(
    ("end", "weeks", "today", "first"),
    [
        # A shop that ended: its weeks stay whatever day it is.
        (LAST, 2, date(2026, 7, 1), date(2024, 1, 29)),
        (LAST, 104, date(2026, 7, 1), WEEKS[0]),
        # One that goes on, or whose end is to come, has this week's Monday as its newest.
        (None, 2, date(2024, 3, 6), date(2024, 2, 26)),
        (None, 2, date(2024, 3, 4), date(2024, 2, 26)),
        (None, 2, date(2024, 3, 3), date(2024, 2, 19)),
        (date(2024, 12, 31), 2, date(2024, 3, 6), date(2024, 2, 26)),
        # One that has just begun.
        (None, 2, date(2024, 1, 3), WEEKS[0]),
    ],
)
def test_the_weeks_listed_are_those_that_retention_keeps(
    delivered: Bench, end: "date | None", weeks: int, today: date, first: date
) -> None:
    retention = delivered.shop.retention.model_copy(update={"weeks": weeks})
    shop = delivered.shop.model_copy(update={"end": end, "retention": retention})
    assert oldest_kept(shop, today) == first
    listed = Calendar.of(shop, first).weekly.get_partition_keys(
        current_time=datetime.combine(today, datetime.min.time())
    )
    assert (listed or [first.isoformat()])[0] == first.isoformat()
    if len(listed) > 1:
        assert len(listed) == min(weeks, len(WEEKS) if end == LAST else weeks)


def test_a_day_that_is_lost_is_not_listed_and_its_week_rests_on_the_others(delivered: Bench) -> None:
    shop = delivered.shop.model_copy(update={"lost_days": [date(2024, 1, 24)]})
    listed = Calendar.of(shop, WEEKS[0])
    assert "2024-01-24" not in listed.daily.get_partition_keys()
    assert len(listed.daily.get_partition_keys()) == len(days()) - 1
    assert "2024-01-24" not in days_mapped_to(listed, "2024-01-29")
    assert len(days_mapped_to(listed, "2024-01-29")) == 6
    assert Calendar.of(shop).daily.has_partition_key("2024-01-24"), "the command line may still run it"
