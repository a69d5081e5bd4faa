"""Why a product is on a list: the products of the customer's own history that contributed most to its score, and that in words.

Each source has reasons of its own: in the item–item graph what goes with the pick, by content what is described like it.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import NOBODY, Products, keys_of
from assets.insights.recommendations.methods.interactions import Labels, Matrix

if TYPE_CHECKING:
    import pandas as pd

MOST = 3
# Reasons are looked for among the products that a customer interacted with most.
LOOKED_AT = 50
LOOKED_AT_ITSELF = ("您看过这件商品", "You looked at it")
BY_TASTE = ("根据您浏览和购买过的商品挑选", "Chosen by what you looked at and bought")
FEW_TITLES = 5
# What two products can have in common: in Chinese and English.
SHARED = {"category": ("同类", "same category"), "brand": ("同品牌", "same brand")}


@dataclass(frozen=True, eq=False)
class Goods:
    """What is said of products, by their number. `labels`: of SHARED a number a product, -1 for none."""

    titles: Sequence[str]
    labels: Mapping[str, Labels]
    names: Sequence[frozenset[str]]
    """The words of each title that say something: not those that stand in one title of ten, such as "basic" or "new"."""

    @classmethod
    def of(cls, catalogue: "pd.DataFrame") -> "Goods":
        titles = [
            title if isinstance(title, str) and title else name
            for title, name in zip(catalogue["title"], catalogue["product_id"], strict=True)
        ]
        return cls(titles, {name: catalogue[name].factorize()[0] for name in SHARED}, _telling(titles))

    def shared(self, one: int, other: int) -> list[str]:
        return [name for name, label in self.labels.items() if label[one] == label[other] >= 0]

    def are_called_alike(self, one: int, other: int) -> bool:
        """Whether a person who reads both titles sees a likeness."""
        return bool(self.names[one] & self.names[other])


def _telling(titles: Sequence[str]) -> list[frozenset[str]]:
    """By title its words, of Chinese every two letters that stand together."""
    words = [
        frozenset(
            piece
            for word in re.findall(r"[\u3400-\u9fff]+|\w{3,}", title.casefold())
            for piece in ([word] if word.isascii() else [word[at : at + 2] for at in range(max(len(word) - 1, 1))])
        )
        for title in titles
    ]
    counts = Counter(word for of in words for word in of)
    most = max(FEW_TITLES, len(titles) // 10)
    return [frozenset(word for word in of if counts[word] <= most) for of in words]


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
        who[row], much[row] = _largest(value, known, picked[row])
    return who, much


def resemblances(histories: Matrix, features: Matrix, picked: Products) -> NDArray[np.int64]:
    """The same for picks by content: weight of the product × likeness of the two descriptions. What a pick's score has beside these,
    its popularity, is a factor of them all. So where a pick has no reason, but perhaps itself, nothing of the score is content's."""
    who = np.full((*picked.shape, MOST), NOBODY, np.int64)
    there = picked != NOBODY
    for row in np.flatnonzero(there.any(axis=1) & (np.diff(histories.indptr) > 0)):
        part = slice(histories.indptr[row], histories.indptr[row + 1])
        known, mine = histories.indices[part].astype(np.int64), picked[row, there[row]]
        # Dense on one side: of a handful of picks that takes half the time.
        value = (features[known] @ features[mine].toarray().T) * histories.data[part][:, None]
        who[row, there[row]], _ = _largest(value, known, mine)
    return who


def _largest(
    value: NDArray[np.float64], known: NDArray[np.int64], picked: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """By pick the MOST largest of `value` (known × picked) and whose they are; NOBODY and 0 where there are fewer."""
    who, much = np.full((len(picked), MOST), NOBODY, np.int64), np.zeros((len(picked), MOST))
    # A product is no reason for itself.
    value[known[:, None] == picked[None, :]] = 0.0
    order = np.argsort(-value, axis=0, kind="stable")[:MOST]
    found = np.take_along_axis(value, order, 0)
    who[:, : len(order)] = np.where(found > 0, known[order], NOBODY).T
    much[:, : len(order)] = found.T
    return who, much


def quoted(titles: Sequence[str], zh: bool) -> str:
    return "、".join(f"「{title}」" for title in titles) if zh else _list([f"“{title}”" for title in titles])


def _list(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def because(titles: Sequence[str], *, bought: bool) -> tuple[str, str]:
    """The reason in Chinese and English. `titles`: of the products that contributed most; `bought`: whether they were, or only looked
    at."""
    did_zh, did_en = ("买过", "you bought") if bought else ("看过", "you looked at")
    return f"因为您{did_zh}{quoted(titles, True)}", f"Because {did_en} {quoted(titles, False)}"


def because_alike(title: str, shared: Sequence[str], *, are_called_alike: bool, bought: bool) -> tuple[str, str]:
    """The same of content: the product that contributed most, and what of SHARED the two have in common, or that they are called alike.
    Where that is nothing a person would not see why: then no product is named."""
    if not shared and not are_called_alike:
        return BY_TASTE
    zh, en = because([title], bought=bought)
    shared_zh = "、".join(SHARED[name][0] for name in shared) or "名称相近"
    shared_en = ", ".join(SHARED[name][1] for name in shared) or "similar name"
    return f"{zh}，两者{shared_zh}", f"{en}: {shared_en}"


def of_others(*, own_group: bool) -> tuple[str, str]:
    """Where nothing of the customer's own is the reason. `own_group`: whether a group that it is in counts, or everybody."""
    if own_group:
        # Customers may read this: the group is not named.
        return "与您相似的客户近来常买", "Customers like you have been buying it"
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
