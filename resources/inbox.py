"""`landing/inbox.db`: what programs hand over by the minute, between two nightly runs. The server writes it, the run reads it.

Each event and each message is kept by its id, once, however often it is sent. Each day of the shop's own clock on which rows came is a
landed file of that day to the run: the run writes it from here before it reads the day, so whatever it reads is whole.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from resources.contract import CONTRACT
from resources.errors import ZhikeError, disk_full
from resources.home import Home, write_safely

FILE = "inbox.db"
# What of a table's landed files is written from the inbox.
SUFFIX = ".inbox.jsonl"
# The tables of the contract that come here, by the column that names a row.
KEYS = {"events": "event_id", "messages": "message_id", "consents": "consent_id", "outcomes": "outcome_id"}
# What is asked of somebody at every answer is found by their account.
ACCOUNT = "json_extract(row, '$.customer_id')"


class Inbox:
    """The inbox, open to be written."""

    def __init__(self, home: Home, time_zone: str):
        self._zone = ZoneInfo(time_zone)
        self._path = home.landing / FILE
        self._lock = threading.Lock()
        try:
            home.landing.mkdir(parents=True, exist_ok=True)
            # Whoever may not read the home may not read the file; SQLite gives its log the same mode.
            self._path.touch(0o600)
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
            # FULL: a commit has reached the disk when it returns.
            self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            for table, key in KEYS.items():
                self._connection.execute(
                    f"CREATE TABLE IF NOT EXISTS {table} "
                    f"({key} TEXT PRIMARY KEY, received_on TEXT, received_at TEXT, row TEXT) WITHOUT ROWID"
                )
                self._connection.execute(f"CREATE INDEX IF NOT EXISTS {table}_by_day ON {table} (received_on)")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS erasures (wish_id TEXT PRIMARY KEY, account TEXT UNIQUE, wished_at TEXT, done_at TEXT) WITHOUT ROWID"
            )
            self._connection.execute(f"CREATE INDEX IF NOT EXISTS consents_by_account ON consents ({ACCOUNT})")
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    def add(self, table: str, rows: Sequence[dict[str, Any]]) -> int:
        """Keeps rows of a table of KEYS, and returns how many were not there yet. They are on the disk when it returns. Raises ZhikeError
        where they cannot be written; then none of them is kept."""
        with self.writing() as connection:
            return self.keep(connection, table, rows)

    def keep(self, connection: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> int:
        """Keeps rows of a table of KEYS within a transaction, and returns how many were not there yet."""
        now = datetime.now(UTC)
        day, at = now.astimezone(self._zone).date().isoformat(), now.isoformat(timespec="milliseconds")
        before = connection.total_changes
        connection.executemany(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?)",
            [(_key(table, row), day, at, json.dumps(row, ensure_ascii=False, default=str)) for row in rows],
        )
        return connection.total_changes - before

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: all that is written in it is on the disk when it ends, or none of it. Raises ZhikeError where it cannot be."""
        # Requests wait for the disk in threads, and share the connection.
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._failed(error) from error

    def close(self) -> None:
        self._connection.close()

    def _failed(self, error: Exception) -> ZhikeError:
        return disk_full(str(error), self._path) or ZhikeError(
            f"the inbox cannot be written: {error}", str(self._path), "free space there, or make it writable"
        )


def _key(table: str, row: Mapping[str, Any]) -> str:
    """What names a row: its id, or what its table of the contract has for one."""
    return row[KEYS[table]] if KEYS[table] in row else "\x1f".join(row[column] for column in CONTRACT[table].key)


class Waiting:
    """What came for a table by account, read while others write it. May be asked from any thread. What the inbox cannot give is a ZhikeError."""

    def __init__(self, home: Home, table: str):
        self._path, self._table = home.landing / FILE, table
        self._opened: sqlite3.Connection | None = None

    def of(self, accounts: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The rows of some accounts."""
        found: dict[str, list[dict[str, Any]]] = {}
        marks = ", ".join("?" * len(accounts))
        for account, row in self._asked(
            f"SELECT {ACCOUNT}, row FROM {self._table} WHERE {ACCOUNT} IN ({marks})", *accounts
        ):
            found.setdefault(account, []).append(json.loads(row))
        return found

    def accounts(self, where: str = "true") -> list[str]:
        """All accounts that have a row of which a condition in SQL holds."""
        query = f"SELECT DISTINCT {ACCOUNT} FROM {self._table} WHERE {where} ORDER BY 1"
        return [account for (account,) in self._asked(query)]

    def _asked(self, query: str, *values: str) -> list[Any]:
        if self._opened is None:
            # One of an earlier release has no such table.
            if not self._path.exists() or not _has(self._path, self._table):
                return []
            uri = f"{self._path.as_uri()}?mode=ro"
            self._opened = sqlite3.connect(uri, uri=True, check_same_thread=False, timeout=10)
        try:
            return self._opened.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error


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
    if table not in KEYS or not path.exists():
        return
    # An inbox of an earlier release lacks tables.
    query = f"SELECT row FROM {table} WHERE received_on = ? ORDER BY received_at, {KEYS[table]}"
    rows = _asked(path, query, day.isoformat()) if _has(path, table) else []
    if rows:
        folder = home.landing / table
        folder.mkdir(exist_ok=True)
        write_safely(folder / f"{day.isoformat()}{SUFFIX}", "".join(f"{row}\n" for (row,) in rows))


def _has(path: Path, table: str) -> bool:
    return bool(_asked(path, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))


def _asked(path: Path, query: str, *values: str) -> list[Any]:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as inbox:
            return inbox.execute(query, values).fetchall()
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: sqlite3.Error) -> ZhikeError:
    return ZhikeError(
        f"the inbox cannot be read: {error}",
        str(path),
        "restore it from a backup, or move it away: what it holds of days that were run is in the warehouse",
    )
