"""The web UI answers requests that name its own address and come from no other site: no page in a browser asks it under another name."""

import asyncio
from typing import Any

import pytest

from pipelines.ui import LOOPBACK, OwnSite
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


def test_an_address_that_others_reach_has_to_be_asked_for(new_corner: Bench) -> None:
    said = zhike(new_corner, "ui", "--store", str(new_corner.store), "--host", "0.0.0.0")
    assert said.code == 2
    assert "asks nobody for a password" in " ".join(said.err.replace("│", " ").split())
    assert not new_corner.place.exists()
