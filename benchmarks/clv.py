"""How right CLV is on any log: `python -m benchmarks.clv --log FILE.csv --calibration-end DATE --horizon-days N`.

The log (CSV, also gzipped) has columns customer_id, date and, if there, value (negative: a return). BG/NBD, MBG/NBD,
MBG/CNBD-k, NBD and Gamma-Gamma are fitted to the days up to the calibration end and judged on the N days after it, beside naive rows; only
customers who had bought by then count. `--format cdnow` reads the fixed-width text of CDNOW as Bruce Hardie publishes it.

`--simulate 1000000` instead makes that many customers and compares, each in a fresh process, (a) `lifetimes` on all rows,
(b) the fit on groups, grouping included, and (c) scoring them all. CPU seconds are those of the work, without imports and
reading; peak memory is that of the whole process. Exit code 1: parameters differ, or too little history to fit.
"""

import argparse
import json
import sys
import tempfile
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from benchmarks.measure import Measurement, measured

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from rich.console import Console

    from assets.insights.clv.methods.maximum_likelihood import Fit

ROOM = files("assets.insights.clv")
SUMMARY_SQL = ROOM.joinpath("summary.sql").read_text(encoding="utf-8")
CURVE_SQL = ROOM.joinpath("cohort_curve.sql").read_text(encoding="utf-8")
DAYS_SQL = """
CREATE OR REPLACE TEMP TABLE purchase_days AS
SELECT
    CAST($as_of AS DATE) AS as_of, customer_id AS person_id, day AS active_on,
    count(*) FILTER (WHERE coalesce(value, 0) >= 0) AS line_count, sum(value) AS net
FROM log
WHERE customer_id IS NOT NULL AND day <= CAST($end AS DATE)
GROUP BY customer_id, day
"""
CDNOW_SQL = """
CREATE VIEW log AS
SELECT parts[2] AS customer_id, CAST(strptime(parts[3], '%Y%m%d') AS DATE) AS day, CAST(parts[5] AS DOUBLE) AS value
FROM (
    SELECT string_split_regex(trim(line), '\\s+') AS parts
    FROM read_csv($path, header = false, delim = '\x01', columns = {'line': 'VARCHAR'})
)
"""
CHECKPOINTS = 4
PLANTED = {"r": 0.243, "alpha": 4.414 * 7, "a": 0.793, "b": 2.426}
"""In days; simulated customers arrive evenly over SIMULATED_DAYS."""
SIMULATED_DAYS = 728
SPEND = {"p": 6.25, "q": 3.74, "v": 15.44}


def open_log(path: Path, layout: str = "csv") -> "duckdb.DuckDBPyConnection":
    """A connection with the view `log`: customer_id, day, value."""
    import duckdb

    connection = duckdb.connect()
    name = str(path).replace("'", "''")
    if layout == "cdnow":
        connection.execute(CDNOW_SQL.replace("$path", f"'{name}'"))
        return connection
    source = f"read_csv('{name}', header = true)"
    columns = {column.lower() for column, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    if not {"customer_id", "date"} <= columns:
        raise ValueError(f"{path.name} needs columns customer_id and date, has {', '.join(sorted(columns))}")
    value = "CAST(value AS DOUBLE)" if "value" in columns else "CAST(NULL AS DOUBLE)"
    connection.execute(
        f"CREATE VIEW log AS SELECT CAST(customer_id AS VARCHAR) AS customer_id, CAST(CAST(date AS TIMESTAMP) AS DATE) AS day, {value} AS value FROM {source}"
    )
    return connection


def summarise(
    connection: "duckdb.DuckDBPyConnection", until: date, horizon_days: int, days_per_unit: float
) -> "pd.DataFrame":
    """The customers who bought by `until`, with what the days after it brought, by the SQL of insights.clv."""
    window = {"as_of": until + timedelta(days=1), "end": until + timedelta(days=horizon_days)}
    connection.execute(DAYS_SQL, window)
    return connection.execute(SUMMARY_SQL, {"days_per_unit": days_per_unit}).df()


def judge_log(
    connection: "duckdb.DuckDBPyConnection", until: date, horizon_days: int, days_per_unit: float = 7
) -> dict[str, Any]:
    """All figures of the hold-out; raises NotEnough where the log has too little."""
    from assets.insights.clv.methods import cohort_curve, gamma_gamma
    from assets.insights.clv.methods.groups import grouped
    from assets.insights.clv.methods.models import fit_all
    from assets.insights.clv.methods.study import choose, judge
    from resources.errors import NotEnough

    customers = summarise(connection, until, horizon_days, days_per_unit)
    if customers.empty:
        raise NotEnough("customers who bought by the calibration end", 0)
    by_step = connection.execute(CURVE_SQL).df()
    groups, _ = grouped(customers)
    fits = fit_all(groups, float(customers["log_gap_sum"].sum()), days_per_unit)
    spend = gamma_gamma.fit(customers) if (customers["spend"] > 0).any() else None
    curves = {
        name: curve
        for name in ("purchases", "spend")
        if (curve := cohort_curve.expected(by_step, name, customers["T"] * days_per_unit, horizon_days)) is not None
    }
    purchase_curve, money_curve = (
        {"cohort curve": curves[name]} if name in curves else {} for name in ("purchases", "spend")
    )
    holdout = judge(customers, fits, spend, horizon_days, purchase_curve, money_curve)
    choice = choose(holdout, fits)
    return {
        "groups": len(groups),
        "served_by": choice.fit.model,
        "reason": choice.reason,
        "fits": [fit.parameters() for fit in fits],
        "spend_fit": spend.parameters() if spend else None,
        **holdout,
        "cumulative": _cumulative(connection, customers, fits, until, horizon_days),
    }


def _cumulative(
    connection: "duckdb.DuckDBPyConnection",
    customers: "pd.DataFrame",
    fits: "list[Fit]",
    until: date,
    horizon_days: int,
) -> list[dict[str, Any]]:
    """Repeat purchases of the customers known at the cut-off, actual and expected, at the cut-off and on to the horizon."""
    from assets.insights.clv.methods import metrics

    unit = fits[0].days_per_unit
    rows = []
    for step in range(CHECKPOINTS + 1):
        days = horizon_days * step // CHECKPOINTS
        seen = summarise(connection, until + timedelta(days=days), 0, 1)
        known = seen["person_id"].isin(customers["person_id"])
        row = {"day": str(until + timedelta(days=days)), "actual": int(seen.loc[known, "frequency"].sum())}
        for fit in fits:
            row[fit.model] = round(float(metrics.cumulative_expected(fit, -customers["T"], [days / unit])[0]), 1)
        rows.append(row)
    return rows


def simulate(customers: int, seed: int = 0, *, whole_days: bool = True) -> "pd.DataFrame":
    """Customers of a BG/NBD process with the PLANTED parameters, with Gamma-Gamma money.

    On whole days, as a shop records them, two purchases of a day are one: fitted rates are then a little lower than planted
    (a purchase day hides half a day in which one could have bought again), the more so the more often customers buy.
    """
    import numpy as np
    import pandas as pd

    random = np.random.default_rng(seed)
    rate = random.gamma(PLANTED["r"], 1 / PLANTED["alpha"], customers)
    p = random.beta(PLANTED["a"], PLANTED["b"], customers)
    age = random.integers(0, SIMULATED_DAYS + 1, customers).astype(float)
    frequency, recency = np.zeros(customers, np.int64), np.zeros(customers)
    clock, alive = np.zeros(customers), np.arange(customers)
    while len(alive):
        clock[alive] += random.exponential(size=len(alive)) / np.maximum(rate[alive], 1e-300)
        alive = alive[clock[alive] < age[alive] + whole_days]
        at = np.floor(clock[alive]) if whole_days else clock[alive]
        frequency[alive] += at > recency[alive]
        recency[alive] = np.maximum(at, recency[alive])
        alive = alive[random.random(len(alive)) >= p[alive]]
    order_rate = random.gamma(SPEND["q"], 1 / SPEND["v"], customers)
    repeat_money = random.gamma(SPEND["p"] * np.maximum(frequency, 1)) / order_rate
    first = random.gamma(SPEND["p"], size=customers) / order_rate
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": recency,
            "T": age,
            "monetary_value": np.where(frequency > 0, repeat_money / np.maximum(frequency, 1), np.nan),
            "spend": first + np.where(frequency > 0, repeat_money, 0),
        }
    )


def fit_all_rows(path: Path) -> dict[str, Any]:
    """`lifetimes` as its manual shows it."""
    import warnings

    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        customers = pd.read_parquet(path, columns=["frequency", "recency", "T"])
        started = process_time()
        fitter = BetaGeoFitter().fit(customers["frequency"], customers["recency"], customers["T"])
        return {"seconds": process_time() - started, **{name: float(fitter.params_[name]) for name in PLANTED}}


def fit_groups(path: Path) -> dict[str, Any]:
    import pandas as pd

    from assets.insights.clv.methods import bgnbd
    from assets.insights.clv.methods.groups import grouped
    from assets.insights.clv.methods.maximum_likelihood import lifetimes_contained

    with lifetimes_contained():
        import lifetimes  # noqa: F401  # its import is no part of the time

    customers = pd.read_parquet(path, columns=["frequency", "recency", "T"])
    started = process_time()
    groups, _ = grouped(customers)
    fit = bgnbd.fit(groups)
    seconds = process_time() - started
    return {"seconds": seconds, "groups": len(groups), **fit.parameters()}


def score_all(path: Path, fits: dict[str, Any]) -> dict[str, Any]:
    import numpy as np
    import pandas as pd
    import scipy.special  # noqa: F401  # as above

    from assets.insights.clv.methods import value
    from assets.insights.clv.methods.gamma_gamma import SpendFit
    from assets.insights.clv.methods.maximum_likelihood import Fit

    customers = pd.read_parquet(path)
    purchases, alive, spend = Fit(**fits["bgnbd"]), Fit(**fits["mbgnbd"]), SpendFit(**fits["spend"])
    started = process_time()
    scores = value.score(customers, purchases, alive, spend)
    seconds = process_time() - started
    # Who is unlikely to order has no day of a next order.
    table = scores[[name for name in scores if not name.startswith("next_order")]].to_numpy(float)
    return {"seconds": seconds, "unsound": int((~np.isfinite(table) | (table < 0)).sum()), "columns": list(scores)}


def off_by_standard_errors(frame: "pd.DataFrame") -> dict[str, float]:
    """By how many standard errors the fit to these rows misses the PLANTED parameters."""
    from assets.insights.clv.methods import bgnbd
    from assets.insights.clv.methods.groups import grouped

    fit = bgnbd.fit(grouped(frame)[0])
    errors = fit.standard_errors or {}
    return {name: round((getattr(fit, name) - planted) / errors[name], 2) for name, planted in PLANTED.items()}


def run_simulation(customers: int, seed: int = 0) -> dict[str, Any]:
    from assets.insights.clv.methods import gamma_gamma, mbgnbd
    from assets.insights.clv.methods.groups import grouped

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "customers.parquet")
        frame = simulate(customers, seed)
        frame.to_parquet(path)
        runs: dict[str, Measurement] = {"all rows": measured(fit_all_rows, path), "groups": measured(fit_groups, path)}
        plain, own = runs["all rows"].result, runs["groups"].result
        fit = {name: value for name, value in own.items() if name not in ("seconds", "groups")}
        fits = {
            "bgnbd": fit,
            "mbgnbd": mbgnbd.fit(grouped(frame)[0]).parameters(),
            "spend": gamma_gamma.fit(frame).parameters(),
        }
        runs["scoring"] = measured(score_all, path, fits)
    figures: dict[str, Any] = {
        "customers": customers,
        "groups": own["groups"],
        "path": own["path"],
        "planted": PLANTED,
        "parameters": {name: own[name] for name in PLANTED},
        "standard_errors": own["standard_errors"],
        "off_by_standard_errors": off_by_standard_errors(frame),
        "off_by_standard_errors_on_exact_times": off_by_standard_errors(simulate(customers, seed, whole_days=False)),
        # Relative: alpha, in days, is some ten times the others.
        "largest_difference": max(abs(own[name] / plain[name] - 1) for name in PLANTED),
        "times_faster": round(plain["seconds"] / own["seconds"], 2),
        "unsound_scores": runs["scoring"].result["unsound"],
        "scored_columns": runs["scoring"].result["columns"],
    }
    for name, run in runs.items():
        key = name.replace(" ", "_")
        figures[f"{key}_cpu_seconds"] = round(run.result["seconds"], 2)
        figures[f"{key}_process_cpu_seconds"] = round(run.cpu_seconds, 2)
        figures[f"{key}_peak_mib"] = round(run.peak_mib)
    return figures


def print_log_figures(figures: dict[str, Any], console: "Console") -> None:
    for fit in figures["fits"]:
        errors = fit["standard_errors"] or {}
        shown = ", ".join(
            f"{name} {fit[name]:.4f}" + (f" (se {errors[name]:.4f})" if errors else "") for name in PLANTED
        )
        console.print(
            f"{fit['model']}{f', k = {k}' if (k := fit['k']) > 1 else ''}: {shown}; log-likelihood {fit['log_likelihood']:,.2f}; by {fit['path']}"
        )
        for note in fit["notes"]:
            console.print(f"  {note}")
    if spend := figures.get("spend_fit"):
        if spend["method"] == "gamma-gamma":
            console.print(
                f"gamma-gamma: p {spend['p']:.3f}, q {spend['q']:.3f}, v {spend['v']:.3f}; "
                f"log-likelihood {spend['log_likelihood']:,.2f}; population mean {spend['population_mean']:.2f}"
            )
        else:
            console.print(f"{spend['method']}: {spend['reason']}; population mean {spend['population_mean']:.2f}")
    print_rows(console, f"purchases (actual {figures['actual_purchases']:,})", figures["purchases"])
    if "money" in figures:
        print_rows(console, f"money (actual {figures['actual_money']:,.0f})", figures["money"])
        print_rows(console, "money intervals", figures["coverage"])
    print_rows(console, "mean purchases by frequency", figures["by_frequency"])
    print_rows(console, "cumulative repeat purchases", figures["cumulative"])
    console.print(figures["reason"])


def print_rows(console: "Console", title: str, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(title=title)
    for name, value in rows[0].items():
        table.add_column(name.replace("_", " "), justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*("-" if v is None else f"{v:,.3f}" if isinstance(v, float) else str(v) for v in row.values()))
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clv", description="How right CLV is, and what it costs")
    parser.add_argument("--log", type=Path, help="CSV with customer_id, date and, if there, value; may be gzipped")
    parser.add_argument("--format", choices=("csv", "cdnow"), default="csv")
    parser.add_argument("--calibration-end", type=date.fromisoformat, help="the last day the models know")
    parser.add_argument("--horizon-days", type=int)
    parser.add_argument("--days-per-unit", type=float, default=7, help="unit of alpha and T (default: a week)")
    parser.add_argument("--simulate", type=int, metavar="CUSTOMERS")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    import duckdb
    from rich.console import Console

    console = Console()
    if options.simulate:
        figures = run_simulation(options.simulate)
        for name, value in figures.items():
            console.print(f"{name.replace('_', ' ')}: {value}")
        is_right = figures["largest_difference"] < 1e-4 and not figures["unsound_scores"]
    elif options.log and options.calibration_end and options.horizon_days and options.horizon_days > 0:
        try:
            with open_log(options.log, options.format) as connection:
                figures = judge_log(connection, options.calibration_end, options.horizon_days, options.days_per_unit)
        except (ValueError, duckdb.Error) as reason:
            print(reason, file=sys.stderr)
            return 1
        print_log_figures(figures, console)
        is_right = True
    else:
        parser.error("give --log, --calibration-end and --horizon-days above 0; or --simulate")
    if options.json:
        print(json.dumps(figures))
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
