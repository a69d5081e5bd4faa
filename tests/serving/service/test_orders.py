"""The orders on a card are those that stand in the book now, with what became of them."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.serving_shop import publish, tables
from resources.cards import Cards
from resources.contract import ORDERS

COLUMNS = "order_id, line_no, customer_id, product_id, quantity, unit_price, discount, ordered_at, paid_at, shipped_at, delivered_at, cancelled_at, sign"
LINES = """
('a', '1', 'c00000001', 'p1', 2, 10, 1, '2025-12-01 08:00', '2025-12-01 08:05', NULL, NULL, NULL, 1),
('a', '1', 'c00000001', 'p1', 2, 10, 1, '2025-12-01 08:00', '2025-12-01 08:05', NULL, NULL, NULL, -1),
('a', '1', 'c00000001', 'p1', 2, 10, 1, '2025-12-01 08:00', '2025-12-01 08:05', '2025-12-02 09:00', '2025-12-04 10:00', NULL, 1),
('b', '1', 'c00000001', 'p1', 1, 5, 0, '2025-12-05 08:00', NULL, NULL, NULL, '2025-12-05 09:00', 1),
('c', '1', 'c00000001', 'p1', 1, 5, 0, '2025-12-06 08:00', '2025-12-06 08:01', '2025-12-07 08:00', '2025-12-08 08:00', NULL, 1),
('c', '2', 'c00000001', 'p2', 1, 7, 0, '2025-12-06 08:00', '2025-12-06 08:01', NULL, NULL, NULL, 1),
('r', '1', 'c00000001', 'p1', -2, 10, -1, '2025-12-09 08:00', NULL, NULL, NULL, NULL, 1),
('d', '1', 'c00000020b', 'p1', 1, 3, 0, '2025-12-10 08:00', NULL, NULL, NULL, NULL, 1),
('g', '1', NULL, 'p1', 1, 3, 0, '2025-12-10 08:00', NULL, NULL, NULL, NULL, 1)
"""


def test_orders_are_as_the_book_has_them_now(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        tables(connection, 40, weeks=1)
        connection.execute("CREATE SCHEMA clean")
        connection.execute(ORDERS.clean.create_sql())
        connection.execute(f"INSERT INTO clean.orders ({COLUMNS}) VALUES {LINES}")
        publish(connection, tmp_path, "orders", also=("orders",))
    cards = Cards.of(tmp_path / "orders")
    found = {order["order_id"]: order for order in cards.orders("c00000001")}
    # The latest first; a return is no order.
    assert list(found) == ["c", "b", "a"]
    # A line that was delivered again stands once, as it is now.
    assert found["a"]["spend"] == 19
    assert found["a"]["delivered_at"] == datetime(2025, 12, 4, 10, tzinfo=UTC)
    assert "paid_at" not in found["b"] and found["b"]["cancelled_at"] == datetime(2025, 12, 5, 9, tzinfo=UTC)
    # With one of two lines there, an order is not delivered yet.
    assert (found["c"]["spend"], "delivered_at" in found["c"], "shipped_at" in found["c"]) == (12, False, True)
    # An account of a person is told of its own alone: whoever shares a device may be somebody else.
    assert [order["order_id"] for order in cards.orders("c00000020b")] == ["d"]
    assert cards.orders("c00000020") == []
    assert cards.orders("c00000002") == []
