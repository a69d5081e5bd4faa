"""Demand by category is changed where it is least sure until it adds up to the total."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from assets.insights.forecast.methods.agreement import agreeing
from assets.insights.forecast.methods.history import Floats
from assets.insights.forecast.methods.series import DEMAND, ORDERS, Histories
from assets.insights.forecast.methods.trading_calendar import TradingCalendar
from resources.errors import NotEnough
from tests.insights.demo_bench import NEWEST, Demo

STEADY, WILD = ("demand", "steady"), ("demand", "wild")


def seen(rest: float = 0.0) -> Histories:
    """Eight weeks of a category that hardly moves, of one that moves much, and of products without a category."""
    random = np.random.default_rng(0)
    steady, wild = 100 + random.normal(0, 1, 56), 100 + random.normal(0, 10, 56)
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(56)]
    calendar = TradingCalendar(tuple(range(7)), frozenset())
    return Histories(date(2024, 2, 26), calendar, days, {STEADY: steady, WILD: wild, DEMAND: steady + wild + rest})


def level(history: Floats) -> Floats:
    return np.full(7, np.nanmean(history))


def test_what_is_lacking_goes_to_the_series_that_is_least_sure() -> None:
    told = {STEADY: np.full(7, 100.0), WILD: np.full(7, 100.0), DEMAND: np.full(7, 230.0)}
    made = agreeing(told, seen(), level)
    assert made[STEADY] + made[WILD] == pytest.approx(made[DEMAND], abs=1e-3)
    assert np.abs(made[STEADY] - 100).max() < 1
    assert (made[WILD] > 110).all()
    assert (made[DEMAND] < 225).all()


def test_what_has_no_category_is_in_the_total_alone() -> None:
    told = {STEADY: np.full(7, 100.0), WILD: np.full(7, 100.0), DEMAND: np.full(7, 205.0)}
    made = agreeing(told, seen(rest=5), level)
    assert made[DEMAND] - made[STEADY] - made[WILD] == pytest.approx(5, abs=0.1)

    def too_little(history: Floats) -> Floats:
        raise NotEnough("28 trading days", 3)

    assert agreeing(told, seen(rest=5), too_little)[DEMAND] == pytest.approx(made[DEMAND])


def test_without_categories_or_without_a_total_nothing_is_changed() -> None:
    assert agreeing({DEMAND: np.ones(7), ORDERS: np.ones(7)}, seen(), level) == {}
    assert agreeing({STEADY: np.ones(7)}, seen(), level) == {}


def test_what_buyers_are_expected_to_spend_stands_beside_the_revenue_of_as_many_days(
    backfilled: Demo, backfill_checks: dict[str, dict[str, dict[str, Any]]]
) -> None:
    rows = backfilled.week("forecast_agreement", NEWEST)
    (expected,) = backfilled.query(
        "SELECT any_value(horizon_days), CAST(sum(expected_spend) AS DOUBLE) FROM insights.predictions "
        f"WHERE as_of = '{NEWEST}'"
    )
    (row,) = rows
    days = row["horizon_days"]
    assert (days, row["expected_spend"]) == (expected[0], pytest.approx(expected[1]))
    since = NEWEST - timedelta(days=days)
    sold = (
        "SELECT CAST(sum(sign * (quantity * unit_price - discount)) AS DOUBLE) FROM clean.orders WHERE cancelled_at IS NULL "
        f"AND coalesce(line_type, 'product') = 'product' AND quantity > 0 AND ordered_on >= '{since}' AND ordered_on < '{NEWEST}'"
    )
    ((total,),) = backfilled.query(sold)
    ((guests,),) = backfilled.query(f"{sold} AND customer_id IS NULL")
    ((new,),) = backfilled.query(
        f"{sold} AND customer_id NOT IN (SELECT customer_id FROM clean.orders WHERE customer_id IS NOT NULL AND cancelled_at IS NULL "
        f"AND quantity > 0 AND ordered_on < '{since}')"
    )
    assert row["guest_share"] == pytest.approx((guests or 0) / total, abs=1e-6)
    assert row["new_share"] == pytest.approx((new or 0) / total, abs=1e-6)
    assert row["known_share"] + row["new_share"] + row["guest_share"] == pytest.approx(1)
    assert row["spend_to_known_revenue"] == pytest.approx(row["expected_spend"] / row["revenue"] / row["known_share"])
    # As many days of revenue as the daily forecast promises of its own.
    ((daily,),) = backfilled.query(
        f"SELECT avg(mean) FROM insights.forecasts WHERE as_of = '{NEWEST}' AND series = 'revenue'"
    )
    assert row["revenue"] == pytest.approx(daily * days, rel=0.25)
    check = backfill_checks["insights/forecast_agreement"]["expected_spend_agrees_with_the_revenue_forecast"]
    assert check["severity"] == "WARN"
