"""Trading days, as the history tells them, and the events that are known beforehand."""

from collections.abc import Collection
from datetime import date, timedelta

import pytest

from assets.insights.forecast.calendar import event_on, events_on, trading_calendar

FIRST = date(2023, 1, 2)  # A Monday.


def days(count: int, without: Collection[int] = (), first: date = FIRST) -> list[date]:
    every = (first + timedelta(days=number) for number in range(count))
    return [day for day in every if day.weekday() not in without]


def test_a_shop_shut_on_saturdays_has_a_week_of_six_days() -> None:
    calendar = trading_calendar(days(365, {5}))
    assert calendar.weekdays == (0, 1, 2, 3, 4, 6)
    assert calendar.season == 6
    assert calendar.shut == frozenset()


def test_a_holiday_is_a_shut_day_of_the_grid_and_keeps_the_rhythm() -> None:
    sold_on = set(days(100, {5}))
    holiday = FIRST + timedelta(days=21)
    calendar = trading_calendar(sold_on - {holiday})
    assert calendar.shut == {holiday}
    assert calendar.grid(FIRST, FIRST + timedelta(days=27)) == days(28, {5})


def test_one_odd_saturday_does_not_make_a_week_of_seven_days() -> None:
    calendar = trading_calendar([*days(200, {5}), date(2023, 3, 4)])
    assert calendar.season == 6
    assert date(2023, 3, 4) not in calendar.grid(FIRST, date(2023, 6, 30))


def test_the_week_is_the_recent_one() -> None:
    newer = days(200, (), FIRST + timedelta(days=364))
    assert trading_calendar([*days(364, {5, 6}), *newer]).season == 7


def test_the_next_days_skip_what_is_not_traded() -> None:
    calendar = trading_calendar(days(100, {5}))
    assert calendar.next_days(date(2023, 6, 2), 3) == [date(2023, 6, 4), date(2023, 6, 5), date(2023, 6, 6)]
    assert len(calendar.next_days(date(2023, 6, 2), 40)) == 40


def test_a_single_day_is_a_calendar_of_its_weekday() -> None:
    assert trading_calendar([FIRST]).weekdays == (0,)
    with pytest.raises(ValueError, match="not enough history"):
        trading_calendar([])


def test_a_date_shut_in_two_years_is_expected_to_be_shut_again() -> None:
    sold_on = {day for day in days(900) if (day.month, day.day) != (12, 25) and day != date(2023, 5, 1)}
    calendar = trading_calendar(sold_on)
    assert calendar.expected_shut([date(2025, 12, 24), date(2025, 12, 25), date(2026, 5, 1)]) == [False, True, False]


def test_known_events() -> None:
    assert event_on(date(2025, 11, 11)) == "双11"
    assert event_on(date(2025, 6, 18)) == "618"
    assert events_on([date(2026, 2, 15), date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 23)]) == [
        "",
        *["春节"] * 3,
    ]
    assert event_on(date(2026, 2, 24)) == ""
