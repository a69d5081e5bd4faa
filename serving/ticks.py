"""Near real time: every so many seconds who was active since the snapshot is worked out anew and laid over the cards."""

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from resources.cards import Published
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import is_empty
from resources.overlay import Overlay
from resources.shop import Shop
from serving.guard import Counted
from serving.recent.worker import Failed, Worker

LOG = logging.getLogger("zhike.ticks")
# How soon a new snapshot is seen, and how long the end of a server is waited for.
LOOK_SECONDS = 1.0


class Ticks:
    """The thread that asks for ticks, and the process that works them out."""

    def __init__(self, shop: Shop, home: Home, published: Published, counted: Counted, seconds: float):
        self._home, self._zone = home, ZoneInfo(shop.time_zone)
        self._published, self._counted, self._seconds = published, counted, seconds
        self._worker = Worker(shop, home)
        self._overlay = Overlay()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticks", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._worker.stop()
        self._thread.join(LOOK_SECONDS)

    def _run(self) -> None:
        due, before = 0.0, None
        while not self._is_over.is_set():
            folder = self._published.folder()
            now = time.monotonic()
            if folder and (now >= due or folder != before):
                due, before = now + self._seconds, folder
                self._tick(folder)
            self._is_over.wait(min(LOOK_SECONDS, self._seconds))

    def _tick(self, folder: Path) -> None:
        began = time.perf_counter()
        at = datetime.now(UTC)
        try:
            if is_empty(self._home):
                return
            found = self._worker.rebuild(folder, at.astimezone(self._zone).date())
        # The thread goes on whatever happens; what is said in words of others may hold ids.
        except Exception as error:
            if not self._is_over.is_set():
                self._counted.tick_failures.inc()
                said = error if isinstance(error, Failed | ZhikeError) else type(error).__name__
                LOG.error("a tick failed, and what was known before it stays: %s", said)
            return
        people = found.people if found.is_all else {**self._overlay.people, **found.people}
        self._overlay = Overlay(found.version, at.isoformat(timespec="seconds"), people)
        self._published.lay(self._overlay)
        self._counted.ticks.observe(time.perf_counter() - began)
        self._counted.overlay.set(len(people))
