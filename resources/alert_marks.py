"""`alerts.db`: what people did about alerts (acknowledged, put off), and what was told where. SQLite, so that the console writes it while a run
works, and outlives the snapshot. Of an alert whose person is erased nothing stays (`forget`)."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from resources.clearing import clearing
from resources.errors import ZhikeError, disk_full
from resources.home import Home

FILE = "alerts.db"
Step = Literal["acknowledge", "snooze", "reopen"]
LONGEST_NOTE = 500

TABLES = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY, alert_id TEXT, person_id TEXT, step TEXT, who TEXT, at TEXT, until TEXT, note TEXT
);
CREATE INDEX IF NOT EXISTS steps_by_alert ON steps (alert_id);
CREATE TABLE IF NOT EXISTS told (channel TEXT, alert_id TEXT, person_id TEXT, at TEXT, PRIMARY KEY (channel, alert_id)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Mark:
    """What was done last about an alert: by whom, when, until which day it is put off, and a note."""

    step: Step
    who: str
    at: str
    until: date | None
    note: str

    def rests(self, today: date) -> bool:
        """Whether nobody is to be told of the alert on a day."""
        return self.step == "acknowledge" or (self.step == "snooze" and self.until is not None and today < self.until)


class Marks:
    """The file, open to be written. Raises ZhikeError where it cannot be."""

    def __init__(self, home: Home):
        self._path = home.folder / FILE
        try:
            # Whoever may not read the home may not read the file; SQLite gives its log the same mode.
            self._path.touch(0o600)
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
            self._connection.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    def __enter__(self) -> "Marks":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def mark(
        self, alert_id: str, person_id: str | None, step: Step, who: str, note: str = "", until: date | None = None
    ) -> None:
        """Notes a step. What is put off or opened again may be told again."""
        day = until.isoformat() if until else None
        with self._writing() as connection:
            connection.execute(
                "INSERT INTO steps (alert_id, person_id, step, who, at, until, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (alert_id, person_id, step, who, _now(), day, note[:LONGEST_NOTE]),
            )
            if step != "acknowledge":
                connection.execute("DELETE FROM told WHERE alert_id = ?", (alert_id,))

    def tell(self, channel: str, told: Iterable[tuple[str, str | None]]) -> None:
        """Notes that alerts, each with its person, were put out for a channel."""
        with self._writing() as connection:
            connection.executemany(
                "INSERT OR IGNORE INTO told VALUES (?, ?, ?, ?)",
                [(channel, alert_id, person_id, _now()) for alert_id, person_id in told],
            )

    def told(self, channel: str) -> set[str]:
        """The alerts that were put out for a channel."""
        return {row[0] for row in self._connection.execute("SELECT alert_id FROM told WHERE channel = ?", (channel,))}

    def newest(self) -> dict[str, Mark]:
        """By alert what was done last."""
        return _newest(self._connection)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
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

    def _failed(self, error: Exception) -> ZhikeError:
        return disk_full(str(error), self._path) or ZhikeError(
            f"what was done about alerts cannot be written: {error}",
            str(self._path),
            "free space there, or make it writable",
        )


def forget(home: Home, accounts: Sequence[str]) -> int:
    """Removes what was done about alerts of some customers, and returns how many rows that were. Raises ZhikeError where it cannot be done."""
    path = home.folder / FILE
    if not path.exists():
        return 0
    with clearing(path) as marks:
        before = marks.total_changes
        for table in ("steps", "told"):
            marks.executemany(f"DELETE FROM {table} WHERE person_id = ?", [(account,) for account in accounts])
        return marks.total_changes - before


def newest_marks(home: Home) -> dict[str, Mark]:
    """By alert what was done last; nothing where nothing ever was. Raises ZhikeError where the file cannot be read."""
    path = home.folder / FILE
    if not path.exists():
        return {}
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            return _newest(connection)
    except sqlite3.Error as error:
        raise ZhikeError(
            f"what was done about alerts cannot be read: {error}",
            str(path),
            "restore it from a backup, or move it away: alerts then count as new",
        ) from error


def _newest(connection: sqlite3.Connection) -> dict[str, Mark]:
    rows = connection.execute(
        "SELECT alert_id, step, who, at, until, note FROM steps WHERE id IN (SELECT max(id) FROM steps GROUP BY alert_id)"
    )
    return {
        alert_id: Mark(step, who, at, date.fromisoformat(until) if until else None, note)
        for alert_id, step, who, at, until, note in rows
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
