"""Products with a price (cents) and availability for each day, and the pairs planted as bought together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stores.demo.assortment import BOUGHT_TOGETHER, CATEGORIES, SELLING_POINTS, VARIANTS
from stores.demo.days import HISTORY_DAYS

AFFINITY = 0.45
"""Probability that a basket led by the first product of a pair also holds the second."""


@dataclass(frozen=True)
class Catalogue:
    """Products by index; `price` (cents), `offered` and `in_stock` are products x days."""

    products: pd.DataFrame
    price: np.ndarray
    in_stock: np.ndarray
    launched: np.ndarray
    partner: np.ndarray

    @property
    def offered(self) -> np.ndarray:
        """Whether a product can be bought on a day: launched and in stock."""
        return self.in_stock & (np.arange(self.price.shape[1]) >= self.launched[:, None])


def make_catalogue(rng: np.random.Generator, days: int) -> Catalogue:
    """Draw the assortment: brands, popularity, quality, price steps in the half-years and single changes later."""
    products = _products(rng)
    count = len(products)
    launched = np.where(rng.random(count) < 0.12, rng.integers(30, days, size=count), 0)
    later = rng.choice(count, size=max(4, count // 40), replace=False)
    launched[later] = rng.integers(HISTORY_DAYS, days, size=later.size)
    partner = _partners(products)
    launched[partner[partner >= 0]] = launched[partner >= 0] = 0
    return Catalogue(products, _prices(rng, products, days), _stock(rng, count, days), launched, partner)


def _products(rng: np.random.Generator) -> pd.DataFrame:
    rows = []
    for category_no, (category, (brands, nouns)) in enumerate(CATEGORIES.items()):
        for noun, price in nouns:
            for variant, (label, factor) in enumerate(VARIANTS):
                brand = brands[int(rng.integers(len(brands)))]
                point = SELLING_POINTS[int(rng.integers(len(SELLING_POINTS)))]
                rows.append(
                    {
                        "title": f"{brand} {noun} {label}",
                        "category": category,
                        "category_no": category_no,
                        "brand": brand,
                        "noun": noun,
                        "variant": variant,
                        "base_price": price * factor,
                        "description": f"{brand}{noun}（{label}）：{point}。",
                    }
                )
    products = pd.DataFrame(rows)
    products.insert(0, "product_id", [f"p{number:04d}" for number in range(1, len(products) + 1)])
    products["popularity"] = np.exp(rng.normal(0, 0.8, len(products)))
    products["quality"] = np.clip(rng.normal(0, 0.5, len(products)), -1.2, 1.0)
    products["cost_share"] = rng.uniform(0.45, 0.75, len(products))
    return products


def _partners(products: pd.DataFrame) -> np.ndarray:
    """For each product the index of the one bought with it, or -1; the two cheaper variants of each pair of nouns."""
    index = {(row.noun, row.variant): row.Index for row in products.itertuples()}
    partner = np.full(len(products), -1)
    for first, second in BOUGHT_TOGETHER:
        for variant in (0, 1):
            partner[index[first, variant]] = index[second, variant]
    return partner


def _prices(rng: np.random.Generator, products: pd.DataFrame, days: int) -> np.ndarray:
    """Prices end in .00, .50 or .90 and stand for half a year; a fifth of them change once in the daily part."""
    count = len(products)
    steps = np.ones((count, days))
    for first in range(182, HISTORY_DAYS, 183):
        steps[:, first:] *= np.where(rng.random(count) < 0.4, rng.uniform(0.95, 1.09, count), 1.0)[:, None]
    changed = np.flatnonzero(rng.random(count) < 0.2)
    for product, day, factor in zip(
        changed, rng.integers(HISTORY_DAYS, days, changed.size), rng.uniform(0.85, 1.12, changed.size), strict=True
    ):
        steps[product, day:] *= factor
    ending = rng.choice([0, 50, 90], size=count)
    return np.floor(products["base_price"].to_numpy()[:, None] * steps).astype("int64") * 100 + ending[:, None]


def _stock(rng: np.random.Generator, count: int, days: int) -> np.ndarray:
    """Now and then a product is out of stock for three to nine days."""
    in_stock = np.ones((count, days), dtype=bool)
    for product in np.flatnonzero(rng.random(count) < 0.3):
        first = int(rng.integers(0, days))
        in_stock[product, first : first + int(rng.integers(3, 10))] = False
    for product in rng.choice(count, size=count // 12, replace=False):
        first = int(rng.integers(HISTORY_DAYS, days))
        in_stock[product, first : first + int(rng.integers(3, 10))] = False
    return in_stock


def product_changes(catalogue: Catalogue) -> pd.DataFrame:
    """The products table: one row a product at its launch and at each change of price or stock (`known`: the day)."""
    products, price, stock = catalogue.products, catalogue.price, catalogue.in_stock
    changed = np.zeros(price.shape, dtype=bool)
    changed[:, 1:] = (price[:, 1:] != price[:, :-1]) | (stock[:, 1:] != stock[:, :-1])
    changed &= np.arange(price.shape[1]) >= catalogue.launched[:, None]
    changed[np.arange(len(products)), catalogue.launched] = True
    index, day = np.nonzero(changed)
    rows = products.loc[index, ["product_id", "title", "category", "brand", "description"]].reset_index(drop=True)
    cost = np.rint(price[index, 0] * products["cost_share"].to_numpy()[index]).astype("int64")
    rows = rows.assign(price=price[index, day], cost=cost, in_stock=stock[index, day], known=day)
    return rows.assign(delivered=rows["known"].clip(lower=HISTORY_DAYS - 1))
