"""Ctrl-C and SIGTERM end a command within seconds: what is published stays, and nothing is run after them."""

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from select import select

SIGNALS = (signal.SIGINT, signal.SIGTERM)
# A transaction is given up and files are closed within it; a library that does not look up is left where it is.
GRACE_SECONDS = 2.5
SHOW_CURSOR = "\x1b[?25h"
SAID = "stopped. What is published stays; run again to go on."


class Stopped(BaseException):
    """A signal asked the command to end. Not an Exception: nothing that goes on after a fault goes on after it."""

    def __init__(self, number: int):
        super().__init__(SAID)
        self.code = 128 + number


class Stop:
    """Whether a signal has asked this process to end."""

    def __init__(self, told: socket.socket):
        self._told = told

    @property
    def number(self) -> int:
        """The signal's number, 0 before there is one."""
        try:
            # Looked at, not taken: whoever asks sees it, whoever handled it.
            return next((sign for sign in self._told.recv(64, socket.MSG_PEEK) if sign in SIGNALS), 0)
        except BlockingIOError:
            return 0

    def check(self) -> None:
        """Raises Stopped after a signal."""
        if self.number:
            raise Stopped(self.number)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Within it a signal raises Stopped, or, where a library handles signals itself (Dagster within a step), is seen by
    `Stop.check`; where neither comes about in time, the process ends all the same. The kernel and the engine then give up what
    was not committed, as after a power cut."""
    told, tell = socket.socketpair()
    with told, tell:
        told.setblocking(False)
        tell.setblocking(False)
        stop = Stop(told)
        ended = threading.Event()
        handlers = {number: signal.signal(number, _raise) for number in SIGNALS}
        # A signal may strike while objects are freed or a pool closes a connection: the stop is known all the same, and a trace is no news.
        unraisable = sys.unraisablehook
        sys.unraisablehook = lambda what: None if stop.number else unraisable(what)
        logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
        # Told by the interpreter's own handler, whatever Python code the signal is given to, and in the middle of a long C call.
        wakeup = signal.set_wakeup_fd(tell.fileno(), warn_on_full_buffer=False)
        watcher = threading.Thread(target=_watch, args=(stop, told, ended), daemon=True)
        watcher.start()
        try:
            yield stop
        finally:
            ended.set()
            sys.unraisablehook = unraisable
            signal.set_wakeup_fd(wakeup)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            tell.shutdown(socket.SHUT_WR)
            watcher.join()


def _raise(number: int, _: object) -> None:
    raise Stopped(number)


def _watch(stop: Stop, told: socket.socket, ended: threading.Event) -> None:
    while not ended.is_set():
        select([told], [], [])
        if not stop.number:
            told.recv(1)  # another signal's
        elif not ended.wait(GRACE_SECONDS):
            # A progress bar has hidden the terminal's cursor.
            sys.stderr.write(f"{SHOW_CURSOR if sys.stderr.isatty() else ''}\n{SAID}\n")
            sys.stderr.flush()
            os._exit(128 + stop.number)
