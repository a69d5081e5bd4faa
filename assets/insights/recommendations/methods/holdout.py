"""How good the lists would have been in a window of the past, beside what could have been shown without a model."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods import metrics, rebuy
from assets.insights.recommendations.methods.blended_model import Bounds, Model, Settings, fit, new_to
from assets.insights.recommendations.methods.candidates import NOBODY, Products, ranked
from assets.insights.recommendations.methods.groups import Groups
from assets.insights.recommendations.methods.history import Past, rows_of
from assets.insights.recommendations.methods.interactions import Interactions, Matrix
from assets.insights.recommendations.methods.weighting import Weighting

if TYPE_CHECKING:
    import pandas as pd

MODEL, POPULARITY, PERSONAL = "model", "popularity", "personal frequency"
LENGTH = 20


@dataclass(frozen=True, eq=False)
class Window:
    """The past up to a Monday, and what was bought after it. `groups`: person_id and the groups of all customers there were."""

    past: Past
    gaps: "pd.DataFrame"
    later: "pd.DataFrame"
    groups: "pd.DataFrame"

    @property
    def categories(self) -> Any:
        """A number a product, -1 for none; None where the shop has no categories."""
        label = self.past.labels.get("category")
        return label if label is not None and (label >= 0).any() else None


def discover(window: Window, settings: Settings, bounds: Bounds) -> list[dict[str, Any]]:
    """A line a method, for customers with and without a past: what they bought then for the first time."""
    past, weighting = window.past, settings.weighting
    model = fit(past, settings, bounds)
    everybody = past.interactions(weighting)
    later = window.later[window.later["product_id"].isin(past.products)]
    people = np.unique(later["person_id"].to_numpy())
    bought = past.ever_bought(people, rows_of(past.bought(), people))
    truth = Interactions.of(later.assign(weight=1.0), products=past.products, customers=people).weights
    new = new_to(truth, bought)
    own = rows_of(everybody, people)
    is_warm = np.diff(own.indptr) > 0
    lines = []
    warm, cold = np.flatnonzero(is_warm), np.flatnonzero(~is_warm)
    known, count = everybody.times_known(), everybody.customer_count
    if len(warm):
        lists = {
            MODEL: model.lists(own[warm], bought[warm], LENGTH),
            **_arms(model, own[warm], bought[warm]),
            POPULARITY: _by(np.asarray(everybody.weights.sum(axis=0)).ravel(), bought[warm]),
            PERSONAL: _favourite_categories(window, everybody, own[warm], bought[warm]),
        }
        lines += [
            _line("discover", "warm", name, found, new[warm], known, count, window.categories)
            for name, found in lists.items()
        ]
    if len(cold):
        groups = Groups.of(everybody, window.groups)
        mine = window.groups.set_index("person_id").reindex(people[cold]).reset_index(names="person_id")
        shares = groups.shares[groups.of_people(mine)]
        lists = {
            MODEL: np.argsort(-shares, axis=1, kind="stable")[:, :LENGTH],
            POPULARITY: _by(groups.shares[0], bought[cold]),
        }
        lines += [
            _line("discover", "cold", name, found, new[cold], known, count, window.categories)
            for name, found in lists.items()
        ]
    return lines


def again(window: Window, model: rebuy.Rebuy) -> list[dict[str, Any]]:
    """The same for what customers bought again."""
    rows = rebuy.pairs(window.past, window.gaps)
    rows = rows[rows["product_id"].isin(window.past.products)].reset_index(drop=True)
    wanted = window.later.assign(weight=1.0)
    wanted = wanted[rebuy.marked(wanted, rows)]
    truth = Interactions.of(wanted, products=window.past.products)
    if not truth.customer_count:
        return []
    # All of them rank what may be on the list.
    rows = rows[rows["person_id"].isin(truth.customers) & model.is_due(rows)].reset_index(drop=True)
    scores = {
        MODEL: model.probability(rows),
        POPULARITY: rows["log_popularity"].to_numpy(),
        # The more recent of two that were bought as often.
        PERSONAL: rows["event_count"].to_numpy() - rows["age_days"].to_numpy() / (rows["age_days"].max() + 1.0),
    }
    everybody = window.past.interactions(Weighting())
    known, count = everybody.times_known(), everybody.customer_count
    return [
        _line(
            "rebuy",
            "warm",
            name,
            _as_lists(rebuy.top(rows, value, 10), truth),
            truth.weights,
            known,
            count,
            window.categories,
        )
        for name, value in scores.items()
    ]


def _as_lists(top: "pd.DataFrame", truth: Interactions) -> Products:
    import pandas as pd

    lists = np.full((truth.customer_count, 10), NOBODY, np.int64)
    rows = pd.Index(truth.customers).get_indexer(top["person_id"])
    lists[rows, top["position"].to_numpy() - 1] = pd.Index(truth.products).get_indexer(top["product_id"])
    return lists


def _arms(model: Model, histories: Matrix, bought: Matrix) -> dict[str, Products]:
    content = next((name for name in model.sources if name.startswith("content/")), None)
    if content is None:
        return {}
    found = model.candidates(histories, bought)
    lists, scores = ranked(
        found.products, np.where(found.is_there, found.scores[content], -np.inf).astype(np.float32), LENGTH
    )
    return {"content": lists}


def _by(popularity: Any, bought: Matrix) -> Products:
    """The most popular products that each customer has not bought."""
    best = np.argsort(-popularity, kind="stable")
    lists = np.full((bought.shape[0], LENGTH), NOBODY, np.int64)
    for row, mine in enumerate(lists):
        own = bought.indices[bought.indptr[row] : bought.indptr[row + 1]]
        first = best[: LENGTH + len(own)]
        free = first[~np.isin(first, own)][:LENGTH]
        mine[: len(free)] = free
    return lists


def _favourite_categories(window: Window, everybody: Interactions, own: Matrix, bought: Matrix) -> Products:
    """Personal frequency where nothing was bought yet: the popular products of the categories that the customer bought or looked at most."""
    from scipy.sparse import coo_matrix

    popularity = np.asarray(everybody.weights.sum(axis=0)).ravel()
    if window.categories is None:
        return _by(popularity, bought)
    there = np.flatnonzero(window.categories >= 0)
    shape = (len(popularity), int(window.categories.max()) + 1)
    member = coo_matrix((np.ones(len(there)), (there, window.categories[there])), shape=shape).tocsr()
    lists = np.full((own.shape[0], LENGTH), NOBODY, np.int64)
    for start in range(0, own.shape[0], 512):
        rows = slice(start, start + 512)
        share = np.asarray((own[rows] @ member).todense()) + 1e-6
        scores = np.where(window.categories >= 0, share[:, window.categories.clip(0)], 1e-6) * popularity
        block = bought[rows]
        scores[np.repeat(np.arange(block.shape[0]), np.diff(block.indptr)), block.indices] = -np.inf
        best = np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH]
        lists[rows, : best.shape[1]] = best
    return lists


def _line(
    name: str,
    customers: str,
    method: str,
    lists: Products,
    truth: Matrix,
    known: Any,
    count: int,
    categories: Any,
) -> dict[str, Any]:
    values = metrics.by_customer(lists, truth)
    judged = int(np.isfinite(values["ndcg"]).sum())
    line: dict[str, Any] = {"list": name, "customers": customers, "method": method, "judged_customers": judged}
    return line | metrics.means(values) | metrics.of_lists(lists, known, count, categories)


def figure(
    lines: list[dict[str, Any]], name: str, method: str, what: str = "ndcg", customers: str = "warm"
) -> float | None:
    """A figure of one line; None where there is no such line."""
    for line in lines:
        if (line["list"], line["customers"], line["method"]) == (name, customers, method):
            return float(line[what])
    return None
