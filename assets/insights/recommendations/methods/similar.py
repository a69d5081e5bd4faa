"""Which products go with which: the item graph, and the description for products that few customers know."""

from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods.blended_model import FEW, Bounds, Settings
from assets.insights.recommendations.methods.history import Past
from assets.insights.recommendations.methods.sources.item_graph import Graph, item_graph
from assets.insights.recommendations.methods.sparse_top import top_of_product

if TYPE_CHECKING:
    import pandas as pd

LENGTH = 10


def similar(past: Past, settings: Settings, bounds: Bounds) -> "pd.DataFrame":
    """product_id, position, other_product_id, score, source."""
    import pandas as pd

    interactions = past.interactions(settings.weighting)
    known = interactions.times_known()
    # Cosine-like weights, so that a score means the same for every product.
    edges = item_graph(interactions, Graph(0.25, 0.5, 1.0, min(bounds.neighbours, LENGTH * 4)))
    frames = [_best(edges, np.flatnonzero(known >= FEW), past.products, "customers")]
    if past.features is not None and past.features.shape[1]:
        few = np.flatnonzero(known < FEW)
        alike = top_of_product(past.features[few], past.features.T.tocsr(), LENGTH + 1)
        frames.append(_best(_spread(alike, few, len(known)), few, past.products, "content"))
    return pd.concat(frames, ignore_index=True)


def _spread(rows: Any, at: Any, size: int) -> Any:
    from scipy.sparse import csr_matrix

    counts = np.zeros(size, np.int64)
    counts[at] = np.diff(rows.indptr)
    return csr_matrix((rows.data, rows.indices, np.concatenate([[0], counts.cumsum()])), shape=(size, size))


def _best(edges: Any, chosen: Any, products: Any, source: str) -> "pd.DataFrame":
    import pandas as pd

    is_chosen = np.zeros(len(products), bool)
    is_chosen[chosen] = True
    row = np.repeat(np.arange(len(products)), np.diff(edges.indptr))
    own = np.zeros(len(products))
    same = row == edges.indices
    own[row[same]] = edges.data[same]
    kept = is_chosen[row] & ~same & (edges.data > 0)
    row, column, value = row[kept], edges.indices[kept], edges.data[kept]
    value = np.round(
        value / np.sqrt(np.maximum(own[row] * own[column], 1e-12))
        if source == "customers"
        else value / np.maximum(own[row], 1e-12),
        6,
    )
    # What is too small to be shown is no likeness.
    row, column, value = row[value > 0], column[value > 0], value[value > 0]
    order = np.lexsort((column, -value, row))
    frame = pd.DataFrame(
        {"product_id": products[row[order]], "other_product_id": products[column[order]], "score": value[order]}
    )
    frame["position"] = frame.groupby("product_id", sort=False).cumcount() + 1
    return frame[frame["position"] <= LENGTH].assign(source=source).reset_index(drop=True)
