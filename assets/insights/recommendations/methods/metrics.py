"""How good ranked lists are against what customers then did.

Recall, NDCG and MAP at the length of the list, a mean over the customers who did something; the ideal of NDCG and MAP is as long
as the shorter of list and truth. Coverage: share of products shown to anybody. Novelty: mean -log2 of the share of customers
who know the product. Diversity: mean share of pairs of a list that are of different categories. Overlap: mean share of
products that two customers' lists have in common.
"""

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import NOBODY, Products, values_at
from assets.insights.recommendations.methods.interactions import Matrix

Floats = NDArray[np.float64]


def discounts(count: int) -> Floats:
    return 1 / np.log2(np.arange(2, count + 2))


def by_customer(lists: Products, truth: Matrix) -> dict[str, Floats]:
    """Recall, NDCG and MAP of each customer; NaN for who did nothing."""
    return of_hits(values_at(lists, truth) != 0, np.diff(truth.indptr))


def of_hits(hits: NDArray[np.bool_], wanted: NDArray[np.int64]) -> dict[str, Floats]:
    """`hits`: customers × positions; `wanted`: how many products each customer took."""
    length = hits.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = np.minimum(wanted, length)
        ideal = np.concatenate([[0.0], discounts(length).cumsum()])[reach]
        precision = hits.cumsum(axis=1) / np.arange(1, length + 1)
        return {
            "recall": hits.sum(axis=1) / np.where(wanted > 0, wanted, np.nan),
            "ndcg": (hits * discounts(length)).sum(axis=1) / np.where(ideal > 0, ideal, np.nan),
            "map": (hits * precision).sum(axis=1) / np.where(reach > 0, reach, np.nan),
        }


def means(values: dict[str, Floats], chosen: NDArray[np.bool_] | None = None) -> dict[str, float]:
    found = {name: value if chosen is None else value[chosen] for name, value in values.items()}
    return {name: round(float(np.nanmean(v)), 6) if np.isfinite(v).any() else 0.0 for name, v in found.items()}


def of_lists(
    lists: Products, known_by: Floats, customers: int, categories: NDArray[np.int64] | None, pairs: int = 2000
) -> dict[str, float]:
    """Coverage, novelty, overlap, and diversity where products have categories (`categories`: a number a product, -1: none)."""
    shown = lists[lists != NOBODY]
    if not len(shown):
        return {"coverage": 0.0, "novelty": 0.0, "overlap": 0.0}
    figures = {
        "coverage": len(np.unique(shown)) / len(known_by),
        "novelty": float(-np.log2((known_by[shown] + 1) / (customers + 1)).mean()),
        "overlap": overlap(lists, pairs),
    }
    if categories is not None and lists.shape[1] > 1:
        label = np.where(lists == NOBODY, NOBODY, categories[lists])
        first, second = np.triu_indices(lists.shape[1], 1)
        both = (label[:, first] >= 0) & (label[:, second] >= 0)
        if both.any():
            figures["diversity"] = float(((label[:, first] != label[:, second]) & both).sum() / both.sum())
    return {name: round(value, 6) for name, value in figures.items()}


def overlap(lists: Products, pairs: int = 2000) -> float:
    """Over pairs of customers, drawn with a fixed seed: products in common, as a share of the shorter list. Zero with one customer."""
    there = lists[(lists != NOBODY).any(axis=1)]
    if len(there) < 2:
        return 0.0
    random = np.random.default_rng(0)
    left = random.integers(0, len(there), pairs)
    right = (left + random.integers(1, len(there), pairs)) % len(there)
    common = ((there[left][:, :, None] == there[right][:, None, :]) & (there[left] != NOBODY)[:, :, None]).sum(
        axis=(1, 2)
    )
    lengths = (there != NOBODY).sum(axis=1)
    return float((common / np.minimum(lengths[left], lengths[right])).mean())
