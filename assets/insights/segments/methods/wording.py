"""Names of segments for shop people, in Chinese and English, made of what holds for their members.

Each member's recency, frequency and spend are scored by the shop's cut points (features/methods/cut_points). Of each measure the
narrowest range of scores is said that at least four in five members lie in; where all that is said does not hold together for
four in five, the weakest part is widened until it does. What a name says is therefore true of four in five members, and whoever
it is not true of is called "at the edge". Segments of one name are told apart by the measure in which they differ most.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.features.methods.cut_points import Scores
from resources.words import Words

HOLDS_FOR = 0.8
WHOLE = (1, 5)

Claims = Mapping[str, tuple[int, int]]
"""By score, the range (both ends included) in which a name says that it lies."""

# By score the ranges that a name may say, each followed by the wider one that it falls back to.
_CHAINS: dict[str, tuple[tuple[tuple[int, int], ...], ...]] = {
    "r_score": (((4, 5), (3, 5)), ((1, 2), (1, 3))),
    "f_score": (((4, 5), (2, 5)), ((1, 1), (1, 3))),
    "m_score": (((4, 5), (3, 5)), ((1, 2), (1, 3))),
}
_WORDS = {
    ("r_score", (4, 5)): Words("近期活跃", "recent"),
    ("r_score", (3, 5)): Words("尚活跃", "still active"),
    ("r_score", (1, 2)): Words("沉睡", "dormant"),
    ("r_score", (1, 3)): Words("久未购买", "quiet"),
    ("f_score", (4, 5)): Words("高频", "frequent"),
    ("f_score", (2, 5)): Words("有复购", "repeat"),
    ("f_score", (1, 1)): Words("单次购买", "one-time"),
    ("f_score", (1, 3)): Words("低频", "occasional"),
    ("m_score", (4, 5)): Words("高消费", "high-spending"),
    ("m_score", (3, 5)): Words("中高消费", "mid-to-high-spending"),
    ("m_score", (1, 2)): Words("低消费", "low-spending"),
    ("m_score", (1, 3)): Words("中低消费", "low-to-mid-spending"),
}
_MIXED = Words("混合型客户", "Mixed customers")
# From the lowest to the highest value of the measure.
_QUALIFIERS = {
    "spend": (Words("消费较低", "lower spend"), Words("消费居中", "middle spend"), Words("消费较高", "higher spend")),
    "frequency": (
        Words("购买较少", "buy less often"),
        Words("次数居中", "middle frequency"),
        Words("购买较多", "buy more often"),
    ),
    "recency": (
        Words("上次购买较早", "bought longer ago"),
        Words("时间居中", "in between"),
        Words("上次购买较近", "bought more recently"),
    ),
}


def claims_of(members: Mapping[str, Scores]) -> Claims:
    """What may be said of a segment with members of these scores: together true of at least HOLDS_FOR of them."""
    chosen = {score: _narrowest(score, values) for score, values in members.items()}
    while np.mean(holds(members, chosen)) < HOLDS_FOR:
        said = [score for score, claim in chosen.items() if claim != WHOLE]
        shares = {score: np.mean(_within(members[score], chosen[score])) for score in said}
        weakest = min(said, key=lambda score: (shares[score], score))
        chosen[weakest] = _wider(weakest, chosen[weakest])
    return chosen


def _narrowest(score: str, values: Scores) -> tuple[int, int]:
    ranges = sorted((claim for chain in _CHAINS[score] for claim in chain), key=lambda claim: claim[1] - claim[0])
    return next((claim for claim in ranges if np.mean(_within(values, claim)) >= HOLDS_FOR), WHOLE)


def _wider(score: str, claim: tuple[int, int]) -> tuple[int, int]:
    chain = next(chain for chain in _CHAINS[score] if claim in chain)
    return dict(zip(chain, (*chain[1:], WHOLE), strict=True))[claim]


def holds(scores: Mapping[str, Scores], claims: Claims) -> NDArray[np.bool_]:
    """Of each customer whether all that a name claims is true of them."""
    return np.logical_and.reduce([_within(scores[score], tuple(claim)) for score, claim in claims.items()])


def _within(values: Scores, claim: tuple[int, ...]) -> NDArray[np.bool_]:
    return (values >= claim[0]) & (values <= claim[1])


def name_segments(claims: Sequence[Claims], profile: pd.DataFrame) -> list[Words]:
    """One name a segment, no two alike, by its claims and its row of `profile`: recency (high = bought lately), frequency, and
    where known spend, each in standard deviations from the population's mean."""
    names = [_name(of) for of in claims]
    for name in dict.fromkeys(names):
        twins = [i for i, other in enumerate(names) if other == name]
        if len(twins) > 1:
            for i, qualified in zip(twins, _told_apart(name, profile.iloc[twins]), strict=True):
                names[i] = qualified
    return names


def at_the_edge(name: Words) -> Words:
    """What a member is called of whom the name of the segment is not true in every part."""
    return Words(f"接近“{name.zh}”", f"At the edge of: {name.en}")


def _name(claims: Claims) -> Words:
    said = [_WORDS[score, (claim[0], claim[1])] for score, claim in claims.items() if tuple(claim) != WHOLE]
    if not said:
        return _MIXED
    joined = Words.join(said, Words("、", ", "))
    return Words(f"{joined.zh}客户", f"{joined.en.capitalize()} customers")


def _told_apart(name: Words, twins: pd.DataFrame) -> list[Words]:
    measures = [measure for measure in _QUALIFIERS if measure in twins]
    widest = max(measures, key=lambda measure: twins[measure].max() - twins[measure].min())
    ranks = np.argsort(np.argsort(twins[widest].to_numpy(), kind="stable"), kind="stable")
    low, middle, high = _QUALIFIERS[widest]
    if len(twins) <= 3:
        words = [low, high] if len(twins) == 2 else [low, middle, high]
    else:
        words = [Words(f"{low.zh}起第{i}组", f"group {i} from {low.en}") for i in range(1, len(twins) + 1)]
    return [Words(f"{name.zh}（{words[rank].zh}）", f"{name.en} ({words[rank].en})") for rank in ranks]
