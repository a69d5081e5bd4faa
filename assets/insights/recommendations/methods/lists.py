"""The two lists of every customer as of a Monday, with their reasons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.insights.recommendations.methods import feedback, rebuy, wording
from assets.insights.recommendations.methods.blended_model import Bounds, Model, Settings, fit
from assets.insights.recommendations.methods.candidates import NOBODY, Candidates, Products, Scores, scaled, values_at
from assets.insights.recommendations.methods.feedback import HOLDOUT, Posterior
from assets.insights.recommendations.methods.groups import Groups
from assets.insights.recommendations.methods.history import Past, rows_of
from assets.insights.recommendations.methods.interactions import Floats, Indices, Interactions, Matrix
from assets.insights.recommendations.methods.metrics import overlap
from assets.insights.recommendations.methods.random_lists import RANDOM, is_drawn, list_name, shuffled
from assets.insights.recommendations.methods.reranking import Rules, fill, may_be_shown, passed_over
from assets.insights.recommendations.methods.sources.proposals import BLOCK, ItemGraphSource
from assets.insights.recommendations.methods.wording import Goods

if TYPE_CHECKING:
    import pandas as pd

COLLABORATIVE, CONTENT, GROUP = "collaborative", "content", "group"


def is_held_out(people: Sequence[str], share: float) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """The same customers every week: by a hash of the id."""
    import hashlib

    limit = int(share * 2**32)
    return np.array(
        [int.from_bytes(hashlib.sha256(f"hold-out {p}".encode()).digest()[:4]) < limit for p in people], bool
    )


@dataclass(frozen=True, eq=False)
class Week:
    """What the lists of a week are made from. `people`: person_id, segment_zh, segment_en and groups; `shown`: impressions of earlier
    lists with what came of them; `catalogue`: a row a product of the past."""

    week: date
    past: Past
    catalogue: "pd.DataFrame"
    gaps: "pd.DataFrame"
    people: "pd.DataFrame"
    groups: "pd.DataFrame"
    shown: "pd.DataFrame"


def posterior_of(shown: "pd.DataFrame", arms: Mapping[str, float]) -> dict[str, Posterior]:
    """Of the sources of `discover`."""
    found = feedback.summary(shown)
    return feedback.posteriors(feedback.priors(arms), found[found["list"] == "discover"])


@dataclass(frozen=True, eq=False)
class Making:
    """By what lists are made: the settings in force, what each source obtained on its own (`arms`), the shop's rules, the share of customers
    held out, bounds of memory and time, and the share of customers whose list is drawn at random."""

    settings: Settings
    arms: Mapping[str, float]
    rules: Rules
    holdout_share: float
    bounds: Bounds
    random_share: float = 0.0


@dataclass(frozen=True, eq=False)
class Learned:
    """What lists are made with, learned from everybody's past. `posterior`: of the sources of `discover`; `buyers`: by product the
    customers who bought it."""

    model: Model
    groups: Groups
    posterior: Mapping[str, Posterior]
    buyers: Floats

    @classmethod
    def of(cls, week: Week, by: Making) -> "Learned":
        model = fit(week.past, by.settings, by.bounds)
        groups = Groups.of(week.past.interactions(by.settings.weighting), week.groups)
        posterior = {
            name: value
            for name, value in posterior_of(week.shown, by.arms).items()
            if name != CONTENT or _content(model)
        }
        return cls(model, groups, posterior, week.past.bought().times_known())

    def draw(self, people: int, length: int, seed: Sequence[int]) -> "np.ndarray[Any, Any]":
        """People × positions: the number of the source that each position takes."""
        return feedback.draw(self.posterior, people, length, seed)


@dataclass(frozen=True, eq=False)
class Lists:
    """`rows`: person_id, list, position, product_id, title, score, source, because_of, because_zh, because_en, due_on,
    list_id, propensity.
    `open_products`: how many products might have been shown."""

    rows: "pd.DataFrame"
    open_products: int


def discover(week: Week, by: Making, learned: Learned, drawn: "np.ndarray[Any, Any]") -> Lists:
    """Products new to each of the week's people, who are some or all of those learned from."""
    import pandas as pd

    rules, past, model, groups = by.rules, week.past, learned.model, learned.groups
    people = week.people["person_id"].to_numpy(dtype=object)
    own = rows_of(past.interactions(by.settings.weighting), people)
    by_log = rows_of(past.bought(), people)
    ignored = _ignored(week.shown, past, people)
    mine = groups.of_people(week.groups)
    names = list(learned.posterior)
    held = is_held_out(people, by.holdout_share)
    is_random = is_drawn(people, by.random_share, week.week) & ~held
    allowed = may_be_shown(week.catalogue, rules)
    edges = _edges(model)
    categories = past.labels.get("category", np.full(len(past.products), -1))
    goods = Goods.of(week.catalogue)
    frames = []
    for start in range(0, len(people), BLOCK):
        rows = slice(start, start + BLOCK)
        bought = past.ever_bought(people[rows], by_log[rows])
        found = model.candidates(own[rows], bought)
        scores = _arm_scores(model, found, groups, mine[rows], names)
        scores[HOLDOUT] = scaled(groups.scores(np.zeros(len(found.products), np.int64), found.products), found.is_there)
        factor = passed_over(found.products, ignored[rows], rules.ignored)
        open_ = found.is_there & allowed[found.products.clip(0)]
        ready = {name: np.where(open_, value * factor, -np.inf).astype(np.float32) for name, value in scores.items()}
        turn = drawn[rows].copy()
        turn[held[rows]] = len(names)
        picked, source, _ = fill(found.products, ready, turn, categories, rules.a_category)
        at, pools = np.flatnonzero(is_random[rows]), np.zeros(len(picked), np.int64)
        best = ready.get(COLLABORATIVE, ready[HOLDOUT])
        picked[at], pools[at] = shuffled(people[rows][at], found.products[at], best[at], picked.shape[1], week.week)
        source[at] = len(names) + 1
        from_ = {name: source == number for number, name in enumerate([*names, HOLDOUT, RANDOM])}
        by_behaviour, by_content = (from_.get(name, np.zeros(picked.shape, bool)) for name in (COLLABORATIVE, CONTENT))
        # Drawn from what the collaborative source proposes.
        by_behaviour = by_behaviour | from_[RANDOM]
        why = _Why(
            own[rows],
            bought,
            by_behaviour | by_content,
            by_content,
            # A group serves who has no history, whichever source is drawn, and where content has nothing to say.
            (mine[rows] > 0)[:, None] & ~from_[HOLDOUT] & ~(by_behaviour & (np.diff(own[rows].indptr) > 0)[:, None]),
        )
        because = _because(why, picked, edges, past, goods)
        frames.append(_rows(week, people[rows], picked, source, because, [*names, HOLDOUT, RANDOM], goods, pools))
    return Lists(pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(), int(allowed.sum()))


def _content(model: Model) -> str | None:
    return next((name for name in model.sources if name.startswith("content/")), None)


def _edges(model: Model) -> Matrix:
    """The item graph, by which lists are explained."""
    return next(source.edges for source in model.sources.values() if isinstance(source, ItemGraphSource))


def _arm_scores(
    model: Model, found: Candidates, groups: Groups, mine: Indices, names: Sequence[str]
) -> dict[str, Scores]:
    """Of each source at the candidates. Who has no history is served by the group alone, whichever source is drawn."""
    group = scaled(groups.scores(mine, found.products), found.is_there)
    arms = {COLLABORATIVE: model.scores(found), GROUP: group}
    if content := _content(model):
        arms[CONTENT] = found.scores[content]
    result = {}
    for name in names:
        value = np.where(found.is_there, arms[name], np.float32(0))
        silent = ~(value > 0).any(axis=1)
        # A little of the group's taste decides where a source is silent.
        result[name] = np.where(silent[:, None], group, value + np.float32(1e-3) * group)
    return result


def _ignored(shown: "pd.DataFrame", past: Past, people: Any) -> Matrix:
    passed = shown[~shown["is_clicked"] & ~shown["is_bought"]]
    return Interactions.of(passed.assign(weight=1.0), products=past.products, customers=people).weights


@dataclass(frozen=True, eq=False)
class _Why:
    """Of some customers: their histories, what they bought, and of which picks the reason is looked for in the history, of which there
    by content, and of which the reason otherwise is a group that the customer is in."""

    own: Matrix
    bought: Matrix
    by_history: Any
    by_content: Any
    by_group: Any


def _because(
    why: _Why, picked: Products, edges: Matrix, past: Past, goods: Goods
) -> Iterator[tuple[list[str], str, str]]:
    """Of every pick the products that are its reason, and the reason in Chinese and English."""
    who, _ = wording.contributions(why.own, edges, np.where(why.by_history & ~why.by_content, picked, NOBODY))
    if past.features is not None:
        alike = wording.resemblances(why.own, past.features, np.where(why.by_content, picked, NOBODY))
        who = np.where(why.by_content[:, :, None], alike, who)
    was_bought = values_at(who.reshape(len(picked), -1), why.bought).reshape(who.shape) != 0
    looked_at = (values_at(picked, why.own) != 0) & why.by_history
    for at in zip(*np.nonzero(picked != NOBODY), strict=True):
        named = who[at][who[at] != NOBODY]
        if not len(named):
            words = wording.LOOKED_AT_ITSELF if looked_at[at] else wording.of_others(own_group=bool(why.by_group[at]))
        elif why.by_content[at]:
            shared = goods.shared(picked[at], named[0])
            are_called_alike = goods.are_called_alike(picked[at], named[0])
            words = wording.because_alike(
                goods.titles[named[0]], shared, are_called_alike=are_called_alike, bought=bool(was_bought[at][0])
            )
        else:
            # What was bought explains better than what was looked at; not both in one sentence.
            is_bought = bool(was_bought[at].any())
            named = who[at][was_bought[at]] if is_bought else named
            words = wording.because([goods.titles[product] for product in named[:2]], bought=is_bought)
        yield [past.products[product] for product in named], *words


def _rows(
    week: Week,
    people: Any,
    picked: Products,
    source: Any,
    because: Iterable[tuple[list[str], str, str]],
    names: Sequence[str],
    goods: Goods,
    pools: Indices,
) -> "pd.DataFrame":
    """`pools`: from how many products each customer's list was drawn at random, 0 where it was not."""
    import pandas as pd

    at, position = np.nonzero(picked != NOBODY)
    product = picked[at, position]
    chosen = [names[number] for number in source[at, position]]
    reason = pd.DataFrame(because, columns=["because_of", "because_zh", "because_en"])
    return pd.DataFrame(
        {
            "person_id": people[at],
            "list": "discover",
            "position": position + 1,
            "product_id": week.past.products[product],
            "title": [goods.titles[p] for p in product],
            "score": np.full(len(at), np.nan),
            "source": chosen,
            "because_of": reason["because_of"],
            "because_zh": reason["because_zh"],
            "because_en": reason["because_en"],
            "due_on": pd.Series([None] * len(at), dtype=object),
            "list_id": [
                list_name(week.week, name, pool) for name, pool in zip(chosen, pools[at].tolist(), strict=True)
            ],
            "propensity": np.divide(1.0, pools[at], out=np.full(len(at), np.nan), where=pools[at] > 0).round(6),
        }
    )


def again(week: Week, model: rebuy.Rebuy, rules: Rules, length: int, buyers: Floats) -> "pd.DataFrame":
    """The same columns, of products bought before. `buyers`: by product the customers who bought it."""
    import pandas as pd

    rows = rebuy.pairs(week.past, week.gaps, buyers)
    open_ = week.catalogue["product_id"][may_be_shown(week.catalogue, rules)]
    may_be_listed = rows["product_id"].isin(open_) & rows["person_id"].isin(week.people["person_id"])
    rows = rows[may_be_listed & model.is_due(rows)].reset_index(drop=True)
    best = rebuy.top(rows, model.probability(rows), length)
    titles = dict(zip(week.catalogue["product_id"], Goods.of(week.catalogue).titles, strict=True))
    texts = [
        wording.rebuy_words(days, age, gap)
        for days, age, gap in zip(best["event_count"], best["age_days"], best["gap_days"], strict=True)
    ]
    return pd.DataFrame(
        {
            "person_id": best["person_id"],
            "list": "rebuy",
            "position": best["position"],
            "product_id": best["product_id"],
            "title": best["product_id"].map(titles),
            "score": best["score"].round(6),
            "source": "rebuy",
            "because_of": [[product] for product in best["product_id"]],
            "because_zh": [zh for zh, _ in texts],
            "because_en": [en for _, en in texts],
            "due_on": [
                week.week + timedelta(days=max(0, round(gap) - int(age)))
                for gap, age in zip(best["gap_days"], best["age_days"], strict=True)
            ],
            "list_id": f"zhike-rebuy-{week.week:%Y%m%d}-rebuy",
        }
    )


def spread(discover: "pd.DataFrame", open_products: int) -> tuple[float, float | None]:
    """Share of the products that could be shown that some list shows; and the mean share of products that two customers' lists have in
    common, None where the catalogue leaves too little choice for that to say something."""
    import pandas as pd

    codes, shown = pd.factorize(discover["product_id"])
    people = pd.factorize(discover["person_id"])[0]
    lists = np.full((people.max() + 1, int(discover["position"].max())), NOBODY, np.int64)
    lists[people, discover["position"].to_numpy() - 1] = codes
    possible = max(min(open_products, len(discover)), 1)
    coverage = len(shown) / possible
    return round(coverage, 6), round(overlap(lists), 6) if open_products >= 4 * lists.shape[1] and len(
        lists
    ) >= 10 else None
