"""Who gets which action: at most one a person, for the highest expected net gain within a budget and the places of each action.

A multiple-choice knapsack, solved by its Lagrangian dual and repaired (Fisher 1981): the plan comes with a bound that no plan can pass, and with what
one more unit of budget, or one more place, would bring. People are looked at in the order of a hash of their id, so that the same rows in
any order give the same plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assets.outreach.winback.methods.dual import NOTHING, Bound, Floats, Numbers, Offers, lowest
from assets.outreach.winback.methods.primal import Bools, filled, improved, repaired

HELD_ROUNDS = 3
GOOD_ENOUGH = 0.9998
MONEY_FACTORS = tuple(1 + sign * percent / 100 for percent in (0, 1, 2, 3, 4, 5, 7, 10, 14, 20, 30) for sign in (1, -1))


@dataclass(frozen=True, eq=False)
class Problem:
    """Of each person and action (people × actions): the expected net `gain`, the expected `spend` of the budget, whether it is `allowed`, and
    whether the person is `held` out of it, to be compared with those who get it. Budget and capacities may be infinite."""

    people: Sequence[str]
    gain: Floats
    spend: Floats
    allowed: Bools
    budget: float
    capacities: Floats
    held: Bools | None = None


@dataclass(frozen=True, eq=False)
class Plan:
    """`action`: the number of each person's action, -1 for none. `control`: of who gets nothing, for being held out of what they would have
    got, the number of that action. `is_measured`: who is in the comparison of the two: a place in it was open to both alike.
    `budget_price` and `place_prices`: what one more unit of money, and one more place of each action, would bring."""

    action: Numbers
    control: Numbers
    is_measured: Bools
    gain: float
    spent: float
    bound: float
    budget_price: float
    place_prices: Floats

    @property
    def share_of_bound(self) -> float:
        return self.gain / self.bound if self.bound > 0 else 1.0


def solve(problem: Problem) -> Plan:
    """The plan of a problem. Raises ValueError for a person who is there twice, or for a gain or spend that is no number."""
    order = by_hash(problem.people)
    gain, spend = problem.gain[order].T, problem.spend[order].T
    if np.isnan(gain).any() or not (spend >= 0).all():
        raise ValueError("a gain that is no number, or a spend that is none or below zero")
    open_ = problem.allowed[order].T & (gain > 0) & (spend <= problem.budget) & (problem.capacities[:, None] >= 1)
    held = open_ & (np.zeros_like(open_) if problem.held is None else problem.held[order].T)
    everybody = Offers(np.where(open_, gain, -np.inf), spend, float(problem.budget), np.floor(problem.capacities))
    offers = Offers(np.where(held, -np.inf, everybody.gain), spend, everybody.budget, everybody.capacities)
    bound, wanted = _at_rest(everybody, offers, held)
    rests = _rests(wanted, held)
    playing = np.flatnonzero(np.isfinite(offers.gain).any(axis=0) & (rests == NOTHING))
    mine = Offers(offers.gain[:, playing], spend[:, playing], offers.budget, offers.capacities)
    core = filled(mine, bound.prices, repaired(mine, bound.prices))
    action, settled = (np.full(len(order), NOTHING, np.int64) for _ in range(2))
    action[playing], settled[playing] = _best(mine, bound, core), core
    control, is_measured = _compared(everybody, bound.prices, held, action, settled, wanted)
    chosen = np.flatnonzero(action >= 0)
    back = np.empty(len(order), np.int64)
    back[order] = np.arange(len(order))
    return Plan(
        action[back],
        control[back],
        is_measured[back],
        float(gain[action[chosen], chosen].sum()),
        float(spend[action[chosen], chosen].sum()),
        bound.value,
        float(bound.prices[0]),
        bound.prices[1:],
    )


def by_hash(people: Sequence[str]) -> Numbers:
    """The people in the order of a hash of their id. Raises ValueError for one who is there twice."""
    from pandas import Index
    from pandas.util import hash_array

    ids = np.asarray(people, dtype=object)
    if not Index(ids).is_unique:
        raise ValueError("a person is there twice")
    return np.argsort(hash_array(ids, categorize=False), kind="stable") if len(ids) else np.empty(0, np.int64)


def _at_rest(everybody: Offers, offers: Offers, held: Bools) -> tuple[Bound, Numbers]:
    """The prices, and which action each person would take at such prices were nobody held out. Who is held out of it gets nothing else in its place, or
    they would be compared with others than those like them. Fewer people then ask for the same places, which moves the prices: a few rounds."""
    bound = lowest(offers)
    wanted, _ = everybody.taken(bound.prices)
    # At the last prices nearly everybody wants what they wanted before: who does not is in no comparison.
    for _ in range(HELD_ROUNDS if held.any() else 0):
        bound = lowest(_playing(offers, _rests(wanted, held)))
        wanted, _ = everybody.taken(bound.prices)
    return (lowest(_playing(offers, _rests(wanted, held))) if held.any() else bound), wanted


def _rests(wanted: Numbers, held: Bools) -> Numbers:
    """For which action each person rests: what they want and are held out of; NOTHING for the others."""
    return np.where((wanted >= 0) & held[wanted, np.arange(len(wanted))], wanted, NOTHING)


def _best(offers: Offers, bound: Bound, start: Numbers) -> Numbers:
    """The best plan found from what people take at the prices of the bound and at dearer and cheaper money; the first that is as good as the bound.
    Of few people an expensive one more or less moves the whole, and another price leaves another rest to fill."""
    best = improved(offers, bound.prices, start)
    for factor in MONEY_FACTORS:
        if offers.gained(best) >= GOOD_ENOUGH * bound.value:
            break
        prices = bound.prices * np.append(factor, np.ones(len(bound.prices) - 1))
        found = improved(offers, bound.prices, repaired(offers, prices))
        best = max(best, found, key=offers.gained)
    return best


def _playing(offers: Offers, rests: Numbers) -> Offers:
    there = np.isfinite(offers.gain).any(axis=0) & (rests == NOTHING)
    return Offers(offers.gain[:, there], offers.spend[:, there], offers.budget, offers.capacities)


def _compared(
    everybody: Offers, prices: Floats, held: Bools, action: Numbers, settled: Numbers, wanted: Numbers
) -> tuple[Numbers, Bools]:
    """Controls, and who is compared: those who `wanted` an action and whom it leaves most of all they could get, down to the last who got it. Who wanted
    another at the prices by which people rest is in neither arm: held out of this one they would have got that, or rested for it."""
    people = np.arange(everybody.count)
    control, is_measured = np.full(everybody.count, NOTHING, np.int64), np.zeros(everybody.count, bool)
    left = np.vstack([everybody.left(number, prices) for number in range(len(everybody.gain))])
    left = np.where(np.isfinite(left), np.round(left, 9), -np.inf)
    best = left.argmax(axis=0)
    for number in range(len(left)):
        mine = left[number]
        is_best = (best == number) & (wanted == number) & np.isfinite(mine)
        got = is_best & (settled == number) & (action == number)
        if not got.any():
            continue
        # A tie at the border is cut by the order of people, for those held out as for the others.
        border = mine[got].min()
        last = people[got & (mine == border)].max()
        is_inside = is_best & ((mine > border) | ((mine == border) & (people <= last)))
        if not (is_best & (mine > 0) & ~held[number] & ~got).any():
            # Nobody who takes it at these prices went without.
            is_inside |= is_best & (mine > 0)
        is_measured |= got & is_inside
        mine_held = is_inside & held[number]
        control[mine_held] = number
    is_measured |= control >= 0
    return np.where(control >= 0, control, _unmeasured(left, best, held, action, _rests(wanted, held))), is_measured


def _unmeasured(left: Floats, best: Numbers, held: Bools, action: Numbers, rests: Numbers) -> Numbers:
    """Of who is in no comparison and would have got something, had they not been held out, what they are held out of: they are told as held out, so that
    those of whom the next weeks choose do not differ in it."""
    control = np.full(len(best), NOTHING, np.int64)
    for number in range(len(left)):
        got = (best == number) & (action == number)
        if got.any():
            without = (
                (best == number)
                & (action == NOTHING)
                & (held[number] | (rests >= 0))
                & (left[number] >= left[number][got].min())
            )
            control[without] = np.where(held[number], number, rests)[without]
    return control
