"""`approvals.db` of a home: which actions of a week's plan somebody approved, who and when. It is no part of the warehouse, so a run changes none of it.

What is approved is what was seen: a plan that was worked out anew, with other people in it, waits for another approval.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from resources.errors import ZhikeError, disk_full
from resources.home import Home

FILE = "approvals.db"
SCHEMA = "CREATE TABLE IF NOT EXISTS approvals (as_of TEXT, action TEXT, who TEXT, at TEXT, content TEXT, PRIMARY KEY (as_of, action)) WITHOUT ROWID"


@dataclass(frozen=True)
class Approval:
    """Who approved an action, when (an instant, UTC), and the hash of the planned actions that they saw."""

    who: str
    at: str
    content: str


def approve(home: Home, week: date, action: str, who: str, content: str) -> None:
    """Keeps an approval; it is on the disk when it returns. Raises ZhikeError where it cannot be written."""
    with _opened(home) as connection:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        row = (week.isoformat(), action, who, at, content)
        connection.execute("INSERT OR REPLACE INTO approvals VALUES (?, ?, ?, ?, ?)", row)


def approved(home: Home, week: date) -> dict[str, Approval]:
    """By action the approvals of a week. Raises ZhikeError where they cannot be read."""
    if not (home.folder / FILE).exists():
        return {}
    with _opened(home) as connection:
        query = "SELECT action, who, at, content FROM approvals WHERE as_of = ?"
        return {action: Approval(*rest) for action, *rest in connection.execute(query, (week.isoformat(),))}


@contextmanager
def _opened(home: Home) -> Iterator[sqlite3.Connection]:
    path = home.folder / FILE
    try:
        # Whoever may not read the home may not read the file.
        path.touch(0o600)
        with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(SCHEMA)
            yield connection
    except (OSError, sqlite3.Error) as error:
        raise disk_full(str(error), path) or ZhikeError(
            f"approvals cannot be read or written: {error}", str(path), "free space there, or make it writable"
        ) from error
