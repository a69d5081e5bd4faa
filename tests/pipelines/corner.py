"""The corner shop: orders only, enough buyers and history for segments, twelve days. Small, so that it can be run often."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import pipelines.cli_plan  # noqa: F401  its commands join the others
import pipelines.cli_report  # noqa: F401  its command joins the others
from pipelines.cli import main
from tests.shop_builder import Bench, Row, days, line, write_store

FIRST, LAST = date(2024, 1, 17), date(2024, 1, 28)
START = date(2023, 9, 1)
WEEKS = ["2024-01-15", "2024-01-22", "2024-01-29"]
BAD_DAY = "2024-01-24"
BUYERS = 60
STORE = f"""
name: {{zh: 街角小店, en: Corner shop}}
time_zone: Asia/Shanghai
currency: CNY
start: {START}
history_on: {FIRST}
end: {LAST}
sources:
  order_lines: [{{path: history/orders.csv, history: true}}, {{path: "orders/{{date}}.csv"}}]
tables: {{orders: SELECT * FROM order_lines}}
retention: {{weeks: 3, snapshots: 2}}
"""


@dataclass(frozen=True)
class Said:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def open_corner(folder: Path) -> Bench:
    """The shop with all of its deliveries, before anything was run."""
    bench = Bench(folder)
    write_store(bench.store, STORE)
    bench.deliver("orders", "history", *_history())
    for day in days(FIRST + timedelta(days=1), LAST):
        bench.deliver("orders", day.isoformat(), *orders_of(day))
    return bench


def _history() -> list[Row]:
    """From one to six purchases a buyer, some long ago, some of little, some of much."""
    rows = []
    for buyer in range(BUYERS):
        for purchase in range(1 + buyer % 6):
            day = START + timedelta(days=(buyer * 7 + purchase * (11 + buyer % 5)) % (FIRST - START).days)
            price = 5 + (buyer * 13 % 40) * (1 + buyer % 4)
            rows.append(line(f"h{buyer}-{purchase}", f"c{buyer:02}", f"{day} 12:00:00", 1, price))
    return rows


def orders_of(day: date, price: int = 20) -> list[Row]:
    """A dozen lines."""
    return [
        line(f"d{day:%m%d}-{n}", f"c{(day.day * 5 + n) % BUYERS:02}", f"{day} 1{n % 10}:00:00", 1, price + n)
        for n in range(12)
    ]


def spoil(bench: Bench, day: str = BAD_DAY) -> None:
    """All lines of a day at a price below zero, which is no sale: the day is not to be believed."""
    bench.deliver("orders", day, *orders_of(date.fromisoformat(day), price=-50))


@contextmanager
def surroundings(bench: Bench) -> Iterator[None]:
    """The environment in which a shell would have the command; what it sets is taken back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DAGSTER_HOME", "ZHIKE_DEMO", "ZHIKE_STORE"):
            patch.setenv(name, "")
            patch.delenv(name)
        patch.setenv("ZHIKE_HOME", str(bench.home))
        yield


def zhike(bench: Bench, *arguments: str) -> Said:
    """Runs the command in this process, as the shell would run it."""
    out, err = io.StringIO(), io.StringIO()
    with surroundings(bench), redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["zhike", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return Said(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def run(bench: Bench, *arguments: str) -> Said:
    return zhike(bench, "run", "--store", str(bench.store), *arguments)


def shell(arguments: Iterable[str], **settings: Any) -> subprocess.CompletedProcess[str]:
    """Runs Python in a process of its own."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **settings)


def environment(**changes: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("ZHIKE_", "DAGSTER_"))} | changes
