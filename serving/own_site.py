"""A server that answers only who asks it under its own address.

A browser lets any page ask an address of this machine, under any name that resolves to it (DNS rebinding), so who may ask is checked:
a request names the address at which the server is, and comes from no other site.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class OwnSite:
    """An ASGI application that answers only requests whose `Host` is one of `hosts` and that no other site sends."""

    def __init__(self, app: App, hosts: tuple[str, ...]):
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_own(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
        else:
            plain = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": plain})
            await send({"type": "http.response.body", "body": b"not asked under the address of this server"})

    def _is_own(self, scope: Message) -> bool:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get("origin")
        # A link on another page may lead here; its scripts, forms and pictures may not ask here.
        is_foreign = headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") != "navigate"
        return (
            self._is_known(f"//{headers.get('host', '')}")
            and (origin is None or self._is_known(origin))
            and not is_foreign
        )

    def _is_known(self, address: str) -> bool:
        try:
            return urlsplit(address).hostname in self._hosts
        except ValueError:
            return False
