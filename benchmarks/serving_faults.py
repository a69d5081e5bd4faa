"""What a server survives: `python -m benchmarks.serving_faults [--kills 50] [--swaps 40]`.

It is killed (SIGKILL) while events are posted and repeated: each must be in the inbox once, and none be missing that was answered 202. The
published snapshot is exchanged under 100 requests a second and the version before it removed at once: no request may fail.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import requests

from benchmarks.serving import Client, free_port, served, shop
from benchmarks.serving_shop import TABLES, publish, tables
from resources.home import Home
from resources.snapshot import POINTER
from serving import keys

EVENTS, A_POST = 1000, 5
CUSTOMERS, SWAP_SECONDS, A_SECOND = 500, 20.0, 100


def kill(store: Path, home: Home, kills: int) -> dict[str, Any]:
    """Posts all events again and again from the first on, each time until the server is killed; the last time to the end."""
    key, port = keys.make(home, "posts", ["feedback"]), free_port()
    answered: set[str] = set()
    lost = posts = 0
    for number in range(kills + 1):
        with served(store, home, port) as server:
            until = time.monotonic() + random.uniform(0.05, 0.6) if number < kills else float("inf")
            for start in range(0, EVENTS, A_POST):
                if time.monotonic() > until:
                    break
                batch = [_event(each) for each in range(start, start + A_POST)]
                try:
                    posts += 1
                    # The kill comes while a post is under way.
                    if number < kills and random.random() < 0.02:
                        os.kill(server.pid, signal.SIGKILL)
                    headers = {"authorization": f"Bearer {key}"}
                    url = f"http://127.0.0.1:{port}/events"
                    answer = requests.post(url, json={"events": batch}, headers=headers, timeout=30)
                except requests.ConnectionError:
                    break
                if answer.status_code == 202:
                    answered |= {event["event_id"] for event in batch}
            if number < kills:
                server.kill()
        lost += len(answered - set(_stored(home)))
    stored = _stored(home)
    return {
        "kills": kills,
        "posts": posts,
        "events": EVENTS,
        "in_the_inbox": len(stored),
        "twice": len(stored) - len(set(stored)),
        "answered_and_lost": lost,
    }


def _event(number: int) -> dict[str, str]:
    happened = "2026-01-13T09:00:00Z"
    return {"event_id": f"e{number}", "customer_id": "c00000001", "event_type": "click", "occurred_at": happened}


def _stored(home: Home) -> list[str]:
    with sqlite3.connect(home.landing / "inbox.db") as connection:
        return [each for (each,) in connection.execute("SELECT event_id FROM events")]


async def swap(store: Path, home: Home, swaps: int) -> dict[str, Any]:
    """Exchanges versions that were written before, so that only the exchange is measured."""
    with duckdb.connect() as connection:
        for number in range(swaps + 1):
            for table in TABLES:
                connection.execute(f"DROP TABLE IF EXISTS {table.qualified}")
            tables(connection, CUSTOMERS, week=number, weeks=1)
            publish(connection, home.folder / "written", f"v{number:03d}", week=number, keep=swaps + 1)
    home.snapshot.mkdir()
    _show(home, 0)
    key, port = keys.make(home, "asks", ["read"]), free_port()
    with served(store, home, port):
        client = Client(port, key)
        await client.connect(16)
        found: list[tuple[int, bytes]] = []
        took: list[float] = []

        async def one(due: float) -> None:
            # A card, a person's lists, a page: each of one version.
            path = random.choice(("", "/recommendations"))
            found.append(await client.get(f"/customers/c{random.randrange(CUSTOMERS):08d}{path}"))
            took.append(1000 * (time.perf_counter() - due))

        began, due, shown, going = time.perf_counter(), 0.0, 0, []
        while due < SWAP_SECONDS:
            await asyncio.sleep(max(0.0, began + due - time.perf_counter()))
            going.append(asyncio.create_task(one(began + due)))
            if shown < swaps and due > (shown + 1) * SWAP_SECONDS / (swaps + 1):
                shown += 1
                _show(home, shown)
            due += random.expovariate(A_SECOND)
        await asyncio.gather(*going)
    bodies = [json.loads(body) for status, body in found if status == 200]
    pairs = {(body["version"], body["as_of"]) for body in bodies}
    took.sort()
    return {
        "swaps": shown,
        "requests": len(found),
        "failed": len(found) - len(bodies),
        "versions_seen": len({version for version, _ in pairs}),
        "of_two_versions": len(pairs) - len({version for version, _ in pairs}),
        "p99_ms": round(took[int(len(took) * 0.99)], 1),
    }


def _show(home: Home, number: int) -> None:
    """Points to a version, and removes the one before it at once."""
    (home.folder / "written" / f"v{number:03d}").rename(home.snapshot / f"v{number:03d}")
    link = home.snapshot / ".next"
    link.symlink_to(f"v{number:03d}")
    link.replace(home.snapshot / POINTER)
    if number:
        shutil.rmtree(home.snapshot / f"v{number - 1:03d}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--swaps", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store, home = shop(Path(folder))
        print(json.dumps(kill(store, home, asked.kills)))
        print(json.dumps(asyncio.run(swap(store, home, asked.swaps))))


if __name__ == "__main__":
    main()
