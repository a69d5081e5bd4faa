"""What customers alike did: the same graph on the other side of the matrix.

A customer's neighbours are found among the customers of the fit by the degree-normalised product of their histories, and lend
their interactions. It sees what the item–item graph cannot (taste as a whole, not product by product), and its cost is the
sum over products of the square of their customers: it is left out where that passes a bound.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from assets.insights.recommendations.methods.interactions import Floats, Matrix
from assets.insights.recommendations.methods.sources.item_graph import Graph, degrees, divided
from assets.insights.recommendations.methods.sparse_top import Multiplied


def cost(weights: Matrix) -> float:
    """Multiply-adds of finding everybody's neighbours."""
    return float((np.bincount(weights.indices, minlength=weights.shape[1]).astype(float) ** 2).sum())


@dataclass(frozen=True, eq=False)
class Neighbours:
    """The customers of a fit, as others are compared with them."""

    graph: Graph
    weights: Matrix
    product_degrees: Floats

    @classmethod
    def of(cls, weights: Matrix, graph: Graph) -> "Neighbours":
        return cls(graph, weights, degrees(weights)[1])

    def _normal(self, weights: Matrix) -> Matrix:
        return divided(
            weights, degrees(weights)[0] ** self.graph.customer_power, self.product_degrees**self.graph.product_power
        )

    def alike(self, histories: Matrix) -> Matrix:
        """Customers of the histories × customers of the fit."""
        found = self._multiplied.top(self._normal(histories), self.graph.neighbours)
        found.data = found.data**self.graph.sharpness
        return found

    @cached_property
    def _multiplied(self) -> Multiplied:
        return Multiplied(self._normal(self.weights).T.tocsr())
