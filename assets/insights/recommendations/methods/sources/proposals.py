"""The sources of a list: each proposes products for a customer's history, or scores those that others propose."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from assets.insights.recommendations.methods.candidates import Candidates, Products, Scores, scaled, union, values_at
from assets.insights.recommendations.methods.interactions import Floats, Matrix
from assets.insights.recommendations.methods.sources.low_rank import LowRank
from assets.insights.recommendations.methods.sources.neighbours import Neighbours
from assets.insights.recommendations.methods.sparse_top import Multiplied

# Customers at a time: what is held for a customer is some hundred candidates by source.
BLOCK = 1024
GATHERED = 32_000_000


class Source(Protocol):
    scores_all: bool
    """Whether it has a score of products that it does not propose, too."""
    scores_own: bool
    """Whether it scores products that the customer interacted with already: to a graph each would be its own best neighbour."""

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix | None:
        """Customers × products with scores, `count` a customer beside those of `without`; None from a source that only scores."""
        ...

    def scores(self, histories: Matrix, products: Products) -> Scores:
        """Of the products in each customer's row."""
        ...


@dataclass(frozen=True, eq=False)
class Proposing:
    """A source whose score of what it does not propose is zero."""

    scores_all = False
    scores_own = False

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix | None:
        raise NotImplementedError

    def scores(self, histories: Matrix, products: Products) -> Scores:
        found = self.proposals(histories, products.shape[1], None)
        return values_at(products, found) if found is not None else np.zeros(products.shape, np.float32)


@dataclass(frozen=True, eq=False)
class ItemGraphSource(Proposing):
    """What goes with what the customer interacted with."""

    edges: Matrix

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix:
        return self._multiplied.top(histories, count, spare=without)

    @cached_property
    def _multiplied(self) -> Multiplied:
        return Multiplied(self.edges)


@dataclass(frozen=True, eq=False)
class NeighbourSource(Proposing):
    """What similar customers interacted with."""

    neighbours: Neighbours

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix:
        return self._multiplied.top(self.neighbours.alike(histories), count, spare=without)

    @cached_property
    def _multiplied(self) -> Multiplied:
        return Multiplied(self.neighbours.weights)


@dataclass(frozen=True, eq=False)
class LowRankSource:
    """What lies along the customer's tastes."""

    model: LowRank
    scores_all = True
    scores_own = False

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> None:
        return None

    def scores(self, histories: Matrix, products: Products) -> Scores:
        customers, goods = self.model.customers(histories), self.model.products()
        result = np.zeros(products.shape, np.float32)
        step = max(1, GATHERED // max(products.shape[1] * max(self.model.rank, 1), 1))
        for start in range(0, len(products), step):
            rows = slice(start, start + step)
            result[rows] = np.matmul(goods[products[rows]], customers[rows][:, :, None])[:, :, 0]
        return result.clip(0)


@dataclass(frozen=True, eq=False)
class InterestSource(Proposing):
    """What the customer looked at or put into the cart already."""

    scores_own = True

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix:
        return histories


@dataclass(frozen=True, eq=False)
class PopularSource:
    """What sells. `popularity`: by product, decayed; `proposed`: how many are put forward."""

    popularity: Floats
    proposed: int = 50
    scores_all = True
    scores_own = True

    def proposals(self, histories: Matrix, count: int, without: Matrix | None) -> Matrix:
        from scipy.sparse import csr_matrix

        most = min(int(np.diff(without.indptr).max(initial=0)), self.proposed) if without is not None else 0
        best = np.sort(np.argsort(-self.popularity, kind="stable")[: min(self.proposed + most, count + most)])
        best = best[self.popularity[best] > 0]
        size = histories.shape[0]
        pointers = np.arange(size + 1) * len(best)
        return csr_matrix((np.tile(self.popularity[best], size), np.tile(best, size), pointers), shape=histories.shape)

    def scores(self, histories: Matrix, products: Products) -> Scores:
        return self.popularity[products].astype(np.float32)


def collect(sources: Mapping[str, Source], histories: Matrix, count: int, without: Matrix | None = None) -> Candidates:
    """The candidates of some customers: what the sources propose but for `without`, scored by all of them."""
    proposed = {name: source.proposals(histories, count, without) for name, source in sources.items()}
    products = union([found for found in proposed.values() if found is not None], histories.shape[1], without)
    there = products >= 0
    new = there & (values_at(products, histories) == 0)
    scores: dict[str, Scores] = {}
    for name, source in sources.items():
        found = proposed[name]
        value = source.scores(histories, products) if found is None or source.scores_all else values_at(products, found)
        scores[name] = scaled(value, there if source.scores_own else new)
    return Candidates(products, scores)
