"""Wishes to be erased, in the inbox from when they are told until a run has fulfilled them. From the first moment on whoever serves knows of no such person.

A wish names one account, under the id by which the warehouse has it; it is of the person, and so of their other accounts. When it is fulfilled, the id is
gone: what stays is when it was told and when it was done.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from resources.clearing import clearing
from resources.errors import ZhikeError
from resources.home import Home
from resources.inbox import FILE, Inbox
from resources.quoting import literal

TABLE = "erasures"
NOBODY: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Wish:
    """A wish; `account` is None of one that is fulfilled. Instants are in UTC."""

    wish_id: str
    account: str | None
    wished_at: str
    done_at: str | None


def wish(inbox: Inbox, account: str) -> Wish:
    """Keeps the wish for an account, on the disk when it returns; one that waits already is given again. Raises ZhikeError where it
    cannot be written."""
    made = Wish(uuid4().hex, account, _now(), None)
    with inbox.writing() as connection:
        connection.execute(
            f"INSERT INTO {TABLE} SELECT ?, ?, ?, NULL WHERE NOT EXISTS (SELECT 1 FROM {TABLE} WHERE account = ?)",
            (made.wish_id, account, made.wished_at, account),
        )
        query = f"SELECT wish_id, account, wished_at, done_at FROM {TABLE} WHERE account = ?"
        return Wish(*connection.execute(query, (account,)).fetchone())


def waiting(home: Home) -> list[Wish]:
    """The wishes that no run has fulfilled yet, who waits longest first. Raises ZhikeError where the inbox cannot be read."""
    return _found(home, "account IS NOT NULL ORDER BY wished_at, wish_id")


def told(home: Home, limit: int) -> list[Wish]:
    """All wishes, the newest first."""
    return _found(home, "true ORDER BY wished_at DESC, wish_id LIMIT ?", limit)


def one(home: Home, wish_id: str) -> Wish | None:
    """A wish by its id."""
    return next(iter(_found(home, "wish_id = ?", wish_id)), None)


def fulfil(home: Home, accounts: Sequence[str]) -> None:
    """Notes that accounts are erased, which is the last step of it: their ids go. Raises ZhikeError where it cannot be written."""
    if any(each.account in accounts for each in waiting(home)):
        with clearing(home.landing / FILE) as inbox:
            inbox.executemany(
                f"UPDATE {TABLE} SET account = NULL, done_at = ? WHERE account = ?",
                [(_now(), each) for each in accounts],
            )


def not_leaving(home: Home, person: str, identities: str) -> str:
    """A condition in SQL: the person in a column is none of those who wait to be erased, by any account of the relation `identities`."""
    named = ", ".join(literal(wish.account) for wish in waiting(home))
    persons = f"SELECT person_id FROM {identities} WHERE customer_id IN ({named})"
    return f"{person} NOT IN ({named}) AND {person} NOT IN ({persons})" if named else "true"


class Leaving:
    """The accounts that wait to be erased, as they are now: looked up again when anybody has written to the inbox."""

    def __init__(self, home: Home):
        self._path = home.landing / FILE
        self._connection: sqlite3.Connection | None = None
        self._seen: int | None = None
        self._accounts = NOBODY

    def accounts(self) -> frozenset[str]:
        """Raises ZhikeError where the inbox cannot be read: nobody is shown who may have left."""
        if self._connection is None and not self._path.exists():
            return NOBODY
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    f"{self._path.as_uri()}?mode=ro", uri=True, timeout=10, check_same_thread=False
                )
            ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
            if version != self._seen:
                query = f"SELECT account FROM {TABLE} WHERE account IS NOT NULL"
                rows = self._connection.execute(query).fetchall() if has_wishes(self._connection) else []
                self._accounts, self._seen = frozenset(account for (account,) in rows), version
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from error
        return self._accounts


def has_wishes(inbox: sqlite3.Connection) -> bool:
    """Whether an open inbox knows of wishes: one of an earlier release does not."""
    return bool(inbox.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (TABLE,)).fetchall())


def _found(home: Home, condition: str, *values: object) -> list[Wish]:
    path = home.landing / FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as inbox:
            if not has_wishes(inbox):
                return []
            query = f"SELECT wish_id, account, wished_at, done_at FROM {TABLE} WHERE {condition}"
            return [Wish(*row) for row in inbox.execute(query, values).fetchall()]
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _unreadable(path: object, error: Exception) -> ZhikeError:
    return ZhikeError(
        f"the inbox cannot be read: {error}", str(path), "close what holds it, or restore it from a backup"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
