"""What is true about the shop, for tests and benchmarks: latent values, planted pairs, causes, and all dirt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from stores.demo.buyers import CAUSES, SEGMENTS
from stores.demo.catalogue import Catalogue
from stores.demo.days import START, date_text
from stores.demo.tables import write_table

_CUSTOMERS = {
    "customer_id": pa.string(), "person_id": pa.string(), "segment": pa.string(), "registered_on": pa.date32(),
    "first_purchase_on": pa.date32(), "alive_until": pa.date32(), "purchase_rate": pa.float64(),
    "dropout_p": pa.float64(), "mean_spend": pa.float64(), "cause": pa.string(),
}  # fmt: skip
_ORDERS = {
    "order_id": pa.string(), "kind": pa.string(), "person_id": pa.string(), "ordered_on": pa.date32(),
    "value": pa.decimal128(18, 2), "cause": pa.string(), "is_last": pa.bool_(),
}  # fmt: skip
_REVIEWS = {"review_id": pa.string(), "sentiment": pa.string(), "aspects": pa.string()}
_MESSAGES = {"message_id": pa.string(), "conversation_id": pa.string(), "intent": pa.string()}
_AFFINITIES = {"product_id": pa.string(), "bought_with": pa.string()}
_DIRT = {
    "table": pa.string(), "delivered_on": pa.date32(), "kind": pa.string(), "detail": pa.string(), "key": pa.string(),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """All that was drawn, and the tables as they are handed over before dirt is added."""

    persons: pd.DataFrame
    accounts: pd.DataFrame
    orders: pd.DataFrame
    reviews: pd.DataFrame
    messages: pd.DataFrame
    catalogue: Catalogue
    tables: Mapping[str, pd.DataFrame]


def course_of_persons(bought: pd.DataFrame) -> pd.DataFrame:
    """By person: day of the first purchase, day and planted cause of leaving (NaN while there)."""
    first = bought.groupby("person")["day"].min().rename("first_day")
    last = bought[bought["is_last"]].set_index("person")
    return pd.concat([first, last["day"].rename("left_day"), last["cause"].rename("left_cause")], axis=1)


def write(folder: Path, world: World, book: pd.DataFrame) -> None:
    """Write the truth's tables; person_id is the person's first account, `alive_until` empty for who has not left."""
    persons, accounts, orders = world.persons, world.accounts, world.orders
    first_account = accounts[accounts["number"] == 0].set_index("person")["customer_id"]
    names = {-1: None} | dict(enumerate(CAUSES))
    of_account = persons.loc[accounts["person"]].reset_index(drop=True)
    customers = of_account[["purchase_rate", "dropout_p", "mean_spend"]].assign(
        customer_id=accounts["customer_id"],
        person_id=first_account.loc[accounts["person"]].to_numpy(),
        segment=np.array(SEGMENTS, dtype=object)[of_account["segment"]],
        registered_on=dates(accounts["registered_day"]),
        first_purchase_on=dates(of_account["first_day"]),
        alive_until=dates(of_account["left_day"]),
        cause=of_account["left_cause"].map(names),
    )
    write_table(folder / "customers.parquet", customers, _CUSTOMERS)
    write_table(
        folder / "orders.parquet",
        orders.assign(
            person_id=orders["person"].map(first_account),
            ordered_on=dates(orders["day"]),
            cause=orders["cause"].map(names),
        ),
        _ORDERS,
    )
    write_table(folder / "reviews.parquet", world.reviews, _REVIEWS)
    messages = world.messages.assign(intent=world.messages["true_intent"])
    write_table(folder / "messages.parquet", messages, _MESSAGES)
    product_id = world.catalogue.products["product_id"].to_numpy()
    leading = np.flatnonzero(world.catalogue.partner >= 0)
    pairs = pd.DataFrame(
        {"product_id": product_id[leading], "bought_with": product_id[world.catalogue.partner[leading]]}
    )
    write_table(folder / "affinities.parquet", pairs, _AFFINITIES)
    write_table(folder / "dirt.parquet", book.assign(delivered_on=dates(book["delivered"])), _DIRT)


def counts(tables: Mapping[str, pd.DataFrame], book: pd.DataFrame) -> dict[str, object]:
    """Rows handed over by table, and dirt by table, delivery day, kind and detail."""
    grouped = book.groupby(["table", "delivered", "kind", "detail"]).size()
    dirt = [
        {"table": table, "delivered_on": date_text(day), "kind": kind, "detail": detail, "rows": int(rows)}
        for (table, day, kind, detail), rows in grouped.items()
    ]
    return {"rows": {table: len(rows) for table, rows in tables.items()}, "dirt": dirt}


def dates(days: pd.Series) -> pd.Series:
    """Dates of day numbers; NaN stays empty."""
    return pd.Series(
        START.astype("datetime64[s]") + pd.to_timedelta(days.to_numpy(), unit="D"), index=days.index
    ).dt.date
