"""What customers did up to a day, as the room's methods see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.interactions import Ids, Indices, Interactions, Labels, Matrix
from assets.insights.recommendations.methods.weighting import CAP, PURCHASE, Weighting

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Past:
    """A log of events, seen from the day it ends: person_id, product_id, event_type, event_count, age_days. `products`: sorted ids of
    all products that can be scored; `features`: their description, a row each; `labels`: by attribute a number a product, -1 for
    none. `older`: person_id and product_id of purchases of some people that the log leaves out; None where it has all."""

    log: "pd.DataFrame"
    products: Ids
    features: Matrix | None = None
    labels: Mapping[str, Labels] = field(default_factory=dict)
    older: "Callable[[Ids], pd.DataFrame] | None" = None

    @cached_property
    def people(self) -> Ids:
        return self._codes[0]

    @cached_property
    def _codes(self) -> tuple[Ids, Indices, Indices]:
        import pandas as pd

        who, people = pd.factorize(self.log["person_id"].to_numpy(), sort=True)
        what = pd.Index(self.products).get_indexer(self.log["product_id"].to_numpy())
        return np.asarray(people), who.astype(np.int64), what.astype(np.int64)

    @cached_property
    def event_types(self) -> NDArray[Any]:
        return self.log["event_type"].to_numpy(dtype=object)

    def interactions(self, weighting: Weighting) -> Interactions:
        """Everybody's, as weighted; a pair's events add up to CAP at most."""
        weights = weighting.of(self.event_types, self.log["event_count"].to_numpy(), self.log["age_days"].to_numpy())
        return self._matrix(weights, CAP)

    def bought(self) -> Interactions:
        """1 where a customer bought a product, by the log."""
        return self._matrix((self.event_types == PURCHASE).astype(float), 1.0)

    def ever_bought(self, people: Ids, by_log: Matrix) -> Matrix:
        """1 where one of these people ever bought a product: their rows of `bought`, with what is older."""
        if self.older is None:
            return by_log
        older = Interactions.of(self.older(people).assign(weight=1.0), products=self.products, customers=people)
        whole = (by_log + older.weights).tocsr()
        whole.sort_indices()
        return whole

    def _matrix(self, weights: NDArray[np.float64], cap: float) -> Interactions:
        from scipy.sparse import coo_matrix

        people, who, what = self._codes
        kept = (weights > 0) & (what >= 0)
        shape = (len(people), len(self.products))
        matrix = coo_matrix((weights[kept], (who[kept], what[kept])), shape=shape).tocsr()
        matrix.data = matrix.data.clip(max=cap)
        matrix.sort_indices()
        return Interactions(people, self.products, matrix)


def rows_of(interactions: Interactions, customers: Sequence[Any]) -> Matrix:
    """The rows of some customers, in their order; empty ones for those not known."""
    import pandas as pd
    from scipy.sparse import csr_matrix, vstack

    at = pd.Index(interactions.customers).get_indexer(np.asarray(customers))
    # One empty row more, which -1 points to.
    matrix = vstack([interactions.weights, csr_matrix((1, interactions.product_count))]).tocsr()
    found = matrix[at]
    found.sort_indices()
    return found
