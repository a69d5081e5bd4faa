"""Is the plan of actions the best there is? `python -m benchmarks.winback [--instances N] [--people N]`.

Made-up shops of 2,000 customers and four actions (message, coupon, gift, call), each with a budget, places, consent and a hold-out of its
own draw; the plan's net gain is put beside that of the exact mixed-integer program (HiGHS), and of rules that people use. Then one
shop of a million, with its own bound, CPU time and memory in a process of its own.
Exit code 1: a plan below 99.9 % of HiGHS or of the bound of the million, more than 10 CPU seconds or 1 GiB, or another plan for the
same rows in another order.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.measure import measured

if TYPE_CHECKING:
    import numpy as np

    from assets.outreach.winback.methods.plan import Problem

CUSTOMERS, INSTANCES, PEOPLE = 2_000, 50, 1_000_000
FLOOR, CPU_SECONDS, MEMORY_MIB = 0.999, 10.0, 1024
EXACT_GAP, EXACT_SECONDS = 1e-4, 60
COSTS, SUBSIDIES = (0.1, 6.0, 15.0, 25.0), (0.0, 10.0, 15.0, 0.0)
EFFECTS = (0.02, 0.06, 0.10, 0.12)


def shop(customers: int, seed: int) -> "tuple[Problem, np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """A shop's problem, and each customer's probability to buy anyway and margin value. Who is half lost answers most."""
    import numpy as np

    from assets.outreach.winback.methods.plan import Problem

    rng = np.random.default_rng([customers, seed])
    p_purchase = rng.beta(1.2, 1.6, customers)
    value = rng.lognormal(rng.uniform(3.9, 5.5), rng.uniform(0.7, 1.1), customers)
    answers = np.exp(-(((p_purchase - 0.45) / 0.25) ** 2))
    uplift = answers[:, None] * np.array(EFFECTS) * rng.uniform(0.5, 1.5, (customers, len(EFFECTS)))
    subsidy = np.array(SUBSIDIES)
    gain = value[:, None] * uplift - np.array(COSTS) - subsidy * p_purchase[:, None]
    spend = np.array(COSTS) + subsidy * np.minimum(p_purchase[:, None] + uplift, 1)
    has_consent, has_phone = rng.random(customers) < 0.8, rng.random(customers) < 0.5
    allowed = has_consent[:, None] & (rng.random((customers, len(COSTS))) >= 0.1)
    allowed[:, 3] &= has_phone
    places = np.round(customers * np.array([0.2, 0.06, 0.03, 0.015]) * rng.uniform(0.5, 1.5, 4))
    people = [f"c{number}" for number in range(customers)]
    problem = Problem(people, gain, spend, allowed, customers * rng.uniform(0.4, 2.0), places)
    return problem, p_purchase, value


def exact(problem: "Problem") -> float:
    """The net gain of the best plan, by HiGHS, to EXACT_GAP."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import coo_matrix, vstack

    customers, actions = problem.gain.shape
    person, action = np.nonzero(problem.allowed & (problem.gain > 0))
    each, ones = np.arange(len(person)), np.ones(len(person))
    limits = vstack(
        [
            coo_matrix((ones, (person, each)), shape=(customers, len(each))),
            coo_matrix((ones, (action, each)), shape=(actions, len(each))),
            coo_matrix((problem.spend[person, action], (np.zeros(len(each), int), each)), shape=(1, len(each))),
        ]
    ).tocsr()
    most = np.concatenate([np.ones(customers), problem.capacities, [problem.budget]])
    found = milp(
        -problem.gain[person, action],
        constraints=LinearConstraint(limits, -np.inf, most),
        integrality=ones,
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": EXACT_GAP, "time_limit": EXACT_SECONDS},
    )
    return -float(found.fun)


def by_rule(problem: "Problem", score: "np.ndarray[Any, Any]") -> float:
    """The net gain where offers go out by score (people × actions), one a person, until money or places are gone."""
    import numpy as np

    money, places = problem.budget, problem.capacities.copy()
    has: set[int] = set()
    gain = 0.0
    for flat in np.argsort(-np.where(problem.allowed, score, -np.inf), axis=None, kind="stable").tolist():
        person, action = divmod(flat, score.shape[1])
        if not problem.allowed[person, action] or score[person, action] <= 0:
            break
        if person not in has and places[action] >= 1 and problem.spend[person, action] <= money:
            has.add(person)
            money -= problem.spend[person, action]
            places[action] -= 1
            gain += problem.gain[person, action]
    return float(gain)


def compare(seed: int) -> dict[str, float]:
    """Net gains as shares of the exact plan's."""
    import numpy as np

    from assets.outreach.winback.methods.plan import solve

    problem, p_purchase, value = shop(CUSTOMERS, seed)
    best, plan = exact(problem), solve(problem)
    order = np.random.default_rng(seed).permutation(CUSTOMERS)
    again = solve(reordered(problem, order))
    likely = np.where(problem.gain > 0, 1.0, 0.0)
    return {
        "plan": plan.gain / best,
        "share_of_bound": plan.share_of_bound,
        "best_gain_first": by_rule(problem, problem.gain) / best,
        "best_ratio_first": by_rule(problem, problem.gain / problem.spend) / best,
        "top_risk": by_rule(problem, likely * (1 - p_purchase)[:, None]) / best,
        "top_value": by_rule(problem, likely * value[:, None]) / best,
        "risk_times_value": by_rule(problem, likely * ((1 - p_purchase) * value)[:, None]) / best,
        "same_in_any_order": float(np.array_equal(again.action, plan.action[order])),
    }


def reordered(problem: "Problem", order: "np.ndarray[Any, Any]") -> "Problem":
    from dataclasses import replace

    people = [problem.people[number] for number in order]
    return replace(
        problem, people=people, gain=problem.gain[order], spend=problem.spend[order], allowed=problem.allowed[order]
    )


def large(people: int) -> dict[str, float]:
    """One shop of so many people: the plan against its bound, and the CPU seconds of planning alone."""
    from time import process_time

    from assets.outreach.winback.methods.plan import solve

    problem, _, _ = shop(people, 0)
    started = process_time()
    plan = solve(problem)
    return {
        "share_of_bound": plan.share_of_bound,
        "plan_cpu_seconds": process_time() - started,
        "one_more_yuan": plan.budget_price,
        "chosen": float((plan.action >= 0).sum()),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=int, default=INSTANCES, help="shops of 2,000 that are solved exactly too")
    parser.add_argument("--people", type=int, default=PEOPLE, help="customers of the large shop")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    found = [compare(seed) for seed in range(options.instances)]
    print(f"{options.instances} shops of {CUSTOMERS:,} customers: net gain as a share of HiGHS's")
    figures: dict[str, Any] = {}
    for name in found[0] if found else ():
        values = sorted(row[name] for row in found)
        figures[name] = {"worst": values[0], "median": values[len(values) // 2]}
        print(f"{name:20}{values[0]:>10.5f} at worst{values[len(values) // 2]:>10.5f} in the median")
    run = measured(large, options.people)
    figures["large"] = run.result | {"people": options.people, "cpu_seconds": run.cpu_seconds, "peak_mib": run.peak_mib}
    print(
        f"{options.people:,} customers: {run.result['share_of_bound']:.5f} of the bound, {run.result['plan_cpu_seconds']:.1f} CPU s of "
        f"planning ({run.cpu_seconds:.1f} with making the shop and imports), {run.peak_mib:,.0f} MiB at most; "
        f"one more yuan would bring {run.result['one_more_yuan']:.2f}"
    )
    if options.json:
        print(json.dumps(figures))
    is_exact = all(row["plan"] >= FLOOR and row["same_in_any_order"] for row in found)
    is_large = run.result["share_of_bound"] >= FLOOR and run.result["plan_cpu_seconds"] <= CPU_SECONDS
    return 0 if is_exact and is_large and run.peak_mib <= MEMORY_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
