"""What every request passes before anything is read for it: its key, its rate, its size. It is counted and logged without ids."""

import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram

from resources.errors import ZhikeError
from serving import answers
from serving.answers import Refused, filled
from serving.keys import Keys
from serving.own_site import App, Message, Receive, Send

# What is asked without a key: whether the server lives.
OPEN = ("/healthz",)
MOST_BYTES = 1_000_000
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOG = logging.getLogger("zhike.requests")


@dataclass
class Buckets:
    """A bucket of tokens a key: `rate` come in a second, up to two seconds' worth are kept."""

    rate: float
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def wait(self, name: str) -> float:
        """Takes a token: 0, or where there is none the seconds until there is one."""
        now = time.monotonic()
        left, at = self._left.get(name, (2 * self.rate, now))
        left = min(2 * self.rate, left + (now - at) * self.rate)
        enough = left >= 1
        self._left[name] = (left - enough, now)
        return 0.0 if enough else (1 - left) / self.rate


class Counted:
    """The figures that monitoring reads, by route: never an id."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        names = ["method", "route", "status"]
        self.requests = Counter("zhike_requests", "Requests answered.", names, registry=self.registry)
        self.seconds = Histogram(
            "zhike_request_seconds", "Time to the end of the answer.", ["route"], registry=self.registry
        )
        self.events = Counter("zhike_events_accepted", "Events taken into the inbox.", registry=self.registry)


class Guard:
    """An ASGI application before the API. What it refuses never reaches what is behind it."""

    def __init__(self, app: App, keys: Keys, rate: float, counted: Counted, default_language: str):
        self._app, self._keys, self._buckets, self._counted = app, keys, Buckets(rate), counted
        self._language = default_language

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        scope["language"] = answers.language(headers.get("accept-language", ""), self._language)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._admit(scope, headers)
            await self._app(scope, receive, noted)
        except (Refused, ZhikeError) as error:
            refused = answers.of_error(error) if isinstance(error, ZhikeError) else error
            await answer(refused, scope["language"], noted)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _admit(self, scope: Message, headers: Mapping[str, str]) -> None:
        """Raises Refused for a request without a valid key, too many of one, or too large a one."""
        if scope["path"] in OPEN:
            return
        kind, _, text = headers.get("authorization", "").partition(" ")
        key = self._keys.of(text.strip()) if kind.lower() == "bearer" else None
        if key is None:
            raise Refused(401, answers.NO_KEY, {"www-authenticate": "Bearer"})
        wait = self._buckets.wait(key.name)
        if wait:
            seconds = math.ceil(wait)
            raise Refused(429, filled(answers.TOO_MANY, (), (seconds,)), {"retry-after": str(seconds)})
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MOST_BYTES:
            raise Refused(413, filled(answers.TOO_LARGE, (MOST_BYTES,)), {"connection": "close"})
        scope["key"] = key

    def _note(self, scope: Message, status: int, seconds: float) -> None:
        # The route as declared, not the path: paths hold ids.
        route = getattr(scope.get("route"), "path", "unknown")
        key = scope["key"].name if "key" in scope else "-"
        # Whoever has no key may send any word as a method.
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._counted.requests.labels(method, route, status).inc()
        self._counted.seconds.labels(route).observe(seconds)
        LOG.info("%s %s %s %.1f ms key=%s", method, route, status, 1000 * seconds, key)


async def answer(refused: Refused, language: str, send: Send) -> None:
    """Sends what is said to who is refused."""
    content = answers.body(refused.said, language)
    given = {"content-type": "application/json", "content-language": language, "content-length": str(len(content))}
    headers = [(name.encode(), value.encode()) for name, value in (given | refused.headers).items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
