"""A real server of a small shop on a free port, in a process of its own, and who asks it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import requests

from benchmarks.serving_shop import publish, tables
from resources.home import Home, open_home
from resources.privacy import account_id
from resources.shop import load_shop
from serving import keys
from tests.shop_builder import write_store

CUSTOMERS, EMAIL = 400, "Anna@example.com"
START_SECONDS = 60
STORE = """
name: {zh: 街角小店, en: Corner shop}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
sources: {order_lines: {path: "orders/{date}.csv"}, actions: {path: "events/{date}.csv", optional: true},
  said: {path: "consents/{date}.csv", optional: true}}
tables: {orders: SELECT * FROM order_lines, events: SELECT * FROM actions, consents: SELECT * FROM said}
"""


class Api:
    """Who asks a running server, by default with a key that may do all."""

    def __init__(self, home: Home, port: int, process: "subprocess.Popen[str]", log: Path):
        self.home, self.process, self.log = home, process, log
        self.address = f"http://127.0.0.1:{port}"
        self.made: dict[str, str] = {}

    def key(self, *scopes: str) -> str:
        name = "-".join(scopes)
        if name not in self.made:
            self.made[name] = keys.make(self.home, f"{name}-{len(self.made)}-{time.time_ns()}", list(scopes))
        return self.made[name]

    def ask(
        self, path: str, *scopes: str, method: str = "GET", language: str = "en", **given: Any
    ) -> requests.Response:
        headers = {"authorization": f"Bearer {self.key(*(scopes or ('admin',)))}", "accept-language": language}
        headers |= given.pop("headers", {})
        return requests.request(method, self.address + path, headers=headers, timeout=60, **given)


def make_shop(folder: Path) -> tuple[Path, Home]:
    """The shop's folder and its home, nothing published."""
    store = write_store(folder / "corner", STORE)
    home = open_home(load_shop(str(store)), folder / "home")
    return store, home


def publish_week(home: Home, version: str, customers: int = CUSTOMERS, week: int = 0, keep: int = 3) -> None:
    with duckdb.connect() as connection:
        tables(connection, customers, week)
        # An account that its shop calls by an address is stored as its keyed hash.
        connection.execute(
            "INSERT INTO features.identities SELECT max(as_of), $account, 'c00000007', 2 FROM features.identities",
            {"account": account_id(EMAIL, home.key)},
        )
        publish(connection, home.snapshot, version, week, keep)


@contextmanager
def served(store: Path, home: Home, *options: str, port: int | None = None) -> Iterator[Api]:
    """The server, until the context ends."""
    port = port or free_port()
    log = home.folder / "server.log"
    command = [sys.executable, "-m", "pipelines", "serve", "--store", str(store), "--home", str(home.folder.parent)]
    with log.open("a", encoding="utf-8") as file:
        process = subprocess.Popen([*command, "--port", str(port), *options], stdout=file, stderr=file, text=True)
    api = Api(home, port, process, log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                requests.get(f"{api.address}/healthz", timeout=5)
                break
            except requests.ConnectionError:
                assert process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")
                time.sleep(0.05)
        yield api
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        process.wait(30)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]
