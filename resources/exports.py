"""`exports.db`: every list of customers that left the house, so that whoever asks to be forgotten can be told where they went.

Of each export: what it was, who took it, when, in which form, how many were on it, and the SHA-256 of its bytes; who was on it stands in a table of
its own, by account. Of what went to advertising platforms the keys are kept too: what is there now can only be taken back by them.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from resources.clearing import clearing
from resources.erased import Tombstones
from resources.errors import ZhikeError, disk_full
from resources.home import Home

FILE = "exports.db"
SCHEMA = """
CREATE TABLE IF NOT EXISTS exports (export_id INTEGER PRIMARY KEY, what TEXT, who TEXT, at TEXT, kind TEXT, as_of TEXT, people INTEGER,
    content_hash TEXT);
CREATE TABLE IF NOT EXISTS members (export_id INTEGER, account TEXT, PRIMARY KEY (export_id, account)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS members_by_account ON members (account);
CREATE TABLE IF NOT EXISTS sent (platform TEXT, what TEXT, key_type TEXT, key_value TEXT, account TEXT, taken_back_on TEXT,
    PRIMARY KEY (platform, what, key_type, key_value, account)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sent_by_account ON sent (account);
CREATE TEMP TABLE asked (account TEXT PRIMARY KEY) WITHOUT ROWID;
"""
# Of a key whose person was erased: whose it was is forgotten.
NOBODY = ""

Key = tuple[str, str]
"""A key as a platform knows it: its type, such as phone_sha256, and its value."""


@dataclass(frozen=True)
class Export:
    """One export. `kind`: csv, xlsx, parquet or a platform; `at`: an instant with its zone; `people`: how many were on it."""

    export_id: int
    what: str
    who: str
    at: str
    kind: str
    as_of: str
    people: int
    content_hash: str


def record(
    home: Home,
    *,
    what: str,
    who: str,
    kind: str,
    as_of: date | str,
    accounts: Sequence[str],
    content_hash: str,
    people: int | None = None,
    sent: Sequence[tuple[str, Key]] = (),
) -> int:
    """Notes an export before it is handed out, and returns its number. `people`: how many are on it, where some have more accounts than one;
    `sent`: (account, key) of what goes to a platform. Raises ZhikeError where it cannot be noted, or somebody on it was erased since it was begun: then
    nothing may leave."""
    at = datetime.now(UTC).isoformat(timespec="seconds")
    count = len(accounts) if people is None else people
    with _writing(home) as connection:
        # Whoever erases sets tombstones first, and waits for this transaction to forget.
        if Tombstones(home).any_of(accounts):
            raise ZhikeError(
                "somebody on this list was erased while it was made", what, "export it again: they are on it no more"
            )
        row = (what, who, at, kind, str(as_of), count, content_hash)
        number = connection.execute(
            "INSERT INTO exports (what, who, at, kind, as_of, people, content_hash) VALUES (?, ?, ?, ?, ?, ?, ?)", row
        ).lastrowid
        assert number is not None
        members = ((number, account) for account in sorted(set(accounts)))
        connection.executemany("INSERT INTO members VALUES (?, ?)", members)
        connection.executemany(
            "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?, ?, NULL)",
            ((kind, what, *key, account) for account, key in sent),
        )
        return number


def listed(home: Home) -> list[Export]:
    """All exports, the newest first. Raises ZhikeError where they cannot be read."""
    return [Export(*row) for row in _asked(home, "SELECT * FROM exports ORDER BY export_id DESC")]


def of(home: Home, accounts: Sequence[str]) -> list[Export]:
    """The exports that any of these accounts was in, the newest first. Raises ZhikeError where they cannot be read."""
    query = "SELECT * FROM exports WHERE export_id IN (SELECT export_id FROM members JOIN asked USING (account)) ORDER BY export_id DESC"
    return [Export(*row) for row in _asked(home, query, accounts=accounts)]


def accounts_in(home: Home, export_id: int) -> list[str]:
    """The accounts in an export that nobody erased since."""
    query = "SELECT account FROM members WHERE export_id = ? ORDER BY account"
    return [account for (account,) in _asked(home, query, export_id)]


def platforms_of(home: Home, what: str) -> set[str]:
    """The platforms that have keys of a list."""
    return {platform for (platform,) in _asked(home, "SELECT DISTINCT platform FROM sent WHERE what = ?", what)}


def to_take_back(home: Home, platform: str, what: str, now: Sequence[Key], today: date) -> list[Key]:
    """The keys that ever went to a platform for a list and are no longer `now` on it, in their order: of who left it, withdrew consent, has another
    number now, or was erased. Taking back what is not there changes nothing at a platform, so a file that was lost is made good by the next.

    A key of somebody erased is taken back on one day, and forgotten with the first export after it."""
    with _writing(home) as connection:
        there = "platform = ? AND what = ?"
        place = (platform, what)
        connection.execute(
            f"DELETE FROM sent WHERE {there} AND account = ? AND taken_back_on < ?", (*place, NOBODY, today.isoformat())
        )
        connection.execute(
            f"UPDATE sent SET taken_back_on = ? WHERE {there} AND account = ? AND taken_back_on IS NULL",
            (today.isoformat(), *place, NOBODY),
        )
        query = f"SELECT DISTINCT key_type, key_value FROM sent WHERE {there}"
        found: set[Key] = set(connection.execute(query, place).fetchall())
    return sorted(found - set(now))


def forget(home: Home, accounts: Sequence[str]) -> int:
    """Forgets that accounts were in any export, and returns how many of its notes that changes. What went to a platform stays as a key of nobody
    until it is taken back there. Raises ZhikeError where it cannot be."""
    if not (home.folder / FILE).exists():
        return 0
    with _writing(home) as connection:
        _ask(connection, accounts)
        mine = "account IN (SELECT account FROM asked)"
        forgotten = connection.execute(f"DELETE FROM members WHERE {mine}").rowcount
        connection.execute(
            "INSERT OR IGNORE INTO sent SELECT platform, what, key_type, key_value, ?, NULL FROM sent AS theirs "
            f"WHERE {mine} AND NOT EXISTS (SELECT 1 FROM sent AS other WHERE other.account NOT IN (SELECT account FROM asked) "
            "AND (other.platform, other.what, other.key_type, other.key_value) = (theirs.platform, theirs.what, theirs.key_type, theirs.key_value))",
            (NOBODY,),
        )
        forgotten += connection.execute(f"DELETE FROM sent WHERE {mine}").rowcount
    with _open(home) as connection:
        # What was overwritten stays in the log until then.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return forgotten


def retain(home: Home, days: int) -> int:
    """Forgets who was in exports that are older than so many days, and returns how many of its notes went. Raises ZhikeError where it cannot be."""
    before = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    old = "FROM members WHERE export_id IN (SELECT export_id FROM exports WHERE at < ?)"
    if not _asked(home, f"SELECT 1 {old} LIMIT 1", before):
        return 0
    with clearing(home.folder / FILE) as connection:
        return connection.execute(f"DELETE {old}", (before,)).rowcount


def _ask(connection: sqlite3.Connection, accounts: Sequence[str]) -> None:
    connection.executemany("INSERT OR IGNORE INTO asked VALUES (?)", ((account,) for account in accounts))


@contextmanager
def _open(home: Home) -> Iterator[sqlite3.Connection]:
    path = home.folder / FILE
    try:
        # Whoever may not read the home may not read the file; SQLite gives its log the same mode.
        path.touch(0o600)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as connection:
            connection.executescript(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
                + SCHEMA
            )
            yield connection
    except (OSError, sqlite3.Error) as error:
        raise _failed(path, error) from error


@contextmanager
def _writing(home: Home) -> Iterator[sqlite3.Connection]:
    """A transaction: all of it is on the disk when it ends, or none."""
    with _open(home) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _asked(home: Home, query: str, *values: object, accounts: Sequence[str] = ()) -> list[Any]:
    if not (home.folder / FILE).exists():
        return []
    with _open(home) as connection:
        _ask(connection, accounts)
        return connection.execute(query, values).fetchall()


def _failed(path: Path, error: Exception) -> ZhikeError:
    return disk_full(str(error), path) or ZhikeError(
        f"the log of exports cannot be read or written: {error}", str(path), "free space there, or make it writable"
    )
