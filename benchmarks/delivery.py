"""What becomes of messages when whoever sends them is killed: `python -m benchmarks.delivery --kills 200 [--seed 7]`.

A process delivers to two channels of a server on this machine, a robot that knows no key and a program that does, and is killed (SIGKILL) at a
random moment; the next one goes on, until the last may end. The server keeps what it received. After each kill the outbox is read as it was left:
a message in `sending` was killed within its call.

Counted: messages lost, messages that a receiver took twice, and, at the robot, "perhaps sent" beside the kills within a call.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from assets.outreach.delivery.deliver import deliver
from assets.outreach.delivery.message import Message, keyed
from assets.outreach.delivery.outbox import FILE, Outbox
from resources.channels import Channel
from resources.home import Home, open_home
from resources.shop import Shop
from resources.words import Words

ROBOT, PROGRAM = "robot", "program"
A_ROUND = 4
SLOWEST_ANSWER = 0.02
MUST_BE_0 = ("lost", "doubled", "unexplained")


@dataclass(frozen=True)
class Result:
    """`within`: kills that left the robot's message in `sending`; `perhaps`: its messages that are perhaps sent; `unexplained`: how far the two
    differ, and messages that arrived and are called neither sent nor perhaps sent. `again`: how often the program got the same key once more."""

    kills: int
    messages: int
    lost: int
    doubled: int
    within: int
    perhaps: int
    arrived: int
    again: int
    unexplained: int


def serve(log: Path) -> None:
    """Receives for ever; a line a request: the channel and the key or, where there is none, the title."""
    rng = random.Random(1)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            channel = self.path.split("/")[1].partition("?")[0]
            told = self.headers.get("Idempotency-Key") or json.loads(body)["markdown"]["title"].rpartition(" ")[2]
            with log.open("a", encoding="utf-8") as file:
                file.write(f"{channel} {told}\n")
            time.sleep(rng.random() * SLOWEST_ANSWER)
            answer = b'{"errcode": 0}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                # Whoever asked was killed.
                return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


@contextmanager
def receiver(log: Path) -> Iterator[str]:
    """The server, in a process of its own; its address."""
    log.touch()
    command = [sys.executable, "-m", "benchmarks.delivery", "--serve", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip() if process.stdout else ''}"
        finally:
            process.terminate()


def shop_of(folder: Path) -> Shop:
    settings = {"a_minute": 1000, "together": 1000}
    return Shop(
        folder=folder / "shop",
        name=Words("店", "Shop"),
        time_zone="UTC",
        start=date(2026, 1, 1),
        sources={},
        tables={"orders": "orders.sql"},
        channels={ROBOT: Channel(kind="dingtalk", **settings), PROGRAM: Channel(kind="webhook", **settings)},
    )


def killed(seed: int, kills: int, folder: Path) -> Result:
    """Delivers with so many kills, then without, and counts."""
    rng, log = random.Random(seed), folder / "received.log"
    shop = shop_of(folder)
    (folder / "shop").mkdir()
    home = open_home(shop, folder / "home")
    put: dict[str, set[str]] = {ROBOT: set(), PROGRAM: set()}
    within: set[int] = set()
    longest = 0.2
    with receiver(log) as address:
        for name in (ROBOT, PROGRAM):
            os.environ[f"ZHIKE_CHANNEL_{name.upper()}_URL"] = f"{address}/{name}"
        os.environ["ZHIKE_CHANNEL_PROGRAM_SECRET"] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        for number in range(kills):
            _put(home, number, put)
            # Either is the first now and then, and so in the middle of its messages when the kill comes.
            shop = shop.model_copy(update={"channels": dict(reversed(shop.channels.items()))})
            began = time.monotonic()
            process = _begin(shop, home)
            time.sleep(rng.random() * longest)
            longest *= 1.1
            is_over = os.waitpid(process, os.WNOHANG)[0]
            if is_over:
                # It was done before: the next ones are given less time.
                longest = max(0.05, 0.7 * longest + 0.3 * (time.monotonic() - began))
                process = _begin(shop, home)
                _put(home, kills + number, put)
                time.sleep(rng.random() * longest)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            within |= _sending(home)
        for _ in range(2):
            os.waitpid(_begin(shop, home), 0)
    return _counted(kills, put, _received(log), home, len(within))


def _put(home: Home, number: int, put: dict[str, set[str]]) -> None:
    with Outbox(home) as outbox:
        for name, there in put.items():
            for place in range(A_ROUND):
                told = f"m{number}-{place}"
                title = Words(told, told)
                message = Message(keyed(told, title, []), title)
                outbox.put(name, message)
                there.add(message.key if name == PROGRAM else told)


def _begin(shop: Shop, home: Home) -> int:
    """A process that delivers; a fork, which begins at once, with the library that sends loaded."""
    import requests  # noqa: F401

    process = os.fork()
    if process:
        return process
    try:
        deliver(shop, home)
    finally:
        os._exit(0)


def _sending(home: Home) -> set[int]:
    """The robot's messages that are in a call by the book; one that the next process has not looked at yet is one still."""
    with closing(sqlite3.connect(home.folder / FILE)) as connection:
        query = "SELECT id FROM messages WHERE state = 'sending' AND channel = ?"
        return {number for (number,) in connection.execute(query, (ROBOT,))}


def _received(log: Path) -> dict[str, Counter[str]]:
    found = {ROBOT: Counter[str](), PROGRAM: Counter[str]()}
    for line in log.read_text(encoding="utf-8").splitlines():
        channel, told = line.split(" ")
        found[channel][told] += 1
    return found


def _counted(
    kills: int, put: dict[str, set[str]], received: dict[str, Counter[str]], home: Home, within: int
) -> Result:
    states: dict[str, dict[str, str]] = {ROBOT: {}, PROGRAM: {}}
    with Outbox(home) as outbox:
        for row in outbox.listed(limit=1_000_000):
            told = row.message.key if row.channel == PROGRAM else row.message.title.en
            states[row.channel][told] = row.state
    robot, program = states[ROBOT], states[PROGRAM]
    sure = {told for told, state in robot.items() if state == "sent"}
    perhaps = {told for told, state in robot.items() if state == "perhaps_sent"}
    # Sent is what arrived; of what is perhaps sent nobody says so. The program takes a key once.
    lost = len(put[ROBOT] - sure - perhaps) + len(sure - set(received[ROBOT]))
    lost += len(put[PROGRAM] - {told for told, state in program.items() if state == "sent"})
    lost += len(put[PROGRAM] - set(received[PROGRAM]))
    doubled = sum(count > 1 for count in received[ROBOT].values()) + len(set(received[PROGRAM]) - put[PROGRAM])
    silent = set(received[ROBOT]) - sure - perhaps
    return Result(
        kills,
        len(robot) + len(program),
        lost,
        doubled,
        within,
        len(perhaps),
        len(perhaps & set(received[ROBOT])),
        sum(received[PROGRAM].values()) - len(received[PROGRAM]),
        abs(within - len(perhaps)) + len(silent),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve)
    with tempfile.TemporaryDirectory() as folder:
        result = killed(asked.seed, asked.kills, Path(folder))
    for name, value in vars(result).items():
        print(f"{name:<12} {value}")
    sys.exit(any(getattr(result, name) for name in MUST_BE_0))


if __name__ == "__main__":
    main()
