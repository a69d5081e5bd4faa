"""What lists are made with as data: a few parameters, and arrays by name, so that lists of some customers can be made without everybody's past."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods.blended_model import NEIGHBOURS, Model
from assets.insights.recommendations.methods.feedback import Posterior
from assets.insights.recommendations.methods.groups import Groups
from assets.insights.recommendations.methods.interactions import Labels, Matrix
from assets.insights.recommendations.methods.lists import Learned
from assets.insights.recommendations.methods.sources.content import ContentSource
from assets.insights.recommendations.methods.sources.low_rank import LowRank
from assets.insights.recommendations.methods.sources.neighbours import Neighbours
from assets.insights.recommendations.methods.sources.proposals import (
    InterestSource,
    ItemGraphSource,
    LowRankSource,
    NeighbourSource,
    PopularSource,
    Source,
)
from assets.insights.recommendations.methods.sources.taste import TasteSource

if TYPE_CHECKING:
    import pandas as pd

Arrays = dict[str, Any]


def parameters(learned: Learned) -> dict[str, Any]:
    """The part of it that is no array."""
    return {
        "weights": dict(learned.model.weights),
        "candidate_count": learned.model.candidate_count,
        "sources": list(learned.model.sources),
        "groups": list(learned.groups.names),
        "posterior": {name: [each.alpha, each.beta] for name, each in learned.posterior.items()},
    }


def arrays(learned: Learned, gaps: "pd.DataFrame") -> Arrays:
    """The arrays of it; `gaps`: product_id, gap_count, log_gap_sum."""
    model = learned.model
    found: Arrays = {
        "products": model.products.astype(str),
        "cold": model.cold,
        "shares": learned.groups.shares,
        "buyers": learned.buyers,
        "gap_products": gaps["product_id"].to_numpy(str),
        "gap_counts": gaps["gap_count"].to_numpy(np.int64),
        "log_gap_sums": gaps["log_gap_sum"].to_numpy(float),
    }
    for name, source in model.sources.items():
        found |= {f"{name} {part}": array for part, array in _of_source(source).items()}
    return found


def _of_source(source: Source) -> Arrays:
    match source:
        case ItemGraphSource():
            return _of_matrix(source.edges)
        case NeighbourSource():
            return _of_matrix(source.neighbours.weights) | {"degrees": source.neighbours.product_degrees}
        case LowRankSource():
            return {"tastes": source.model.tastes, "degrees": source.model.product_degrees}
        case ContentSource():
            power = np.array(source.popularity_power)
            more = {"popularity": source.popularity, "power": power, "few": source.few}
            return _of_matrix(source.features) | more
        case TasteSource():
            return {"popularity": source.popularity} | {f"label {name}": label for name, label in source.labels.items()}
        case PopularSource():
            return {"popularity": source.popularity, "proposed": np.array(source.proposed)}
        case _:
            return {}


def _of_matrix(matrix: Matrix) -> Arrays:
    return {
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
        "shape": np.array(matrix.shape),
    }


def learned_of(told: Mapping[str, Any], found: Arrays) -> Learned:
    """What `parameters` and `arrays` tell of."""
    sources: dict[str, Source] = {}
    for name in told["sources"]:
        parts = {key.removeprefix(f"{name} "): array for key, array in found.items() if key.startswith(f"{name} ")}
        sources[name] = _source(name, parts)
    products = found["products"].astype(object)
    model = Model(products, sources, told["weights"], found["cold"], told["candidate_count"])
    posterior = {name: Posterior(*pair) for name, pair in told["posterior"].items()}
    return Learned(model, Groups(tuple(told["groups"]), found["shares"]), posterior, found["buyers"])


def _source(name: str, parts: Arrays) -> Source:
    family, _, variant = name.partition("/")
    match family:
        case "item_graph":
            return ItemGraphSource(_matrix(parts))
        case "neighbours":
            return NeighbourSource(Neighbours(NEIGHBOURS[variant], _matrix(parts), parts["degrees"]))
        case "low_rank":
            return LowRankSource(LowRank(parts["tastes"], parts["degrees"]))
        case "content":
            return ContentSource(_matrix(parts), parts["popularity"], float(parts["power"]), parts["few"])
        case "taste":
            labels: dict[str, Labels] = {
                key.removeprefix("label "): label for key, label in parts.items() if key.startswith("label ")
            }
            return TasteSource(parts["popularity"], labels)
        case "popular":
            return PopularSource(parts["popularity"], int(parts["proposed"]))
        case _:
            return InterestSource()


def _matrix(parts: Arrays) -> Matrix:
    from scipy.sparse import csr_matrix

    return csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))


def gaps_of(found: Arrays) -> "pd.DataFrame":
    """product_id, gap_count, log_gap_sum."""
    import pandas as pd

    return pd.DataFrame(
        {
            "product_id": found["gap_products"].astype(object),
            "gap_count": found["gap_counts"],
            "log_gap_sum": found["log_gap_sums"],
        }
    )
