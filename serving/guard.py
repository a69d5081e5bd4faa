"""What every request passes before anything is read for it: its key, its rate, its size. It is counted and logged without ids."""

import logging
import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client import Counter as Count
from starlette.responses import Response

from resources.errors import ZhikeError
from serving import answers
from serving.answers import Refused, filled
from serving.keys import Key
from serving.own_site import App, Message, Receive, Send

MOST_BYTES = 1_000_000
MOST_KEPT = 10_000
HOUR = 3600
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
        if len(self._left) > MOST_KEPT:
            # Who has not asked for two seconds has a full bucket, as if never seen.
            self._left = {who: kept for who, kept in self._left.items() if now - kept[1] < 2}
        left, at = self._left.get(name, (2 * self.rate, now))
        left = min(2 * self.rate, left + (now - at) * self.rate)
        enough = left >= 1
        self._left[name] = (left - enough, now)
        return 0.0 if enough else (1 - left) / self.rate


@dataclass
class Hourly:
    """How much each of some names has used in this hour."""

    _hour: int = 0
    _used: Counter[str] = field(default_factory=Counter)

    def wait(self, taken: int, most: Mapping[str, int]) -> int:
        """Takes so much from each name that has at most so much an hour: 0, or where one has not as much left the seconds until the next hour, and
        nothing is taken."""
        now = int(time.time())
        if now // HOUR != self._hour:
            self._hour, self._used = now // HOUR, Counter()
        if any(self._used[name] + taken > limit for name, limit in most.items()):
            return HOUR - now % HOUR
        self._used.update(dict.fromkeys(most, taken))
        return 0


class Counted:
    """The figures that monitoring reads, by route: never an id."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        names = ["method", "route", "status"]
        self.requests = Count("zhike_requests", "Requests answered.", names, registry=self.registry)
        self.seconds = Histogram(
            "zhike_request_seconds", "Time to the end of the answer.", ["route"], registry=self.registry
        )
        self.events = Count("zhike_events_accepted", "Events taken into the inbox.", registry=self.registry)
        self.ticks = Histogram(
            "zhike_tick_seconds", "Time of a tick that was laid over the cards.", registry=self.registry
        )
        self.tick_failures = Count("zhike_tick_failures", "Ticks that failed.", registry=self.registry)
        self.overlay = Gauge("zhike_overlay_customers", "Customers with an overlay.", registry=self.registry)


class Face(Protocol):
    """What stands behind the guard: the paths that are its own, how it learns who asks, and how it says no."""

    app: App

    def owns(self, path: str) -> bool: ...

    def is_open(self, path: str) -> bool:
        """Whether a path of its own is answered to anybody."""
        ...

    def language(self, scope: Message, headers: Mapping[str, str]) -> str:
        """The language of who asks."""
        ...

    def key(self, scope: Message, headers: Mapping[str, str]) -> Key | None:
        """The key of who asks, if they show one that is valid."""
        ...

    def refuse(self, scope: Message, refused: Refused) -> Response:
        """What is said to who is refused."""
        ...


class Guard:
    """An ASGI application before the API and the console. What it refuses never reaches what is behind it."""

    def __init__(self, faces: Sequence[Face], rate: float, counted: Counted):
        self._faces, self._buckets, self._counted = faces, Buckets(rate), counted

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._faces[-1].app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        face = next(each for each in self._faces if each.owns(scope["path"]))
        scope["language"] = face.language(scope, headers)

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            self._admit(face, scope, headers)
            await face.app(scope, receive, noted)
        except (Refused, ZhikeError) as error:
            refused = answers.of_error(error) if isinstance(error, ZhikeError) else error
            await face.refuse(scope, refused)(scope, receive, noted)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _admit(self, face: Face, scope: Message, headers: Mapping[str, str]) -> None:
        """Raises Refused for a request without a valid key, too many of one, or too large a one."""
        if face.is_open(scope["path"]):
            return
        key = face.key(scope, headers)
        if key is None:
            raise Refused(401, answers.NO_KEY)
        if seconds := math.ceil(self._buckets.wait(key.name)):
            raise too_many(seconds)
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


def too_many(seconds: int) -> Refused:
    return Refused(429, filled(answers.TOO_MANY, (), (seconds,)), {"retry-after": str(seconds)})
