"""How far off daily forecasts are: `python -m benchmarks.forecast [--data online_retail.parquet] [--lstm] [--json]`,
and what their intervals hold in shops that were run: `python -m benchmarks.forecast --store demo --store online_retail [--json]`.

24 series a day of UCI "Online Retail": orders, revenue, customers, and revenue by the 21 categories that
`stores/online_retail/products.sql` lists. Rows: purchases with a customer, no cancellation, positive price and
quantity.

Protocol. The grid is every date of the six trading weekdays; dates without any order are days the shop was shut: NaN in
the history, not scored. Horizon 12 days, season 6. Six test origins, 12 days apart, cover the last 72 days: the autumn
climb. A forecaster sees the days before the origin, clipped at their own 99.5 % quantile; what it is judged by is
clipped at that of the whole series, so that two wholesale orders of over 70,000 pieces, cancelled within minutes, decide
nothing. MASE per series and origin is in units of the seasonal naive error within the (clipped) history before that
origin. WAPE and level (sum of the forecasts over sum of what happened) are those of all test days together.

Settings are chosen on ten older origins whose horizons end before the first test origin. The rule: of the candidates
that stand within one standard error (of the difference, over origins) or 1 % of the best mean MASE there, the cheapest:
averages move so closely with their parts that a standard error alone calls a difference of half a percent clear.
The exit code is 1 where the default is not 17 % ahead of seasonal naive, or not ahead of ETS.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from assets.insights.forecast.methods.arima import arima
from assets.insights.forecast.methods.ets import ets, ets_on_roots
from assets.insights.forecast.methods.history import Floats, Forecaster, clipped
from assets.insights.forecast.methods.lags import boosting_on_lags, ridge_on_lags
from assets.insights.forecast.methods.metrics import happened, mase, naive_error, past_forecasts, rolling_origins, wape
from assets.insights.forecast.methods.naive import seasonal_mean, seasonal_naive
from assets.insights.forecast.methods.theta import theta, theta_on_roots
from assets.insights.forecast.methods.trading_calendar import trading_calendar
from benchmarks.forecast_methods.coverage import coverage_of
from benchmarks.forecast_methods.lstm import lstm
from benchmarks.forecast_methods.reconcile import top_down
from resources.errors import ZhikeError
from resources.home import default_home, export_demo

HORIZON, TEST_ORIGINS, OLDER_ORIGINS = 12, 6, 10
TOTALS = ["orders", "revenue", "customers"]
FLOOR, ETS, DEFAULT = "seasonal naive", "ETS", "Theta on roots"
MARGIN = 0.17
ALIKE = 0.01

CANDIDATES: dict[str, Forecaster] = {
    FLOOR: seasonal_naive,
    "seasonal 4-week mean": seasonal_mean,
    ETS: ets,
    "ETS on roots": ets_on_roots,
    "Theta": theta,
    DEFAULT: theta_on_roots,
}
AVERAGES = {"ETS + Theta": (ETS, "Theta"), "ETS + Theta, on roots": ("ETS on roots", DEFAULT)}
TOP_DOWN, TOP_DOWN_WEIGHT = "Theta on roots, half top-down", 0.5
CHALLENGERS: dict[str, Forecaster] = {
    "ARIMA(1,0,1)(0,1,1)": arima,
    "ridge on lags": ridge_on_lags,
    "boosting on lags": boosting_on_lags,
}
"""Reported, not chosen among: they are run on the test origins only. With `--lstm` so is the LSTM, where torch is installed."""
LSTM = "LSTM"

LINES_SQL = """
WITH lines AS (
    SELECT CAST(InvoiceDate AS DATE) AS day, InvoiceNo, CustomerID, Quantity * UnitPrice AS amount, category
    FROM invoices
    LEFT JOIN products ON product_id = StockCode AND title = Description
    WHERE CustomerID IS NOT NULL AND NOT starts_with(InvoiceNo, 'C') AND Quantity > 0 AND UnitPrice > 0
)
SELECT day, 'orders' AS series, count(DISTINCT InvoiceNo) AS value FROM lines GROUP BY day
UNION ALL SELECT day, 'revenue', sum(amount) FROM lines GROUP BY day
UNION ALL SELECT day, 'customers', count(DISTINCT CustomerID) FROM lines GROUP BY day
UNION ALL SELECT day, category, sum(amount) FROM lines WHERE category IS NOT NULL GROUP BY day, category
ORDER BY day, series
"""


@dataclass(frozen=True)
class Series:
    names: list[str]
    values: Floats
    """Series × days of the grid; NaN where the shop was shut."""
    season: int


def read_series(file: Path) -> Series:
    import duckdb

    from resources.shop import STORES

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.read_parquet(str(file)).create_view("invoices")
        mapping = (STORES / "online_retail" / "products.sql").read_text(encoding="utf-8")
        connection.execute(f"CREATE TABLE products AS {mapping}")
        rows: list[tuple[date, str, float]] = connection.execute(LINES_SQL).fetchall()
    sold_on = {day for day, *_ in rows}
    calendar = trading_calendar(sold_on)
    grid = calendar.grid(min(sold_on), max(sold_on))
    names = [*TOTALS, *sorted({name for _, name, _ in rows} - {*TOTALS})]
    values = np.tile(np.where([day in sold_on for day in grid], 0.0, np.nan), (len(names), 1))
    row, column = {name: at for at, name in enumerate(names)}, {day: at for at, day in enumerate(grid)}
    for day, name, value in rows:
        if day in column:
            values[row[name], column[day]] = value
    return Series(names, values, calendar.season)


def told_by(forecaster: Forecaster, series: Series, origins: Sequence[int]) -> tuple[Floats, float]:
    """Series × origins × steps, and CPU seconds a fit."""
    forecaster(np.arange(20.0 * series.season) % series.season + 1, HORIZON, series.season)  # Imports are not a fit's.
    forecasts = np.full((len(series.names), len(origins), HORIZON), np.nan)
    started = process_time()
    for at, history in enumerate(series.values):
        for number, origin in enumerate(origins):
            known = clipped(history[:origin])
            forecasts[at, number] = past_forecasts(forecaster, known, [origin], HORIZON, series.season)[0]
    return forecasts, (process_time() - started) / forecasts[..., 0].size


def with_top_down(forecasts: Floats, series: Series, origins: Sequence[int]) -> Floats:
    made, first, total = forecasts.copy(), len(TOTALS), series.names.index("revenue")
    for number, origin in enumerate(origins):
        before = series.values[:, :origin]
        made[first:, number] = top_down(
            forecasts[first:, number],
            forecasts[total, number],
            before[first:],
            before[total],
            series.season,
            TOP_DOWN_WEIGHT,
        )
    return made


def errors(forecasts: Floats, actual: Floats, series: Series, origins: Sequence[int]) -> Floats:
    """MASE, series × origins."""
    return np.array(
        [
            [
                mase(actual[at, number], forecasts[at, number], naive_error(clipped(history[:origin]), series.season))
                for number, origin in enumerate(origins)
            ]
            for at, history in enumerate(series.values)
        ]
    )


def chosen_of(older: dict[str, Floats], cost: dict[str, float]) -> str:
    """The cheapest of those within one standard error or 1 % of the best, by mean MASE of each older origin."""
    by_origin = {name: np.nanmean(table, axis=0) for name, table in older.items()}
    best = min(by_origin, key=lambda name: by_origin[name].mean())
    tied = []
    for name, means in by_origin.items():
        behind = means - by_origin[best]
        if behind.mean() <= max(behind.std(ddof=1) / np.sqrt(len(behind)), ALIKE * by_origin[best].mean()):
            tied.append(name)
    return min(tied, key=lambda name: cost[name])


def run(file: Path, jobs: int, with_lstm: bool) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import track

    series = read_series(file)
    days = series.values.shape[1]
    test = rolling_origins(days, HORIZON, TEST_ORIGINS)
    older = rolling_origins(test[0], HORIZON, OLDER_ORIGINS)
    origins = [*older, *test]
    ends = np.nanquantile(series.values, 0.995, axis=1, method="lower")
    actual = np.array([happened(row, origins, HORIZON) for row in np.minimum(series.values, ends[:, None])])
    split = len(older)

    challengers = CHALLENGERS | ({LSTM: lstm} if with_lstm else {})
    forecasts: dict[str, Floats] = {}
    cost: dict[str, float] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        running = {name: pool.submit(told_by, each, series, test) for name, each in challengers.items()}
        running |= {name: pool.submit(told_by, each, series, origins) for name, each in CANDIDATES.items()}
        for name in track(running, description="forecasters", console=Console(stderr=True)):
            forecasts[name], cost[name] = running[name].result()
    for name, parts in AVERAGES.items():
        forecasts[name] = np.mean([forecasts[part] for part in parts], axis=0)
        cost[name] = sum(cost[part] for part in parts)
    forecasts[TOP_DOWN], cost[TOP_DOWN] = with_top_down(forecasts[DEFAULT], series, origins), cost[DEFAULT]

    rows, on_older, on_test = [], {}, {}
    for name in [*CANDIDATES, *AVERAGES, TOP_DOWN, *challengers]:
        newest = forecasts[name][:, -TEST_ORIGINS:]
        table = on_test[name] = errors(newest, actual[:, split:], series, test)
        if name not in challengers:
            on_older[name] = errors(forecasts[name][:, :split], actual[:, :split], series, older)
        by_series = np.nanmean(table, axis=1)
        seen = ~np.isnan(actual[1, split:])
        rows.append(
            {
                "model": name,
                "mase_mean": float(by_series.mean()),
                "mase_median": float(np.median(by_series)),
                **{f"{total}_mase": float(by_series[at]) for at, total in enumerate(TOTALS)},
                "revenue_wape": wape(actual[1, split:], newest[1]),
                "revenue_level": float(newest[1][seen].sum() / actual[1, split:][seen].sum()),
                "cpu_ms_per_fit": 1000 * cost[name],
                "older_mase_mean": float(np.nanmean(on_older[name])) if name in on_older else None,
            }
        )
    mean = {row["model"]: row["mase_mean"] for row in rows}
    return {
        "series": len(series.names),
        "days": days,
        "season": series.season,
        "shut_days": int(np.isnan(series.values[0]).sum()),
        "test_origins": test,
        "older_origins": older,
        "models": rows,
        "default": DEFAULT,
        "chosen_on_older_origins": chosen_of(on_older, cost),
        "default_to_floor_ratio": mean[DEFAULT] / mean[FLOOR],
        "default_to_ets_ratio": mean[DEFAULT] / mean[ETS],
        "origins_ahead_of_ets": int((on_test[DEFAULT].mean(0) < on_test[ETS].mean(0)).sum()),
        "series_ahead_of_ets": int((on_test[DEFAULT].mean(1) < on_test[ETS].mean(1)).sum()),
    }


def print_tables(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{figures['series']} series, {figures['days']} days, {figures['shut_days']} of them shut; "
        f"MASE at {len(figures['test_origins'])} origins"
    )
    headings = ["mean", "median", *TOTALS, "rev. WAPE", "rev. level", "CPU ms/fit", "older"]
    table.add_column("model")
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in figures["models"]:
        name, *values, cpu, older = row.values()
        forecasts = "" if older is None else f"{older:.3f}"
        table.add_row(name, *(f"{value:.3f}" for value in values), f"{cpu:.1f}", forecasts)
    console = Console(width=120)
    console.print(table)
    console.print(
        f"default {figures['default']}: {figures['default_to_floor_ratio']:.3f} of seasonal naive, "
        f"{figures['default_to_ets_ratio']:.3f} of ETS (ahead at {figures['origins_ahead_of_ets']} origins, "
        f"in {figures['series_ahead_of_ets']} series); chosen on older origins: {figures['chosen_on_older_origins']}"
    )


def print_coverage(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="share of days, and of sums, that fell within the intervals")
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()))
    Console(width=180).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description="How far off forecasts are")
    parser.add_argument("--data", type=Path, help="online_retail.parquet; by default that below ZHIKE_DATA")
    parser.add_argument("--store", action="append", help="only the intervals of a shop that was run; repeatable")
    parser.add_argument("--home", type=Path, default=default_home(), help="where the shops were run")
    parser.add_argument("--lstm", action="store_true", help="also run the LSTM, which needs torch: the extra `lstm`")
    parser.add_argument("--jobs", type=int, default=2, help="forecasters run at a time")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    if options.store:
        export_demo(options.home)
        try:
            rows = [row for store in options.store for row in coverage_of(store, options.home)]
        except ZhikeError as error:
            parser.error(str(error))
        print_coverage(rows)
        if options.json:
            print(json.dumps(rows))
        return 0
    if options.data is None and not os.environ.get("ZHIKE_DATA"):
        parser.error("give --data FILE, or set ZHIKE_DATA to the folder with uci_online_retail/online_retail.parquet")
    file = options.data or Path(os.environ["ZHIKE_DATA"]) / "uci_online_retail" / "online_retail.parquet"
    if not file.is_file():
        parser.error(f"--data: there is no file {file}")
    if options.lstm and find_spec("torch") is None:
        parser.error("--lstm needs torch: pip install -e '.[lstm]'")

    # A fit is timed on one thread.
    os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    figures = run(file, options.jobs, options.lstm)
    print_tables(figures)
    if options.json:
        print(json.dumps(figures))
    ahead = figures["default_to_floor_ratio"] <= 1 - MARGIN and figures["default_to_ets_ratio"] < 1
    return 0 if ahead else 1


if __name__ == "__main__":
    sys.exit(main())
