"""The choice of actions: the best there is on shops small enough to try everything, at its edges, and in any order of rows."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from assets.outreach.winback.methods.plan import Plan, Problem, solve

INF = np.inf


def problem(
    gain: list[list[float]], spend: list[list[float]], budget: float = INF, capacities: "list[float] | None" = None
) -> Problem:
    values = np.array(gain, float)
    people = [f"c{number}" for number in range(len(values))]
    places = np.full(values.shape[1], INF) if capacities is None else np.array(capacities, float)
    return Problem(
        people, values, np.array(spend, float).reshape(values.shape), np.ones(values.shape, bool), budget, places
    )


def best_of_all(given: Problem) -> float:
    """Every choice there is, tried."""
    people, actions = given.gain.shape
    best = 0.0
    for choice in product(range(-1, actions), repeat=people):
        taken = [(person, action) for person, action in enumerate(choice) if action >= 0]
        fits = all(given.allowed[pair] for pair in taken) and sum(given.spend[pair] for pair in taken) <= given.budget
        if fits and all(choice.count(action) <= places for action, places in enumerate(given.capacities)):
            best = max(best, sum(given.gain[pair] for pair in taken))
    return best


def kept(given: Problem, plan: Plan) -> bool:
    chosen = np.flatnonzero(plan.action >= 0)
    counts = np.bincount(plan.action[chosen], minlength=given.gain.shape[1])
    return (
        plan.spent <= given.budget + 1e-9
        and bool((counts <= given.capacities).all())
        and bool(given.allowed[chosen, plan.action[chosen]].all())
    )


@pytest.mark.parametrize("seed", range(25))
def test_of_seven_people_it_is_the_best_of_all_choices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = replace(
        problem(rng.normal(3, 4, (7, 2)).round(2).tolist(), rng.uniform(0.5, 5, (7, 2)).round(2).tolist(), 8.0, [3, 2]),
        allowed=rng.random((7, 2)) < 0.8,
    )
    plan = solve(given)
    assert kept(given, plan)
    assert plan.gain == pytest.approx(best_of_all(given), rel=1e-9)
    assert plan.bound >= plan.gain - 1e-9


def test_the_same_rows_in_any_order_give_the_same_plan() -> None:
    rng = np.random.default_rng(1)
    # Few different values: most of them tie.
    given = problem(rng.integers(1, 4, (300, 3)).tolist(), rng.integers(1, 3, (300, 3)).tolist(), 120.0, [40, 30, 20])
    plan = solve(given)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(300)
        shuffled = replace(
            given,
            people=[given.people[number] for number in order],
            gain=given.gain[order],
            spend=given.spend[order],
            allowed=given.allowed[order],
        )
        assert solve(shuffled).action.tolist() == plan.action[order].tolist()


def test_without_money_only_what_costs_nothing() -> None:
    assert solve(problem([[5, 1], [5, 1]], [[1, 0], [1, 0]], 0.0)).action.tolist() == [1, 1]


def test_nobody_who_may_be_reached_is_an_empty_plan() -> None:
    given = problem([[5.0], [6.0]], [[1.0], [1.0]], 10.0)
    plan = solve(replace(given, allowed=np.zeros((2, 1), bool)))
    assert (plan.action.tolist(), plan.gain, plan.bound, plan.share_of_bound) == ([-1, -1], 0.0, 0.0, 1.0)
    assert (
        solve(
            replace(
                problem([[1.0]], [[1.0]]),
                people=[],
                gain=np.empty((0, 1)),
                spend=np.empty((0, 1)),
                allowed=np.empty((0, 1), bool),
            )
        ).action.size
        == 0
    )


def test_what_costs_more_than_it_brings_is_left() -> None:
    assert solve(problem([[-1.0, 0.0], [2.0, -3.0]], [[1, 1], [1, 1]], 10.0)).action.tolist() == [-1, 0]


def test_without_limits_each_takes_their_best() -> None:
    plan = solve(problem([[1, 2], [3, 1], [-1, 4]], [[9, 9], [9, 9], [9, 9]]))
    assert plan.action.tolist() == [1, 0, 1]
    assert (plan.gain, plan.bound, plan.budget_price) == (9.0, 9.0, 0.0)


def test_equal_gains_fill_all_places_and_the_price_of_a_place_is_what_one_more_brings() -> None:
    given = problem([[2.0]] * 50, [[1.0]] * 50, INF, [20])
    plan = solve(given)
    assert (plan.action >= 0).sum() == 20 and plan.gain == 40.0
    assert plan.place_prices[0] == pytest.approx(2.0)
    tight = solve(replace(given, budget=10.0))
    assert tight.gain == 20.0 and tight.budget_price == pytest.approx(2.0)


def test_who_is_held_out_of_their_best_gets_nothing_else_and_is_its_control() -> None:
    given = problem([[5, 4], [5, 4], [5, 4], [1, 4]], [[1, 1]] * 4)
    held = np.array([[True, False], [False, False], [False, True], [False, True]])
    plan = solve(replace(given, held=held))
    assert plan.action.tolist() == [-1, 0, 0, -1]
    # Of the second action there is nobody to compare the last one with.
    assert plan.control.tolist() == [0, -1, -1, -1]
    assert plan.is_measured.tolist() == [True, True, True, False]


def test_who_would_not_have_got_a_place_is_no_control() -> None:
    gains = [[float(30 - number)] for number in range(30)]
    held = np.array([[number % 2 == 1] for number in range(30)])
    plan = solve(replace(problem(gains, [[1.0]] * 30, INF, [5]), held=held))
    # Of those not held out the five best get it, so a place is worth what the fifth or the sixth would bring: 22 to 20. Of those held out
    # who is worth less, and would have got none, is compared with nobody.
    assert np.flatnonzero(plan.action == 0).tolist() == [0, 2, 4, 6, 8]
    assert {1, 3, 5, 7} <= set(np.flatnonzero(plan.control == 0).tolist()) <= {1, 3, 5, 7, 9}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"people": ["a", "a"]}, "twice"),
        ({"gain": np.array([[np.nan], [1.0]])}, "no number"),
        ({"spend": np.array([[-1.0], [1.0]])}, "below zero"),
    ],
)
def test_what_cannot_be_planned_is_refused(change: "dict[str, object]", said: str) -> None:
    with pytest.raises(ValueError, match=said):
        solve(replace(problem([[1.0], [1.0]], [[1.0], [1.0]]), **change))


def test_arms_of_one_action_do_not_differ_in_who_is_held_out_of_another() -> None:
    rng = np.random.default_rng(5)
    people = 30_000
    value = rng.gamma(2, 40, people)[:, None]
    cost = np.array([0.1, 2.0, 6.0])
    gain = value * np.array([0.02, 0.045, 0.07]) * rng.uniform(0.5, 1.5, (people, 3)) - cost
    held = rng.random((people, 3)) < 0.5
    names = [f"c{n}" for n in range(people)]
    spend = np.broadcast_to(cost, gain.shape)
    allowed = np.ones(gain.shape, bool)
    plan = solve(Problem(names, gain, spend, allowed, 4_000.0, np.array([np.inf, 900, 300]), held))
    left = np.where((plan.action < 0) & (plan.control < 0))[0]
    again = Problem(
        [names[n] for n in left], gain[left], spend[left], allowed[left], 1e9, np.full(3, np.inf), held[left]
    )
    for made, drawn in ((plan, held), (solve(again), held[left])):
        for action in range(3):
            treated, control = ((arm == action) & made.is_measured for arm in (made.action, made.control))
            if min(treated.sum(), control.sum()) < 200:
                continue
            # As many in both arms, and of each arm half are held out of each other action: five standard errors.
            total = treated.sum() + control.sum()
            assert abs(treated.sum() / total - 0.5) < 2.5 / total**0.5, action
            for other in {0, 1, 2} - {action}:
                shares = [drawn[arm, other].mean() for arm in (treated, control)]
                assert abs(shares[0] - shares[1]) < 2.5 * (1 / treated.sum() + 1 / control.sum()) ** 0.5, (
                    action,
                    other,
                )
