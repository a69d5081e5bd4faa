"""SQLite files that forget: what is deleted is overwritten, no page of it stays free, and its log is emptied. Others may have the file open meanwhile."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from resources.errors import ZhikeError, disk_full

WAIT_SECONDS = 30.0


@contextmanager
def clearing(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction in which rows are deleted or changed. When it has ended, no byte of what they were is in the file or in its log: rows that
    earlier transactions left in free pages go too. Raises ZhikeError where it cannot be written, or where a reader holds the log too long."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)) as connection:
            connection.executescript("PRAGMA secure_delete = ON; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;")
            yield connection
            connection.execute("COMMIT")
            connection.execute("VACUUM")
            _empty_log(connection, path)
    except sqlite3.Error as error:
        raise disk_full(str(error), path) or ZhikeError(
            f"what is deleted cannot be cleared: {error}",
            str(path),
            "free space there, or close what holds it; then run it again",
        ) from error


def _empty_log(connection: sqlite3.Connection, path: Path) -> None:
    """Writes the log into the file and cuts it to nothing: a reader that is within a request is waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > deadline:
            raise ZhikeError(
                "what is deleted cannot be cleared: another process reads the file and does not end",
                str(path),
                "stop it, then run it again",
            )
        time.sleep(0.05)
