"""Frequency, recency, T and money of customers by hand: lines of a day merged, returns netted, nothing known too early."""

import math
from datetime import date

import duckdb
import pandas as pd
import pytest

from assets.insights.clv.methods.groups import grouped
from benchmarks.clv import summarise

UNTIL = date(2025, 3, 31)


def summary(*rows: tuple[str, str, float | None], horizon_days: int = 30, days_per_unit: float = 1) -> pd.DataFrame:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE log (customer_id VARCHAR, day DATE, value DOUBLE)")
        connection.executemany("INSERT INTO log VALUES (?, ?, ?)", rows)
        found = summarise(connection, UNTIL, horizon_days, days_per_unit)
    return found.set_index("person_id")


def test_lines_of_a_day_are_one_purchase() -> None:
    row = summary(
        ("a", "2025-03-01", 10), ("a", "2025-03-01", 5), ("a", "2025-03-11", 20), ("a", "2025-03-11", 10)
    ).loc["a"]

    assert (row["frequency"], row["recency"], row["T"]) == (1, 10, 30)
    assert (row["monetary_value"], row["spend"]) == (30, 45)


def test_a_unit_divides_days_and_is_not_rounded() -> None:
    row = summary(("a", "2025-03-01", 10), ("a", "2025-03-11", 20), days_per_unit=7).loc["a"]

    assert (row["recency"], row["T"]) == pytest.approx((10 / 7, 30 / 7))


def test_gaps_are_those_between_purchases_known_by_then() -> None:
    rows = summary(
        ("a", "2025-03-01", 10), ("a", "2025-03-06", -5), ("a", "2025-03-11", 20), ("a", "2025-03-31", 20), ("a", "2025-04-02", 1),
        ("b", "2025-03-01", 10),
        days_per_unit=7,
    )["log_gap_sum"]  # fmt: skip

    assert rows.tolist() == pytest.approx([math.log(10 / 7) + math.log(20 / 7), 0])


def test_a_return_lowers_the_purchase_it_follows() -> None:
    rows = summary(
        ("a", "2025-03-01", 10), ("a", "2025-03-05", 40), ("a", "2025-03-08", -15), ("a", "2025-03-11", 20),
        ("b", "2025-03-01", 10), ("b", "2025-03-03", -10),
        ("c", "2025-03-01", 10), ("c", "2025-03-01", -10),
        ("d", "2025-02-01", -5), ("d", "2025-03-01", 10),
    )  # fmt: skip

    assert rows.loc["a", ["frequency", "recency", "monetary_value", "spend"]].tolist() == [2, 10, 22.5, 55]
    assert rows.loc["b", ["frequency", "spend"]].tolist() == [0, 0]
    # A day on which something was bought is a purchase, as in features.customers, also where it went back at once.
    assert rows.loc["c", ["frequency", "T", "spend"]].tolist() == [0, 30, 0]
    assert rows.loc["d", ["frequency", "T", "spend"]].tolist() == [0, 30, 5]


def test_who_only_gave_back_has_no_row() -> None:
    assert summary(("a", "2025-03-01", -10), ("b", "2025-03-02", 5)).index.tolist() == ["b"]


def test_free_orders_and_logs_without_money_count_as_purchases() -> None:
    rows = summary(("a", "2025-03-01", 0), ("a", "2025-03-02", 0), ("b", "2025-03-01", None), ("b", "2025-03-05", None))

    assert rows["frequency"].tolist() == [1, 1]
    assert rows.loc["a", "monetary_value"] == 0
    assert rows.loc["b", ["monetary_value", "spend"]].isna().all()


def test_what_came_later_is_apart_and_changes_nothing_before() -> None:
    """A later return of an earlier purchase lowers what the later days brought, not what was known before them."""
    before = [("a", "2025-03-01", 10.0), ("a", "2025-03-31", 20.0)]
    later = [
        ("a", "2025-04-01", -20.0),
        ("a", "2025-04-10", 7.0),
        ("a", "2025-04-30", 8.0),
        ("a", "2025-05-01", 9.0),
        ("new", "2025-04-02", 5.0),
    ]

    rows = summary(*before, *later)
    assert rows.index.tolist() == ["a"]
    assert rows.loc["a", ["later_purchases", "later_spend"]].tolist() == [2, -5]
    columns = ["frequency", "recency", "T", "monetary_value", "spend"]
    pd.testing.assert_frame_equal(rows[columns], summary(*before)[columns])
    assert summary(*before, *later, horizon_days=0)["later_purchases"].tolist() == [0]


def test_groups_are_the_distinct_customers() -> None:
    customers = pd.DataFrame({"frequency": [1, 0, 1, 0], "recency": [3.0, 0, 3, 0], "T": [9.0, 4, 9, 5]})
    groups, numbers = grouped(customers)

    assert groups["customer_count"].tolist() == [1, 1, 2]
    pd.testing.assert_frame_equal(
        groups.loc[numbers, list(customers)].reset_index(drop=True), customers, check_dtype=False
    )
