"""Chooses what events are worth and which sources to blend on a later part of the history; fits the chosen on all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.insights.recommendations.methods import blend as blending
from assets.insights.recommendations.methods.blend import Blend, name_of
from assets.insights.recommendations.methods.candidates import NOBODY, Candidates, Products, Scores, ranked
from assets.insights.recommendations.methods.history import Past, rows_of
from assets.insights.recommendations.methods.interactions import Ids, Indices, Interactions, Matrix
from assets.insights.recommendations.methods.metrics import by_customer
from assets.insights.recommendations.methods.sources import taste
from assets.insights.recommendations.methods.sources.content import ContentSource
from assets.insights.recommendations.methods.sources.item_graph import Graph, item_graph
from assets.insights.recommendations.methods.sources.low_rank import LowRank
from assets.insights.recommendations.methods.sources.neighbours import Neighbours, cost
from assets.insights.recommendations.methods.sources.proposals import (
    BLOCK,
    InterestSource,
    ItemGraphSource,
    LowRankSource,
    NeighbourSource,
    PopularSource,
    Source,
    collect,
)
from assets.insights.recommendations.methods.sources.taste import TasteSource
from assets.insights.recommendations.methods.weighting import PURCHASE, Weighting, alternatives

if TYPE_CHECKING:
    import pandas as pd

ITEM_GRAPHS = {
    "even": Graph(0.5, 0.5, 1.0, 1000),
    "sharp": Graph(0.6, 0.4, 0.7, 1000),
}
NEIGHBOURS = {
    "even": Graph(0.5, 0.5, 1.0, 500),
    "flat": Graph(0.6, 0.4, 0.8, 1000),
}
RANKS = (16, 64, 256, 768)
CONTENT = {"alike": 0.0, "alike_and_popular": 1.0}


@dataclass(frozen=True)
class Bounds:
    """What keeps memory and time in hand, whatever the shop. `neighbours`: edges of a product; `candidates`: proposals a source
    and customer; `judged`: customers on whom settings are chosen; `neighbour_cost`: multiply-adds of the search for customers
    alike, beyond which it is left out; `rank`: tastes at most; `history`: products of a customer that make its taste, the latest."""

    neighbours: int = 1000
    candidates: int = 300
    judged: int = 3000
    neighbour_cost: float = 3e9
    rank: int = 768
    history: int = 500


@dataclass(frozen=True, eq=False)
class Model:
    """The fitted sources of a blend, for histories whose columns are `products`. `cold`: by product, the share of the weight that
    goes from what customers did to content, because few customers know it."""

    products: Ids
    sources: Mapping[str, Source]
    weights: Mapping[str, float]
    cold: Scores
    candidate_count: int

    def candidates(self, histories: Matrix, without: Matrix | None) -> Candidates:
        return collect(self.sources, histories, self.candidate_count, without)

    def scores(self, candidates: Candidates) -> Scores:
        total = candidates.blended(self.weights)
        content = next((name for name in self.sources if name.startswith("content/")), None)
        if content is None or not self.cold.any():
            return total
        others = sum(weight for name, weight in self.weights.items() if name != content)
        share = np.where(candidates.is_there, self.cold[candidates.products.clip(0)], np.float32(0))
        behaviour = candidates.blended({name: weight for name, weight in self.weights.items() if name != content})
        own = np.float32(self.weights.get(content, 0)) * candidates.scores[content]
        return (1 - share) * behaviour + own + share * np.float32(others) * candidates.scores[content]

    def lists(self, histories: Matrix, without: Matrix | None, count: int) -> Products:
        """The best `count` products of each history, but for its entries in `without`."""
        result = np.full((histories.shape[0], count), NOBODY, np.int64)
        for start in range(0, histories.shape[0], BLOCK):
            rows = slice(start, start + BLOCK)
            found = self.candidates(histories[rows], without[rows] if without is not None else None)
            best, _ = ranked(found.products, self.scores(found), count)
            result[rows, : best.shape[1]] = best
        return result


@dataclass(frozen=True)
class Settings:
    """What was chosen, with the figures of the part it was chosen on."""

    weighting: Weighting
    blend: Blend

    def parameters(self) -> dict[str, Any]:
        return {
            "worths": dict(self.weighting.worths),
            "half_life_days": self.weighting.half_life_days,
            "blend": {family: list(part) for family, part in self.blend.parts.items()},
        }

    @classmethod
    def default(cls, fixed: Weighting | None = None) -> "Settings":
        """What a shop begins with."""
        worths = {PURCHASE: 1.0, "view": 0.3, "cart": 0.3, "favorite": 0.3, "click": 0.3}
        return cls(fixed or Weighting(worths), Blend({"item_graph": ("even", 1.0)}, 0.0))

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Settings":
        parts = {family: (variant, weight) for family, (variant, weight) in parameters["blend"].items()}
        return cls(Weighting(parameters["worths"], parameters["half_life_days"]), Blend(parts, 0.0))


@dataclass(frozen=True, eq=False)
class Judged:
    """Customers whose next purchases are known: what they bought until then, and what they bought for the first time afterwards."""

    customers: Ids
    bought: Matrix
    truth: Matrix

    @classmethod
    def of(cls, past: Past, later: "pd.DataFrame", most: int, seed: int = 0) -> "Judged":
        """`later`: person_id, product_id of the purchases after the past. At most `most` customers, drawn with a fixed seed, of those who
        have a past and bought something new."""
        known = np.intersect1d(past.people, later["person_id"].unique())
        bought = past.ever_bought(known, rows_of(past.bought(), known))
        truth = Interactions.of(later.assign(weight=1.0), products=past.products, customers=known).weights
        new = new_to(truth, bought)
        chosen = np.flatnonzero(np.diff(new.indptr))
        if len(chosen) > most:
            chosen = np.sort(np.random.default_rng(seed).permutation(chosen)[:most])
        return cls(known[chosen], bought[chosen], new[chosen])

    def first(self, count: int) -> "Judged":
        return Judged(self.customers[:count], self.bought[:count], self.truth[:count])


def new_to(truth: Matrix, bought: Matrix) -> Matrix:
    """The entries of `truth` that are none of `bought`."""
    new = (truth - truth.multiply(bought > 0)).tocsr()
    new.eliminate_zeros()
    new.sort_indices()
    return new


def families_for(interactions: Interactions, past: Past, bounds: Bounds) -> dict[str, list[str]]:
    """The sources that make sense for a shop of this size and these tables."""
    families = {"item_graph": list(ITEM_GRAPHS), "popular": ["all"]}
    if cost(interactions.weights) <= bounds.neighbour_cost:
        families["neighbours"] = list(NEIGHBOURS)
    room = min(bounds.rank, min(interactions.weights.shape) // 3)
    if ranks := [str(rank) for rank in RANKS if rank <= room]:
        families["low_rank"] = ranks
    if past.features is not None and past.features.shape[1]:
        families["content"] = list(CONTENT)
    if tastes := taste.families(past.labels):
        families["taste"] = list(tastes)
    if set(past.event_types) - {PURCHASE}:
        families["interest"] = ["own"]
    return families


def sources_of(
    interactions: Interactions, past: Past, families: Mapping[str, Sequence[str]], bounds: Bounds
) -> dict[str, Source]:
    """The sources fitted on some interactions, by `family/variant`."""
    weights = interactions.weights
    popularity = np.asarray(weights.sum(axis=0), float).ravel()
    ranks = [int(variant) for variant in families.get("low_rank", ())]
    tastes = LowRank.of(weights, max(ranks)) if ranks else None
    found: dict[str, Source] = {}
    for family, variants in families.items():
        for variant in variants:
            if family == "item_graph":
                graph = ITEM_GRAPHS[variant]
                graph = replace(graph, neighbours=min(graph.neighbours, bounds.neighbours))
                source: Source = ItemGraphSource(item_graph(interactions, graph))
            elif family == "neighbours":
                source = NeighbourSource(Neighbours.of(weights, NEIGHBOURS[variant]))
            elif family == "low_rank" and tastes is not None:
                source = LowRankSource(tastes.truncated(int(variant)))
            elif family == "content" and past.features is not None:
                few = np.arange(len(popularity)) if len(popularity) <= bounds.candidates else few_known(interactions)
                source = ContentSource(past.features, popularity, CONTENT[variant], few)
            elif family == "taste":
                chosen = {name: past.labels[name] for name in taste.families(past.labels).get(variant, ())}
                source = TasteSource(popularity, chosen)
            elif family == "interest":
                source = InterestSource()
            else:
                source = PopularSource(popularity, len(popularity) if len(popularity) <= bounds.candidates else 50)
            found[name_of(family, variant)] = source
    return found


# Customers on whom a weighting is chosen: fewer than for the blend, as there are many to try.
WEIGHTED_ON = 1500
# With as many customers a product is trusted as much to them as to its description.
SHRINKAGE = 3.0
FEW = 10


def few_known(interactions: Interactions) -> Indices:
    return np.flatnonzero(interactions.times_known() < FEW)


def choose(
    past: Past, later: "pd.DataFrame", bounds: Bounds, before: Settings | None = None, fixed: Weighting | None = None
) -> Settings:
    """The settings by which purchases of `later` that are new to their customer are best predicted from the past. `fixed`: the weighting where
    the shop has set it. `before`: settings in force, where the search begins."""
    judged = Judged.of(past, later, bounds.judged)
    weighting = fixed or (before.weighting if before else Settings.default().weighting)
    if fixed is None:
        weighting = _weighting(past, judged.first(WEIGHTED_ON), weighting, bounds)
    interactions = past.interactions(weighting)
    families = families_for(interactions, past, bounds)
    histories = rows_of(interactions, judged.customers)
    candidates = collect(sources_of(interactions, past, families, bounds), histories, bounds.candidates, judged.bought)
    start = before.blend.parts if before else None
    hits = candidates.places(judged.truth)
    return Settings(weighting, blending.choose(candidates, hits, np.diff(judged.truth.indptr), families, start))


def _weighting(past: Past, judged: Judged, weighting: Weighting, bounds: Bounds) -> Weighting:
    """Coordinate search: each parameter in turn, by the NDCG of the item–item graph with the taste, and only where the gain is more than
    chance would make it."""
    types = sorted(set(past.event_types))
    span = float(past.log["age_days"].max() - past.log["age_days"].min()) if len(past.log) else 0.0
    families = {"item_graph": ["even"], "popular": ["all"]}
    weights = {"item_graph/even": 1.0, "popular/all": 0.05}
    if tastes := taste.families(past.labels):
        best = list(tastes)[-1]
        families["taste"], weights[f"taste/{best}"] = [best], 1.0
    seen: dict[str, NDArray[np.float64]] = {}

    def ndcg(option: Weighting) -> NDArray[np.float64]:
        key = repr(option)
        if key not in seen:
            interactions = past.interactions(option)
            sources = sources_of(interactions, past, families, bounds)
            found = collect(sources, rows_of(interactions, judged.customers), 100, judged.bought)
            lists, _ = ranked(found.products, found.blended(weights), blending.LENGTH)
            seen[key] = np.nan_to_num(by_customer(lists, judged.truth)["ndcg"])
        return seen[key]

    for number in range(len(list(alternatives(weighting, types, span)))):
        options = list(alternatives(weighting, types, span))[number]
        best = max(options, key=lambda option: float(ndcg(option).mean()))
        if blending.gains(ndcg(best), ndcg(weighting)):
            weighting = best
    return weighting


def fit(past: Past, settings: Settings, bounds: Bounds) -> Model:
    """The sources of the chosen blend, fitted on all of the past."""
    interactions = past.interactions(settings.weighting)
    families = {family: [variant] for family, (variant, _) in settings.blend.parts.items()}
    # Low rank only scores: what it scores must be what it was chosen with.
    families.setdefault("item_graph", ["even"])
    families.setdefault("popular", ["all"])
    if past.features is not None and past.features.shape[1]:
        families.setdefault("content", ["alike_and_popular"])
    sources = sources_of(interactions, past, families, bounds)
    known = interactions.times_known()
    cold = (
        (SHRINKAGE / (known + SHRINKAGE)).astype(np.float32)
        if "content" in families
        else np.zeros(len(known), np.float32)
    )
    return Model(interactions.products, sources, settings.blend.weights, cold, bounds.candidates)
