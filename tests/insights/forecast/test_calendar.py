"""Trading days, as the history tells them, and the events that are known beforehand."""

from collections.abc import Collection
from datetime import date, timedelta

import pytest

from assets.insights.forecast.methods.trading_calendar import EventDays, trading_calendar
from assets.insights.forecast.reads import CHINESE
from resources.settings import Event
from resources.words import Words

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


def test_a_single_day_is_a_calendar_of_its_weekday() -> None:
    assert trading_calendar([FIRST]).weekdays == (0,)
    with pytest.raises(ValueError, match="not enough history"):
        trading_calendar([])


def test_a_date_shut_in_two_years_is_expected_to_be_shut_again() -> None:
    sold_on = {day for day in days(900) if (day.month, day.day) != (12, 25) and day != date(2023, 5, 1)}
    calendar = trading_calendar(sold_on)
    assert calendar.expected_shut([date(2025, 12, 24), date(2025, 12, 25), date(2026, 5, 1)]) == [False, True, False]


def test_the_events_of_chinese_shops() -> None:
    name = EventDays(CHINESE)
    assert [name[date(2025, 11, day)] for day in (10, 11, 12)] == ["", "Singles' Day", ""]
    assert name[date(2031, 6, 18)] == "618"
    festival = [name[date(2026, 2, day)] for day in range(15, 25)]
    assert festival == ["", *["Spring Festival"] * 8, ""]


def test_an_event_of_several_days_counts_from_its_date_and_the_first_listed_wins() -> None:
    sale = Event(name=Words("年中", "Mid-year"), month_day="06-30", dates=[], first=-2, last=1)
    name = EventDays(
        [
            sale,
            Event(
                name=Words("七一", "July"), month_day=None, dates=[date(2024, 7, 1), date(2024, 7, 2)], first=0, last=0
            ),
        ]
    )
    forecasts = [name[date(2024, 6, 27) + timedelta(days=number)] for number in range(7)]
    assert forecasts == ["", *["Mid-year"] * 4, "July", ""]
    assert name[date(2025, 7, 2)] == ""


def test_quiet_days_of_a_small_shop_are_no_shut_days() -> None:
    """It sells on about every second day: a day without a sale is a day of nothing, and lowers the level."""
    sold_on = [day for number, day in enumerate(days(200)) if number * 7 % 13 < 7]
    assert trading_calendar(sold_on).shut == frozenset()


def test_days_up_to_the_monday_belong_to_the_grid() -> None:
    calendar = trading_calendar(days(100), until=FIRST + timedelta(days=104))
    assert len(calendar.grid(FIRST, FIRST + timedelta(days=104))) == 105
    assert sorted(calendar.shut) == [FIRST + timedelta(days=number) for number in range(100, 105)]
