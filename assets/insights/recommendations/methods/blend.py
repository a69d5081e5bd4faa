"""Which sources a list is blended from, and with which weights: chosen on what customers did afterwards.

Sources come in families (an item–item graph, customers alike, tastes, …), each in some variants; a blend takes at most one variant of a
family. Beginning with the best single one, the change of one family's variant and weight that gains most NDCG is made, until
none gains more than chance would: so popularity, a family like others, is beaten or tied on the validation part by construction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods.candidates import Candidates, Scores, ranked
from assets.insights.recommendations.methods.metrics import of_hits

WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.6, 1.0, 1.7)
LENGTH = 20
MIN_GAIN = 2e-4
# Standard errors of the difference, customer by customer, that a change must gain: among hundreds of changes some gain by chance.
SURE = 0.5
MAX_CHANGES = 12

Variant = tuple[str, str]


@dataclass(frozen=True)
class Blend:
    """By family the variant and its weight; what is not in it is not used."""

    parts: Mapping[str, tuple[str, float]]
    ndcg: float
    singles: Mapping[str, float] = field(default_factory=dict)
    """NDCG of every variant on its own, by `family/variant`."""

    @property
    def weights(self) -> dict[str, float]:
        return {name_of(family, variant): weight for family, (variant, weight) in self.parts.items()}


def name_of(family: str, variant: str) -> str:
    return f"{family}/{variant}"


def choose(
    candidates: Candidates,
    hits: NDArray[np.bool_],
    wanted: NDArray[np.int64],
    families: Mapping[str, Sequence[str]],
    start: Mapping[str, tuple[str, float]] | None = None,
) -> Blend:
    """`hits`: which candidates the customer then took; `wanted`: how many products it took in all. Candidates are scored by
    `family/variant`. `start`: the blend to begin with in place of the best single source."""
    there = candidates.is_there

    def total_of(parts: Mapping[str, tuple[str, float]]) -> Scores:
        return candidates.blended({name_of(f, v): w for f, (v, w) in parts.items()})

    def ndcg(scores: Scores) -> NDArray[np.float64]:
        return _ndcg(scores, there, hits, wanted)

    singles = {name_of(f, v): ndcg(total_of({f: (v, 1.0)})) for f, variants in families.items() for v in variants}
    if start and all(family in families and variant in families[family] for family, (variant, _) in start.items()):
        parts = dict(start)
    else:
        best = max(singles, key=lambda name: (round(singles[name].mean(), 9), name))
        family, _, variant = best.partition("/")
        parts = {family: (variant, 1.0)}
    values = ndcg(total_of(parts))
    for _ in range(MAX_CHANGES):
        found: dict[tuple[str, str, float], NDArray[np.float64]] = {}
        for family, variants in families.items():
            others = {f: part for f, part in parts.items() if f != family}
            rest = total_of(others)
            if others and family in parts:
                found[family, "", 0.0] = ndcg(rest)
            for variant in variants:
                scores = candidates.scores[name_of(family, variant)]
                for weight in WEIGHTS[1:] if others else ():
                    if parts.get(family) != (variant, weight):
                        found[family, variant, weight] = ndcg(rest + np.float32(weight) * scores)
        changes = [(round(float(value.mean()), 9), *change) for change, value in found.items()]
        if not changes:
            break
        gained, family, variant, weight = max(changes)
        if not gains(found[family, variant, weight], values):
            break
        values = found[family, variant, weight]
        parts = {f: part for f, part in parts.items() if f != family}
        if weight:
            parts[family] = (variant, weight)
    figures = {name: round(float(value.mean()), 6) for name, value in singles.items()}
    return Blend(dict(sorted(parts.items())), round(float(values.mean()), 6), figures)


def gains(new: NDArray[np.float64], old: NDArray[np.float64]) -> bool:
    """Whether a figure of the same customers is higher by more than chance makes it."""
    difference = new - old
    return bool(difference.mean() >= max(MIN_GAIN, SURE * difference.std() / np.sqrt(max(len(difference), 1))))


def _ndcg(
    scores: Scores, there: NDArray[np.bool_], hits: NDArray[np.bool_], wanted: NDArray[np.int64]
) -> NDArray[np.float64]:
    positions = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    at, _ = ranked(positions, np.where(there, scores, np.float32(-np.inf)), LENGTH)
    found = np.take_along_axis(hits, at.clip(0), 1) & (at >= 0)
    return np.nan_to_num(of_hits(found, wanted)["ndcg"])
