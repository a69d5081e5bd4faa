"""Orders with their course: purchases of the planted process, orders of guests, cancelled ones, and returns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.baskets import fill_baskets
from stores.demo.buyers import CAUSES, GammaGamma, draw_mean_spend, draw_values
from stores.demo.catalogue import Catalogue
from stores.demo.days import (
    DAY_SECONDS,
    date_text,
    day_of,
    instant,
    season_weights,
    seconds_of_day,
)
from stores.demo.people import CHANNELS, account_of, bargain_factor

GUEST_SHARE = 0.04
CANCELLED_SHARE = 0.05
RETURN_SHARE = 0.04
SHIPPING_PRODUCT = "shipping"
"""product_id of shipping lines; it is no product of the catalogue."""

_NO_TIME = np.datetime64("NaT", "us")


def draw_orders(
    rng: np.random.Generator,
    bought: pd.DataFrame,
    persons: pd.DataFrame,
    accounts: pd.DataFrame,
    spend: GammaGamma,
    days: int,
) -> pd.DataFrame:
    """Order heads: kind (purchase, guest, cancelled), person and account (-1: guest), day, value (cents), instants.

    Only orders of kind `purchase` belong to the planted process. A cancelled order is an attempt on a purchase day.
    """
    purchases = bought.assign(kind="purchase")
    season = season_weights(days)
    guests = round(len(bought) * GUEST_SHARE / (1 - GUEST_SHARE))
    guest = pd.DataFrame({"day": rng.choice(days, size=guests, p=season / season.sum()), "person": -1, "kind": "guest"})
    guest["value"] = draw_values(rng, draw_mean_spend(rng, guests, spend), spend)
    cancelled = bought.sample(max(3, round(len(bought) * CANCELLED_SHARE)), random_state=rng).assign(kind="cancelled")
    cancelled["value"] = draw_values(rng, persons["mean_spend"].to_numpy()[cancelled["person"]], spend)
    orders = pd.concat([purchases, guest, cancelled], ignore_index=True)
    orders["is_last"] = orders["is_last"].eq(True) & orders["kind"].eq("purchase")
    orders["cause"] = orders["cause"].where(orders["kind"].eq("purchase"), -1).astype("int64")
    second = seconds_of_day(rng, len(orders))
    orders = orders.assign(second=second).sort_values(["day", "second", "kind", "person"], ignore_index=True)
    person, day = orders["person"].to_numpy(), orders["day"].to_numpy()
    is_guest = person < 0
    account = account_of(rng, accounts, np.where(is_guest, accounts["person"].iloc[0], person), day)
    orders["account"] = np.where(is_guest, -1, account)
    # A person keeps to the account's channel three times out of four.
    other = CHANNELS[rng.integers(0, CHANNELS.size, len(orders))]
    own = accounts["channel"].to_numpy()[account]
    orders["channel"] = np.where(is_guest | (rng.random(len(orders)) < 0.25), other, own)
    number = orders.groupby("day").cumcount() + 1
    dates = {number: date_text(number).replace("-", "") for number in range(days)}
    orders["order_id"] = [f"o{dates[d]}-{n:04d}" for d, n in zip(day, number, strict=True)]
    return _course(rng, orders)


def _course(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Instants of payment, shipping, delivery and cancellation, seen from the end of time."""
    count = len(orders)
    ordered = instant(orders["day"].to_numpy(), orders["second"].to_numpy())
    paid = ordered + _seconds(rng.integers(20, 900, count))
    shipped = ordered + _seconds(rng.integers(5 * 3600, 40 * 3600, count))
    transit = rng.integers(DAY_SECONDS, 4 * DAY_SECONDS, count)
    is_slow = orders["cause"].to_numpy() == CAUSES.index("late_delivery")
    transit = transit + np.where(is_slow, rng.integers(6 * DAY_SECONDS, 12 * DAY_SECONDS, count), 0)
    cancelled = orders["kind"].eq("cancelled").to_numpy()
    unpaid = cancelled & (rng.random(count) < 0.5)
    given_up = ordered + _seconds(rng.integers(1200, 4 * DAY_SECONDS, count))
    return orders.assign(
        ordered_at=ordered,
        paid_at=np.where(unpaid, _NO_TIME, paid),
        shipped_at=np.where(cancelled, _NO_TIME, shipped),
        delivered_at=np.where(cancelled, _NO_TIME, shipped + _seconds(transit)),
        cancelled_at=np.where(cancelled, given_up, _NO_TIME),
    )


def draw_lines(
    rng: np.random.Generator, orders: pd.DataFrame, persons: pd.DataFrame, taste: np.ndarray, catalogue: Catalogue
) -> pd.DataFrame:
    """Product lines of all orders (cents), and a shipping line on part of those below 49 yuan."""
    person = orders["person"].to_numpy()
    is_guest = person < 0
    rows = np.where(is_guest[:, None], taste.mean(axis=0), taste[person])
    factor = np.where(is_guest, 0.85, bargain_factor(persons["segment"].to_numpy())[person])
    lines = fill_baskets(rng, catalogue, rows, orders["day"].to_numpy(), orders["value"].to_numpy(), factor)
    lines["product_id"] = catalogue.products["product_id"].to_numpy()[lines["product"]]
    lines["line_type"] = "product"
    charged = np.flatnonzero((orders["value"].to_numpy() < 4900) & (rng.random(len(orders)) < 0.6))
    shipping = pd.DataFrame(
        {
            "order": charged,
            "line_no": lines.groupby("order")["line_no"].max().to_numpy()[charged] + 1,
            "product": -1,
            "product_id": SHIPPING_PRODUCT,
            "quantity": 1,
            "unit_price": rng.choice([600, 800, 1000], size=charged.size),
            "discount": 0,
            "line_type": "shipping",
        }
    )
    return pd.concat([lines, shipping], ignore_index=True).sort_values(["order", "line_no"], ignore_index=True)


def order_lines(orders: pd.DataFrame, lines: pd.DataFrame, accounts: pd.DataFrame) -> pd.DataFrame:
    """The orders table as it stands at the end of time: lines joined with their order's head."""
    head = orders.loc[lines["order"]].reset_index(drop=True)
    account = head["account"].to_numpy()
    customer = np.where(account < 0, None, accounts["customer_id"].to_numpy(dtype=object)[account])
    head = head[["order_id", "ordered_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at", "channel"]]
    return pd.concat([lines.reset_index(drop=True), head.assign(customer_id=customer)], axis=1)


def draw_returns(rng: np.random.Generator, orders: pd.DataFrame, lines: pd.DataFrame, days: int) -> pd.DataFrame:
    """Returned lines: an order of their own (R…) one to seven days after delivery, negative quantity, price as paid.

    One piece goes back; its unit price is the line's net a piece, rounded down to the cent.
    """
    cause = orders["cause"].to_numpy()[lines["order"]]
    share = np.where(cause >= 0, 0.2, RETURN_SHARE)
    is_returned = (rng.random(len(lines)) < share) & lines["line_type"].eq("product") & lines["delivered_at"].notna()
    returned = lines[is_returned].copy()
    day = day_of(returned["delivered_at"].to_numpy()) + rng.integers(1, 8, len(returned))
    returned["ordered_at"] = instant(day, seconds_of_day(rng, len(returned)))
    net = returned["quantity"] * returned["unit_price"] - returned["discount"]
    returned = returned.assign(
        order_id="R" + returned["order_id"].str[1:] + "-" + returned["line_no"].astype(str),
        unit_price=net // returned["quantity"],
        quantity=-1,
        discount=0,
        line_no=1,
        **dict.fromkeys(("paid_at", "shipped_at", "delivered_at", "cancelled_at"), _NO_TIME),
    )
    return returned[day < days].sort_values("order_id", ignore_index=True)


def _seconds(count: np.ndarray) -> np.ndarray:
    return count.astype("timedelta64[s]").astype("timedelta64[us]")
