"""What it costs to publish the cards of very many customers, and to answer from them: `python -m benchmarks.serving --customers 1000000`.

The shop is made up (benchmarks/serving_shop.py), its writer and its server are the real ones. The server has one core. Requests come
as customers do, at random moments whether or not the one before is answered (open loop), and a request's time counts from the moment at
which it should have been sent, so that no wait is left out.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.measure import measured
from benchmarks.serving_shop import CARD, PRODUCTS, publish, tables
from resources.cards import LISTED
from resources.home import Home, open_home
from resources.shop import load_shop
from resources.tables import Table
from serving import keys

COLUMNS = 35
RATES, SECONDS, CONNECTIONS = (50, 200), 8.0, 32
# The gate of a run has the whole machine's memory; what is measured has to do with little.
CONFIG: dict[str, str | bool | int | float | list[str]] = {"memory_limit": "900MB"}
STORE = """
name: {zh: 大店, en: Large shop}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
sources: {order_lines: {path: "{date}.csv"}, actions: {path: "{date}.jsonl"}}
tables: {orders: SELECT * FROM order_lines, events: SELECT * FROM actions}
"""


def shop(folder: Path) -> tuple[Path, Home]:
    """A shop's folder and its home, nothing published."""
    store = folder / "large"
    store.mkdir()
    (store / "store.yaml").write_text(STORE, encoding="utf-8")
    return store, open_home(load_shop(str(store)), folder / "home")


def small() -> Table:
    """A card of so many columns: those of lists, and as many others."""
    others = [column for column in CARD.columns if column.name not in ("as_of", *LISTED)]
    listed = [column for column in CARD.columns if column.name in LISTED]
    return replace(CARD, columns=(CARD.columns[0], *listed, *others[: COLUMNS - 1 - len(listed)]))


def make(home: Path, customers: int) -> None:
    with duckdb.connect(str(Home(home).warehouse), config=CONFIG) as connection:
        tables(connection, customers, weeks=1, card=small())


def publish_all(home: Path) -> float:
    with duckdb.connect(str(Home(home).warehouse), config=CONFIG) as connection:
        written = publish(connection, Home(home).snapshot, "large")
    return sum(file.stat().st_size for file in written.folder.rglob("*")) / 1e6


class Client:
    """Connections that are kept, over each of which one request goes at a time."""

    def __init__(self, port: int, key: str):
        self._port = port
        self._head = f"HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n\r\n"
        self._idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()

    async def connect(self, number: int) -> None:
        for _ in range(number):
            await self._idle.put(await asyncio.open_connection("127.0.0.1", self._port))

    async def get(self, path: str) -> tuple[int, bytes]:
        reader, writer = await self._idle.get()
        try:
            writer.write(f"GET {path} {self._head}".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            return int(head.split(b" ", 2)[1]), await reader.readexactly(int(fields[b"content-length"]))
        finally:
            self._idle.put_nowait((reader, writer))


async def ask(port: int, key: str, process: int, path_of: Callable[[], str], rate: int) -> dict[str, Any]:
    """Asks for SECONDS; milliseconds from when a request was due to its answer, and the server's CPU time a request."""
    client = Client(port, key)
    await client.connect(CONNECTIONS)
    for _ in range(50):
        await client.get(path_of())
    took: list[float] = []
    failed = 0

    async def one(due: float) -> None:
        nonlocal failed
        status, _ = await client.get(path_of())
        took.append(1000 * (time.perf_counter() - due))
        failed += status != 200

    began, cpu, due, going = time.perf_counter(), cpu_seconds(process), 0.0, set()
    while due < SECONDS:
        wait = began + due - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(began + due))
        going.add(task)
        task.add_done_callback(going.discard)
        due += random.expovariate(rate)
    await asyncio.gather(*going)
    spent = cpu_seconds(process) - cpu
    took.sort()
    return {
        "rate": rate,
        "requests": len(took),
        "failed": failed,
        "p50_ms": round(took[len(took) // 2], 1),
        "p99_ms": round(took[int(len(took) * 0.99)], 1),
        "cpu_ms_a_request": round(1000 * spent / len(took), 2),
    }


def cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(store: Path, home: Home, port: int, *options: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A server of a shop, until the context ends."""
    command = [sys.executable, "-m", "pipelines", "serve", "--store", str(store), "--home", str(home.folder.parent)]
    with (home.folder / "server.log").open("w") as log:
        server = subprocess.Popen([*command, "--port", str(port), "--rate", "100000", *options], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield server
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answer_all(store: Path, home: Home, customers: int) -> dict[str, Any]:
    """What every kind of request takes, of a server on one core."""
    key, port = keys.make(home, f"benchmark {time.time_ns()}", ["read"]), free_port()
    with served(store, home, port) as server:
        os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
        places = asyncio.run(depths(port, key))
        kinds: dict[str, tuple[Callable[[], str], tuple[int, ...]]] = {
            "card": (lambda: f"/customers/c{random.randrange(customers):08d}", RATES),
            "recommendations": (lambda: f"/customers/c{random.randrange(customers):08d}/recommendations", RATES[:1]),
            "similar products": (lambda: f"/products/p{random.randrange(PRODUCTS)}/similar", RATES[:1]),
            "page of a segment": (lambda: f"/customers?segment=3&sort=spend&after={random.choice(places)}", RATES[:1]),
        }
        return {
            name: [asyncio.run(ask(port, key, server.pid, path_of, rate)) for rate in rates]
            for name, (path_of, rates) in kinds.items()
        }


async def depths(port: int, key: str) -> list[str]:
    """Where some hundred pages of a segment begin, one after the other from its first on."""
    client, places = Client(port, key), []
    await client.connect(1)
    after = ""
    for _ in range(200):
        _, body = await client.get(f"/customers?segment=3&limit=100&sort=spend{after}")
        found = json.loads(body)["next"]
        if found is None:
            break
        places.append(found)
        after = f"&after={found}"
    return places


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    customers = parser.parse_args().customers
    with tempfile.TemporaryDirectory() as folder:
        store, home = shop(Path(folder))
        measured(make, home.folder, customers)
        published = measured(publish_all, home.folder)
        said = {
            "customers": customers,
            "cpu_seconds": round(published.cpu_seconds, 1),
            "wall_seconds": round(published.wall_seconds, 1),
            "peak_mib": round(published.peak_mib),
            "megabytes": round(published.result),
            "cards_megabytes": round((home.snapshot / "current" / "cards.sqlite").stat().st_size / 1e6),
        }
        print(json.dumps(said))
        for name, rows in answer_all(store, home, customers).items():
            for row in rows:
                print(json.dumps({"asked": name} | row))


if __name__ == "__main__":
    main()
