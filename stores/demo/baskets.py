"""Which products an order holds, and how its lines come to the drawn value to the cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from stores.demo.catalogue import AFFINITY, Catalogue

_PRICE_SPREAD = 0.5
_CHUNK = 8192
MAX_LINES = 5


def pick_products(
    rng: np.random.Generator, catalogue: Catalogue, taste: np.ndarray, day: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """One product a row: by the row's taste over categories, popularity, and nearness of price to `target` (cents)."""
    category = catalogue.products["category_no"].to_numpy()
    popularity = catalogue.products["popularity"].to_numpy()
    log_price, offered = np.log(catalogue.price), catalogue.offered
    picked = np.empty(len(taste), dtype="int64")
    draw = rng.random(len(taste))
    for first in range(0, len(taste), _CHUNK):
        rows = slice(first, first + _CHUNK)
        distance = (log_price[:, day[rows]].T - np.log(target[rows])[:, None]) / _PRICE_SPREAD
        # The floor keeps a product findable where nothing is near the target.
        weights = taste[rows][:, category] * popularity * (np.exp(-0.5 * distance**2) + 1e-6)
        cumulative = (weights * offered[:, day[rows]].T).cumsum(axis=1)
        picked[rows] = (cumulative <= (draw[rows] * cumulative[:, -1])[:, None]).sum(axis=1)
    return picked


def fill_baskets(
    rng: np.random.Generator,
    catalogue: Catalogue,
    taste: np.ndarray,
    day: np.ndarray,
    value: np.ndarray,
    factor: np.ndarray,
) -> pd.DataFrame:
    """Order lines (order, line_no, product, quantity, unit_price, discount; cents) whose net sum is `value` exactly.

    One to five products are picked near an equal share of `value * factor`; the first one's planted partner joins
    with probability AFFINITY. At list price the dearest line's quantity grows until the basket is worth at least
    the value; the rest is given as discount over all lines in proportion, cents rounded into the dearest line.
    """
    count = len(day)
    lines = np.minimum(1 + rng.poisson(0.9, count), MAX_LINES)
    lines = np.where(value < 3000, 1, lines)
    order = np.repeat(np.arange(count), lines)
    target = (value * factor / lines)[order]
    product = pick_products(rng, catalogue, taste[order], day[order], target)
    first = np.r_[True, order[1:] != order[:-1]]
    partner = catalogue.partner[product[first]]
    joins = (partner >= 0) & (rng.random(count) < AFFINITY)
    joins &= catalogue.offered[partner, day] & (catalogue.price[partner, day] < value)
    basket = pd.DataFrame(
        {
            "order": np.concatenate([order, np.flatnonzero(joins)]),
            "product": np.concatenate([product, partner[joins]]),
        }
    )
    basket = basket.drop_duplicates().sort_values("order", kind="stable", ignore_index=True)
    basket["line_no"] = basket.groupby("order").cumcount() + 1
    return _settle(basket, catalogue, day, value)


def _settle(basket: pd.DataFrame, catalogue: Catalogue, day: np.ndarray, value: np.ndarray) -> pd.DataFrame:
    """Quantities and discounts that bring each basket to its value."""
    order = basket["order"].to_numpy()
    price = catalogue.price[basket["product"].to_numpy(), day[order]]
    by_price = np.lexsort((basket["line_no"].to_numpy(), -price, order))
    dearest = by_price[np.r_[True, order[by_price][1:] != order[by_price][:-1]]]
    listed = np.bincount(order, price, minlength=len(value)).astype("int64")
    missing = np.maximum(value - listed, 0)
    quantity = np.ones(len(basket), dtype="int64")
    quantity[dearest] += -(-missing // price[dearest])
    gross = price * quantity
    total = np.bincount(order, gross, minlength=len(value)).astype("int64")
    net = gross * value[order] // total[order]
    net[dearest] += value - np.bincount(order, net, minlength=len(value)).astype("int64")
    return basket.assign(quantity=quantity, unit_price=price, discount=gross - net)
