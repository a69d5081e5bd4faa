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
from assets.insights.uplift.methods.results import Result
from assets.outreach.winback.methods.plan import Plan, Problem, solve
from resources.actions import Action, Actions

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MONEY_DECIMALS, SHARE_DECIMALS = 4, 6


@dataclass(frozen=True)
class Offer:
    """An action with what is known of it, and the arms of its season so far."""

    name: str
    action: Action
    result: Result
    arms: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Week:
    """The rows of a plan, the plan, and how many customers were worth an action and what became of them."""

    rows: pd.DataFrame
    plan: Plan
    counts: Mapping[str, int]


def planned(customers: pd.DataFrame, offers: Sequence[Offer], actions: Actions, week: date, rested: Bools) -> Week:
    """The plan of a week. `customers`: person_id, recency_days, frequency, p_purchase, expected_spend, margin_share, segment_id, agrees, refuses; `rested`:
    whether nobody has addressed them lately."""
    p_purchase = customers["p_purchase"].to_numpy(float)
    margin = customers["margin_share"].to_numpy(float, na_value=np.nan)
    value = (
        customers["expected_spend"].to_numpy(float)
        / p_purchase
        * np.where(np.isnan(margin), actions.margin_share, margin)
    )
    value = np.where(np.isfinite(value), np.maximum(value, 0), 0)
    uplift = np.column_stack([_uplift(customers, offer.result, p_purchase) for offer in offers])
    costs, subsidies = (np.array([getattr(offer.action, name) for offer in offers]) for name in ("cost", "subsidy"))
    gain = (value[:, None] - subsidies) * uplift - costs - subsidies * p_purchase[:, None]
    spend = costs + subsidies * np.clip(p_purchase[:, None] + uplift, 0, 1)
    # Rounded before the choice: what is stored is what was chosen by.
    gain, spend = gain.round(MONEY_DECIMALS), spend.round(MONEY_DECIMALS)
    fits = np.column_stack([_fits(customers, offer.action) for offer in offers])
    agrees, refuses = (customers[name].to_numpy(bool) for name in ("agrees", "refuses"))
    allowed = fits & (agrees & ~refuses & rested)[:, None]
    people = customers["person_id"].tolist()
    season = actions.season_of(week)
    held = np.column_stack([_held(people, allowed[:, number], offer, season) for number, offer in enumerate(offers)])
    budget = np.inf if actions.budget is None else actions.budget
    capacities = np.array([np.inf if offer.action.capacity is None else offer.action.capacity for offer in offers])
    plan = solve(Problem(people, gain, spend, allowed, budget, capacities, held))
    rows = _rows(customers, offers, plan, week, season, {"uplift": uplift, "cost": spend, "gain": gain}, value)
    is_worth = (fits & (gain > 0)).any(axis=1)
    return Week(rows, plan, _counts(is_worth, plan, refuses, agrees, rested))


def _uplift(customers: pd.DataFrame, result: Result, p_purchase: Floats) -> Floats:
    segments = customers["segment_id"].to_numpy(float, na_value=np.nan)
    uplift = np.full(len(customers), result.belief(-1).uplift)
    for segment in result.segments:
        uplift[segments == segment] = result.belief(segment).uplift
    return np.clip(uplift, -p_purchase, 1 - p_purchase)


def _fits(customers: pd.DataFrame, action: Action) -> Bools:
    recency = customers["recency_days"].to_numpy(float)
    most = np.inf if action.most_recency_days is None else action.most_recency_days
    frequency = customers["frequency"].to_numpy(float)
    return (recency >= action.least_recency_days) & (recency <= most) & (frequency >= action.least_purchases)


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
    figures: Mapping[str, Floats],
    value: Floats,
) -> pd.DataFrame:
    """Of who gets an action and of who is held out of one; the latter cost and bring nothing."""
    action = np.where(plan.control >= 0, plan.control, plan.action)
    at = np.flatnonzero(action >= 0)
    number = action[at]
    is_held = plan.control[at] >= 0
    people = customers["person_id"].to_numpy()[at]
    of = [offers[each] for each in number]
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
        "holdout_share": [offer.result.next_share for offer in of],
        "segment_id": customers["segment_id"].to_numpy()[at],
        "p_purchase": customers["p_purchase"].to_numpy(float)[at],
        "uplift": figures["uplift"][at, number].round(SHARE_DECIMALS),
        "margin_value": value[at].round(MONEY_DECIMALS),
        "cost": np.where(is_held, 0.0, figures["cost"][at, number]),
        "gain": np.where(is_held, 0.0, figures["gain"][at, number]),
        "rule_zh": [offer.action.rule.zh for offer in of],
        "rule_en": [offer.action.rule.en for offer in of],
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
