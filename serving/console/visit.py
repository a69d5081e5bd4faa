"""A visit: what a view is asked, the version of the snapshot that it shows, and what it may read of it."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from assets.outreach.report.make import SECTIONS, ready
from assets.outreach.report.methods.parts import Cell, Section
from assets.outreach.report.queries import queries
from assets.outreach.report.reads import Reads
from resources.cards import Cards
from resources.snapshot import Reader, Snapshot, reading
from resources.words import Words
from serving.shared import Serving

T = TypeVar("T")
MOST_HELD = 256


class Held:
    """What was read or drawn of a version, which never changes; the least used is forgotten."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[str, str], Any] = OrderedDict()

    def get(self, version: str, name: str, make: Callable[[], T]) -> T:
        """What is held under a name, made on first use. Two threads may make it at once: it is the same."""
        place = version, name
        try:
            self._found.move_to_end(place)
            return self._found[place]
        except KeyError:
            made = self._found[place] = make()
        while len(self._found) > MOST_HELD:
            self._found.popitem(last=False)
        return made


@dataclass(frozen=True)
class Page:
    """What a view answers: a title, and what the template reads."""

    title: Words
    content: Mapping[str, Any] = field(default_factory=dict)
    template: str = "room.html.j2"
    status: int = 200


@dataclass(frozen=True)
class Tile:
    """A figure that is seen first, with its name and what stands below it."""

    name: Words
    figure: Cell
    note: Cell = None


@dataclass(frozen=True)
class Visit:
    """One request of a page, by the key called `who`. `language` is a field of Words; `path` holds the parts of the address, `asked` what stands behind its `?`. What is
    opened for it is closed when its page is made."""

    serving: Serving
    who: str
    cards: Cards
    snapshot: Snapshot
    language: str
    path: Mapping[str, str]
    asked: Mapping[str, str]
    kept: Held
    figures: tuple[Path, ...]
    _opened: ExitStack = field(default_factory=ExitStack, repr=False)

    def __enter__(self) -> "Visit":
        return self

    def __exit__(self, *error: object) -> None:
        self._opened.close()

    @cached_property
    def reader(self) -> Reader:
        """The DuckDB file of the version, open."""
        return self._opened.enter_context(reading(self.snapshot))

    @cached_property
    def reads(self) -> Reads:
        """The same, ready for the report's files of SQL."""
        return ready(self.reader, self.serving.shop)

    def held(self, name: str, make: Callable[[Reads], T]) -> T:
        """What `make` reads of the version for all visitors, read once."""
        return self.kept.get(self.cards.version, name, lambda: make(self.reads))

    def clock(self, instant: str) -> str:
        """An instant on the clocks of the shop."""
        zone = ZoneInfo(self.serving.shop.time_zone)
        return datetime.fromisoformat(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def sections(self, *names: str) -> list[Section]:
        """The sections of the weekly report with these keys whose inputs the shop has."""
        found = [self.held(f"section {name}", SECTIONS[name]) for name in names]
        return [section for section in found if section]

    @property
    def queries(self) -> dict[str, str]:
        """The SQL of every figure, by name."""
        return self.held("queries", lambda reads: queries(reads, *self.figures))


View = Callable[[Visit], Any]
Act = Callable[[Serving, str, Mapping[str, str], Mapping[str, str]], str]
"""What a form of a room does: for the shop, by the key of this name, at this path, with these fields. It gives the address to go on to."""


@dataclass(frozen=True)
class Room:
    """A part of the console. `views`, `files`, which take long to make, and `forms`, which change something, are told by their path below the
    room's address, "" for its own."""

    key: str
    title: Words
    views: Mapping[str, View]
    scopes: tuple[str, ...] = ("read", "service", "marketing")
    needs: tuple[str, ...] = ()
    figures: Path | None = None
    forms: Mapping[str, Act] = field(default_factory=dict)
    files: Mapping[str, View] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "/" if self.key == "today" else f"/console/{self.key}"

    def is_in(self, snapshot: Snapshot) -> bool:
        """Whether the shop has the tables that the room needs."""
        return all(snapshot.row_counts.get(table) for table in self.needs)
