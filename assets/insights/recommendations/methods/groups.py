"""Popularity in groups: what serves customers of whom nothing is known but what they are.

A group's share of a product is pulled towards that of all customers, the more the smaller the group is.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import Products, Scores
from assets.insights.recommendations.methods.interactions import Indices, Interactions

if TYPE_CHECKING:
    import pandas as pd

SHRINKAGE = 200.0
"""Weight of interactions with which all customers join each group."""
LEAST = 20
EVERYBODY = "everybody"


@dataclass(frozen=True, eq=False)
class Groups:
    """`shares[g, p]`: product p's part of the interactions of group `names[g]`. The first group is everybody."""

    names: tuple[str, ...]
    shares: NDArray[np.float32]

    @classmethod
    def of(cls, interactions: Interactions, groups: "pd.DataFrame") -> "Groups":
        """`groups`: person_id and one or more columns with a person's groups (empty for none). Groups of fewer than LEAST customers are
        left out."""
        from scipy.sparse import coo_matrix

        whole = np.asarray(interactions.weights.sum(axis=0), float).ravel()
        shares = [whole / max(whole.sum(), 1e-12)]
        names = [EVERYBODY]
        at = groups.set_index("person_id").reindex(interactions.customers)
        for column in at.columns:
            codes, found = at[column].factorize(sort=True)
            there = np.flatnonzero(codes >= 0)
            shape = (len(found), interactions.customer_count)
            sums = coo_matrix((np.ones(len(there)), (codes[there], there)), shape=shape).tocsr() @ interactions.weights
            sizes = np.bincount(codes[there], minlength=len(found))
            for number in np.flatnonzero(sizes >= LEAST):
                own = np.asarray(sums[number].todense(), float).ravel()
                names.append(str(found[number]))
                shares.append((own + SHRINKAGE * shares[0]) / (own.sum() + SHRINKAGE))
        return cls(tuple(names), np.array(shares, np.float32))

    def of_people(self, groups: "pd.DataFrame") -> Indices:
        """By row of `groups` the number of the person's group: the first of its columns that is known here, else everybody."""
        numbers = {name: number for number, name in enumerate(self.names)}
        found = np.zeros(len(groups), np.int64)
        for column in [column for column in groups.columns if column != "person_id"][::-1]:
            known = groups[column].map(numbers)
            found = np.where(known.notna(), known.fillna(0), found).astype(np.int64)
        return found

    def scores(self, numbers: Indices, products: Products) -> Scores:
        return self.shares[numbers[:, None], products.clip(0)]
