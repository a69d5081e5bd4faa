"""The process in which ticks are worked out, beside the server: the thread that answers is never kept waiting by one."""

import os
import signal
from datetime import date
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from resources.errors import ZhikeError
from resources.home import Home
from resources.overlay import Rebuilt
from resources.shop import Shop

NICENESS = 10
LONGEST_SECONDS = 600


class Failed(Exception):
    """A tick that gave nothing. It says why in words of ours, or names the kind of error: an engine's own words may hold ids."""


class Worker:
    """The process, started when it is first asked."""

    def __init__(self, shop: Shop, home: Home):
        self._given = (shop, home)
        self._process = None
        self._pipe: Connection | None = None

    def rebuild(self, folder: Path, today: date) -> Rebuilt:
        """Raises Failed; a process that ended or does not answer is replaced by the next call."""
        try:
            pipe = self._asked()
            pipe.send((folder, today))
            if not pipe.poll(LONGEST_SECONDS):
                raise Failed(f"no answer within {LONGEST_SECONDS} s")
            found = pipe.recv()
        except (EOFError, OSError, Failed) as error:
            self.stop()
            raise error if isinstance(error, Failed) else Failed("its process ended") from error
        if isinstance(found, str):
            raise Failed(found)
        return found

    def stop(self) -> None:
        process, self._process, self._pipe = self._process, None, None
        if process:
            process.kill()
            process.join()

    def _asked(self) -> Connection:
        if self._pipe is None:
            # A fresh interpreter: a fork would take the threads' locks along.
            context = get_context("spawn")
            self._pipe, other = context.Pipe()
            self._process = context.Process(target=work, args=(other, *self._given), daemon=True)
            self._process.start()
            other.close()
        return self._pipe


def work(pipe: Connection, shop: Shop, home: Home) -> None:
    """Answers until who asks is gone."""
    from serving.recent.rebuild import Recent

    # Ctrl-C is for the server, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICENESS)
    recent: Recent | None = None
    while True:
        try:
            folder, today = pipe.recv()
            try:
                recent = recent or Recent(shop, home)
                found: Rebuilt | str = recent.rebuild(folder, today)
            except ZhikeError as error:
                found = error.what
            except Exception as error:
                found = type(error).__name__
            pipe.send(found)
        except (EOFError, BrokenPipeError):
            return
