"""The web UI answers requests that name its own address and come from no other site: no page in a browser asks it under another name."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RemoteInstigatorOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus, ScheduleInstigatorData
from dagster._core.workspace.load_target import ModuleTarget

from pipelines.ui import LOOPBACK, OwnSite, keep_switched_on, listening
from resources.home import open_home
from tests.pipelines.corner import zhike
from tests.shop_builder import Bench


def answered(kind: str, **headers: str) -> bool:
    """Whether a request with these headers reaches the application behind."""
    reached, sent = [], []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope)

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    asyncio.run(OwnSite(behind, (*LOOPBACK, "shop.example"))({"type": kind, "headers": given}, receive, send))
    assert bool(reached) != bool(sent)
    return bool(reached)


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    ("headers", "is_answered"),
    [
        ({"host": "127.0.0.1:3000"}, True),
        ({"host": "localhost:3000", "origin": "http://localhost:3000"}, True),
        ({"host": "[::1]:3000"}, True),
        ({"host": "shop.example"}, True),
        ({"host": "evil.example:3000"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": "[broken"}, False),
        ({}, False),
        ({"host": "127.0.0.1:3000", "origin": "http://evil.example"}, False),
        ({"host": "127.0.0.1:3000", "origin": "null"}, False),
        ({"host": "127.0.0.1:3000", "sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}, False),
        ({"host": "127.0.0.1:3000", "sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}, True),
        ({"host": "127.0.0.1:3000", "sec_fetch_site": "same-origin", "sec_fetch_mode": "cors"}, True),
    ],
)
def test_only_requests_of_its_own_site_are_answered(kind: str, headers: dict[str, str], is_answered: bool) -> None:
    assert answered(kind, **headers) == is_answered


def test_a_port_that_is_taken_is_said_before_anything_is_started(new_corner: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = zhike(new_corner, "ui", "--store", str(new_corner.store), "--port", port)
    assert (said.code, said.out) == (1, "")
    assert "the web UI cannot be served there: Address already in use" in said.err
    assert "what to do: choose another --port or --host" in said.err


def test_a_home_has_one_web_ui_and_so_one_daemon(new_corner: Bench) -> None:
    place = open_home(new_corner.shop, new_corner.home)
    with listening(place, "127.0.0.1", 0):
        said = zhike(new_corner, "ui", "--store", str(new_corner.store), "--port", "1")
    assert (said.code, said.out) == (1, "")
    assert "the web UI of this shop is already served" in said.err
    with listening(place, "127.0.0.1", 0):
        pass


def test_schedules_stay_on_when_the_code_location_is_called_otherwise(tmp_path: Path) -> None:
    def origin(name: str) -> RemoteInstigatorOrigin:
        (location,) = ModuleTarget("pipelines.definitions", None, None, name).create_origins()
        return RemoteInstigatorOrigin(RemoteRepositoryOrigin(location, "__repository__"), "every_day")

    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        data = ScheduleInstigatorData("0 2 * * *", start_timestamp=1.0)
        before = InstigatorState(origin("zhike"), InstigatorType.SCHEDULE, InstigatorStatus.RUNNING, data)
        instance.add_instigator_state(before)
        now = origin("tea_house").repository_origin.code_location_origin
        for _ in range(2):
            keep_switched_on(instance, now)
            (state,) = instance.all_instigator_state()
            assert state.origin.location_name == "tea_house"
            assert (state.status, state.instigator_data) == (InstigatorStatus.RUNNING, data)


def test_an_address_that_others_reach_has_to_be_asked_for(new_corner: Bench) -> None:
    said = zhike(new_corner, "ui", "--store", str(new_corner.store), "--host", "0.0.0.0")
    assert said.code == 2
    assert "asks nobody for a password" in " ".join(said.err.replace("│", " ").split())
    assert not new_corner.place.exists()
