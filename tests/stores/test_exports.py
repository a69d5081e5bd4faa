"""Exports as shops' systems write them, each with the mapping that makes it the contract's: nothing but SQL is needed."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.clean.typing import typed
from resources import privacy, reading
from resources.arrival import stored
from resources.contract import CONTRACT
from resources.reader import deliveries, dropped, stage
from resources.shop import load_shop
from tests.shop_builder import write_store

STORE = """
name: {{zh: 小店, en: Shop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
end: 2024-01-31
sources: {sources}
tables: {tables}
"""
SHOWN = {
    "orders": "order_id, line_no, customer_id, product_id, quantity, CAST(unit_price AS DOUBLE), CAST(discount AS DOUBLE), "
    "strftime(ordered_at, '%m-%d %H:%M'), cancelled_at IS NOT NULL, reason",
    "events": "event_id, customer_id, event_type, product_id, strftime(occurred_at, '%m-%d %H:%M'), query, reason",
}


def rows_of(folder: Path, table: str, sources: dict[str, str], mapping: str, drops: str = "") -> list[tuple[Any, ...]]:
    """The typed rows of a table, each with why it would be in quarantine; and, where the mapping leaves rows out, how many."""
    named = "{" + ", ".join(f"{name}: {{path: {path}}}" for name, path in sources.items()) + "}"
    tables = "{orders: orders.sql" + (f", {table}: {table}.sql" if table != "orders" else "") + "}"
    write_store(folder, STORE.format(sources=named, tables=tables), **{"orders": "SELECT 1", table: mapping})
    shop = load_shop(str(folder))
    shop = shop.model_copy(update={"drops": {table: drops} if drops else {}})
    contract = CONTRACT[table]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Shanghai'")
        privacy.register(connection, b"key")
        reading.register(connection, shop.time_zone)
        connection.execute(contract.raw.create_sql("arrived", temporary=True))
        days = [shop.start, shop.end or shop.start]
        (delivery,) = deliveries(shop, contract, days)
        stage(connection, shop, contract, delivery, days)
        left_out = [(dropped(connection, shop, contract),)] if drops else []
        found = connection.execute(
            f"SELECT {SHOWN[table]} FROM ({typed(contract, shop, '(' + stored(contract, 'arrived') + ')')}) ORDER BY 1, 2"
        ).fetchall()
    return [*found, *left_out]


# Shopify writes what belongs to the order into its first line only, and refunds and voided orders as columns of it.
SHOPIFY = """\
Name,Email,Financial Status,Paid at,Refunded Amount,Total,Created at,Cancelled at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount
#1001,anna@example.com,paid,2024-01-05 10:00:00 +0800,0.00,50.00,2024-01-05 10:00:00 +0800,,2,Tea,20.00,tea,0.00
#1001,anna@example.com,,,,,,,1,Cup,10.00,cup,0.00
#1001,anna@example.com,,,,,,,1,Gift card holder,0.00,gift,0.00
#1002,bob@example.com,partially_refunded,2024-01-06 10:00:00 +0800,10.00,40.00,2024-01-06 10:00:00 +0800,,2,Tea,20.00,tea,0.00
#1003,bob@example.com,voided,,0.00,20.00,2024-01-07 10:00:00 +0800,,1,Tea,20.00,tea,0.00
#1004,carl@example.com,refunded,2024-01-08 10:00:00 +0800,20.00,20.00,2024-01-08 10:00:00 +0800,2024-01-09 10:00:00 +0800,1,Tea,20.00,tea,0.00
"""
SHOPIFY_SQL = """
WITH lines AS (
    SELECT Name AS order_id, Email AS customer_id, "Lineitem sku" AS product_id,
        -- Lines have no number of their own: their content, in an order that the next export has too.
        row_number() OVER (PARTITION BY Name ORDER BY "Lineitem sku", "Lineitem price", "Lineitem quantity") AS line_no,
        CAST("Lineitem quantity" AS BIGINT) AS quantity, CAST("Lineitem price" AS DECIMAL(18, 4)) AS unit_price,
        CAST("Lineitem discount" AS DECIMAL(18, 4)) AS discount,
        max("Created at") OVER (PARTITION BY Name) AS ordered_at,
        max("Cancelled at") OVER (PARTITION BY Name) AS cancelled_at,
        max("Financial Status") OVER (PARTITION BY Name) AS status,
        max(CAST("Refunded Amount" AS DECIMAL(18, 4))) OVER (PARTITION BY Name)
            / nullif(max(CAST(Total AS DECIMAL(18, 4))) OVER (PARTITION BY Name), 0) AS refunded
    FROM shopify
)
SELECT order_id, CAST(line_no AS VARCHAR) AS line_no, customer_id, product_id, quantity, unit_price, discount, ordered_at,
    -- A cancelled order is refunded in full: it is no sale, so nothing comes back.
    cancelled_at
FROM lines WHERE status <> 'voided'
UNION ALL
SELECT order_id, line_no || '-refund', customer_id, product_id, -quantity, round(unit_price * refunded, 4), -discount * refunded, ordered_at, NULL
FROM lines WHERE refunded > 0 AND cancelled_at IS NULL
"""
# 淘宝: a list of orders beside a list of lines; orders that were closed are in both.
TAOBAO_ORDERS = """\
订单编号,买家会员名,买家实际支付金额,订单状态,订单创建时间,订单付款时间
="20240105001",小明,55.00,交易成功,2024-01-05 10:00:00,2024-01-05 10:01:00
="20240105002",小红,0.00,交易关闭,2024-01-05 11:00:00,
"""
TAOBAO_LINES = """\
订单编号,标题,价格,购买数量,商家编码,订单状态
="20240105001",茶+杯 套装,60.00,1,tea+cup,交易成功
="20240105002",茶,20.00,1,tea,交易关闭
"""
# A bundle counts as its parts, which share its price; what was not paid is the discount, shared alike.
TAOBAO_SQL = """
WITH parts AS (
    SELECT l."订单编号" AS order_id, l."商家编码" AS bundle, unnest(string_split(l."商家编码", '+')) AS product_id,
        len(string_split(l."商家编码", '+')) AS parts, CAST(l."价格" AS DECIMAL(18, 4)) AS price, CAST(l."购买数量" AS BIGINT) AS quantity
    FROM order_lines AS l
)
SELECT p.order_id, p.bundle || '/' || p.product_id AS line_no, o."买家会员名" AS customer_id, p.product_id, p.quantity,
    round(p.price / p.parts, 4) AS unit_price,
    CASE WHEN o."订单付款时间" IS NOT NULL
        THEN round((sum(p.price / p.parts * p.quantity) OVER (PARTITION BY p.order_id) - CAST(o."买家实际支付金额" AS DECIMAL(18, 4)))
            / count(*) OVER (PARTITION BY p.order_id), 4)
    END AS discount,
    o."订单创建时间" AS ordered_at,
    CASE o."订单状态" WHEN '交易关闭' THEN o."订单创建时间" END AS cancelled_at
FROM parts AS p JOIN order_list AS o ON o."订单编号" = p.order_id
"""
# WooCommerce, one line an order: what was bought is not in it, and a test order is told by its method of payment.
WOO = """\
Order Number,Order Status,Order Date,Customer User ID,Payment Method,Order Total
11,completed,2024-01-05 10:00,7,card,19.90
12,completed,2024-01-05 11:00,1,cheque (test),1.00
"""
WOO_SQL = """
SELECT "Order Number" AS order_id, '1' AS line_no, "Customer User ID" AS customer_id, 'unknown' AS product_id, 1 AS quantity,
    "Order Total" AS unit_price, "Order Date" AS ordered_at
FROM woo WHERE "Payment Method" NOT LIKE '%(test)'
"""
WOO_DROPS = "SELECT count(*) FROM woo WHERE \"Payment Method\" LIKE '%(test)'"


def test_shopify_fields_of_the_order_in_its_first_line_refunds_and_voided_orders(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(SHOPIFY, encoding="utf-8")
    rows = rows_of(tmp_path, "orders", {"shopify": "orders.csv"}, SHOPIFY_SQL)
    people = {row[2] for row in rows}
    assert len(people) == 3
    assert not any("@" in person for person in people), "an id that is an address is stored as its hash"
    assert [(*row[:2], *row[3:]) for row in rows] == [
        ("#1001", "1", "cup", 1, 10.0, 0.0, "01-05 02:00", False, None),
        ("#1001", "2", "gift", 1, 0.0, 0.0, "01-05 02:00", False, None),
        ("#1001", "3", "tea", 2, 20.0, 0.0, "01-05 02:00", False, None),
        ("#1002", "1", "tea", 2, 20.0, 0.0, "01-06 02:00", False, None),
        ("#1002", "1-refund", "tea", -2, 5.0, 0.0, "01-06 02:00", False, None),
        ("#1004", "1", "tea", 1, 20.0, 0.0, "01-08 02:00", True, None),
    ]


def test_taobao_orders_beside_their_lines_and_a_bundle_as_its_parts(tmp_path: Path):
    (tmp_path / "ExportOrderList.csv").write_text(TAOBAO_ORDERS, encoding="utf-8")
    (tmp_path / "ExportOrderDetail.csv").write_text(TAOBAO_LINES, encoding="utf-8")
    sources = {"order_list": "ExportOrderList.csv", "order_lines": "ExportOrderDetail.csv"}
    assert rows_of(tmp_path, "orders", sources, TAOBAO_SQL) == [
        ("20240105001", "tea+cup/cup", "小明", "cup", 1, 30.0, 2.5, "01-05 02:00", False, None),
        ("20240105001", "tea+cup/tea", "小明", "tea", 1, 30.0, 2.5, "01-05 02:00", False, None),
        ("20240105002", "tea/tea", "小红", "tea", 1, 20.0, None, "01-05 03:00", True, None),
    ]


def test_woocommerce_one_line_an_order_without_its_test_orders(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(WOO, encoding="utf-8")
    assert rows_of(tmp_path, "orders", {"woo": "orders.csv"}, WOO_SQL, WOO_DROPS) == [
        ("11", "1", "7", "unknown", 1, 19.9, None, "01-05 02:00", False, None),
        (1,),
    ]


GA4: list[dict[str, Any]] = [
    {
        "event_name": "view_item",
        "event_timestamp": "1704420000000000",
        "user_pseudo_id": "1.2",
        "event_params": [
            {"key": "ga_session_id", "value": {"int_value": "77"}},
            {"key": "search_term", "value": {"string_value": "green tea"}},
        ],
        "items": [{"item_id": "tea", "price": 20.0, "quantity": 1}],
        "ecommerce": {},
    },
    {
        "event_name": "purchase",
        "event_timestamp": "1704420060000000",
        "user_pseudo_id": "1.2",
        "event_params": [],
        "items": [{"item_id": "tea", "price": 20.5, "quantity": 2}, {"item_id": "cup", "price": 10, "quantity": 1}],
        "ecommerce": {"transaction_id": "T1"},
    },
]
GA4_ORDERS = """
SELECT ecommerce ->> 'transaction_id' AS order_id, item ->> 'item_id' AS line_no, user_pseudo_id AS customer_id, item ->> 'item_id' AS product_id,
    item ->> 'quantity' AS quantity, item ->> 'price' AS unit_price, event_timestamp AS ordered_at
FROM (SELECT *, unnest(json_extract(items, '$[*]')) AS item FROM ga4 WHERE event_name = 'purchase')
"""
GA4_EVENTS = """
SELECT concat_ws('-', user_pseudo_id, event_timestamp, event_name) AS event_id, user_pseudo_id AS customer_id,
    CASE event_name WHEN 'view_item' THEN 'view' WHEN 'add_to_cart' THEN 'cart' END AS event_type, items ->> '$[0].item_id' AS product_id,
    event_timestamp AS occurred_at,
    list_filter(json_extract(event_params, '$[*]'), lambda p: p ->> 'key' = 'search_term')[1] ->> '$.value.string_value' AS query
FROM ga4 WHERE event_name IN ('view_item', 'add_to_cart')
"""


@pytest.mark.parametrize(
    ("table", "mapping", "wanted"),
    [
        (
            "orders",
            GA4_ORDERS,
            [
                ("T1", "cup", "1.2", "cup", 1, 10.0, None, "01-05 02:01", False, None),
                ("T1", "tea", "1.2", "tea", 2, 20.5, None, "01-05 02:01", False, None),
            ],
        ),
        (
            "events",
            GA4_EVENTS,
            [("1.2-1704420000000000-view_item", "1.2", "view", "tea", "01-05 02:00", "green tea", None)],
        ),
    ],
)
def test_ga4_events_with_their_items_and_parameters(tmp_path: Path, table: str, mapping: str, wanted: list[Any]):
    lines = [json.dumps(event) for event in GA4]
    (tmp_path / "events.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert rows_of(tmp_path, table, {"ga4": "events.ndjson"}, mapping) == wanted
