"""clean: a value beyond what can be carried is one row in quarantine, never a failed day."""

from pathlib import Path

import duckdb
import pytest

from assets.clean.typing import typed
from resources.contract import CONTRACT
from resources.reading import register
from tests.shop_builder import COLUMNS, Bench, line, write_rows, write_store

SHOP = """
name: {zh: 茶馆, en: Tea house}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
end: 2024-01-10
sources: {order_lines: {path: lines.csv}}
tables: {orders: SELECT * FROM order_lines}
limits: {quarantine_share: 1}
"""
AT = "2024-01-02 10:00:00"
SPREADSHEET = "order_id is in exponent notation: the file was saved by a spreadsheet, digits are lost"


def test_impossible_values_are_in_quarantine_each_with_its_reason(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, SHOP)
    odd = {
        "paid": (line("paid", "anna", AT, paid_at="infinity"), "paid_at cannot be read as TIMESTAMP"),
        "late": (line("late", "anna", AT, paid_at="9999-12-31"), "paid_at lies more than a year after its delivery"),
        "old": (line("old", "anna", AT, paid_at="1970-01-01"), "paid_at lies before 2022-12-31"),
        "wide": (line("wide", "anna", AT, discount="99999999999999.9999"), "discount is larger than its line"),
        "more": (line("more", "anna", AT, discount="15"), "discount is larger than its line"),
        "less": (line("less", "anna", AT, discount="-5"), "discount has another sign than its quantity"),
        "back": (line("back", "anna", AT, -1, discount="5"), "discount has another sign than its quantity"),
        "1.23457E+17": (line("1.23457E+17", "anna", AT), SPREADSHEET),
        "zone": (line("zone", "anna", "2024-01-02 10:00:00 CST"), "ordered_at cannot be read as TIMESTAMP"),
    }
    huge = [line(f"huge{number}", "anna", AT, 9 * 10**18, 10**14 - 1) for number in range(20)]
    good = [line("a", "anna", AT, 2, discount="5"), line("b", "anna", AT, -2, discount="-5"), line('="c"', "anna", AT)]
    columns = [*COLUMNS["orders"], *(name for name in ("discount", "paid_at") if name not in COLUMNS["orders"])]
    write_rows(bench.store / "lines.csv", columns, [*huge, *(row for row, _ in odd.values()), *good])
    assert bench.run("raw/orders", "clean/orders", first="2024-01-01", last="2024-01-10").success
    found = dict(bench.query("SELECT row->>'order_id', reason FROM clean.quarantine"))
    assert {name: reason for name, reason in found.items() if not name.startswith("huge")} == {
        name: reason for name, (_, reason) in odd.items()
    }
    assert {reason for name, reason in found.items() if name.startswith("huge")} == {"quantity is beyond 1000000"}
    assert bench.query("SELECT order_id FROM clean.orders ORDER BY 1") == [("a",), ("b",), ("c",)]


@pytest.mark.parametrize(
    ("registered_at", "reason"),
    [
        ("9999-12-31", "registered_at lies more than a year after its delivery"),
        ("1969-12-31 23:00:00", "registered_at lies before 1970-01-02"),
        ("294247-01-10 04:00:54.775806+00", "registered_at cannot be read as TIMESTAMP"),
        ("infinity", "registered_at cannot be read as TIMESTAMP"),
        ("2019-05-01", None),
    ],
)
def test_an_account_was_opened_in_a_time_that_can_be(delivered: Bench, registered_at: str, reason: str | None) -> None:
    customers = CONTRACT["customers"]
    with duckdb.connect() as connection:
        register(connection, "Asia/Shanghai")
        connection.execute(customers.raw.create_sql("arrived", temporary=True))
        row = "INSERT INTO arrived (customer_id, registered_at, delivered_on) VALUES ('anna', $at, '2024-01-18')"
        connection.execute(row, {"at": registered_at})
        ((found,),) = connection.execute(
            f"SELECT reason FROM ({typed(customers, delivered.shop, 'arrived')})"
        ).fetchall()
    assert found == reason
