"""One tick: who was active since the snapshot, what they did, and what follows from it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resources.cards import Cards
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import received
from resources.overlay import Fresh, Rebuilt
from resources.shop import Shop
from resources.snapshot import version
from serving.recent import scores
from serving.recent.lists import Lists
from serving.recent.scores import DONE, Models
from serving.recent.tables import Tables

if TYPE_CHECKING:
    import pandas as pd

# Persons at a time, so that memory does not grow with them.
BATCH = 1_000
# An event is stamped before it is kept: one that waited may be kept after a later one was read.
OVERLAP = timedelta(seconds=60)
SINCE_EVER = ""
SAID = ("horizon_days", "p_purchase", "p_churn", "reasons_zh", "reasons_en")


@dataclass
class Recent:
    """What a server knows of a shop beside the snapshot, from tick to tick."""

    shop: Shop
    home: Home
    tables: Tables = field(init=False)
    _at: tuple[Path, date] | None = None
    folder: Path | None = None
    _until: date | None = None
    _since: str = SINCE_EVER
    _waiting: set[str] = field(default_factory=set)
    """Accounts whose events were taken in and are not worked out yet: a tick that fails leaves them to the next."""

    _is_all: bool = True
    _cards: Cards = field(init=False)
    models: Models = field(init=False)
    _lists: Lists | None = None

    def __post_init__(self) -> None:
        self.tables = Tables(self.shop, self.home)

    def rebuild(self, folder: Path, today: date) -> Rebuilt:
        """Works out who was active since the last tick; all who were since the snapshot, where it or the day is another one. Raises
        ZhikeError or an error of an engine where snapshot or inbox cannot be read."""
        if self._at != (folder, today):
            self._open(folder, today)
        if self._until is None:
            return Rebuilt(self._cards.version, is_all=True, people={})
        now = datetime.now(UTC)
        rows = received(self.home, self._until, self._since)
        if rows:
            self._waiting |= set(self.tables.receive(rows))
        self._since = (now - OVERLAP).isoformat(timespec="milliseconds")
        persons = sorted({self._cards.person(account) for account in self._waiting})
        persons = [person for person in persons if self._cards.has(person)]
        found: dict[str, Fresh] = {}
        for start in range(0, len(persons), BATCH):
            found |= self._worked_out(persons[start : start + BATCH], today)
        self._waiting = set()
        is_all, self._is_all = self._is_all, False
        return Rebuilt(self._cards.version, is_all, found)

    def _open(self, folder: Path, today: date) -> None:
        self._at = None
        if self.folder != folder:
            snapshot = version(folder)
            if snapshot is None:
                raise ZhikeError("nothing is published yet", str(folder), "run the shop first: zhike run --store …")
            self.folder = None
            self._cards = Cards.of(folder)
            self.models, self._lists = Models.of(snapshot), Lists.of(self.shop, snapshot)
            self._until = self.tables.open(folder)
            self.folder = folder
        self._since, self._is_all = SINCE_EVER, True
        self._waiting = set(self.tables.received_accounts())
        self._at = (folder, today)

    def _worked_out(self, persons: Sequence[str], today: date) -> dict[str, Fresh]:
        tables = self.tables
        tables.give(persons, today)
        people = scores.customers(tables)
        visits = {row["person_id"]: row for row in _rows(scores.visits(tables, self.models, today))}
        buys = {row["person_id"]: row for row in _rows(scores.purchases(tables, self.models, people, self.shop))}
        lists: dict[str, list[dict[str, Any]]] = {}
        for row in _rows(self._lists.of_persons(tables, today)) if self._lists else ():
            lists.setdefault(row.pop("person_id"), []).append(_item(row))
        return {
            row["person_id"]: Fresh(
                row["event_count"],
                _today(row, today, visits.get(row["person_id"]), buys.get(row["person_id"])),
                lists.get(row["person_id"], []) if self._lists else None,
            )
            for row in _rows(scores.done_today(tables, today))
        }


def _today(
    done: dict[str, Any], today: date, visit: dict[str, Any] | None, buys: dict[str, Any] | None
) -> dict[str, Any]:
    # The visit that goes on, or was the last: an earlier one is over.
    is_now = visit is not None and visit["ended_at"] == done["last_seen_at"]
    said = {
        "on": today.isoformat(),
        **{name: done[name] for name in DONE},
        "last_seen_at": _instant(done["last_seen_at"]),
        "visit": {
            "started_at": _instant(visit["started_at"]),
            "p_purchase": visit["p_purchase"],
            "reasons_zh": visit["reasons_zh"],
            "reasons_en": visit["reasons_en"],
        }
        if visit and is_now
        else None,
    }
    return said | {name: buys[name] if buys else None for name in SAID}


def _item(row: dict[str, Any]) -> dict[str, Any]:
    """A place of a list as the cards show it."""
    score, due_on = row["score"], row["due_on"]
    return row | {
        "score": None if score is None else round(score, 4),
        "because_of": list(row["because_of"]),
        "due_on": None if due_on is None else due_on.isoformat(),
    }


def _instant(at: Any) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds") + "+00:00"


def _rows(frame: "pd.DataFrame") -> "Iterator[dict[str, Any]]":
    """The rows with plain values; what is missing is None."""
    import numpy as np
    import pandas as pd

    for row in frame.to_dict("records"):
        yield {
            str(name): None
            if not isinstance(value, list) and pd.isna(value)
            else value.item()
            if isinstance(value, np.generic)
            else value.to_pydatetime()
            if isinstance(value, pd.Timestamp)
            else value
            for name, value in row.items()
        }
