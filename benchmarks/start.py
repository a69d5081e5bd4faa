"""What starting costs: `python -m benchmarks.start`.

(a) Loading the code location of the demo shop, as Dagster does before it can show anything: a fresh process each time,
    wall and CPU seconds from its start to the end of the import and of `definitions()`.
(b) A step on tiny data: an asset of ten rows with six expectations, through Dagster (an instance of its own, gone
    afterwards) and the gate, in a warm process: wall and CPU seconds of the whole run.
Medians are told. CPU time is user + system.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

LOADING = "import pipelines.definitions as location; location.definitions()"
STORE = """
name: {zh: 小店, en: Small shop}
time_zone: Asia/Shanghai
start: 2026-01-01
sources: {orders: {path: "orders/{date}.csv"}}
tables: {orders: FROM orders}
"""
ROWS_SQL = """
SELECT 'c' || i AS customer_id, 's' || i AS channel, i AS line_count FROM range(10) AS made(i)
"""


def loading(home: Path, repeats: int) -> tuple[float, float]:
    """Wall and CPU seconds of a process that loads the code location."""
    environment = os.environ | {"ZHIKE_STORE": "demo", "ZHIKE_HOME": str(home)}
    walls, cpus = [], []
    for _ in range(repeats + 1):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
        subprocess.run([sys.executable, "-W", "ignore", "-c", LOADING], env=environment, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        walls.append(perf_counter() - started)
        cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    # The first one reads the libraries from disk and may write their byte code.
    return median(walls[1:]), median(cpus[1:])


def step(folder: Path, repeats: int) -> tuple[float, float]:
    """Wall and CPU seconds of a run of one asset with six expectations."""
    import dagster as dg

    from data_checks.gate.asset import gated_asset
    from data_checks.gate.expectation import Expectation, no_row, share_of_rows, unique
    from data_checks.gate.rows import Rows
    from resources.calendar import Calendar
    from resources.shop import load_shop
    from resources.tables import Column, Table
    from resources.warehouse import Warehouse

    store = folder / "small"
    store.mkdir()
    (store / "store.yaml").write_text(STORE, encoding="utf-8")
    names = {"customer_id": "VARCHAR", "channel": "VARCHAR", "line_count": "BIGINT"}
    columns = tuple(Column(name, kind, "A benchmark's.") for name, kind in names.items())
    table = Table("features", "tiny", "Ten rows.", "none", ("customer_id",), columns)
    why = "A benchmark's."
    suite = [
        unique("no_customer_twice", ("customer_id",), why),
        no_row("no_row_without_customer", "customer_id IS NULL", why),
        no_row("no_row_without_channel", "channel IS NULL", why),
        no_row("no_negative_count", "line_count < 0", why),
        share_of_rows("few_without_lines", "line_count = 0", 0.5, why),
        Expectation("there_are_rows", why, "count(*)", at_least=1),
    ]
    asset = gated_asset(
        table, lambda _: Rows(ROWS_SQL), calendar=Calendar.of(load_shop(str(store))), suite=suite, kinds={"sql"}
    )
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    walls, cpus = [], []
    for _ in range(repeats + 1):
        wall, cpu = perf_counter(), process_time()
        with dg.DagsterInstance.ephemeral() as instance:
            resources = {"warehouse": Warehouse(store=str(store), home=str(folder / "home"))}
            result = dg.materialize([asset], instance=instance, resources=resources, run_config=quiet)
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
        if len(result.get_asset_check_evaluations()) != len(suite):
            raise AssertionError("every expectation is to be judged")
    # The first one imports Great Expectations.
    return median(walls[1:]), median(cpus[1:])


def run(loads: int, steps: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        load_wall, load_cpu = loading(Path(folder, "demo"), loads)
        step_wall, step_cpu = step(Path(folder), steps)
    return {
        "load_wall_seconds": round(load_wall, 3),
        "load_cpu_seconds": round(load_cpu, 3),
        "step_wall_seconds": round(step_wall, 3),
        "step_cpu_seconds": round(step_cpu, 3),
    }


def print_table(figures: dict[str, float]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for heading in ("", "wall s", "CPU s"):
        table.add_column(heading, justify="right" if heading else "left")
    for title, name in (("loading the code location", "load"), ("a step with six checks on tiny data", "step")):
        table.add_row(title, f"{figures[f'{name}_wall_seconds']:.2f}", f"{figures[f'{name}_cpu_seconds']:.2f}")
    Console().print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description="What starting costs")
    parser.add_argument("--loads", type=int, default=5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    figures = run(options.loads, options.steps)
    print_table(figures)
    if options.json:
        print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
