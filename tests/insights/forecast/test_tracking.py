"""Intervals of a shop whose days begin to move more, or less, than its past shows; sums have intervals of their own."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from assets.insights.forecast.methods.series import DEMAND, ORDERS, Ledger
from assets.insights.forecast.methods.tracking import DAYS, Intervals, Tracking
from assets.insights.forecast.methods.weeks import ForecastCache

START = date(2023, 1, 2)
METHOD = "seasonal mean"


def shop(values: "np.ndarray") -> Tracking:
    """A shop that sold these pieces on the days from START on, an order each."""
    days = [START + timedelta(days=number) for number in range(len(values))]
    rows = [
        {"series": series, "category": "", "ordered_on": day, "known_on": day, "change": float(value)}
        for series in ("orders", "demand")
        for day, value in zip(days, values, strict=True)
    ]
    frame = pd.DataFrame(rows)
    for column in ("ordered_on", "known_on"):
        frame[column] = pd.to_datetime(frame[column])
    return Tracking(ForecastCache(Ledger(frame, [ORDERS, DEMAND]), 28, ()))


def monday(number: int) -> date:
    return START + timedelta(weeks=number)


def made(tracking: Tracking, week: int, length: int = DAYS) -> Intervals:
    return tracking.intervals(monday(week), lambda _: METHOD)[length]


def held(tracking: Tracking, weeks: range, length: int = DAYS) -> list[float]:
    """The share of days within the 80 and 95 % intervals of some Mondays."""
    shares = []
    for week in weeks:
        closed = tracking.cache.ledger.as_of(monday(week + 4))
        assert closed is not None
        came = tracking.came(monday(week), lambda _: METHOD, closed)[length][:, None]
        each = made(tracking, week, length)
        shares.append(((came >= each.low) & (came <= each.high)).mean(axis=(0, 2)))
    return np.mean(shares, axis=0).tolist()


@pytest.fixture(scope="module")
def calm_then_wild() -> Tracking:
    """A year in which days move little, then one in which they move three times as much, round the same level."""
    random = np.random.default_rng(0)
    spread = np.repeat([0.1, 0.3], [52 * 7, 60 * 7])
    return shop((400 * np.exp(random.normal(0, spread))).round())


def test_intervals_widen_until_they_hold_again_when_a_shop_begins_to_move_more(calm_then_wild: Tracking) -> None:
    at_once, later = held(calm_then_wild, range(52, 54)), held(calm_then_wild, range(70, 108, 4))
    assert at_once[0] < 0.5
    assert later == [pytest.approx(0.8, abs=0.06), pytest.approx(0.95, abs=0.04)]


def test_what_comes_changes_no_interval(calm_then_wild: Tracking) -> None:
    known = calm_then_wild.cache.ledger.as_of(monday(70))
    assert known is not None
    before = shop(known.series[DEMAND])
    for length in (DAYS, 7, 28):
        assert (made(before, 70, length).high == made(calm_then_wild, 70, length).high).all()


def test_a_sum_has_an_interval_far_narrower_than_the_sum_of_those_of_its_days(calm_then_wild: Tracking) -> None:
    days, total = made(calm_then_wild, 100), made(calm_then_wild, 100, 28)
    assert total.mean[:, 0] == pytest.approx(days.mean.sum(axis=1))
    assert (total.high - total.low < 0.5 * (days.high - days.low).sum(axis=2)[..., None]).all()
    # Said of itself: the sums of the last year that were over, and what fell within.
    assert total.judged.tolist() == [[49, 49]] * 2
    assert (total.held[:, 0] > 0.6 * 49).all()
    assert (total.held[:, 0] <= total.held[:, 1]).all()


def test_a_sum_has_no_interval_before_eight_of_its_length_are_over(calm_then_wild: Tracking) -> None:
    # The first forecast is that of week 2; the eighth, of week 9, is over after 7 or 28 days.
    for length, first in ((7, 10), (28, 13)):
        assert np.isnan(made(calm_then_wild, first - 1, length).low).all(), length
        assert not np.isnan(made(calm_then_wild, first, length).low).any(), length


def test_the_wider_interval_holds_the_narrower(calm_then_wild: Tracking) -> None:
    for week in range(20, 100, 10):
        for each in calm_then_wild.intervals(monday(week), lambda _: METHOD).values():
            assert (each.low[:, 1] <= each.low[:, 0]).all()
            assert (each.high[:, 1] >= each.high[:, 0]).all()
