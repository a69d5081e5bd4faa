"""A server that is killed loses no event that it said it had, and one under which the snapshot is exchanged fails nobody."""

import os
import signal
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import requests

from resources.home import Home
from tests.serving.api import Api, free_port, publish_week, served

EVENTS, KILLS, SWAPS = 200, 5, 5


def event(number: int) -> dict[str, Any]:
    return {
        "event_id": f"e{number:04d}",
        "customer_id": "c00000001",
        "event_type": "click",
        "occurred_at": "2026-01-13T09:00:00Z",
    }


def test_events_are_there_once_after_kills_while_they_are_sent_and_repeated(place: tuple[Path, Home]) -> None:
    port, sent = free_port(), 0
    accepted: set[str] = set()
    for kill in range(KILLS + 1):
        with served(*place, port=port) as api:
            key = api.key("feedback")
            killer = threading.Timer(0.2, os.kill, (api.process.pid, signal.SIGKILL))
            if kill < KILLS:
                killer.start()
            try:
                # What was sent before is sent again: who sends does not know what arrived.
                sent = 0
                while sent < EVENTS:
                    batch = [event(number) for number in range(sent, sent + 2)]
                    headers = {"authorization": f"Bearer {key}"}
                    answer = requests.post(f"{api.address}/events", json={"events": batch}, headers=headers, timeout=30)
                    assert answer.status_code == 202
                    accepted |= {each["event_id"] for each in batch}
                    sent += 2
            except requests.ConnectionError:
                assert kill < KILLS
            killer.cancel()
            if kill < KILLS:
                os.kill(api.process.pid, signal.SIGKILL)
                api.process.wait()
                # Said to be there means there, at that moment.
                assert accepted <= set(stored(place[1]))
    assert stored(place[1]) == [f"e{number:04d}" for number in range(EVENTS)]


def stored(home: Home) -> list[str]:
    with sqlite3.connect(home.landing / "inbox.db") as connection:
        return [each for (each,) in connection.execute("SELECT event_id FROM events ORDER BY event_id")]


def test_no_request_fails_and_none_mixes_versions_while_the_snapshot_is_exchanged(place: tuple[Path, Home]) -> None:
    publish_week(place[1], "v0", 80)
    answers: list[requests.Response] = []
    with served(*place) as api:
        stop = threading.Event()
        api.key("admin")
        asking = threading.Thread(target=ask, args=(api, answers, stop))
        asking.start()
        as_of = {"v0": "2026-01-12"}
        for number in range(1, SWAPS + 1):
            # Only the newest is kept: the one before is removed under the requests.
            publish_week(place[1], f"v{number}", 80, week=number, keep=1)
            as_of[f"v{number}"] = api.ask("/healthz").json()["as_of"]
            time.sleep(0.1)
        stop.set()
        asking.join()
    assert {answer.status_code for answer in answers} == {200}
    bodies = [answer.json() for answer in answers]
    assert {body["version"] for body in bodies} >= {f"v{number}" for number in range(1, SWAPS)}
    assert all(as_of[body["version"]] == body["as_of"] for body in bodies)
    assert len(set(as_of.values())) == SWAPS + 1
    # A day in the card counts from the day that the answer names.
    first = {body["version"]: body["customer"]["last_purchase_on"] for body in bodies if "customer" in body}
    assert len(set(first.values())) == len(first)
    assert all(first[body["version"]] == body["customer"]["last_purchase_on"] for body in bodies if "customer" in body)


def ask(api: Api, answers: list[requests.Response], stop: threading.Event) -> None:
    paths = ("/customers/c00000003", "/customers?limit=5", "/insights/segment_profiles")
    while not stop.is_set():
        answers.extend(api.ask(path) for path in paths)
