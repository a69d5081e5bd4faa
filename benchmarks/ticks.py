"""What near real time costs beside the cards of very many customers: `python -m benchmarks.ticks --customers 1000000`.

The shop is made up (benchmarks/ticks_shop.py), its snapshot, server and ticks are the real ones, at the setting of every shop (a tick in 60 s). The
thread that answers has one core; the process of the ticks takes what is left, at a low priority.
"""

import argparse
import asyncio
import json
import os
import random
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import requests

from benchmarks.measure import measured
from benchmarks.serving import CONFIG, ask, cpu_seconds, free_port, served, shop, small
from benchmarks.serving_shop import PRODUCTS, tables
from benchmarks.ticks_shop import BUSY_EVERY, add_history, models, publish_all
from resources.fitted import Fitted
from resources.home import Home
from serving import keys

ACTIVE, EVENTS_EACH, RATES = 1_000, 5, (50, 200)


def make(home: Path, customers: int) -> list[Fitted]:
    with duckdb.connect(str(Home(home).warehouse), config=CONFIG) as connection:
        tables(connection, customers, weeks=1, card=small())
        add_history(connection, customers)
        return models(connection, Home(home))


def publish(home: Path, fits: list[Fitted]) -> dict[str, float]:
    with duckdb.connect(str(Home(home).warehouse), config=CONFIG) as connection:
        folder = publish_all(connection, Home(home), "large", fits).folder
    return {
        name: round(sum(file.stat().st_size for file in folder.rglob(pattern)) / 1e6)
        for name, pattern in (
            ("megabytes", "*"),
            ("cards_megabytes", "cards.sqlite"),
            ("history_megabytes", "history.duckdb"),
            ("models_megabytes", "models/*"),
        )
    }


class Asker:
    """Who posts events and looks at lists."""

    def __init__(self, port: int, key: str):
        self._address, self._headers = f"http://127.0.0.1:{port}", {"authorization": f"Bearer {key}"}

    def post(self, people: list[str]) -> None:
        now = datetime.now(UTC).isoformat()
        events = [
            {
                "event_id": f"{now}-{person}-{number}",
                "customer_id": person,
                "event_type": "view" if number else "cart",
                "product_id": f"p{random.randrange(PRODUCTS)}",
                "occurred_at": now,
            }
            for person in people
            for number in range(EVENTS_EACH)
        ]
        for start in range(0, len(events), 1000):
            body = {"events": events[start : start + 1000]}
            requests.post(f"{self._address}/events", json=body, headers=self._headers, timeout=60).raise_for_status()

    def has_changed(self, person: str) -> bool:
        answer = requests.get(f"{self._address}/customers/{person}/recommendations", headers=self._headers, timeout=60)
        return answer.json()["overlay_events"] > 0


def tick_process(server: int) -> int:
    """The process of the ticks that a server started."""
    for entry in Path("/proc").glob("[0-9]*"):
        parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        if parent == server and "spawn_main" in (entry / "cmdline").read_text():
            return int(entry.name)
    raise LookupError("the server has no process of ticks yet")


def peak_mib(process: int) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def run(store: Path, home: Home, customers: int) -> None:
    key, port = keys.make(home, f"benchmark {time.time_ns()}", ["admin"]), free_port()
    people = [f"c{BUSY_EVERY * number:08d}" for number in random.sample(range(customers // BUSY_EVERY), ACTIVE + 2)]
    first, probe = people.pop(), people.pop()
    with served(store, home, port) as server:
        os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
        asker = Asker(port, key)

        def cards(rate: int, when: str) -> None:
            path = lambda: f"/customers/c{random.randrange(customers):08d}"  # noqa: E731
            print(
                json.dumps({"asked": "card", "when": when} | asyncio.run(ask(port, key, server.pid, path, rate))),
                flush=True,
            )

        for rate in RATES:
            cards(rate, "no tick")
        # The first event starts the process of the ticks.
        asker.post([first])
        while not asker.has_changed(first):
            time.sleep(0.05)
        asker.post(people)
        began, process = time.perf_counter(), tick_process(server.pid)
        cpu = cpu_seconds(process)
        while cpu_seconds(process) < cpu + 0.1:
            time.sleep(0.02)
        cards(RATES[-1], "during a tick")
        while not asker.has_changed(people[0]):
            time.sleep(0.05)
        said = {"active": ACTIVE, "changed_after_seconds": round(time.perf_counter() - began, 1)}
        print(
            json.dumps(
                said | {"tick_cpu_seconds": round(cpu_seconds(process) - cpu, 1), "tick_peak_mib": peak_mib(process)}
            ),
            flush=True,
        )
        asker.post([probe])
        began, cpu = time.perf_counter(), cpu_seconds(process)
        while not asker.has_changed(probe):
            time.sleep(0.05)
        said = {"active": 1, "changed_after_seconds": round(time.perf_counter() - began, 1)}
        print(json.dumps(said | {"tick_cpu_seconds": round(cpu_seconds(process) - cpu, 1)}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        store, home = shop(Path(folder))
        fits = measured(make, home.folder, customers).result
        published = measured(publish, home.folder, fits)
        said: dict[str, Any] = {"customers": customers, "cpu_seconds": round(published.cpu_seconds, 1)}
        print(json.dumps(said | {"peak_mib": round(published.peak_mib)} | published.result), flush=True)
        run(store, home, customers)


if __name__ == "__main__":
    main()
