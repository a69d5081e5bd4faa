"""When the next order comes: `python -m benchmarks.next_order --store demo [--store …]`, for shops that were run.

As of past first Mondays, of buyers with a repeat purchase who are more likely than not to order within the horizon, and do: by how many
days the day told by insights.clv misses the day of their next order, beside two guesses (the last purchase and the last gap, or the
mean gap; the Monday itself where that day is past), with the standard error of the difference (paired bootstrap of persons); and the
share whose order lies within the interval, of which eight in ten should. Exit code 1: a guess does better by more than its standard error.
"""

import argparse
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.coherence import given_of, model_of
from resources.errors import ZhikeError
from resources.evidence import markdown
from resources.home import default_home, export_demo
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

RESAMPLES = 200
GUESSES = ("last gap", "mean gap")
DAYS_SQL = """
WITH before AS (
    SELECT person_id, active_on, active_on - lag(active_on) OVER (PARTITION BY person_id ORDER BY active_on) AS gap
    FROM purchase_days WHERE line_count > 0
),

after AS (
    SELECT person_id, active_on FROM person_days_after GROUP BY person_id, active_on HAVING sum(line_count) > 0
)

SELECT
    b.person_id, max(b.active_on) - $week AS last_day, arg_max(b.gap, b.active_on) AS last_gap, avg(b.gap) AS mean_gap,
    min(a.active_on) - $week AS next_day
FROM before AS b LEFT JOIN (SELECT person_id, min(active_on) AS active_on FROM after GROUP BY person_id) AS a ON a.person_id = b.person_id
GROUP BY b.person_id
ORDER BY b.person_id
"""


def told(warehouse: Warehouse, week: date, horizon_days: int) -> "pd.DataFrame | None":
    """A row a buyer as of a Monday who orders within the horizon and was likely to: the next day, and what was told of it, in days from
    the Monday."""
    import numpy as np

    from assets.insights.clv.methods import value
    from assets.insights.clv.reads import customers_of, purchases

    model = model_of(warehouse, week)
    if model is None:
        return None
    customers = customers_of(warehouse, week)
    days = warehouse.select(DAYS_SQL, purchases(warehouse, [week]), {"week": week})
    assert days["person_id"].tolist() == customers["person_id"].tolist()
    curves = value.Curves(customers, model.purchases, given_of(warehouse, week))
    horizon = horizon_days / model.purchases.days_per_unit
    shares = value.NEXT_ORDER_SHARES
    said = curves.days_to_next(list(shares.values()), horizon, np.arange(len(days)))
    for name, of_share in zip(shares, said, strict=True):
        days[name] = np.ceil(of_share) - 1
    for guess in GUESSES:
        days[guess] = np.maximum(days["last_day"] + days[guess.replace(" ", "_")], 0)
    is_likely = curves.p_purchase(horizon) >= value.LEAST_LIKELY
    return days[is_likely & (days["next_day"] < horizon_days) & (customers["frequency"] > 0)]


def judged(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    import numpy as np
    import pandas as pd

    persons, names = pd.factorize(rows["person_id"])
    random = np.random.default_rng(0)
    errors = {name: (rows[name] - rows["next_day"]).abs().to_numpy(float) for name in ("next_order", *GUESSES)}
    weights = [
        np.bincount(random.integers(0, len(names), len(names)), minlength=len(names))[persons] for _ in range(RESAMPLES)
    ]
    inside = rows["next_day"].between(rows["next_order_low"], rows["next_order_high"])
    found = []
    for name, missed in errors.items():
        difference = errors["next_order"] - missed
        found.append(
            {
                "told by": name.replace("next_order", "insights.clv"),
                "orders": len(rows),
                "misses by days": round(float(missed.mean()), 2),
                "half miss by less than": round(float(np.median(missed)), 1),
                "days of insights.clv less": round(float(difference.mean()), 2),
                "standard error": round(float(np.std([np.average(difference, weights=w) for w in weights])), 2),
                "in the interval": round(float(inside.mean()), 3) if name == "next_order" else None,
            }
        )
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.next_order", description="When the next order comes")
    parser.add_argument("--store", action="append", required=True, help="a shop that was run; repeatable")
    parser.add_argument("--home", type=Path, default=default_home())
    parser.add_argument("--horizon-days", type=int, default=182)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    import pandas as pd

    from resources.registry import first_mondays

    export_demo(options.home)
    figures: dict[str, Any] = {}
    try:
        for store in options.store:
            with Warehouse(store=store, home=str(options.home)).opened() as warehouse:
                query = "SELECT max(as_of) FROM features.customers"
                (last,) = warehouse.connection.execute(query).fetchall()[0]
                weeks = first_mondays(warehouse.shop.start, last - timedelta(days=options.horizon_days))
                parts = [rows for week in weeks if (rows := told(warehouse, week, options.horizon_days)) is not None]
            figures[store] = judged(pd.concat(parts)) if any(map(len, parts)) else []
            print(f"## {store}, {len(parts)} first Mondays\n\n{markdown(figures[store])}\n")
    except ZhikeError as error:
        print(error, file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(figures))
    rows = [row for found in figures.values() for row in found]
    return 1 if any(row["days of insights.clv less"] > row["standard error"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
