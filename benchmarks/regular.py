"""Does MBG/CNBD-k find a pace, and what is it worth? `python -m benchmarks.regular --customers 4000 --k 3`.

Draws customers of a shop whose purchases come at Erlang-k times (PLANTED, in days; each purchase may be the last), with the year after
it. Prints the planted parameters beside the fitted ones, and how right each purchase model is about the second year.
Exit code 1: another k was found, or a parameter is off by more than three standard errors.
"""

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

PLANTED = {"r": 1.2, "alpha": 8.0, "a": 0.6, "b": 4.0}
DAYS = 364


def simulate(customers: int, k: int, seed: int = 0) -> "pd.DataFrame":
    """Customers who first bought in the first half of a year: frequency, recency, T and log_gap_sum at its end, and later_purchases
    of the next; exact times."""
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(seed)
    rate = random.gamma(PLANTED["r"], 1 / PLANTED["alpha"], customers)
    p = random.beta(PLANTED["a"], PLANTED["b"], customers)
    age = DAYS - random.uniform(0, DAYS / 2, customers)
    frequency, later = np.zeros(customers, np.int64), np.zeros(customers, np.int64)
    recency, clock, log_gaps = np.zeros(customers), np.zeros(customers), np.zeros(customers)
    alive = np.flatnonzero(random.random(customers) >= p)
    while len(alive):
        gap = random.gamma(k, 1 / np.maximum(rate[alive], 1e-12))
        clock[alive] += gap
        is_known, is_later = clock[alive] <= age[alive], clock[alive] <= age[alive] + DAYS
        known = alive[is_known]
        frequency[known] += 1
        recency[known] = clock[known]
        log_gaps[known] += np.log(gap[is_known])
        later[alive[is_later & ~is_known]] += 1
        alive = alive[is_later]
        alive = alive[random.random(len(alive)) >= p[alive]]
    return pd.DataFrame(
        {"frequency": frequency, "recency": recency, "T": age, "log_gap_sum": log_gaps, "later_purchases": later}
    )


def run(customers: int, k: int, seed: int = 0) -> dict[str, Any]:
    from assets.insights.clv.methods import metrics, models
    from assets.insights.clv.methods.groups import grouped

    frame = simulate(customers, k, seed)
    groups, numbers = grouped(frame)
    fits = models.fit_all(groups, float(frame["log_gap_sum"].sum()))
    regular = next((fit for fit in fits if fit.model == ("mbgcnbd" if k > 1 else "mbgnbd")), fits[1])
    errors = regular.standard_errors or {}
    forecasts = {models.name_of(fit): models.posterior(fit, groups).expected(DAYS)[numbers] for fit in fits}
    forecasts |= metrics.naive_purchases(frame, DAYS)
    table = metrics.holdout_table(frame["later_purchases"], forecasts, frame["frequency"])
    return {
        "customers": customers,
        "k": k,
        "found_k": max(fit.k for fit in fits),
        "parameters": [
            {
                "parameter": name,
                "planted": planted,
                "fitted": round(getattr(regular, name), 4),
                "off_by_standard_errors": round((getattr(regular, name) - planted) / errors[name], 2),
            }
            for name, planted in PLANTED.items()
        ],
        "mean_purchases": round(float(frame["later_purchases"].mean()), 3),
        "purchases": table.round(4).to_dict("records"),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regular", description="Purchases that keep a pace")
    parser.add_argument("--customers", type=int, default=4_000)
    parser.add_argument("--k", type=int, default=3, help="stages between two purchases, 1 to 4")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    from rich.console import Console

    from benchmarks.clv import print_rows

    figures, console = run(options.customers, options.k, options.seed), Console()
    console.print(f"{figures['customers']:,} customers, k = {figures['k']}, found {figures['found_k']}")
    print_rows(console, "parameters", figures["parameters"])
    print_rows(console, f"purchases of the second year, {figures['mean_purchases']} a customer", figures["purchases"])
    if options.json:
        print(json.dumps(figures))
    is_close = all(abs(row["off_by_standard_errors"]) <= 3 for row in figures["parameters"])
    return 0 if is_close and figures["found_k"] == figures["k"] else 1


if __name__ == "__main__":
    sys.exit(main())
