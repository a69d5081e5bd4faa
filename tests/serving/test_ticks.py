"""What is posted reaches the cards of a running server, and stays right whatever becomes of a tick or of the snapshot."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.serving_shop import tables
from benchmarks.ticks_shop import add_history, models, publish_all
from resources.fitted import Fitted
from resources.home import Home
from resources.snapshot import HISTORY
from tests.serving.api import CUSTOMERS, Api, make_shop, served

PERSON = "c00000020"
ACCOUNT = "c00000020b"
"""Another account of the same person."""
CARD, LISTS = f"/customers/{PERSON}", f"/customers/{PERSON}/recommendations"
PATIENCE_SECONDS = 180


Publish = Callable[..., Any]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection, list[Fitted]]]:
    """A published shop with a past: its folder, its tables, its models. Not to be changed."""
    folder = tmp_path_factory.mktemp("past")
    _, home = make_shop(folder)
    with duckdb.connect() as connection:
        tables(connection, CUSTOMERS, weeks=1)
        add_history(connection, CUSTOMERS)
        fits = models(connection, home)
        publish_all(connection, home, "first", fits)
        yield folder, connection, fits


@pytest.fixture
def shop(past: tuple[Path, duckdb.DuckDBPyConnection, list[Fitted]], tmp_path: Path) -> tuple[Path, Home, Publish]:
    """A copy of it, and what publishes it anew."""
    folder, connection, fits = past
    shutil.copytree(folder, tmp_path, symlinks=True, dirs_exist_ok=True)
    home = Home(tmp_path / "home" / "corner")
    return tmp_path / "corner", home, lambda version, **more: publish_all(connection, home, version, fits, **more)


def post(api: Api, account: str, *kinds: str, product: str = "p7", name: str = "n") -> None:
    now = datetime.now(UTC)
    events = [
        {
            "event_id": f"{name}{number}",
            "customer_id": account,
            "event_type": kind,
            "product_id": product,
            "occurred_at": (now - timedelta(seconds=len(kinds) - number)).isoformat(),
        }
        for number, kind in enumerate(kinds)
    ]
    assert api.ask("/events", method="POST", json={"events": events}).status_code == 202


def until(ask: Callable[[], Any], holds: Callable[[Any], bool]) -> Any:
    """The first answer of which it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds(found := ask()):
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    return found


def figures(api: Api) -> dict[str, float]:
    lines = api.ask("/metrics").text.splitlines()
    return {
        name: float(value)
        for name, _, value in (line.partition(" ") for line in lines)
        if "tick" in name or "overlay" in name
    }


def test_what_is_posted_reaches_card_and_lists_once_until_a_snapshot_holds_it(shop: tuple[Path, Home, Publish]) -> None:
    store, home, publish = shop
    with served(store, home, "--tick", "0.3") as api:
        before, listed = api.ask(CARD).json(), api.ask(LISTS).json()
        assert (before["customer"]["today"], before["overlay_events"]) == (None, 0)
        shown = [row["product_id"] for row in listed["recommendations"] if row["list"] == "discover"]
        post(api, ACCOUNT, "view", "view", "cart", product=shown[-1])
        after = until(lambda: api.ask(CARD).json(), lambda said: said["overlay_events"])
        today = after["customer"].pop("today")
        assert (today["view_count"], today["cart_count"], today["session_count"]) == (2, 1, 1)
        assert 0 < today["visit"]["p_purchase"] < 1
        assert 0 < today["p_purchase"] < 1
        assert (after["overlay_events"], after["version"]) == (3, "first")
        assert after["fresh_at"] >= before["fresh_at"]
        # The card itself stays that of its Monday.
        assert after["customer"] == {name: value for name, value in before["customer"].items() if name != "today"}
        lists = api.ask(LISTS).json()
        assert lists["overlay_events"] == 3
        assert lists["recommendations"] != listed["recommendations"]
        assert [row["position"] for row in lists["recommendations"]] == list(range(1, 11))
        # Who did nothing has what the snapshot says.
        other = api.ask("/customers/c00000031/recommendations").json()
        assert other["overlay_events"] == 0
        ticks = figures(api)["zhike_tick_seconds_count"]
        post(api, ACCOUNT, "view", "view", "cart", product=shown[-1])
        until(lambda: figures(api)["zhike_tick_seconds_count"], lambda count: count > ticks + 1)
        assert api.ask(CARD).json()["customer"]["today"] == today
        assert api.ask(LISTS).json()["recommendations"] == lists["recommendations"]
        publish("second")
        again = until(lambda: api.ask(CARD).json(), lambda said: said["version"] == "second" and said["overlay_events"])
        assert again["customer"]["today"] == today
        tomorrow = datetime.now(UTC).date() + timedelta(days=1)
        publish("third", until=tomorrow)
        held = until(lambda: api.ask(CARD).json(), lambda said: said["version"] == "third")
        assert (held["overlay_events"], held["customer"]["today"]) == (0, None)
        until(lambda: figures(api)["zhike_overlay_customers"], lambda count: count == 0)
        assert PERSON not in api.log.read_text("utf-8")


def test_a_tick_that_fails_leaves_what_was_known_and_is_counted(shop: tuple[Path, Home, Publish]) -> None:
    store, home, publish = shop
    with served(store, home, "--tick", "0.3") as api:
        post(api, PERSON, "view")
        known = until(lambda: api.ask(CARD).json(), lambda said: said["overlay_events"])
        # The process of the ticks is killed, and the next one finds a broken file.
        broken = home.snapshot / "first" / HISTORY
        broken.unlink()
        broken.write_bytes(b"no database at all" * 100)
        for child in children(api.process.pid):
            os.kill(child, signal.SIGKILL)
        until(lambda: figures(api)["zhike_tick_failures_total"], lambda count: count >= 2)
        post(api, PERSON, "cart", name="later")
        said = api.ask(CARD).json()
        assert (said["customer"], said["fresh_at"]) == (known["customer"], known["fresh_at"])
        assert "a tick failed" in api.log.read_text("utf-8")
        assert PERSON not in api.log.read_text("utf-8")
        # A whole snapshot mends it, with what came in between.
        publish("second")
        until(lambda: api.ask(CARD).json(), lambda said: said["overlay_events"] == 2)


def children(process: int) -> list[int]:
    """The processes that another started for its ticks."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if int(fields[1]) == process and "spawn_main" in command:
                found.append(int(entry.name))
    return found


def test_without_ticks_events_wait_for_the_run(shop: tuple[Path, Home, Publish]) -> None:
    store, home, _ = shop
    with served(store, home, "--tick", "0") as api:
        post(api, PERSON, "view")
        assert figures(api)["zhike_tick_seconds_count"] == 0
        assert api.ask(CARD).json()["overlay_events"] == 0
        assert not children(api.process.pid)
