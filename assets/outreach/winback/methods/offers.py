"""A week's plan: what each action would bring each customer, who may be reached, the choice, and the counts before anything goes out.

Expected net gain = (margin value - subsidy) x uplift - cost - subsidy x the probability to buy anyway: who would have bought without the action
takes the subsidy too, and who buys because of it leaves the margin less the subsidy.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from assets.insights.uplift.methods.holdout import GETS, HELD, held_out
from assets.insights.uplift.methods.ranking import Personal
from assets.insights.uplift.methods.results import WHOLE, Result
from assets.outreach.winback.methods.plan import Plan, Problem, solve
from assets.outreach.winback.methods.propensity import Propensity, is_meant
from resources.actions import Action, Actions

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MONEY_DECIMALS, SHARE_DECIMALS = 4, 6


@dataclass(frozen=True)
class Offer:
    """An action with what is known of it, the arms of its season so far and the shares with which they were drawn, where people are ranked by it what it adds to each, and where it sells
    something new how probable that is (None: not known yet, so nobody gets it) and how much of its category customers bought and looked at."""

    name: str
    action: Action
    result: Result
    arms: Mapping[str, str]
    shares: Mapping[str, float]
    personal: Personal | None = None
    propensity: Propensity | None = None
    of_category: pd.DataFrame | None = None

    def seen_by(self, customers: pd.DataFrame) -> pd.DataFrame:
        """The customers with what they had to do with its category."""
        return customers if self.of_category is None else pd.concat([customers, self.of_category], axis=1)


@dataclass(frozen=True, eq=False)
class Week:
    """The rows of a plan, the plan, how many customers were worth an action and what became of them, and by action how many are left out because it
    would surely drive them away, and the actions of which it is not known yet who may buy."""

    rows: pd.DataFrame
    plan: Plan
    counts: Mapping[str, int]
    driven_away: Mapping[str, int]
    unknown: Sequence[Action]


@dataclass(frozen=True, eq=False)
class Terms:
    """People × actions: how probable what each action is about is without it, what one more leaves, by how much the action raises the chance, what
    it is expected to cost and to bring, whether they may get it by its own rule, and whether it would surely drive them away."""

    p_purchase: Floats
    value: Floats
    uplift: Floats
    spend: Floats
    gain: Floats
    fits: Bools
    driven_away: Bools

    @property
    def is_worth(self) -> Bools:
        """Of each customer whether an action is worth its costs."""
        return (self.fits & (self.gain > 0)).any(axis=1)


def planned(customers: pd.DataFrame, offers: Sequence[Offer], actions: Actions, week: date, rested: Bools) -> Week:
    """The plan of a week. `customers`: person_id, recency_days, frequency, p_purchase, expected_spend, margin_share, segment_id, agrees, refuses; `rested`:
    whether nobody has addressed them lately."""
    terms = _terms(customers, offers, actions)
    agrees, refuses = (customers[name].to_numpy(bool) for name in ("agrees", "refuses"))
    allowed = terms.fits & (agrees & ~refuses & rested)[:, None]
    people = customers["person_id"].tolist()
    season = actions.season_of(week)
    held = np.column_stack([_held(people, allowed[:, number], offer, season) for number, offer in enumerate(offers)])
    budget = np.inf if actions.budget is None else actions.budget
    capacities = np.array([np.inf if offer.action.capacity is None else offer.action.capacity for offer in offers])
    plan = solve(Problem(people, terms.gain, terms.spend, allowed, budget, capacities, held))
    rows = _rows(customers, offers, plan, week, season, terms)
    unknown = [offer.action for offer in offers if offer.action.goal != "winback" and offer.propensity is None]
    left_out = {offer.name: int(count) for offer, count in zip(offers, terms.driven_away.sum(axis=0), strict=True)}
    return Week(rows, plan, _counts(terms.is_worth, plan, refuses, agrees, rested), left_out, unknown)


def not_planned(
    customers: pd.DataFrame, offers: Sequence[Offer], actions: Actions, week: date, rested: Bools, there: Sequence[str]
) -> pd.DataFrame:
    """as_of, person_id, reason: who is worth an action and is not `there`, in the plan of the week, each for the first reason that holds."""
    agrees, refuses = (customers[name].to_numpy(bool) for name in ("agrees", "refuses"))
    reason = np.select([refuses, ~agrees, ~rested], ["refused", "no_consent", "contacted_lately"], "no_place")
    is_left = _terms(customers, offers, actions).is_worth & ~customers["person_id"].isin(there).to_numpy()
    return pd.DataFrame(
        {"as_of": week, "person_id": customers["person_id"].to_numpy()[is_left], "reason": reason[is_left]}
    )


def _terms(customers: pd.DataFrame, offers: Sequence[Offer], actions: Actions) -> Terms:
    ends = [_end(customers, offer, actions.margin_share) for offer in offers]
    p_purchase, value = (np.column_stack(each) for each in zip(*ends, strict=True))
    added = [_uplift(customers, offer) for offer in offers]
    uplift = np.clip(np.column_stack([each for each, _ in added]), -p_purchase, 1 - p_purchase)
    costs, subsidies = (np.array([getattr(offer.action, name) for offer in offers]) for name in ("cost", "subsidy"))
    gain = (value - subsidies) * uplift - costs - subsidies * p_purchase
    spend = costs + subsidies * np.clip(p_purchase + uplift, 0, 1)
    fits = np.column_stack([_fits(customers, offer) for offer in offers])
    driven_away = fits & np.column_stack([each for _, each in added])
    # Rounded before the choice: what is stored is what was chosen by.
    gain, spend = gain.round(MONEY_DECIMALS), spend.round(MONEY_DECIMALS)
    return Terms(p_purchase, value, uplift, spend, gain, fits & ~driven_away, driven_away)


def _end(customers: pd.DataFrame, offer: Offer, margin_share: float) -> tuple[Floats, Floats]:
    """How probable the purchase that an action is about is without it, and what one is expected to leave."""
    margin = customers["margin_share"].to_numpy(float, na_value=np.nan)
    margin = np.where(np.isnan(margin), margin_share, margin)
    if offer.action.goal == "winback":
        p_purchase = np.nan_to_num(customers["p_purchase"].to_numpy(float, na_value=np.nan))
        spend = np.nan_to_num(customers["expected_spend"].to_numpy(float, na_value=np.nan))
        value = np.divide(spend, p_purchase, out=np.zeros_like(spend), where=p_purchase > 0) * margin
        return p_purchase, np.maximum(value, 0)
    if offer.propensity is None:
        return np.zeros(len(customers)), np.zeros(len(customers))
    return offer.propensity.p_purchase(offer.seen_by(customers)), offer.propensity.mean_paid * margin


def _uplift(customers: pd.DataFrame, offer: Offer) -> tuple[Floats, Bools]:
    """What an action adds to each customer, and whom it surely drives away: by person where people are ranked so, else by segment."""
    result = offer.result
    uplift = np.full(len(customers), result.belief(WHOLE).uplift)
    if offer.personal:
        scores = offer.personal.scores(customers)
        return uplift + offer.personal.more(scores), offer.personal.is_driven_away(scores)
    segments = customers["segment_id"].to_numpy(float, na_value=np.nan)
    for segment in result.segments:
        uplift[segments == segment] = result.belief(segment).uplift
    return uplift, np.zeros(len(customers), bool)


def _fits(customers: pd.DataFrame, offer: Offer) -> Bools:
    action = offer.action
    # Of who never bought the last visit counts; the rule says so.
    name = "visit_recency_days" if action.goal == "win_new" else "recency_days"
    recency = customers[name].to_numpy(float, na_value=np.nan)
    most = np.inf if action.most_recency_days is None else action.most_recency_days
    is_within = (recency >= action.least_recency_days) & (recency <= most)
    if action.goal == "winback":
        # Of whom nothing is predicted nothing can be expected.
        meant = customers["p_purchase"].notna().to_numpy()
    else:
        meant = is_meant(offer.seen_by(customers), action) & (offer.propensity is not None)
    frequency = customers["frequency"].to_numpy(float)
    return is_within & meant & ((frequency >= action.least_purchases) | (action.goal == "win_new"))


def _held(people: Sequence[str], is_allowed: Bools, offer: Offer, season: str) -> Bools:
    held = np.zeros(len(people), bool)
    rows = np.flatnonzero(is_allowed)
    held[rows] = held_out([people[row] for row in rows], offer.name, season, offer.result.next_share, offer.arms)
    return held


def _rows(
    customers: pd.DataFrame,
    offers: Sequence[Offer],
    plan: Plan,
    week: date,
    season: str,
    terms: Terms,
) -> pd.DataFrame:
    """Of who gets an action and of who is held out of one; the latter cost and bring nothing."""
    action = np.where(plan.control >= 0, plan.control, plan.action)
    at = np.flatnonzero(action >= 0)
    number = action[at]
    is_held = plan.control[at] >= 0
    people = customers["person_id"].to_numpy()[at]
    of = [offers[each] for each in number]
    rules = [offer.action.rule for offer in offers]
    rows = {
        "as_of": week,
        "person_id": people,
        "action": [offer.name for offer in of],
        "action_zh": [offer.action.name.zh for offer in of],
        "action_en": [offer.action.name.en for offer in of],
        "action_id": [action_id(offer.name, week, person) for offer, person in zip(of, people, strict=True)],
        "arm": np.where(is_held, HELD, GETS),
        "is_measured": plan.is_measured[at],
        "season": season,
        "holdout_share": [
            offer.shares.get(person, offer.result.next_share) for offer, person in zip(of, people, strict=True)
        ],
        "segment_id": customers["segment_id"].to_numpy()[at],
        "p_purchase": terms.p_purchase[at, number].round(SHARE_DECIMALS),
        "uplift": terms.uplift[at, number].round(SHARE_DECIMALS),
        "margin_value": terms.value[at, number].round(MONEY_DECIMALS),
        "cost": np.where(is_held, 0.0, terms.spend[at, number]),
        "gain": np.where(is_held, 0.0, terms.gain[at, number]),
        "one_more_place_brings": plan.place_prices[number].round(MONEY_DECIMALS),
        "one_more_of_budget_brings": round(plan.budget_price, MONEY_DECIMALS),
        "plan_gain_at_most": round(plan.bound, MONEY_DECIMALS),
        "rule_zh": [rules[each].zh for each in number],
        "rule_en": [rules[each].en for each in number],
        "expires_on": [week + timedelta(days=offer.action.valid_days) for offer in of],
    }
    return pd.DataFrame(rows).astype({"segment_id": "Int64"})


def action_id(action: str, week: date, person: str) -> str:
    """The id of an action for a person: the same whenever it is planned, and nothing of the person can be read from it."""
    text = "\x1f".join((action, week.isoformat(), person)).encode("utf-8", "surrogatepass")
    return f"{action}-{hashlib.blake2b(text, digest_size=8).hexdigest()}"


def _counts(is_worth: Bools, plan: Plan, refuses: Bools, agrees: Bools, rested: Bools) -> dict[str, int]:
    """Of customers for whom an action is worth its costs how many cannot be reached, each for the first reason that holds, and how many can."""
    left = is_worth.copy()
    counts = {"chosen": int(is_worth.sum())}
    reasons: dict[str, Any] = {
        "refused": refuses,
        "no_consent": ~agrees,
        "contacted_lately": ~rested,
        "held_out": plan.control >= 0,
    }
    for name, holds in reasons.items():
        counts[name] = int((left & holds).sum())
        left &= ~holds
    return counts | {"may_be_reached": int(left.sum()), "planned": int((plan.action >= 0).sum())}
