"""Content: products described by category, brand, price level and the letters of their title; customers by those they interacted with.

It serves products that nobody has interacted with yet, and customers of whom little is known. The parts of a description have a
length of their own, so that a long title does not outweigh the category; what is missing of a product is simply absent.
Prices meet softly: each lies between two levels of the logarithm of price, in proportion.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assets.insights.recommendations.methods.candidates import Products, Scores, values_at
from assets.insights.recommendations.methods.interactions import Floats, Matrix
from assets.insights.recommendations.methods.sources.proposals import GATHERED
from assets.insights.recommendations.methods.sparse_top import top_of_product

if TYPE_CHECKING:
    import pandas as pd

PARTS = {"category": 1.0, "brand": 0.5, "price": 0.7, "title": 0.4}
LEVELS_A_FACTOR = 2.0
"""Price levels within a factor of e."""
MOST_TERMS = 3000
# In a catalogue beyond this, content scores what few customers know and leaves the rest to the graphs.
LARGE = 20_000


def describe(products: "pd.DataFrame") -> Matrix:
    """Products × features. Columns of `products` among category, brand, price, title; one row a product, in the order wanted."""
    from scipy.sparse import csr_matrix, hstack

    blocks = [csr_matrix((len(products), 0))]
    for column in ("category", "brand"):
        if column in products and products[column].notna().any():
            blocks.append(_labels(products[column]) * PARTS[column])
    if "price" in products and (products["price"].astype(float) > 0).any():
        blocks.append(_price_levels(products["price"].to_numpy(float)) * PARTS["price"])
    if "title" in products and products["title"].notna().any():
        blocks.append(_letters(products["title"].fillna("")) * PARTS["title"])
    return hstack(blocks).tocsr()


def _labels(values: "pd.Series") -> Matrix:
    import pandas as pd
    from scipy.sparse import csr_matrix

    codes, names = pd.factorize(values, sort=True)
    there = np.flatnonzero(codes >= 0)
    return csr_matrix((np.ones(len(there)), (there, codes[there])), shape=(len(values), len(names)))


def _price_levels(prices: Floats) -> Matrix:
    from scipy.sparse import csr_matrix

    there = np.flatnonzero(np.nan_to_num(prices) > 0)
    level = np.log(prices[there]) * LEVELS_A_FACTOR
    level = level - np.floor(level.min())
    below = np.floor(level).astype(int)
    share = level - below
    length = np.hypot(share, 1 - share)
    data = np.concatenate([(1 - share) / length, share / length])
    return csr_matrix(
        (data, (np.tile(there, 2), np.concatenate([below, below + 1]))), shape=(len(prices), below.max() + 2)
    )


def _letters(titles: "pd.Series") -> Matrix:
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        return (
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), max_features=MOST_TERMS)
            .fit_transform(titles)
            .tocsr()
        )
    except ValueError:  # no title has two letters
        from scipy.sparse import csr_matrix

        return csr_matrix((len(titles), 0))


@dataclass(frozen=True, eq=False)
class ContentSource:
    """What resembles what the customer interacted with. `popularity_power`: how much popularity counts beside resemblance; a product
    without sales has the popularity of the average one. `few`: products to propose of their own accord, those known by few."""

    features: Matrix
    popularity: Floats
    popularity_power: float
    few: Products
    scores_all = True
    scores_own = True

    @property
    def _boost(self) -> Floats:
        mean = self.popularity.mean() if self.popularity.any() else 1.0
        return ((self.popularity + mean) / (2 * mean)) ** self.popularity_power

    def _profiles(self, histories: Matrix) -> Matrix:
        from assets.insights.recommendations.methods.sources.item_graph import degrees, divided

        return divided(histories, degrees(histories)[0], np.ones(histories.shape[1])) @ self.features

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix:
        from scipy.sparse import csr_matrix, diags

        boosted = (diags(self._boost[self.few]) @ self.features[self.few]).T.tocsr()
        found = top_of_product(self._profiles(histories), boosted, min(count, len(self.few)))
        return csr_matrix((found.data, self.few[found.indices], found.indptr), shape=histories.shape)

    def scores(self, histories: Matrix, products: Products) -> Scores:
        profiles, boost = self._profiles(histories), self._boost
        if self.features.shape[0] > LARGE:
            return values_at(products, self.proposals(histories, products.shape[1], None))
        result = np.zeros(products.shape, np.float32)
        step = max(1, GATHERED // max(self.features.shape[0], 1))
        transposed = self.features.T.tocsr()
        for start in range(0, len(products), step):
            rows = slice(start, start + step)
            dense = (profiles[rows] @ transposed).toarray() * boost
            result[rows] = np.take_along_axis(dense, products[rows].clip(0), 1)
        return result
