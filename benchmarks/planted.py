"""Do the parameters that the demo shop plants come back? `python -m benchmarks.planted --customers N [--seed S] [--home HOME]`.

Draws N persons of the demo shop's process (BG/NBD and Gamma-Gamma in days, stores/demo/buyers.py) and fits them twice: on the
exact times of purchases, which is the process itself, and on whole days with one purchase a day, which is all a shop hands over.
Each row has the planted parameter, the fitted one, its standard error, and by how many of these they differ. With `--home`, where
`zhike demo` has run, also those of the newest fit in that shop's registry: through dirt, returns, links and gates; and how right the
probability of being alive is about who is, of the newest week: by the purchase model alone, and as published.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from assets.insights.clv.methods.maximum_likelihood import Fit

DAYS = 791
"""As in the demo shop: two years of history and 60 days."""


def draw(customers: int, seed: int) -> "tuple[pd.DataFrame, pd.DataFrame]":
    """Frequency, recency and T by exact times; and by whole days, with the money of purchase days."""
    import numpy as np
    import pandas as pd

    from stores.demo import buyers

    rng = np.random.default_rng(seed)
    process, spend = buyers.BgNbd(), buyers.GammaGamma()
    persons = buyers.draw_persons(rng, customers, DAYS, process, spend, visitor_share=buyers.VISITOR_SHARE)
    purchases = buyers.simulate_purchases(rng, persons, DAYS)
    days = buyers.purchase_days(rng, persons, purchases, spend).assign(value=lambda rows: rows["value"] / 100)
    times, whole = (
        frame.groupby("person")[column].agg(["min", "max", "size"])
        for frame, column in ((purchases, "time"), (days, "day"))
    )
    repeats = days[days["person"].duplicated()].groupby("person")["value"].mean()
    exact = pd.DataFrame(
        {"frequency": times["size"] - 1, "recency": times["max"] - times["min"], "T": DAYS - times["min"]}
    )
    by_day = pd.DataFrame(
        {
            "frequency": whole["size"] - 1,
            "recency": (whole["max"] - whole["min"]).astype(float),
            "T": (DAYS - 1 - whole["min"]).astype(float),
            "monetary_value": repeats.reindex(whole.index),
            "spend": days.groupby("person")["value"].sum(),
        }
    )
    return exact, by_day


def compared(data: str, fit: "Fit") -> list[dict[str, Any]]:
    """The planted parameters of the purchase process beside those of a fit."""
    from stores.demo import buyers

    rows = []
    for parameter, planted in vars(buyers.BgNbd()).items():
        fitted, error = getattr(fit, parameter), (fit.standard_errors or {})[parameter]
        rows.append(
            {
                "data": data,
                "parameter": parameter,
                "planted": planted,
                "fitted": round(fitted, 4),
                "standard_error": round(error, 4),
                "off_by_standard_errors": round((fitted - planted) / error, 2),
            }
        )
    return rows


def of_the_shop(home: Path) -> "Fit":
    """The newest fit of BG/NBD in the demo shop's registry."""
    from assets.insights.clv.methods.maximum_likelihood import Fit
    from assets.insights.clv.model import MODEL
    from resources.home import export_demo
    from resources.registry import recorded
    from resources.warehouse import Warehouse

    export_demo(home)
    with Warehouse(store="demo", home=str(home)).opened() as warehouse:
        fits = [fitted for fitted in recorded(warehouse.connection, MODEL) if fitted.method == "bgnbd"]
    return Fit.from_parameters(fits[-1].parameters["purchases"])


def alive(home: Path) -> list[dict[str, Any]]:
    """A row for repeat and for one-time buyers, by itself and published: AUC, Brier score and mean of p_alive, beside the share alive."""
    from sklearn.metrics import roc_auc_score

    from assets.insights.clv.model import MODEL
    from benchmarks.coherence import by_itself
    from resources.home import export_demo
    from resources.registry import fit_of
    from resources.warehouse import Warehouse

    truth = export_demo(home).parent / "truth" / "customers.parquet"
    with Warehouse(store="demo", home=str(home)).opened() as warehouse:
        [(week, day)] = warehouse.connection.execute(
            "SELECT as_of, max(fitted_as_of) FROM insights.clv_latest GROUP BY as_of"
        ).fetchall()
        fitted = fit_of(warehouse.connection, MODEL.name, day)
        assert fitted is not None
        alone = by_itself(warehouse, week, fitted.parameters)
        found = warehouse.select(
            f"""
            SELECT c.frequency > 1 AS is_repeat, t.alive_until IS NULL OR t.alive_until >= v.as_of AS is_alive,
                a.p_alive AS "by itself", v.p_alive AS published
            FROM insights.clv_latest AS v JOIN alone AS a USING (person_id)
            JOIN features.customers AS c ON c.as_of = v.as_of AND c.person_id = v.person_id
            JOIN '{truth}' AS t ON t.customer_id = v.person_id
            ORDER BY v.person_id
            """,
            {"alone": alone},
        )
    return [
        {
            "buyers": buyers,
            "count": len(part),
            "p_alive": name,
            "auc": round(float(roc_auc_score(part["is_alive"], part[name])), 4),
            "brier": round(float(((part[name] - part["is_alive"]) ** 2).mean()), 4),
            "mean": round(float(part[name].mean()), 4),
            "alive": round(float(part["is_alive"].mean()), 4),
        }
        for buyers, part in (("repeat", found[found["is_repeat"]]), ("one-time", found[~found["is_repeat"]]))
        for name in ("by itself", "published")
    ]


def run(customers: int, seed: int, home: "Path | None" = None) -> dict[str, Any]:
    from assets.insights.clv.methods import bgnbd, gamma_gamma
    from assets.insights.clv.methods.groups import grouped
    from stores.demo import buyers

    exact, by_day = draw(customers, seed)
    planted_spend = buyers.GammaGamma()
    rows = [
        row
        for name, frame in (("exact times", exact), ("whole days", by_day))
        for row in compared(name, bgnbd.fit(grouped(frame)[0]))
    ]
    if home:
        rows += compared("the demo shop", of_the_shop(home))
    spend = gamma_gamma.fit(by_day)
    return {
        "alive": alive(home) if home else [],
        "buyers": len(exact),
        "purchase_process": rows,
        "order_value": [
            {"parameter": name, "planted": planted, "fitted": round(getattr(spend, fitted), 4)}
            for name, planted, fitted in (
                ("p", planted_spend.p, "p"),
                ("q", planted_spend.q, "q"),
                ("gamma", planted_spend.gamma, "v"),
            )
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.planted", description="Do planted parameters come back?"
    )
    parser.add_argument("--customers", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path, help="where `zhike demo` has run")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    from rich.console import Console

    from benchmarks.clv import print_rows

    console = Console()
    figures = run(options.customers, options.seed, options.home)
    print_rows(console, f"purchases of {figures['buyers']:,} buyers", figures["purchase_process"])
    print_rows(console, "order values", figures["order_value"])
    if figures["alive"]:
        print_rows(console, "who is still alive", figures["alive"])
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
