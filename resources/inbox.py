"""`landing/inbox.db`: what programs hand over by the minute, between two nightly runs. The server writes it, the run reads it.

Each event is kept by its id, once, however often it is sent. Each day of the shop's own clock on which events came is a landed file of
that day to the run: the run writes it from here before it reads the day, so whatever it reads is whole.
"""

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from resources.errors import ZhikeError, disk_full
from resources.home import Home, write_safely

FILE = "inbox.db"
# What of a table's landed files is written from the inbox.
SUFFIX = ".inbox.jsonl"


class Inbox:
    """The inbox, open to be written."""

    def __init__(self, home: Home, time_zone: str):
        self._zone = ZoneInfo(time_zone)
        self._path = home.landing / FILE
        try:
            home.landing.mkdir(parents=True, exist_ok=True)
            # Whoever may not read the home may not read the file; SQLite gives its log the same mode.
            self._path.touch(0o600)
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
            # FULL: a commit has reached the disk when it returns.
            self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS events "
                "(event_id TEXT PRIMARY KEY, received_on TEXT, received_at TEXT, row TEXT) WITHOUT ROWID"
            )
            self._connection.execute("CREATE INDEX IF NOT EXISTS events_by_day ON events (received_on)")
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    def add(self, events: Sequence[dict[str, Any]]) -> int:
        """Keeps events, and returns how many were not there yet. They are on the disk when it returns. Raises ZhikeError where they
        cannot be written; then none of them is kept."""
        now = datetime.now(UTC)
        day, at = now.astimezone(self._zone).date().isoformat(), now.isoformat(timespec="milliseconds")
        rows = [(event["event_id"], day, at, json.dumps(event, ensure_ascii=False, default=str)) for event in events]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                before = self._connection.total_changes
                self._connection.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?, ?)", rows)
                added = self._connection.total_changes - before
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._failed(error) from error
        return added

    def close(self) -> None:
        self._connection.close()

    def _failed(self, error: Exception) -> ZhikeError:
        return disk_full(str(error), self._path) or ZhikeError(
            f"the inbox cannot be written: {error}", str(self._path), "free space there, or make it writable"
        )


def is_empty(home: Home) -> bool:
    """Whether nothing ever came. Raises ZhikeError where the inbox cannot be read."""
    path = home.landing / FILE
    return not path.exists() or not _asked(path, "SELECT 1 FROM events LIMIT 1")


def received(home: Home, after: date, since: str) -> list[tuple[str, str, str]]:
    """What came on days after a day of the shop's clock, from an instant on: day, instant and row as JSON, in the order in which a run reads
    it. Raises ZhikeError where the inbox cannot be read."""
    path = home.landing / FILE
    if not path.exists():
        return []
    return _asked(
        path,
        "SELECT received_on, received_at, row FROM events WHERE received_on > ? AND received_at >= ? ORDER BY received_at, event_id",
        after.isoformat(),
        since,
    )


def land(home: Home, table: str, day: date) -> None:
    """Writes what came for a table on a day as its landed file; none where nothing came. The same rows give the same bytes. Raises
    ZhikeError where the inbox cannot be read."""
    path = home.landing / FILE
    if table != "events" or not path.exists():
        return
    rows = _asked(path, "SELECT row FROM events WHERE received_on = ? ORDER BY received_at, event_id", day.isoformat())
    if rows:
        folder = home.landing / table
        folder.mkdir(exist_ok=True)
        write_safely(folder / f"{day.isoformat()}{SUFFIX}", "".join(f"{row}\n" for (row,) in rows))


def _asked(path: Path, query: str, *values: str) -> list[Any]:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as inbox:
            return inbox.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise ZhikeError(
            f"the inbox cannot be read: {error}",
            str(path),
            "restore it from a backup, or move it away: what it holds of days that were run is in the warehouse",
        ) from error
