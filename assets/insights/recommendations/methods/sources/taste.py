"""Taste: what sells, in proportion to how much more than others a customer leans to its category and price level.

A naive Bayes model of attributes: the popularity of a product times, by attribute, the customer's share of that value over
everybody's. A customer's shares are pulled towards everybody's, so that one purchase is not yet a taste.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import Products, Scores
from assets.insights.recommendations.methods.interactions import Floats, Labels, Matrix

LEANING = {"category": 1.0, "price": 4.0}
"""Weight of interactions with which everybody's shares enter a customer's, by attribute."""
PRICE_STEP, PRICE_SPREAD = 0.3, 0.6
"""Of price levels, in logarithms: how far apart they are, and the standard deviation with which one speaks for its neighbours."""


@dataclass(frozen=True, eq=False)
class TasteSource:
    """`labels`: by attribute a number a product, -1 for none."""

    popularity: Floats
    labels: Mapping[str, Labels]
    proposed: int = 50
    scores_all = True
    scores_own = True

    def _leanings(self, histories: Matrix) -> list[tuple[Labels, NDArray[np.float32]]]:
        """By attribute its labels, and customers × values: the customer's share over everybody's; the last column, of products
        without a value, is 1."""
        from scipy.sparse import coo_matrix

        found = []
        for name, label in self.labels.items():
            there = np.flatnonzero(label >= 0)
            size = int(label.max(initial=-1)) + 1
            member = coo_matrix((np.ones(len(there)), (there, label[there])), shape=(len(label), size)).tocsr()
            whole = np.bincount(label[there], weights=self.popularity[there], minlength=size) + 1e-9
            own = np.asarray((histories @ member).todense(), float)
            if name == "price":
                levels = np.arange(size) * PRICE_STEP
                near = np.exp(-0.5 * ((levels[:, None] - levels) / PRICE_SPREAD) ** 2)
                whole, own = whole @ near, own @ near
            whole, sums = whole / whole.sum(), own.sum(axis=1, keepdims=True)
            shares = (own + LEANING[name] * whole) / (sums + LEANING[name])
            found.append((label, np.hstack([shares / whole, np.ones((len(own), 1))]).astype(np.float32)))
        return found

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> None:
        return None

    def scores(self, histories: Matrix, products: Products) -> Scores:
        # A product that nobody has interacted with yet sells like a tenth of the average one.
        floor = 0.1 * self.popularity.mean()
        total = np.maximum(self.popularity, floor)[products].astype(np.float32)
        for label, leanings in self._leanings(histories):
            total *= np.take_along_axis(leanings, label[products], 1)
        return total


def price_labels(prices: Floats) -> Labels:
    """The level of each price, PRICE_STEP apart on a log scale; -1 without a price."""
    there = np.nan_to_num(prices) > 0
    result = np.full(len(prices), -1, np.int64)
    if there.any():
        logs = np.log(prices[there])
        # One wrong price of a billion must not make a million levels.
        middle = np.median(logs)
        result[there] = np.rint((logs.clip(middle - 10, middle + 10) - max(logs.min(), middle - 10)) / PRICE_STEP)
    return result


def families(labels: Mapping[str, Labels]) -> dict[str, Sequence[str]]:
    """By variant the attributes that it uses."""
    there = [name for name in LEANING if name in labels and (labels[name] >= 0).any()]
    return {"_".join(there[: number + 1]): there[: number + 1] for number in range(len(there))}
