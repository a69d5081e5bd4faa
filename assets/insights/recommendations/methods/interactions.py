"""Who interacted with which product, and how much: the one matrix of the room, with its ids.

Rows are customers and columns are products, always. The matrix is made here from ids and nowhere else, and nothing hands
on a matrix without the ids of both sides: a swapped or shifted one cannot come about by passing arguments in the wrong order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Ids = NDArray[Any]
# A csr_matrix of scipy, whose own annotations have it that a shape may be None.
Matrix = Any
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Interactions:
    """`weights[c, p]`: how much customer `customers[c]` interacted with product `products[p]`; both sorted by id."""

    customers: Ids
    products: Ids
    weights: Matrix

    @classmethod
    def of(
        cls, rows: "pd.DataFrame", *, products: Sequence[Any] | None = None, customers: Sequence[Any] | None = None
    ) -> "Interactions":
        """From rows of person_id, product_id and weight; several rows of a pair add up. With `products` (or `customers`), sorted,
        the columns (rows) are these and rows that name others are left out."""
        from scipy.sparse import coo_matrix

        people, who = _indices(rows["person_id"].to_numpy(), customers)
        goods, what = _indices(rows["product_id"].to_numpy(), products)
        known = (who >= 0) & (what >= 0)
        weight = rows["weight"].to_numpy(float)[known]
        matrix = coo_matrix((weight, (who[known], what[known])), shape=(len(people), len(goods))).tocsr()
        matrix.eliminate_zeros()
        matrix.sort_indices()
        return cls(people, goods, matrix)

    @property
    def customer_count(self) -> int:
        return len(self.customers)

    @property
    def product_count(self) -> int:
        return len(self.products)

    def frame(self) -> "pd.DataFrame":
        """person_id, product_id, weight of every entry."""
        import pandas as pd

        rows = np.repeat(np.arange(self.customer_count), np.diff(self.weights.indptr))
        return pd.DataFrame(
            {
                "person_id": self.customers[rows],
                "product_id": self.products[self.weights.indices],
                "weight": self.weights.data.round(9),
            }
        )

    def times_known(self) -> Floats:
        """By product, the number of customers who interacted with it."""
        return np.bincount(self.weights.indices, minlength=self.product_count).astype(float)


def _indices(values: Ids, known: Sequence[Any] | None) -> tuple[Ids, Indices]:
    """The sorted ids, and for each value the index of its id; -1 for one that is not among `known`."""
    import pandas as pd

    if known is None:
        codes, found = pd.factorize(values, sort=True)
        return np.asarray(found), codes.astype(np.int64)
    ids = np.asarray(known)
    return ids, pd.Index(ids).get_indexer(values).astype(np.int64)
