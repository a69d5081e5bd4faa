"""What a day costs against a year: `python -m benchmarks.days --events 10_000_000`.

A made shop hands over events and order lines (one to fifty events), a Parquet file a day each, and a catalogue. Its real
assets (raw, clean, customer days) run through Dagster and the gate, in a process of its own and without a persistent
Dagster instance:
(a) the first build, all days as one range,
(b) one more delivered day, several times, each a day of its own: the median. Imports are warm by then.
CPU time is user + system of the process, of all of its threads. What is spent outside of the gate (rows, judging,
publishing) is Dagster's share; the gate's is told by table.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from benchmarks.measure import measured

if TYPE_CHECKING:
    import dagster as dg

FIRST_DAY = date(2025, 1, 1)
EVENTS_A_LINE, EVENTS_A_CUSTOMER, PRODUCTS = 50, 50, 20_000
THREADS = 2
STORE = """
name: {zh: 基准商店, en: Benchmark shop}
time_zone: Asia/Shanghai
currency: CNY
start: 2025-01-01
sources:
  orders: {path: "orders/{date}.parquet"}
  events: {path: "events/{date}.parquet"}
  products: {path: "products.parquet"}
tables:
  orders: FROM orders
  events: FROM events
  products: FROM products
"""
# Event i belongs to visit i // 4 of one account.
EVENTS_SQL = """
SELECT
    'e' || i AS event_id,
    'c' || hash(i // 4, 1) % $customers AS customer_id,
    CASE WHEN hash(i, 2) % 100 < 80 THEN 'view' WHEN hash(i, 2) % 100 < 92 THEN 'cart' ELSE 'favorite' END AS event_type,
    'p' || hash(i, 3) % $products AS product_id,
    $midnight + to_seconds(CAST(hash(i // 4, 4) % 84000 + i % 4 * (hash(i // 4, 5) % 600) AS BIGINT)) AS occurred_at,
    CASE hash(i // 4, 6) % 2 WHEN 0 THEN 'app' ELSE 'web' END AS channel
FROM range($first, $next) AS made(i)
"""
ORDERS_SQL = """
SELECT
    'o' || i // 2 AS order_id,
    i % 2 + 1 AS line_no,
    'c' || hash(i // 2, 11) % $customers AS customer_id,
    'p' || hash(i, 12) % $products AS product_id,
    1 + hash(i, 13) % 3 AS quantity,
    CAST((100 + hash(product_id) % 20000) / 100 AS DECIMAL(18, 4)) AS unit_price,
    $midnight + to_seconds(CAST(hash(i // 2, 14) % 86400 AS BIGINT)) AS ordered_at,
    CASE hash(i // 2, 15) % 2 WHEN 0 THEN 'app' ELSE 'web' END AS channel
FROM range($first, $next) AS made(i)
"""
PRODUCTS_SQL = f"SELECT 'p' || i AS product_id, 'category ' || i % 40 AS category FROM range({PRODUCTS}) AS made(i)"


def make_shop(folder: Path, events: int, days: int, more: int) -> Path:
    """A store folder whose files hold so many events in `days` days, and `more` days like them."""
    import duckdb
    from rich.console import Console
    from rich.progress import track

    store = folder / "benchmark"
    for name in ("orders", "events"):
        (store / name).mkdir(parents=True)
    (store / "store.yaml").write_text(STORE, encoding="utf-8")
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(f"COPY ({PRODUCTS_SQL}) TO '{store}/products.parquet'")
        for number in track(range(days + more), description="days", console=Console(stderr=True)):
            day = FIRST_DAY + timedelta(days=number)
            for name, select, count in (
                ("events", EVENTS_SQL, events),
                ("orders", ORDERS_SQL, events // EVENTS_A_LINE),
            ):
                made = {
                    "customers": max(1, events // EVENTS_A_CUSTOMER),
                    "products": PRODUCTS,
                    "midnight": day,
                    "first": count * number // days,
                    "next": count * (number + 1) // days,
                }
                if name == "events":
                    # The last visit of a day may end on the next one, which would be after its delivery.
                    select = f"SELECT * FROM ({select}) WHERE occurred_at < $midnight + INTERVAL 1 DAY"
                connection.execute(f"COPY ({select}) TO '{store}/{name}/{day}.parquet' (COMPRESSION zstd)", made)
    return store


def first_build(store: Path, home: Path, days: int, memory_limit: str | None) -> dict[str, float]:
    """Runs the daily assets over all days in one range: CPU seconds, altogether and by table."""
    import great_expectations  # noqa: F401, TID253

    return _run(_daily(store), store, home, FIRST_DAY, FIRST_DAY + timedelta(days=days - 1), memory_limit)


def more_days(store: Path, home: Path, days: int, more: int, memory_limit: str | None) -> list[dict[str, float]]:
    """Runs the daily assets for each of the days that follow; the first one, which pays the imports, is not told."""
    assets = _daily(store)
    new = [FIRST_DAY + timedelta(days=number) for number in range(days, days + more)]
    return [_run(assets, store, home, day, day, memory_limit) for day in new][1:]


def _daily(store: Path) -> "list[dg.AssetsDefinition]":
    from assets.clean.assets import build as clean
    from assets.features.assets import build as features
    from assets.raw.assets import build as raw
    from resources.calendar import Calendar
    from resources.shop import load_shop

    calendar = Calendar.of(load_shop(str(store)))
    assets = [*raw(calendar), *clean(calendar), *features(calendar)]
    return [asset for asset in assets if asset.partitions_def != calendar.weekly]


def _run(
    assets: "list[dg.AssetsDefinition]", store: Path, home: Path, first: date, last: date, memory_limit: str | None
) -> dict[str, float]:
    """CPU and wall seconds of a run, and the CPU seconds of each asset's own function in it."""
    import dagster as dg

    from resources.warehouse import Warehouse

    warehouse = Warehouse(store=str(store), home=str(home), memory_limit=memory_limit)
    tags = {"dagster/asset_partition_range_start": str(first), "dagster/asset_partition_range_end": str(last)}
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    with _by_table() as spent:
        cpu, wall = process_time(), perf_counter()
        result = dg.materialize(assets, tags=tags, run_config=quiet, resources={"warehouse": warehouse})
        assert result.success
        total = {"cpu": process_time() - cpu, "wall": perf_counter() - wall}
    return {**total, "dagster": total["cpu"] - sum(spent.values()), **spent}


@contextmanager
def _by_table() -> Iterator[dict[str, float]]:
    """CPU seconds by table while this is open: from its step's first announcement to its last."""
    from resources.progress import listening

    spent: dict[str, float] = {}
    began: dict[str, float] = {}

    def listener(what: str, done: int, total: int) -> None:
        began.setdefault(what, process_time())
        if done == total:
            spent[what] = spent.get(what, 0.0) + process_time() - began.pop(what)

    with listening(listener):
        yield spent


def run(events: int, days: int, more: int, memory_limit: str | None, folder: Path) -> dict[str, Any]:
    """Make the shop, build it, add days: the figures."""
    store, home = make_shop(folder, events, days, more + 1), folder / "home"
    built = measured(first_build, store, home, days, memory_limit)
    added = measured(more_days, store, home, days, more + 1, memory_limit)
    runs: list[dict[str, float]] = added.result
    day = {name: median(run[name] for run in runs) for name in runs[0]}
    size = sum(file.stat().st_size for file in store.rglob("*.parquet"))
    figures: dict[str, Any] = {
        "events": events,
        "days": days,
        "delivered_mib": round(size / 1024**2),
        "warehouse_mib": round((home / store.name / "warehouse.duckdb").stat().st_size / 1024**2),
    }
    for name, part, taken in (("build", built.result, built), ("day", day, added)):
        figures |= {
            f"{name}_cpu_seconds": round(part["cpu"], 3),
            f"{name}_wall_seconds": round(part["wall"], 3),
            f"{name}_dagster_cpu_seconds": round(part["dagster"], 3),
            f"{name}_peak_mib": round(taken.peak_mib),
            f"{name}_cpu_seconds_by_table": {table: round(part[table], 3) for table in part if "." in table},
        }
    figures["day_to_build_ratio"] = round(day["cpu"] / built.result["cpu"], 4)
    return figures


def print_table(figures: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{figures['events']:,} events in {figures['days']} days, {figures['delivered_mib']:,} MiB delivered"
    )
    for heading in ("CPU s", "first build", "one more day"):
        table.add_column(heading, justify="left" if heading == "CPU s" else "right")
    build, day = figures["build_cpu_seconds_by_table"], figures["day_cpu_seconds_by_table"]
    for name in build:
        table.add_row(name, f"{build[name]:.2f}", f"{day.get(name, 0):.3f}")
    for name, key in (("Dagster", "dagster_cpu_seconds"), ("altogether", "cpu_seconds")):
        table.add_row(name, f"{figures[f'build_{key}']:.2f}", f"{figures[f'day_{key}']:.3f}")
    table.add_row("wall s", f"{figures['build_wall_seconds']:.2f}", f"{figures['day_wall_seconds']:.3f}")
    table.add_row("peak MiB", f"{figures['build_peak_mib']:,}", f"{figures['day_peak_mib']:,}")
    console = Console()
    console.print(table)
    console.print(f"a day costs 1/{1 / figures['day_to_build_ratio']:.0f} of the first build")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.days", description="What a day costs against a year")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--more", type=int, default=5, help="further days, one run each; the median counts")
    parser.add_argument("--memory-limit", help="DuckDB's limit, e.g. 2GB")
    parser.add_argument(
        "--folder", type=Path, help="where the shop and its home are put for the while, e.g. a large disk"
    )
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        figures = run(options.events, options.days, options.more, options.memory_limit, Path(folder))
    print_table(figures)
    if options.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
