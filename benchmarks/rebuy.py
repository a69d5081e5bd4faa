"""Who buys again within 90 days: `python -m benchmarks.rebuy` (UCI Online Retail under ZHIKE_DATA).

Customers as of four days of spring 2011 are learned from; the test are those as of 2011-09-11, 3,370 customers, of whom 57.0 %
buy. Features, labels, choice of learner and judgement are those of insights.predictions; which learner is taken, and its
calibration, is settled on the four earlier days alone. Beside it BG/NBD: the probability of at least one purchase is
1 - exp(-expected purchases).

With `--home` (where `zhike run --store online_retail` has run) the same on the rows of that shop's clean tables.
Exit code 1: the learner taken is not ahead of every baseline in AUC, or its AUC is above .90, which would be a leak.
"""

import argparse
import json
import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.features.labels import labelled_customers
from assets.features.reads import SQL, VIEWS
from resources.errors import ZhikeError
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HORIZON_DAYS = 90
START = date(2010, 12, 1)
CUT_OFFS = [date(2011, 3, 15), date(2011, 4, 14), date(2011, 5, 14), date(2011, 6, 13), date(2011, 9, 11)]
FIGURES = ("auc", "ap", "lift", "brier", "ece", "mean_score")
LEAK_AUC = 0.9


def usual_rows(path: Path) -> "pd.DataFrame":
    """Labelled customers of the rows that are usually counted."""
    import duckdb

    with duckdb.connect() as connection:
        lines, *others = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").split(";\n")
        connection.execute(lines, {"path": str(path)})
        for statement in filter(str.strip, others):
            connection.execute(statement)
        connection.execute("CREATE TEMP TABLE weeks AS SELECT unnest($days) AS as_of", {"days": CUT_OFFS})
        for name in VIEWS:
            connection.execute(f"CREATE TEMP VIEW {name} AS {SQL(name)}")
        return connection.execute(
            f"""
            SELECT c.*, coalesce(l.later_purchases, 0) AS later_purchases, CAST(coalesce(l.later_spend, 0) AS DOUBLE) AS later_spend
            FROM ({SQL("customers")}) AS c LEFT JOIN ({SQL("labels")}) AS l ON l.as_of = c.as_of AND l.person_id = c.person_id
            WHERE c.frequency > 0 ORDER BY c.as_of, c.person_id
            """,
            {"horizon_days": HORIZON_DAYS, "known_before": None},
        ).df()


def shop_rows(home: Path) -> "pd.DataFrame":
    """Labelled customers of the shop's own tables."""
    with Warehouse(store="online_retail", home=str(home)).opened() as warehouse:
        return labelled_customers(warehouse, CUT_OFFS, HORIZON_DAYS)


def judge(labelled: "pd.DataFrame") -> dict[str, Any]:
    """A row of figures a model, what was taken and why."""
    from assets.insights.predictions.methods.purchase import at, bought, study
    from resources.learning.metrics import judged

    found = study(labelled, HORIZON_DAYS, (CUT_OFFS[0] - START).days)
    later = at(labelled, [found.holdout])
    y = bought(later)
    rows = [dict(row) for row in found.rows]
    rows.insert(3, {"model": "bgnbd", "role": "baseline"} | judged(y, bgnbd(later)))
    taken = next(row for row in rows if row["model"] == found.choice.method)
    others = max(row["auc"] for row in rows if row["role"] == "baseline")
    by_cut_off = labelled.assign(bought=bought(labelled)).groupby("as_of", sort=True)["bought"]
    return {
        "customers": len(later),
        "rate": taken["rate"],
        "train_rates": [round(float(rate), 3) for rate in by_cut_off.mean()][:-1],
        "taken": found.choice.method,
        "is_calibrated": found.choice.calibration is not None,
        "validation": found.choice.validation,
        "is_ahead": others < taken["auc"] < LEAK_AUC,
        "models": rows,
    }


def bgnbd(customers: "pd.DataFrame") -> Any:
    """Probability of a purchase by BG/NBD, fitted on the customers of the test day as they were then."""
    import numpy as np
    import pandas as pd

    from assets.insights.clv.methods import bgnbd
    from assets.insights.clv.methods.groups import grouped

    summary = pd.DataFrame(
        {
            "frequency": customers["frequency"] - 1,
            "recency": (customers["t_days"] - customers["recency_days"]).astype(float),
            "T": customers["t_days"].astype(float),
        }
    )
    groups, numbers = grouped(summary)
    return 1 - np.exp(-bgnbd.expected_purchases(bgnbd.fit(groups), groups, HORIZON_DAYS)[numbers])


def show(title: str, figures: dict[str, Any]) -> None:
    calibrated = ", calibrated" if figures["is_calibrated"] else ""
    print(
        f"{title}: {figures['customers']:,} customers, {figures['rate']:.1%} buy; taken: {figures['taken']}{calibrated}"
    )
    print(f"rates at the cut-offs learned from: {', '.join(f'{rate:.3f}' for rate in figures['train_rates'])}")
    print(f"{'model':16}" + "".join(f"{name:>12}" for name in FIGURES))
    for row in figures["models"]:
        mark = " *" if row["model"] == figures["taken"] else ""
        print(f"{row['model'] + mark:16}" + "".join(f"{row[name]:>12.4f}" for name in FIGURES))
    print()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, help="a home in which online_retail has run: its own rows as well")
    parser.add_argument("--json", action="store_true", help="the figures as one JSON object on the last line")
    options = parser.parse_args(arguments)
    path = Path(os.environ.get("ZHIKE_DATA", "")) / "uci_online_retail" / "online_retail.parquet"
    if not path.exists():
        raise ZhikeError("UCI Online Retail is not there", str(path), "set ZHIKE_DATA to the folder of the data sets")
    figures = {"usual_rows": judge(usual_rows(path))}
    show("rows usually counted", figures["usual_rows"])
    if options.home:
        figures["shop_rows"] = judge(shop_rows(options.home))
        show("the shop's own rows", figures["shop_rows"])
    if options.json:
        print(json.dumps(figures))
    return 0 if all(found["is_ahead"] for found in figures.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
