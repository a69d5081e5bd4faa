"""How far a command is: in a terminal a bar for all of it and one a table, in a file a line every quarter of a minute."""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from resources.progress import Listener, listening

LINE_SECONDS = 15
SHOWN_DONE = 5


class Whole:
    """How much of a command is done, table by table: each counts alike, by the largest share of it that was told."""

    def __init__(self, names: Collection[str]):
        self.names = names
        self.started = monotonic()
        self._shares = dict.fromkeys(names, 0.0)
        self.now = "begins"

    def hear(self, what: str, done: int, total: int) -> None:
        self.now = f"{what} {done}/{total}"
        if what in self._shares:
            self._shares[what] = max(self._shares[what], done / total if total else 1.0)

    @property
    def done(self) -> float:
        """In tables."""
        return sum(self._shares.values())

    def line(self) -> str:
        """Where it stands, in words."""
        passed = monotonic() - self.started
        if not self.names:
            return f"{_clock(passed)} {self.now}"
        # At the beginning nothing can be said of the end.
        left = passed * (len(self.names) - self.done) / self.done if self.done >= 1 else None
        said = f", about {_clock(left)} left" if left is not None else ""
        return f"{_clock(passed)} {self.now} · {self.done:.0f} of {len(self.names)} tables{said}"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


@contextmanager
def bars(console: Console, tables: Collection[str] = ()) -> Iterator[Listener]:
    """Draws what long work announces; with `tables`, those that a command will announce, how far it is as a whole."""
    whole = Whole(tables)
    with _drawn(console, whole) if console.is_terminal else _told(console, whole) as listener, listening(listener):
        yield listener


@contextmanager
def _drawn(console: Console, whole: Whole) -> Iterator[Listener]:
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), TextColumn("left"), console=console) as progress:
        # The first, so that it stays in sight whatever the height of the terminal.
        every = progress.add_task("tables", total=len(whole.names)) if whole.names else None
        tasks: dict[str, TaskID] = {}
        finished: list[TaskID] = []

        def listener(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)
            whole.hear(what, done, total)
            if every is not None:
                progress.update(every, completed=whole.done)
            if done == total and tasks[what] not in finished:
                finished.append(tasks[what])
                for task in finished[:-SHOWN_DONE]:
                    progress.update(task, visible=False)

        yield listener


@contextmanager
def _told(console: Console, whole: Whole) -> Iterator[Listener]:
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(LINE_SECONDS):
            console.print(whole.line(), highlight=False, soft_wrap=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield whole.hear
    finally:
        ended.set()
        teller.join()
