"""Made-up exports of event data and of two public data sets: the same orders in the exact columns of each."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from tests.stores.exports import Order, plain, write

# Keys of an event of the BigQuery export; those without a value are left out, as BigQuery leaves them out.
GA4 = (
    "event_date", "event_timestamp", "event_name", "event_params", "event_previous_timestamp", "event_value_in_usd", "event_bundle_sequence_id",
    "event_server_timestamp_offset", "user_id", "user_pseudo_id", "privacy_info", "user_properties", "user_first_touch_timestamp", "user_ltv",
    "device", "geo", "app_info", "traffic_source", "stream_id", "platform", "event_dimensions", "ecommerce", "items",
)  # fmt: skip


def ga4(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """A file a month; each purchase after a view and a cart, every thirtieth sent twice; some buyers are never logged in."""
    months: dict[str, list[str]] = {}
    for order in plain(sold):
        items = [
            {"item_id": f"TEA-{line.product}", "item_name": f"Tea no. {line.product}", "item_brand": "Leaf", "item_variant": "(not set)",
             "item_category": ("Green", "Black")[line.product % 2], "price": float(line.price), "quantity": str(line.quantity),
             "item_revenue": float(line.amount)}
            for line in order.lines
        ]  # fmt: skip
        steps = [("view_item", -600, items[:1], {}), ("search", -500, [], {}), ("add_to_cart", -300, items, {})]
        bought = {
            "transaction_id": f"T-{order.number}",
            "total_item_quantity": str(len(items)),
            "purchase_revenue": float(order.net),
        }
        steps += [("purchase", 0, items, bought)] * (2 if order.number % 30 == 0 else 1)
        for again, (name, seconds, goods, commerce) in enumerate(steps):
            at = order.at.replace(tzinfo=UTC)
            found: dict[str, Any] = {
                "event_date": f"{at:%Y%m%d}", "event_timestamp": str(int(at.timestamp() + seconds) * 1_000_000 + again), "event_name": name,
                "event_params": [
                    {"key": "ga_session_id", "value": {"int_value": str(1_700_000_000 + order.number)}},
                    {"key": "search_term" if name == "search" else "page_title", "value": {"string_value": "green tea"}},
                ],
                "user_pseudo_id": f"{1_000_000 + order.buyer}.{1_700_000_000 + order.buyer}", "user_properties": [],
                "device": {"category": "mobile", "language": "en-gb"}, "geo": {"country": "France", "region": ("Paris", "Nice")[order.buyer % 2]},
                "traffic_source": {"medium": "organic"}, "stream_id": "1234567890", "platform": "WEB", "ecommerce": commerce, "items": goods,
            }  # fmt: skip
            if order.buyer % 9:
                found["user_id"] = f"member-{order.buyer}"
            assert found.keys() <= set(GA4)
            months.setdefault(f"{at:%Y%m}", []).append(json.dumps(found))
    paths = [folder / f"events_{month}.json" for month in months]
    for path, lines in zip(paths, months.values(), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return paths


def single(sold: Sequence[Order]) -> list[Order]:
    """One piece a line, at its price."""
    return [
        replace(order, discount=order.discount * 0, refund=order.refund * 0, lines=[replace(line, quantity=1) for line in order.lines])
        for order in sold
    ]  # fmt: skip


def olist(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """Seven files, of which two are not needed; a review with a line break."""
    rows: dict[str, list[dict[str, object]]] = {}

    def add(file: str, **row: object) -> None:
        rows.setdefault(file, []).append(row)

    for order in single(sold):
        at = f"{order.at:%Y-%m-%d %H:%M:%S}"
        called, account = f"{order.number:032x}", f"{order.number + 10_000:032x}"
        state = "delivered" if order.is_sale else ("canceled", "unavailable")[order.number % 40 == 13]
        add(
            "orders_dataset", order_id=called, customer_id=account, order_status=state, order_purchase_timestamp=at, order_approved_at=at,
            order_delivered_carrier_date=at, order_delivered_customer_date=at, order_estimated_delivery_date=at,
        )  # fmt: skip
        add(
            "customers_dataset", customer_id=account, customer_unique_id=f"{order.buyer:032x}", customer_zip_code_prefix="01001",
            customer_city="sao paulo", customer_state=("SP", "RJ")[order.buyer % 2],
        )  # fmt: skip
        add(
            "order_payments_dataset",
            order_id=called,
            payment_sequential=1,
            payment_type="boleto",
            payment_installments=1,
            payment_value=order.net,
        )
        add(
            "order_reviews_dataset", review_id=f"{order.number + 20_000:032x}", order_id=called, review_score=1 + order.number % 5,
            review_comment_title="", review_comment_message="Muito bom,\nrecomendo", review_creation_date=at, review_answer_timestamp=at,
        )  # fmt: skip
        for place, line in enumerate(order.lines, 1):
            add(
                "order_items_dataset", order_id=called, order_item_id=place, product_id=f"{line.product:032x}", seller_id="s1",
                shipping_limit_date=at, price=line.price, freight_value="7.50",
            )  # fmt: skip
    for product in range(12):
        add(
            "products_dataset", product_id=f"{product:032x}", product_category_name=("cha", "cafe")[product % 2], product_name_lenght=20,
            product_description_lenght=100, product_photos_qty=1, product_weight_g=250, product_length_cm=10, product_height_cm=10,
            product_width_cm=10,
        )  # fmt: skip
    for name, english in (("cha", "tea"), ("cafe", "coffee")):
        add("product_category_name_translation", product_category_name=name, product_category_name_english=english)
    return [
        write(folder / f"{'' if file.startswith('product_c') else 'olist_'}{file}.csv", ",".join(found[0]), found)
        for file, found in rows.items()
    ]


def uci(folder: Path, sold: Sequence[Order]) -> list[Path]:
    """As Excel saves it: month first, customers with a fraction, postage among the lines."""
    rows: list[dict[str, object]] = []
    for order in plain(sold):
        at = f"{order.at.month}/{order.at.day}/{order.at.year} {order.at.hour}:{order.at.minute:02}"
        head = {
            "InvoiceNo": 536_000 + order.number,
            "InvoiceDate": at,
            "CustomerID": f"{12_000 + order.buyer}.0",
            "Country": "United Kingdom",
        }
        rows += [
            head | {"StockCode": str(22_000 + line.product), "Description": f"TEA NO {line.product}", "Quantity": line.quantity, "UnitPrice": line.price}
            for line in order.lines
        ]  # fmt: skip
        if order.number % 5 == 0:
            rows.append(head | {"StockCode": "POST", "Description": "POSTAGE", "Quantity": 1, "UnitPrice": "18.00"})
    return [
        write(
            folder / "OnlineRetail.csv",
            "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country",
            rows,
        )
    ]
