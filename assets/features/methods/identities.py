"""Which accounts belong to one person: connected components of the graph of accounts and the keys they share.

A key shared by more than a set number of accounts (a shop's own phone, a family tablet) names nobody and is left out. The
person is the account seen first, so that a later merge does not rename anybody known longer.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def persons(
    links: "pd.DataFrame", seen: "pd.DataFrame", accounts_a_key: int, erased: str | None = None
) -> "pd.DataFrame":
    """customer_id, person_id, account_count of every account that shares a key with another.

    `links`: customer_id, key (text); `seen`: customer_id, first_seen_on. Accounts that begin with `erased` count for a key, and are nobody's.
    """
    import numpy as np
    import pandas as pd
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = links.drop_duplicates(["customer_id", "key"])
    accounts = pairs.groupby("key")["customer_id"].transform("size")
    pairs = pairs[(accounts > 1) & (accounts <= accounts_a_key)]
    if erased:
        pairs = pairs[~pairs["customer_id"].str.startswith(erased)]
    if pairs.empty:
        return pd.DataFrame({"customer_id": [], "person_id": [], "account_count": []}).astype(
            {"customer_id": "str", "person_id": "str", "account_count": "int64"}
        )
    customer, names = pd.factorize(pairs["customer_id"], sort=True)
    key, keys = pd.factorize(pairs["key"], sort=True)
    size = len(names) + len(keys)
    graph = coo_matrix((np.ones(len(pairs)), (customer, len(names) + key)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    found = pd.DataFrame({"customer_id": names, "component": component[: len(names)]})
    found = found.merge(seen, on="customer_id", how="left").sort_values(
        ["component", "first_seen_on", "customer_id"], na_position="last"
    )
    members = found.groupby("component")["customer_id"]
    return pd.DataFrame(
        {
            "customer_id": found["customer_id"],
            "person_id": members.transform("first"),
            "account_count": members.transform("size"),
        }
    ).reset_index(drop=True)
