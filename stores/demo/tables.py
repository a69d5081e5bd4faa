"""The shop's tables: columns with their Parquet types, keys, and how frames become files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_MONEY = pa.decimal128(18, 2)
_TIME = pa.timestamp("us")
_TEXT = pa.string()

SCHEMAS: dict[str, dict[str, pa.DataType]] = {
    "orders": {
        "order_id": _TEXT, "line_no": pa.int32(), "customer_id": _TEXT, "product_id": _TEXT, "quantity": pa.int32(),
        "unit_price": _MONEY, "discount": _MONEY, "ordered_at": _TIME, "paid_at": _TIME, "shipped_at": _TIME,
        "delivered_at": _TIME, "cancelled_at": _TIME, "channel": _TEXT, "line_type": _TEXT,
    },
    "events": {
        "event_id": _TEXT, "customer_id": _TEXT, "event_type": _TEXT, "product_id": _TEXT, "session_id": _TEXT,
        "occurred_at": _TIME, "channel": _TEXT, "list_id": _TEXT, "position": pa.int32(), "query": _TEXT,
    },
    "reviews": {
        "review_id": _TEXT, "customer_id": _TEXT, "product_id": _TEXT, "rating": pa.int32(), "text": _TEXT,
        "reviewed_at": _TEXT,
    },
    "messages": {
        "message_id": _TEXT, "conversation_id": _TEXT, "customer_id": _TEXT, "sender": _TEXT, "text": _TEXT,
        "sent_at": _TIME, "channel": _TEXT, "intent": _TEXT,
    },
    "outcomes": {
        "action_id": _TEXT, "customer_id": _TEXT, "outcome": _TEXT, "occurred_at": _TIME, "value": _MONEY,
    },
    "customers": {
        "customer_id": _TEXT, "registered_at": _TIME, "gender": _TEXT, "birth_year": pa.int32(), "region": _TEXT,
        "occupation": _TEXT, "channel": _TEXT, "email": _TEXT, "phone": _TEXT, "marketing_consent": pa.bool_(),
        "known_on": pa.date32(),
    },
    "products": {
        "product_id": _TEXT, "title": _TEXT, "category": _TEXT, "brand": _TEXT, "price": _MONEY, "cost": _MONEY,
        "in_stock": pa.bool_(), "description": _TEXT, "known_on": pa.date32(),
    },
    "links": {
        "customer_id": _TEXT, "key_type": _TEXT, "key_value": _TEXT, "channel": _TEXT, "known_on": pa.date32(),
    },
    "answers": {
        "answer_id": _TEXT, "intent": _TEXT, "question": _TEXT, "answer": _TEXT, "locale": _TEXT,
        "known_on": pa.date32(),
    },
}  # fmt: skip

FACTS = ("orders", "events", "reviews", "messages", "outcomes")
"""Delivered every day, if need be without rows; the other tables only on days on which something changed."""

KEYS: dict[str, tuple[str, ...]] = {
    "orders": ("order_id", "line_no"),
    "events": ("event_id",),
    "reviews": ("review_id",),
    "messages": ("message_id",),
    "outcomes": ("action_id", "outcome"),
    "customers": ("customer_id",),
    "products": ("product_id",),
    "links": ("customer_id", "key_type"),
    "answers": ("answer_id",),
}


def row_keys(table: str, rows: pd.DataFrame) -> pd.Series:
    """The key of each row as one text, its parts joined by a slash."""
    first, *rest = KEYS[table]
    keys = rows[first].astype(str)
    for column in rest:
        keys = keys + "/" + rows[column].astype(str)
    return keys


def write_table(path: Path, rows: pd.DataFrame, schema: dict[str, pa.DataType]) -> None:
    """Write the schema's columns as Parquet; money columns hold cents in the frame and CNY in the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [_column(rows[name], kind) for name, kind in schema.items()]
    pq.write_table(pa.table(columns, schema=pa.schema(list(schema.items()))), path, compression="zstd")


def _column(values: pd.Series, kind: pa.DataType) -> pa.Array:
    if pa.types.is_decimal(kind):
        return pa.array(values.astype("float64") / 100, from_pandas=True).cast(kind)
    return pa.array(values, type=kind, from_pandas=True)
