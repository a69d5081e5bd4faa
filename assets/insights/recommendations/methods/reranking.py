"""From scores to a list: what may be shown at all, what was ignored too often, and no more of a category than its share.

Positions are filled one after the other: each by the best product left of the source that it drew, and where that has none left,
of the next ones. So a list is as long as there are products to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import NOBODY, Products, Scores

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Rules:
    """A shop's own rules. `length`: products of a list. `a_category`: at most so many of one category. `ignored`: what a score is
    multiplied by for every impression that was passed over. `least_price`, `hidden_categories`, `hidden_products`: not shown."""

    length: int = 10
    a_category: int = 4
    ignored: float = 0.8
    least_price: float = 0.0
    hidden_categories: Sequence[str] = ()
    hidden_products: Sequence[str] = ()


def may_be_shown(catalogue: "pd.DataFrame", rules: Rules) -> NDArray[np.bool_]:
    """By row of the catalogue: in stock and within the rules. A product without a price passes a least price only if that is zero."""
    allowed = catalogue["in_stock"].to_numpy(bool, copy=True)
    allowed &= ~catalogue["product_id"].isin(rules.hidden_products).to_numpy()
    allowed &= ~catalogue["category"].isin(rules.hidden_categories).to_numpy()
    if rules.least_price > 0:
        allowed &= (catalogue["price"].astype(float) >= rules.least_price).to_numpy()
    return allowed


def fill(
    products: Products,
    scores: Mapping[str, Scores],
    drawn: NDArray[np.int64],
    categories: NDArray[np.int64],
    a_category: int,
) -> tuple[Products, NDArray[np.int64], Scores]:
    """Products, numbers of their sources and scores: customers × positions, NOBODY where nothing is left.

    `scores`: of each source at the candidates, minus infinity where a product may not be shown; `drawn`: the source of each
    position; `categories`: a number a product, -1 for none (those are not counted).
    """
    size, positions = drawn.shape
    rows = np.arange(size)
    left = {name: value.astype(np.float32, copy=True) for name, value in scores.items()}
    names = list(left)
    label = np.where(products == NOBODY, -1, categories[products.clip(0)])
    picked = np.full((size, positions), NOBODY, np.int64)
    source = np.full((size, positions), NOBODY, np.int64)
    value = np.full((size, positions), -np.inf, np.float32)
    taken = np.full((size, positions), -1, np.int64)
    for position in range(positions):
        best = {name: left[name].argmax(axis=1) for name in names}
        for step in range(len(names)):
            number = (drawn[:, position] + step) % len(names)
            for index, name in enumerate(names):
                at = best[name]
                here = (picked[:, position] == NOBODY) & (number == index) & np.isfinite(left[name][rows, at])
                picked[here, position] = products[rows[here], at[here]]
                source[here, position] = index
                value[here, position] = left[name][rows[here], at[here]]
                taken[here, position] = at[here]
        there = np.flatnonzero(taken[:, position] >= 0)
        at = taken[there, position]
        mine = label[there, at]
        same = (
            np.where(taken[there] >= 0, np.take_along_axis(label[there], taken[there].clip(0), 1), -2) == mine[:, None]
        ).sum(axis=1)
        full = (mine >= 0) & (same >= a_category)
        for name in names:
            left[name][there, at] = -np.inf
            closed = there[full]
            left[name][closed] = np.where(label[closed] == mine[full][:, None], -np.inf, left[name][closed])
    return picked, source, value


def passed_over(products: Products, ignored: "Any", factor: float) -> Scores:
    """What scores are multiplied by: `factor` to the power of the impressions passed over. `ignored`: customers × products."""
    from assets.insights.recommendations.methods.candidates import values_at

    return (np.float32(factor) ** values_at(products, ignored)).astype(np.float32)
