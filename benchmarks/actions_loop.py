"""Do actions earn more when the plan learns? `python -m benchmarks.actions_loop [--seeds N] [--weeks N]`.

A closed loop over the demo shop's persons, on the level of the methods that outreach.winback and insights.uplift use (the graph itself is not
run: see benchmarks/actions_shop.py): every week a plan is made, customers answer by a planted uplift that depends on their segment, what came of it is known four weeks
later, and the next plan rests on it. One action does nothing though it is thought to be the best; one drives a segment away. Beside it
the rules that shops use (most at risk first, most valuable first, probability times value first), each giving a customer the action
that is thought to gain most among those with places and money left; and the same plan without learning. The net margin is what the planted
uplift gives, less costs and subsidies: the luck of single purchases moves what is learned, not what is counted.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from assets.outreach.winback.methods.offers import Week
    from resources.actions import Actions

    Array = np.ndarray[Any, Any]

PERSONS, WEEKS = 6_000, 26
DAYS, HORIZON_DAYS, MARGIN_SHARE = 791, 28, 0.4
FIRST_WEEK = date(2026, 1, 5)
BUDGET = 800.0
# By action: what the shop thinks it adds, and what it adds to each of the demo shop's five segments.
PLANTED = {
    "message": (0.02, (0.01, 0.02, 0.0, 0.01, 0.0)),
    "coupon": (0.05, (0.0, 0.14, 0.02, 0.04, 0.05)),
    "gift": (0.08, (0.0, 0.0, 0.0, 0.0, 0.0)),
    "call": (0.06, (0.14, 0.02, 0.10, -0.06, 0.02)),
}
TERMS: dict[str, dict[str, float]] = {
    "message": {"cost": 0.1, "capacity": 1_500},
    "coupon": {"cost": 0.1, "subsidy": 8.0, "capacity": 400},
    "gift": {"cost": 4.0, "capacity": 150},
    "call": {"cost": 4.0, "capacity": 120},
}


@dataclass(frozen=True)
class Game:
    """Actions, each with what is thought of it and what it truly adds to each segment; their terms; and what may be spent a week."""

    planted: Mapping[str, tuple[float, tuple[float, ...]]]
    terms: Mapping[str, Mapping[str, float]]
    budget: float

    @property
    def thought(self) -> "Array":
        import numpy as np

        return np.array([expected for expected, _ in self.planted.values()])

    def of(self, term: str) -> "Array":
        """A term of each action; 0 where it has none."""
        import numpy as np

        return np.array([self.terms[name].get(term, 0.0) for name in self.planted])

    def scaled(self, share: float) -> "Game":
        """The same for a shop of another size: places and money as many times as many."""
        terms = {
            name: {term: round(value * share) if term == "capacity" else value for term, value in each.items()}
            for name, each in self.terms.items()
        }
        return Game(self.planted, terms, self.budget * share)

    def added(self, segment: "Array") -> "Array":
        """Customers × actions: what each action adds to the chance of a customer of this segment."""
        import numpy as np

        return np.column_stack([np.array(by_segment)[segment] for _, by_segment in self.planted.values()])


GAME = Game(PLANTED, TERMS, BUDGET)
KNOWN_SEGMENTS = 0.85
"""Share of customers whose segment the shop tells rightly."""


@dataclass(frozen=True, eq=False)
class World:
    """What the shop knows of its customers, and what is true of them."""

    customers: "pd.DataFrame"
    p_purchase: "Array"
    margin: "Array"
    uplift: "Array"


def declared() -> "Actions":
    from resources.actions import Action, Actions
    from resources.words import Words

    offers = {
        name: Action.model_validate(
            {"name": Words(name, name), "kind": name, "expected_uplift": thought, "outcome_days": HORIZON_DAYS}
            | TERMS[name]
        )
        for name, (thought, _) in PLANTED.items()
    }
    return Actions(budget=BUDGET, rest_days=HORIZON_DAYS, margin_share=MARGIN_SHARE, offers=offers)


def world(seed: int) -> World:
    """The demo shop's persons on its last day; what is predicted of them is BG/NBD's, fitted on what they bought."""
    import numpy as np
    import pandas as pd

    from assets.insights.clv.methods import bgnbd
    from assets.insights.clv.methods.groups import grouped
    from stores.demo import buyers

    rng = np.random.default_rng([seed, 16])
    process, spend = buyers.BgNbd(), buyers.GammaGamma()
    persons = buyers.draw_persons(rng, PERSONS, DAYS, process, spend, visitor_share=0.0)
    bought = buyers.simulate_purchases(rng, persons, DAYS)
    seen = bought.groupby("person")["time"].agg(["min", "max", "size"])
    persons = persons.loc[seen.index]
    summary = pd.DataFrame(
        {"frequency": seen["size"] - 1, "recency": seen["max"] - seen["min"], "T": DAYS - seen["min"]}
    ).astype({"recency": float, "T": float})
    groups, numbers = grouped(summary.reset_index(drop=True))
    expected = bgnbd.expected_purchases(bgnbd.fit(groups), groups, HORIZON_DAYS)[numbers]
    predicted = np.clip(1 - np.exp(-expected), 0.001, 0.999)
    has_left = bought.groupby("person")["is_last"].any().loc[seen.index].to_numpy()
    truly = np.where(has_left, 0.0, 1 - np.exp(-persons["purchase_rate"].to_numpy() * HORIZON_DAYS))
    segment = persons["segment"].to_numpy()
    is_known = rng.random(len(segment)) < KNOWN_SEGMENTS
    value = persons["mean_spend"].to_numpy()
    customers = pd.DataFrame(
        {
            "person_id": [f"p{number}" for number in seen.index],
            "recency_days": (DAYS - seen["max"]).to_numpy(),
            "frequency": seen["size"].to_numpy(),
            "p_purchase": predicted,
            # What they spend is known to a fifth or so.
            "expected_spend": predicted * value * rng.lognormal(0, 0.2, len(value)),
            "margin_share": MARGIN_SHARE,
            "segment_id": np.where(is_known, segment, rng.integers(0, len(buyers.SEGMENTS), len(segment))),
            "agrees": rng.random(len(segment)) < 0.7,
            "refuses": False,
        }
    )
    planted = GAME.added(segment)
    return World(customers, truly, MARGIN_SHARE * value, np.clip(planted, -truly[:, None], 1 - truly[:, None]))


def net(shop: World, action: "Array", game: Game = GAME) -> float:
    """The net margin that a choice adds, by what is planted."""
    import numpy as np

    rows = np.flatnonzero(action >= 0)
    chosen = action[rows]
    cost, subsidy = game.of("cost")[chosen], game.of("subsidy")[chosen]
    added = shop.uplift[rows, chosen]
    return float((shop.margin[rows] * added - cost - subsidy * (shop.p_purchase[rows] + added)).sum())


def by_plan(shop: World, seed: int, weeks: int, *, learns: bool) -> "tuple[list[float], list[dict[str, Any]]]":
    """The net margin of each week, and by action what was known in the end."""
    import numpy as np
    import pandas as pd

    from assets.insights.uplift.methods.results import firsts, result

    rng = np.random.default_rng([seed, 17])
    actions = declared()
    rows: list[pd.DataFrame] = []
    nets: list[float] = []
    known: list[dict[str, Any]] = []
    last = np.full(len(shop.customers), -HORIZON_DAYS)
    for number in range(weeks):
        week = FIRST_WEEK + timedelta(days=7 * number)
        closed = [part for part in rows if part["as_of"].iloc[0] <= week - timedelta(days=HORIZON_DAYS)]
        seen = firsts(pd.concat(closed, ignore_index=True)) if closed else _nobody()
        seen = seen[seen["is_measured"].astype(bool)]
        results = {
            name: result(seen[seen["action"] == name], each.expected_uplift) for name, each in actions.offers.items()
        }
        given = pd.concat(rows, ignore_index=True) if rows else _nobody()
        made = _planned(shop, actions, week, results, given, 7 * number - last >= HORIZON_DAYS, learns=learns)
        nets.append(net(shop, made.plan.action))
        if learns and len(made.rows):
            rows.append(_happened(shop, made, rng))
        last[(made.plan.action >= 0) | (made.plan.control >= 0)] = 7 * number
        known = [
            {
                "action": name,
                "effect": found.whole.value if found.whole else None,
                "low": found.whole.low if found.whole else None,
                "high": found.whole.high if found.whole else None,
                "planned": int((made.plan.action == at).sum()),
                "next_holdout_share": found.next_share,
            }
            for at, (name, found) in enumerate(results.items())
        ]
    return nets, known


def _nobody() -> "pd.DataFrame":
    import pandas as pd

    columns = (
        "as_of",
        "person_id",
        "action",
        "arm",
        "is_measured",
        "season",
        "segment_id",
        "p_purchase",
        "margin_value",
        "holdout_share",
        "bought",
        "margin",
    )
    return pd.DataFrame(columns=list(columns))


def _planned(
    shop: World, actions: "Actions", week: date, results: Any, given: "pd.DataFrame", rested: "Array", *, learns: bool
) -> "Week":
    import numpy as np

    from assets.insights.uplift.methods.holdout import GETS, first_arms
    from assets.outreach.winback.methods.offers import Offer, planned

    season = given[given["season"] == actions.season_of(week)]
    offers: list[Offer] = []
    for name, action in actions.offers.items():
        mine = season[season["action"] == name]
        arms, shares = first_arms(list(zip(mine["person_id"], mine["arm"], mine["holdout_share"], strict=True)), {})
        # Who learns nothing needs nobody held out.
        everybody = dict.fromkeys(shop.customers["person_id"], GETS)
        offers.append(Offer(name, action, results[name], arms if learns else everybody, shares))
    return planned(shop.customers, offers, actions, week, np.asarray(rested))


def _happened(shop: World, made: "Week", rng: "np.random.Generator") -> "pd.DataFrame":
    """Of all planned rows who buys within the window: by what is planted where they get the action, and by their own pace where not."""
    import numpy as np

    plan = made.plan
    rows = np.flatnonzero((plan.action >= 0) | (plan.control >= 0))
    chance = shop.p_purchase[rows].copy()
    is_treated = plan.action[rows] >= 0
    chance[is_treated] += shop.uplift[rows[is_treated], plan.action[rows[is_treated]]]
    people = shop.customers["person_id"].to_numpy()[rows]
    bought = (rng.random(len(rows)) < chance).astype(float)
    earned = bought * shop.margin[rows]
    by_person = {
        name: dict(zip(people, values, strict=True)) for name, values in (("bought", bought), ("margin", earned))
    }
    return made.rows.assign(**{name: made.rows["person_id"].map(values) for name, values in by_person.items()})


def choose(customers: "pd.DataFrame", score: "Array", is_open: "Array", game: Game) -> "Array":
    """The number of each customer's action, -1 for none. Customers by score; each of those who are open gets, of the actions with places and money
    left, the one that is thought to gain most, if it is thought to gain."""
    import numpy as np

    thought, cost, subsidy, places = game.thought, game.of("cost"), game.of("subsidy"), game.of("capacity")
    predicted = customers["p_purchase"].to_numpy()[:, None]
    value = MARGIN_SHARE * customers["expected_spend"].to_numpy()[:, None] / predicted
    gain = (value - subsidy) * thought - cost - subsidy * predicted
    spend = cost + subsidy * np.minimum(predicted + thought, 1)
    best_first = np.argsort(-gain, axis=1, kind="stable")
    order = np.argsort(-score, kind="stable")
    action, money = np.full(len(score), -1), game.budget
    for person in order[is_open[order]].tolist():
        for choice in best_first[person].tolist():
            if gain[person, choice] <= 0:
                break
            if places[choice] >= 1 and spend[person, choice] <= money:
                action[person] = choice
                money -= spend[person, choice]
                places[choice] -= 1
                break
        if money < cost.min():
            break
    return action


def by_rule(shop: World, score: "Array", weeks: int) -> list[float]:
    """The net margin of each week where customers are chosen by their score."""
    import numpy as np

    agrees = shop.customers["agrees"].to_numpy()
    last = np.full(len(score), -HORIZON_DAYS)
    nets = []
    for number in range(weeks):
        action = choose(shop.customers, score, agrees & (7 * number - last >= HORIZON_DAYS), GAME)
        last[action >= 0] = 7 * number
        nets.append(net(shop, action))
    return nets


def one(seed: int, weeks: int) -> dict[str, Any]:
    """Net margins of one world by every way of choosing: over all weeks, and over the later half."""
    shop = world(seed)
    p_purchase = shop.customers["p_purchase"].to_numpy()
    spend = shop.customers["expected_spend"].to_numpy()
    plan, known = by_plan(shop, seed, weeks, learns=True)
    frozen, _ = by_plan(shop, seed, weeks, learns=False)
    ways = {
        "plan": plan,
        "plan_without_learning": frozen,
        "top_risk": by_rule(shop, 1 - p_purchase, weeks),
        "top_value": by_rule(shop, spend / p_purchase, weeks),
        "p_times_value": by_rule(shop, spend, weeks),
    }
    return {
        "all": {name: sum(nets) for name, nets in ways.items()},
        "later": {name: sum(nets[weeks // 2 :]) for name, nets in ways.items()},
        "known": known,
    }


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over the worlds, and of every other way how far the plan is ahead of it, with a 95 % interval (Student) over worlds."""
    import numpy as np
    from scipy.stats import t

    figures: dict[str, Any] = {}
    for part in ("all", "later"):
        for name in found[0][part]:
            own = np.array([each[part][name] for each in found])
            ahead = np.array([each[part]["plan"] for each in found]) - own
            half = (
                float(t.ppf(0.975, len(found) - 1) * ahead.std(ddof=1) / np.sqrt(len(found)))
                if len(found) > 1
                else np.inf
            )
            figures.setdefault(part, {})[name] = {
                "net_margin": round(float(own.mean())),
                "plan_ahead": round(float(ahead.mean())),
                "low": round(float(ahead.mean()) - half, 1),
                "high": round(float(ahead.mean()) + half, 1),
            }
    return figures


def run(seeds: int, weeks: int) -> dict[str, Any]:
    """So many worlds, with a line to standard error for each."""
    found = []
    for seed in range(seeds):
        found.append(one(seed, weeks))
        print(f"world {seed + 1} of {seeds}", file=sys.stderr, flush=True)
    return {"worlds": seeds, "weeks": weeks, **summary(found), "known_in_the_first": found[0]["known"]}


def show(figures: dict[str, Any]) -> None:
    print(f"{figures['worlds']} worlds of {PERSONS:,} persons, {figures['weeks']} weeks: net margin that actions added")
    for part, what in (("all", "all weeks"), ("later", "later half")):
        for name, row in figures[part].items():
            print(
                f"{what:11}{name:24}{row['net_margin']:>9,}   plan ahead by {row['plan_ahead']:>8,} ({row['low']:,.0f} to {row['high']:,.0f})"
            )
    for row in figures["known_in_the_first"]:
        interval = (
            f"{row['effect']:.3f} ({row['low']:.3f} to {row['high']:.3f})" if row["effect"] is not None else "not known"
        )
        print(f"in the first world {row['action']}: effect {interval}, {row['planned']} planned in the last week")


def is_ahead(figures: dict[str, Any]) -> bool:
    """Whether the plan is surely ahead of every rule, over all weeks: what it pays for learning counts."""
    return all(figures["all"][rule]["low"] > 0 for rule in ("top_risk", "top_value", "p_times_value"))


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.actions_loop", description="Does the plan of actions learn?"
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    figures = run(options.seeds, options.weeks)
    show(figures)
    if options.json:
        print(json.dumps(figures))
    return 0 if is_ahead(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
