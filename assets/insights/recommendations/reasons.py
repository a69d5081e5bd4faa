"""Why a product is on a list: the products of the customer's own history that contributed most, and that in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.candidates import NOBODY, Products, keys_of
from assets.insights.recommendations.interactions import Matrix

MOST = 3
# Reasons are looked for among the products that a customer dealt with most.
LOOKED_AT = 50
NO_REASON: list[str] = []


def contributions(histories: Matrix, edges: Matrix, picked: Products) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each pick the MOST products of the history that contributed most to its score in the item–item graph, the largest
    first, and their contributions: weight of the product × its edge to the pick, exact. NOBODY and 0 where there are fewer."""
    size, positions = picked.shape
    who = np.full((size, positions, MOST), NOBODY, np.int64)
    much = np.zeros((size, positions, MOST))
    if not edges.nnz or not histories.nnz:
        return who, much
    keys, count = keys_of(edges, edges.shape[1]), edges.shape[1]
    for row in range(size):
        part = slice(histories.indptr[row], histories.indptr[row + 1])
        known, weight = histories.indices[part].astype(np.int64), histories.data[part]
        if len(known) > LOOKED_AT:
            chosen = np.sort(np.argsort(-weight, kind="stable")[:LOOKED_AT])
            known, weight = known[chosen], weight[chosen]
        if not len(known):
            continue
        wanted = known[:, None] * count + picked[row][None, :]
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        value = np.where((keys[at] == wanted) & (picked[row] != NOBODY), edges.data[at], 0.0) * weight[:, None]
        # A product is no reason for itself.
        value[known[:, None] == picked[row][None, :]] = 0.0
        order = np.argsort(-value, axis=0, kind="stable")[:MOST]
        found = np.take_along_axis(value, order, 0)
        who[row, :, : len(order)] = np.where(found > 0, known[order], NOBODY).T
        much[row, :, : len(order)] = found.T
    return who, much


def quoted(titles: Sequence[str], zh: bool) -> str:
    return "、".join(f"「{title}」" for title in titles) if zh else _list([f"“{title}”" for title in titles])


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def words(source: str, titles: Sequence[str], *, bought: bool, has_group: bool) -> tuple[str, str]:
    """The reason in Chinese and English. `titles`: of the products that contributed most; `bought`: whether they were, or only
    looked at; `has_group`: whether the customer is in a group of its own."""
    if titles and source in ("collaborative", "content"):
        did_zh, did_en = ("买过", "you bought") if bought else ("看过", "you looked at")
        return f"因为您{did_zh}{quoted(titles, True)}", f"Because {did_en} {quoted(titles, False)}"
    if source == "content":
        return "与您常看的商品相近", "Close to what you usually look at"
    if source == "group" and has_group:
        # Customers may read this: the group is not named.
        return "与您相似的顾客近来常买", "Customers like you have been buying it"
    return "近期热销", "Selling well these days"


def rebuy_words(days: int, age_days: int, gap_days: float) -> tuple[str, str]:
    """`days`: on how many days it was bought; `gap_days`: the usual time between purchases."""
    gap = max(1, round(gap_days))
    if days > 1:
        return (
            f"您买过 {days} 次，上次在 {age_days} 天前；这件商品通常隔 {gap} 天再买",
            f"You bought it {days} times, last {age_days} days ago; it is usually bought again after {gap} days",
        )
    return (
        f"您 {age_days} 天前买过；这件商品通常隔 {gap} 天再买",
        f"You bought it {age_days} days ago; it is usually bought again after {gap} days",
    )
