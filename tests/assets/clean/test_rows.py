"""raw to clean: what becomes of every awkward row of the tea house, and that none is lost."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.shop_builder import FACTS, ORDERS, Bench, days


def booked(bench: Bench, order_id: str) -> list[tuple[Any, ...]]:
    return bench.query(
        "SELECT delivered_on, row_no, sign, customer_id, quantity, unit_price FROM clean.orders WHERE order_id = ? ORDER BY 1, 2, 3",
        [order_id],
    )


def test_values_are_typed_and_instants_are_utc_beside_the_shop_s_day(tea_house: Bench) -> None:
    (row,) = tea_house.rows("clean.orders", "order_id = 'd4'")
    assert row["ordered_at"] == datetime(2024, 1, 19, 17)
    # Seventeen hours UTC on the 19th is one o'clock on the 20th in Shanghai.
    assert row["ordered_on"] == row["delivered_on"] == row["known_on"] == date(2024, 1, 20)
    assert (row["quantity"], row["unit_price"], row["discount"]) == (1, Decimal("10.0000"), None)
    # Wall time without an offset is the shop's.
    (row,) = tea_house.rows("clean.orders", "order_id = 'h3'")
    assert (row["ordered_at"], row["ordered_on"]) == (datetime(2024, 1, 7, 15, 59, 59), date(2024, 1, 7))


def test_rows_that_cannot_be_believed_are_in_quarantine_with_the_reason(tea_house: Bench) -> None:
    found = dict(
        tea_house.query(
            "SELECT row->>'order_id', reason FROM clean.quarantine WHERE source_table = 'orders' AND delivered_on = '2024-01-19'"
        )
    )
    assert found == {
        "q1": "quantity is 0",
        "q2": "line of a product has a negative price",
        "q3": "ordered_at cannot be read as TIMESTAMP",
        None: "order_id is missing",
        "q5": "the line is in another currency than the shop",
        "q6": "it happened after its delivery",
        "q7": "it happened before the shop's start",
        "q8": "quantity is no whole number",
        "q9": "quantity cannot be read as BIGINT",
        "q10": "line_type is none of product/shipping/fee/adjustment/sample",
        "q11": "quantity is beyond 1000000",
        "q12": "unit_price is beyond 10000000",
        "q13": "product_id is missing",
    }
    believed = tea_house.query("SELECT order_id FROM clean.orders WHERE delivered_on = '2024-01-19' ORDER BY 1")
    assert believed == [("d2",), ("d3",)]


def test_quarantine_keeps_the_row_as_delivered_under_its_delivery_day(tea_house: Bench) -> None:
    (found,) = tea_house.rows("clean.quarantine", "row->>'order_id' = 'q3'")
    assert (found["delivered_on"], found["row_no"]) == (date(2024, 1, 19), 3)
    given = json.loads(found["row"])
    assert {name: given[name] for name in ("ordered_at", "quantity", "unit_price")} == {
        "ordered_at": "31/31/2024",
        "quantity": "1",
        "unit_price": "10",
    }


def test_quarantine_of_the_history_and_of_the_other_tables(tea_house: Bench) -> None:
    found = tea_house.query(
        "SELECT source_table, row_no, reason FROM clean.quarantine WHERE delivered_on <> '2024-01-19' ORDER BY 1, 2"
    )
    assert found == [
        ("customers", 3, "birth_year is impossible"),
        ("events", 6, "customer_id is missing"),
        ("events", 7, "event_type is none of view/cart/favorite/search/impression/click/rate"),
        ("orders", 8, "it happened before the shop's start"),
        ("products", 3, "price is negative"),
    ]


def test_an_exact_duplicate_is_left_out_in_the_same_and_in_a_later_delivery(tea_house: Bench) -> None:
    assert [row[:3] for row in booked(tea_house, "h4")][0] == (date(2024, 1, 17), 5, 1)
    assert len([row for row in booked(tea_house, "h4") if row[0] == date(2024, 1, 17)]) == 1
    # h3 came again on the 23rd, and nothing was booked on that day at all.
    assert booked(tea_house, "h3") == [(date(2024, 1, 17), 4, 1, "bob", 1, 30)]
    assert tea_house.rows("clean.orders", "delivered_on = '2024-01-23'") == []
    assert tea_house.query("SELECT count(*) FROM raw.orders WHERE delivered_on = '2024-01-23'") == [(2,)]


def test_corrections_are_a_reversal_and_a_new_row_on_the_new_day(tea_house: Bench) -> None:
    assert booked(tea_house, "d1") == [
        (date(2024, 1, 18), 1, 1, "anna", 1, 12),
        (date(2024, 1, 22), 1, -1, "anna", 1, 12),
        (date(2024, 1, 22), 1, 1, "anna", 1, 10),
        (date(2024, 1, 24), 1, -1, "anna", 1, 10),
        (date(2024, 1, 24), 1, 1, "anna", 1, 12),
    ]
    # All of them say when it happened, and that it was known only then.
    assert tea_house.query(
        "SELECT DISTINCT ordered_on, known_on - delivered_on FROM clean.orders WHERE order_id = 'd1'"
    ) == [(date(2024, 1, 18), 0)]


@pytest.mark.parametrize(
    ("day", "worth"),
    [("2024-01-18", 12), ("2024-01-22", 10), ("2024-01-23", 10), ("2024-01-24", 12), ("2024-02-04", 12)],
)
def test_sums_over_deliveries_give_what_was_last_delivered(tea_house: Bench, day: str, worth: int) -> None:
    query = "SELECT sum(sign * quantity * unit_price), sum(sign) FROM clean.orders WHERE order_id = 'd1' AND delivered_on <= ?"
    assert tea_house.query(query, [day]) == [(Decimal(worth), 1)]


def test_a_correction_may_move_a_line_to_another_customer(tea_house: Bench) -> None:
    assert booked(tea_house, "h4")[1:] == [
        (date(2024, 1, 26), 1, -1, "cara", 3, 10),
        (date(2024, 1, 26), 1, 1, "dora", 3, 10),
    ]


def test_of_two_versions_in_one_delivery_the_later_counts(tea_house: Bench) -> None:
    assert booked(tea_house, "d9")[:3] == [
        (date(2024, 1, 28), 1, 1, "cara", 1, 10),
        (date(2024, 1, 28), 2, -1, "cara", 1, 10),
        (date(2024, 1, 28), 2, 1, "cara", 2, 10),
    ]


def test_a_return_is_a_row_of_its_own_on_its_own_day(tea_house: Bench) -> None:
    (row,) = tea_house.rows("clean.orders", "order_id = 'r1'")
    assert (row["quantity"], row["sign"], row["ordered_on"]) == (-1, 1, date(2024, 1, 25))


def test_guests_outliers_and_cancelled_lines_are_kept_but_are_nobody_s_sales(tea_house: Bench) -> None:
    kept = tea_house.query(
        "SELECT order_id FROM clean.orders WHERE order_id IN ('h5', 'd6', 'd7', 'd8', 'd3') ORDER BY 1"
    )
    assert kept == [("d3",), ("d6",), ("d7",), ("d8",), ("h5",)]
    assert tea_house.query("SELECT customer_id FROM clean.orders WHERE order_id = 'h5'") == [(None,)]
    assert (
        tea_house.rows(
            "features.customer_days", "customer_id IS NULL OR active_on = '2024-01-27' OR active_on = '2024-01-10'"
        )
        == []
    )


def test_a_late_row_stays_in_the_later_partition(tea_house: Bench) -> None:
    (row,) = tea_house.rows("clean.orders", "order_id = 'd5'")
    assert (row["ordered_on"], row["delivered_on"], row["known_on"]) == (
        date(2024, 1, 13),
        date(2024, 1, 21),
        date(2024, 1, 21),
    )


def test_rows_of_the_history_are_known_from_the_day_they_happened(tea_house: Bench) -> None:
    found = tea_house.query("SELECT DISTINCT known_on - ordered_on FROM clean.orders WHERE delivered_on = '2024-01-17'")
    assert found == [(0,)]


def test_repeated_events_are_dropped_within_seven_days_and_kept_after_them(tea_house: Bench) -> None:
    found = tea_house.query(
        "SELECT event_id, delivered_on FROM clean.events WHERE event_id IN ('e1', 'e2', 'e8') ORDER BY 1, 2"
    )
    assert found == [
        ("e1", date(2024, 1, 18)),
        ("e2", date(2024, 1, 18)),
        ("e2", date(2024, 1, 26)),
        ("e8", date(2024, 1, 26)),
    ]
    assert tea_house.query("SELECT count(*) FROM raw.events WHERE event_id IN ('e1', 'e2', 'e8')") == [(6,)]


def test_changes_are_one_row_a_key_and_change(tea_house: Bench) -> None:
    found = tea_house.query(
        "SELECT customer_id, region, known_on FROM clean.customers WHERE customer_id IN ('anna', 'bob') ORDER BY 1, 3"
    )
    assert found == [
        ("anna", "Hangzhou", date(2024, 1, 1)),
        ("anna", "Shanghai", date(2024, 1, 24)),
        # Told again as he was: no change.
        ("bob", None, date(2024, 1, 7)),
    ]


@pytest.mark.parametrize("table", FACTS)
def test_rows_are_conserved_on_every_delivery_day(tea_house: Bench, table: str) -> None:
    """Counted here once more, independently of the figures of the check."""
    for day in days():
        ((arrived, kept, set_aside),) = tea_house.query(
            f"SELECT (SELECT count(*) FROM raw.{table} WHERE delivered_on = $1), "
            f"(SELECT count(*) FROM clean.{table} WHERE delivered_on = $1 AND sign = 1), "
            f"(SELECT count(*) FROM clean.quarantine WHERE delivered_on = $1 AND source_table = '{table}')",
            [day],
        )
        duplicates = {"orders": {"2024-01-17": 1, "2024-01-23": 2}, "events": {"2024-01-25": 1, "2024-01-26": 1}}[table]
        assert arrived - kept - set_aside == duplicates.get(day.isoformat(), 0), day


def test_money_is_conserved_to_the_cent(tea_house: Bench) -> None:
    delivered = sum(Decimal(str(row["unit_price"])) for day in ("2024-01-31", "2024-02-02") for row in ORDERS[day])
    assert delivered == Decimal("25.5")
    ((kept,),) = tea_house.query(
        "SELECT sum(sign * quantity * unit_price) FROM clean.orders WHERE delivered_on >= '2024-01-30'"
    )
    assert kept == delivered


def test_the_book_holds_the_figures_of_conservation(tea_house: Bench) -> None:
    names = ("every_delivered_row_is_accounted_for", "few_rows_are_in_quarantine")
    found = {
        key: (count, [json.loads(figures)[name] for name in names])
        for key, count, figures in tea_house.query(
            "SELECT partition_key, row_count, figures FROM ops.windows WHERE table_name = 'clean.orders'"
        )
    }
    assert sorted(found) == [day.isoformat() for day in days()]
    assert found["2024-01-19"] == (2, [0, pytest.approx(13 / 15)])
    # One bad row of eight is dirt and gives no verdict.
    assert found["2024-01-17"] == (6, [0, None])
    assert found["2024-02-04"] == (0, [None, None])
