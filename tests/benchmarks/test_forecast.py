"""The forecast benchmark reads what it says it reads, and chooses as it says it chooses."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pytest

from assets.insights.forecast.methods.naive import seasonal_naive
from assets.insights.forecast.methods.theta import theta_on_roots
from assets.insights.forecast.methods.tracking import DAYS
from benchmarks.forecast import (
    chosen_of,
    errors,
    read_series,
    told_by,
    with_top_down,
)
from benchmarks.forecast_methods.coverage import Judged, shares_of
from resources.shop import STORES


@pytest.fixture
def invoices(tmp_path: Path) -> Path:
    """Six weeks of a shop shut on Saturdays and on one holiday."""
    first, rows = date(2011, 1, 3), []
    for number in range(42):
        day = first + timedelta(days=number)
        if day.weekday() == 5 or number == 21:
            continue
        at = datetime(day.year, day.month, day.day, 12)
        rows += [
            (f"{number}1", "22001", "RED CHRISTMAS BAG", 2, at, 1.5, 1),
            (f"{number}1", "22002", "LUNCH BAG", 1, at, 4.0, 1),
            (f"{number}2", "22003", "PLAIN THING", 1, at, 1.0, 1),
            # None of these is a purchase by a known customer.
            (f"C{number}3", "22002", "LUNCH BAG", -1, at, 4.0, 1),
            (f"{number}4", "22002", "LUNCH BAG", 5, at, 4.0, None),
            (f"{number}5", "22002", "LUNCH BAG", 5, at, 0.0, 2),
        ]
    file = tmp_path / "invoices.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE invoices (InvoiceNo VARCHAR, StockCode VARCHAR, Description VARCHAR, Quantity BIGINT, "
            "InvoiceDate TIMESTAMP, UnitPrice DOUBLE, CustomerID BIGINT)"
        )
        connection.executemany("INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute(f"COPY invoices TO '{file}' (FORMAT parquet)")
    return file


def test_series_are_those_of_the_store_mapping(invoices: Path) -> None:
    series = read_series(invoices)
    assert series.names == ["orders", "revenue", "customers", "christmas", "lunch"]
    assert series.season == 6
    assert series.values.shape == (5, 36)
    assert np.flatnonzero(np.isnan(series.values[0])).tolist() == [18]
    # The first keyword of the list gives the category: a Christmas bag is Christmas.
    assert series.values[:, 0].tolist() == [2, 8, 1, 3, 4]


def test_the_mapping_lists_21_categories() -> None:
    mapping = (STORES / "online_retail" / "products.sql").read_text(encoding="utf-8")
    listed = re.findall(r"ILIKE '% (.+)%' THEN '(.+)'", mapping)
    assert len(listed) == 21
    assert all(keyword == category for keyword, category in listed)


def test_forecasts_of_a_steady_shop_have_no_error(invoices: Path) -> None:
    series = read_series(invoices)
    forecasts, seconds = told_by(seasonal_naive, series, [24])
    assert forecasts.shape == (5, 1, 12)
    assert forecasts[:, 0, 0].tolist() == [2, 8, 1, 3, 4]
    assert seconds >= 0
    # A shop that never moves has no unit of MASE.
    assert np.isnan(errors(forecasts, forecasts, series, [24])).all()


def test_days_after_the_last_origin_change_no_forecast(invoices: Path) -> None:
    series = read_series(invoices)
    series.values[:, :30] += np.random.default_rng(0).gamma(2, 3, (5, 30))
    forecasts, _ = told_by(theta_on_roots, series, [30])
    assert np.isfinite(forecasts).all()
    series.values[:, 30:] = 1e9
    assert (told_by(theta_on_roots, series, [30])[0] == forecasts).all()
    made = with_top_down(forecasts, series, [30])
    series.values[:, 30:] = 0
    assert (with_top_down(forecasts, series, [30]) == made).all()


def test_the_cheapest_of_those_that_are_as_good_as_the_best_is_chosen() -> None:
    best = np.array([[1.0, 1.1, 0.9, 1.0]])
    older = {"dear": best, "cheap": best + [[0.1, -0.05, 0.02, -0.01]], "floor": best + 0.5}
    assert chosen_of(older, {"dear": 100, "cheap": 1, "floor": 0}) == "cheap"
    assert chosen_of({**older, "cheap": best + 0.1}, {"dear": 100, "cheap": 1, "floor": 0}) == "dear"
    # Behind by the same half a percent everywhere: clear, and of no matter.
    assert chosen_of({**older, "cheap": best * 1.005}, {"dear": 100, "cheap": 1, "floor": 0}) == "cheap"
    assert chosen_of({**older, "cheap": best * 1.02}, {"dear": 100, "cheap": 1, "floor": 0}) == "dear"


def test_shares_are_told_by_series_by_how_far_ahead_and_by_quarter() -> None:
    keys = [("orders", ""), ("demand", "tea")]
    held = np.ones((2, 2, 28))
    held[0, 0, 7:14] = 0
    held[1] = np.nan
    spring, summer = (
        Judged(day, keys, DAYS, each, np.ones((2, 2)))
        for day, each in ((date(2024, 4, 1), held), (date(2024, 7, 1), held * 0))
    )
    found = [spring, summer, Judged(date(2024, 4, 1), keys, 28, np.ones((2, 2, 1)), np.ones((2, 2)))]
    shares = shares_of(found, 0, "orders")
    assert (shares["days"], shares["days 1-7"], shares["days 8-14"]) == (0.375, 0.5, 0)
    assert (shares["Q2"], shares["Q3"], shares["sum 28"]) == (0.75, 0, 1)
    assert shares_of(found, 0, "all totals") == pytest.approx(shares, nan_ok=True)
    # Of categories nothing was judged but the sum.
    assert np.isnan(shares_of(found, 0, "")["days"])
    assert shares_of(found, 0, "")["sum 28"] == 1
