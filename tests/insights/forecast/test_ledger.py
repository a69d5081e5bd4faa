"""The daily series as of any Monday are what the orders known before it say: late, corrected, cancelled, moved to another category."""

from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from assets.insights.forecast.methods.series import Histories, Key, Ledger
from assets.insights.forecast.reads import study_of
from tests.shop_builder import WEEKS, Bench, Row

TOTALS = [("orders", ""), ("customers", ""), ("revenue", ""), ("demand", "")]


@pytest.fixture(scope="module")
def bench(tea_house: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return tea_house.copy(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="module")
def ledger(bench: Bench) -> Ledger:
    warehouse = bench.warehouse()
    with warehouse.opened():
        return study_of(warehouse).cache.ledger


def counted(orders: list[Row], products: list[Row], week: date) -> dict[Key, dict[date, float]]:
    """The same from the rows themselves, one by one."""
    category = {}
    for row in sorted(products, key=lambda row: row["known_on"]):
        if row["known_on"] < week:
            category[row["product_id"]] = row["category"]
    lines: dict[tuple[str, date, str], int] = defaultdict(int)
    found: dict[Key, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for row in orders:
        is_sale = row["cancelled_at"] is None and row["line_type"] in (None, "product") and 0 < row["quantity"] < 10_000
        if not is_sale or row["known_on"] >= week:
            continue
        day, sign = row["ordered_on"], row["sign"]
        found["revenue", ""][day] += sign * float(row["quantity"] * row["unit_price"] - (row["discount"] or 0))
        found["demand", ""][day] += sign * row["quantity"]
        if category.get(row["product_id"]):
            found["demand", category[row["product_id"]]][day] += sign * row["quantity"]
        lines["orders", day, row["order_id"]] += sign
        if row["customer_id"]:
            lines["customers", day, row["customer_id"]] += sign
    for (series, day, _), count in lines.items():
        found[series, ""][day] += count > 0
    return found


def values(known: Histories, key: Key) -> dict[date, float]:
    return {day: value for day, value in zip(known.days, known.series[key], strict=True) if value > 0}


@pytest.mark.parametrize("week", WEEKS, ids=str)
def test_each_series_is_what_the_rows_known_before_the_week_say(bench: Bench, ledger: Ledger, week: date) -> None:
    known = ledger.as_of(week)
    assert known is not None
    columns = "product_id, category, known_on"
    products = [
        dict(zip(columns.split(", "), row, strict=True)) for row in bench.query(f"SELECT {columns} FROM clean.products")
    ]
    expected = counted(bench.rows("clean.orders"), products, week)
    for key in known.series:
        assert values(known, key) == pytest.approx({day: sold for day, sold in expected[key].items() if sold > 0}), key
    assert set(known.series) >= {*TOTALS, ("demand", "drinks"), ("demand", "ware")}


def test_a_product_takes_its_past_along_when_its_category_changes(ledger: Ledger) -> None:
    before, after = ledger.as_of(date(2024, 1, 29)), ledger.as_of(date(2024, 2, 5))
    assert before is not None
    assert after is not None
    cups = values(before, ("demand", "ware"))
    assert cups == {date(2024, 1, 2): 1, date(2024, 1, 7): 1}
    assert values(after, ("demand", "ware")) == {}
    for day, sold in cups.items():
        assert values(after, ("demand", "drinks"))[day] == values(before, ("demand", "drinks")).get(day, 0) + sold


def test_nothing_is_known_before_the_first_sale(ledger: Ledger) -> None:
    assert ledger.as_of(date(2024, 1, 1)) is None


def test_days_to_come_and_days_off_the_grid_have_not_happened(ledger: Ledger) -> None:
    known = ledger.as_of(date(2024, 1, 15))
    assert known is not None
    days = [date(2023, 12, 1), date(2024, 1, 2), date(2024, 1, 15), date(2024, 3, 1)]
    seen = known.happened(("demand", ""), np.array([day.toordinal() for day in days]))
    assert np.isnan(seen).tolist() == [True, False, True, True]
    assert seen[1] == 3
