"""`outbox.db`: what is to be sent, where it stands and what was answered. SQLite, so that the console reads it live and no call over the
network holds the warehouse.

A message is `waiting`; `sending` from before the call until its answer is written; then `sent`, `waiting` again with a later `next_at`,
`dead` (refused, too old, tried too often), or `perhaps_sent`: nobody can know, because the call ended without an answer and the channel
knows no key by which it would take the same message once. Messages that were put together are one call: those that are part of another
share its state.
"""

import json
import os
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from assets.outreach.delivery.answers import PROCESS_ENDED, Answer
from assets.outreach.delivery.message import Message
from assets.outreach.delivery.rows import STATES, Hold, Row, State, instant, moment, row_of, words_of
from resources.errors import ZhikeError, disk_full
from resources.home import Home
from resources.processes import is_gone, process_of
from resources.words import Words

FILE = "outbox.db"

MINUTE = timedelta(minutes=1)
# A message is tried 12 times: after 1, 2, 4 … minutes, and every 6 hours at the most, which is a day and a half.
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=6)
# A broken channel is asked once a day, or as soon as a test message has arrived.
BROKEN_FOR = timedelta(days=1)
# Where the system has no names for processes, one that has not written an answer for so long is gone.
LONGEST_CALL = timedelta(hours=1)

TABLES = """
PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, channel TEXT, key TEXT, title TEXT, lines TEXT, urgent INTEGER, expires_at TEXT, accounts TEXT,
    state TEXT, attempts INTEGER, next_at TEXT, claimed_by TEXT, claimed_at TEXT, doubtful_at TEXT, is_repeat INTEGER,
    answer TEXT, words TEXT, part_of INTEGER, put_at TEXT, changed_at TEXT, UNIQUE (channel, key)
);
CREATE INDEX IF NOT EXISTS messages_by_state ON messages (state, channel);
CREATE INDEX IF NOT EXISTS messages_by_whole ON messages (part_of);
CREATE TABLE IF NOT EXISTS calls (channel TEXT, called_at TEXT);
CREATE TABLE IF NOT EXISTS holds (channel TEXT PRIMARY KEY, until TEXT, is_broken INTEGER, since TEXT, words TEXT);
CREATE TABLE IF NOT EXISTS rounds (at TEXT);
"""


@dataclass(frozen=True)
class Policy:
    """What a channel does with a message that perhaps arrived. `repeatable`: for how long it takes the same key for the same message;
    `repeats`: whether the shop wants it once more, marked as a repeat, where it does not."""

    repeatable: timedelta = timedelta(0)
    repeats: bool = False


def now() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """The outbox of a shop, open. Several processes may have it open; whoever claims a message alone sends it."""

    def __init__(self, home: Home, clock: Callable[[], datetime] = now):
        self._path = home.folder / FILE
        self._clock = clock
        try:
            # Whoever may not read the home may not read the file; SQLite gives its log the same mode.
            self._path.touch(0o600)
            self._connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=10)
            self._connection.row_factory = sqlite3.Row
            self._connection.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Outbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, channel: str, message: Message) -> bool:
        """Puts a message out for a channel; False where one of its key is there already, in whatever state. It is on the disk when this
        returns. Raises ZhikeError where it cannot be written."""
        with self._writing() as connection:
            return self._insert(connection, channel, message) is not None

    def recover(self, policies: Mapping[str, Policy]) -> int:
        """Ends the calls whose process is gone: at channels that know a key their message waits again, at others it is perhaps sent. Returns
        how many there were."""
        with self._writing() as connection:
            found = connection.execute("SELECT * FROM messages WHERE state = 'sending' AND part_of IS NULL").fetchall()
            gone = [row for row in found if self._is_gone(row)]
            for row in gone:
                self._end(connection, row, PROCESS_ENDED, policies.get(row["channel"], Policy()))
        return len(gone)

    def expire(self, channels: Sequence[str]) -> None:
        """Ends what waits and is too old, or is for a channel that the shop no longer has."""
        stale = Words("过期了还没有送出", "too old before it could be sent")
        nowhere = Words("店铺已没有这个渠道", "the shop has this channel no more")
        with self._writing() as connection:
            waiting = "SELECT * FROM messages WHERE state = 'waiting' AND part_of IS NULL"
            for row in connection.execute(waiting).fetchall():
                is_old = row["expires_at"] is not None and row["expires_at"] <= self._now
                if is_old or row["channel"] not in channels:
                    self._settle(connection, row, "dead", "expired", stale if is_old else nowhere)

    def gather(
        self, channel: str, a_minute: int, together: int | None, whole: Callable[[Sequence[Row]], Message]
    ) -> None:
        """Puts what is due at a channel and was never tried into one message, where it is more than `together` or than may be called now;
        never where `together` is None."""
        with self._writing() as connection:
            due = [row for row in self._due(connection, channel) if not row["attempts"] and not row["is_whole"]]
            room = self._room(connection, channel, a_minute)
            if together is not None and room > 0 and len(due) > min(together, room):
                number = self._insert(connection, channel, whole([row_of(each) for each in due]))
                parts = [(number, each["id"]) for each in due]
                connection.executemany("UPDATE messages SET part_of = ? WHERE id = ?", parts)

    def claim(self, channel: str, a_minute: int) -> Row | None:
        """The next message that is due at a channel, which from now on only this process sends; None where there is none, where the channel
        was called `a_minute` times within the last one, or is held."""
        with self._writing() as connection:
            due = self._due(connection, channel)
            if not due or self._room(connection, channel, a_minute) < 1:
                return None
            row = due[0]
            claimed = connection.execute(
                "UPDATE messages SET state = 'sending', attempts = attempts + 1, claimed_by = ?, claimed_at = ?, changed_at = ? "
                "WHERE (id = ? OR part_of = ?) AND state = 'waiting'",
                (process_of(os.getpid()), self._now, self._now, row["id"], row["id"]),
            )
            if claimed.rowcount == 0:
                return None
            connection.execute("DELETE FROM calls WHERE called_at < ?", (instant(self._clock() - 60 * MINUTE),))
            connection.execute("INSERT INTO calls VALUES (?, ?)", (channel, self._now))
            return row_of(connection.execute("SELECT * FROM messages WHERE id = ?", (row["id"],)).fetchone())

    def answered(self, row: Row, answer: Answer, policy: Policy) -> None:
        """Writes what a channel answered to a claimed message, and what becomes of both."""
        with self._writing() as connection:
            self._end(
                connection,
                connection.execute("SELECT * FROM messages WHERE id = ?", (row.id,)).fetchone(),
                answer,
                policy,
            )

    def release(self, channel: str) -> None:
        """Takes a channel's hold away: it is known to work."""
        with self._writing() as connection:
            connection.execute("DELETE FROM holds WHERE channel = ?", (channel,))

    def begin(self) -> None:
        """Notes that a round of delivery begins now."""
        with self._writing() as connection:
            connection.execute("DELETE FROM rounds")
            connection.execute("INSERT INTO rounds VALUES (?)", (self._now,))

    def is_due(self, channels: Sequence[str], changed_at: datetime) -> bool:
        """Whether a round of delivery has anything to do: something is due at a channel that is not held, the process of a call is gone, the
        shop's tables changed or something was not delivered since the last round, of which others are told; once a day in any case."""
        with self._writing() as connection:
            last = connection.execute("SELECT max(at) FROM rounds").fetchone()[0]
            if last is None or changed_at > moment(last) or self._clock() > moment(last) + timedelta(days=1):
                return True
            failed = connection.execute(
                "SELECT 1 FROM holds WHERE is_broken AND since >= :last "
                "UNION ALL SELECT 1 FROM messages WHERE state = 'dead' AND changed_at >= :last LIMIT 1",
                {"last": last},
            ).fetchone()
            if failed:
                return True
            going = connection.execute("SELECT * FROM messages WHERE state = 'sending'").fetchall()
            return any(map(self._is_gone, going)) or any(self._due(connection, channel) for channel in channels)

    def counts(self) -> dict[str, dict[State, int]]:
        """How many messages a channel has in each state; those that were put together count one each."""
        found: dict[str, Counter[State]] = defaultdict(Counter)
        whole = "NOT EXISTS (SELECT 1 FROM messages AS part WHERE part.part_of = messages.id)"
        query = f"SELECT channel, state, count(*) AS n FROM messages WHERE {whole} GROUP BY channel, state"
        for row in self._connection.execute(query):
            found[row["channel"]][row["state"]] = row["n"]
        return {channel: {state: counted[state] for state in STATES} for channel, counted in found.items()}

    def holds(self) -> dict[str, Hold]:
        """The channels to which nothing is sent for now."""
        rows = self._connection.execute("SELECT * FROM holds WHERE until > ? OR is_broken", (self._now,))
        return {
            row["channel"]: Hold(
                moment(row["until"]), bool(row["is_broken"]), moment(row["since"]), words_of(row["words"])
            )
            for row in rows
        }

    def listed(self, states: Sequence[State] = STATES, since: datetime | None = None, limit: int = 200) -> list[Row]:
        """The messages in some states that changed since, the newest first; those that were put together one each."""
        marks = ", ".join("?" * len(states))
        rows = self._connection.execute(
            f"SELECT * FROM messages WHERE state IN ({marks}) AND changed_at >= ? "
            "AND NOT EXISTS (SELECT 1 FROM messages AS part WHERE part.part_of = messages.id) ORDER BY changed_at DESC, id DESC LIMIT ?",
            (*states, instant(since) if since else "", limit),
        )
        return [row_of(row) for row in rows]

    def forget(self, accounts: Collection[str], where: str = "true") -> int:
        """Takes customers out of the messages of which a condition in SQL holds: the lines that name them, and a title that does. Returns how many
        messages did."""
        wanted, gone = set(accounts), json.dumps([*Words("（已删除）", "(erased)")], ensure_ascii=False)
        with self._writing() as connection:
            query = f"SELECT * FROM messages WHERE accounts <> '[]' AND {where}"
            found = connection.execute(query).fetchall()
            named = [(row, names) for row in found if (names := wanted & set(json.loads(row["accounts"])))]
            for row, names in named:
                lines = [line for line in json.loads(row["lines"]) if not _names(line, names)]
                title = gone if _names(json.loads(row["title"]), names) else row["title"]
                left = [account for account in json.loads(row["accounts"]) if account not in names]
                connection.execute(
                    "UPDATE messages SET title = ?, lines = ?, accounts = ? WHERE id = ?",
                    (title, json.dumps(lines, ensure_ascii=False), json.dumps(left, ensure_ascii=False), row["id"]),
                )
        if named:
            # What was overwritten is still in the log of writes.
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(named)

    def retain(self, days: int) -> int:
        """Removes messages that were sent or given up so many days ago, and returns how many."""
        before = instant(self._clock() - timedelta(days=days))
        with self._writing() as connection:
            query = "DELETE FROM messages WHERE state IN ('sent', 'perhaps_sent', 'dead') AND changed_at < ?"
            return connection.execute(query, (before,)).rowcount

    @property
    def _now(self) -> str:
        return instant(self._clock())

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
            f"the outbox cannot be written: {error}", str(self._path), "free space there, or make it writable"
        )

    def _insert(self, connection: sqlite3.Connection, channel: str, message: Message) -> int | None:
        made = connection.execute(
            "INSERT OR IGNORE INTO messages (channel, key, title, lines, urgent, expires_at, accounts, state, attempts, next_at, is_repeat, "
            "words, put_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, 0, '[\"\", \"\"]', ?, ?)",
            (
                channel,
                message.key,
                json.dumps([*message.title], ensure_ascii=False),
                json.dumps([[*line] for line in message.lines], ensure_ascii=False),
                message.urgent,
                instant(message.expires_at) if message.expires_at else None,
                json.dumps(message.accounts, ensure_ascii=False),
                *[self._now] * 3,
            ),
        )
        return made.lastrowid if made.rowcount else None

    def _is_gone(self, row: sqlite3.Row) -> bool:
        if row["claimed_by"]:
            return is_gone(row["claimed_by"])
        return moment(row["claimed_at"]) < self._clock() - LONGEST_CALL

    def _due(self, connection: sqlite3.Connection, channel: str) -> list[sqlite3.Row]:
        """What may be sent now, what is urgent and was tried least first; nothing at a channel that is held."""
        query = (
            "SELECT *, EXISTS (SELECT 1 FROM messages AS part WHERE part.part_of = messages.id) AS is_whole FROM messages "
            "WHERE channel = :channel AND state = 'waiting' AND part_of IS NULL AND next_at <= :now "
            "AND NOT EXISTS (SELECT 1 FROM holds WHERE holds.channel = :channel AND until > :now) "
            "ORDER BY urgent DESC, attempts, id"
        )
        return connection.execute(query, {"channel": channel, "now": self._now}).fetchall()

    def _room(self, connection: sqlite3.Connection, channel: str, a_minute: int) -> int:
        query = "SELECT count(*) FROM calls WHERE channel = ? AND called_at > ?"
        return a_minute - connection.execute(query, (channel, instant(self._clock() - MINUTE))).fetchone()[0]

    def _end(self, connection: sqlite3.Connection, row: sqlite3.Row, answer: Answer, policy: Policy) -> None:
        """What becomes of a message in `sending` and of its channel."""
        state, pause, is_repeat = self._next(row, answer, policy)
        doubtful = row["doubtful_at"] or (row["claimed_at"] if answer.kind == "perhaps" else None)
        connection.execute(
            "UPDATE messages SET next_at = ?, doubtful_at = ?, is_repeat = ? WHERE id = ?",
            (instant(self._clock() + pause), doubtful, is_repeat, row["id"]),
        )
        self._settle(connection, row, state, answer.kind, answer.words)
        if answer.kind == "sent":
            connection.execute("DELETE FROM holds WHERE channel = ?", (row["channel"],))
        if answer.kind in ("retry", "broken") or answer.after:
            is_broken = answer.kind == "broken"
            until = BROKEN_FOR if is_broken else max(timedelta(seconds=answer.after), MINUTE)
            connection.execute(
                "INSERT INTO holds VALUES (:channel, :until, :is_broken, :now, :words) ON CONFLICT (channel) DO UPDATE SET "
                "since = CASE WHEN is_broken = :is_broken THEN since ELSE :now END, until = :until, is_broken = :is_broken, words = :words",
                {
                    "channel": row["channel"],
                    "until": instant(self._clock() + until),
                    "is_broken": is_broken,
                    "now": self._now,
                    "words": json.dumps([*answer.words], ensure_ascii=False),
                },
            )

    def _next(self, row: sqlite3.Row, answer: Answer, policy: Policy) -> tuple[State, timedelta, bool]:
        """The state after an answer, the pause before the next attempt, and whether that one is marked as a repeat."""
        pause = min(MINUTE * 2 ** (row["attempts"] - 1), LONGEST_PAUSE)
        is_doubtful = row["doubtful_at"] is not None
        # Nobody may say of what perhaps arrived that it did not.
        lost: State = "perhaps_sent" if is_doubtful and not policy.repeatable else "dead"
        if answer.kind in ("sent", "refused"):
            return "sent" if answer.kind == "sent" else lost, timedelta(0), bool(row["is_repeat"])
        if row["attempts"] >= MOST_ATTEMPTS:
            return "perhaps_sent" if answer.kind == "perhaps" else lost, timedelta(0), bool(row["is_repeat"])
        if answer.kind == "retry":
            return "waiting", max(pause, timedelta(seconds=answer.after)), bool(row["is_repeat"])
        if answer.kind == "broken":
            return "waiting", timedelta(0), bool(row["is_repeat"])
        pause = pause if answer.after else timedelta(0)
        first = moment(row["doubtful_at"] or row["claimed_at"])
        if policy.repeatable and self._clock() + pause < first + policy.repeatable:
            return "waiting", pause, False
        if policy.repeats and not row["is_repeat"]:
            return "waiting", pause, True
        return "perhaps_sent", timedelta(0), bool(row["is_repeat"])

    def _settle(
        self, connection: sqlite3.Connection, row: sqlite3.Row, state: State, answer: str, words: Words
    ) -> None:
        connection.execute(
            "UPDATE messages SET state = ?, answer = ?, words = ?, changed_at = ? WHERE id = ? OR part_of = ?",
            (state, answer, json.dumps([*words], ensure_ascii=False), self._now, row["id"], row["id"]),
        )


def _names(texts: Sequence[str], accounts: set[str]) -> bool:
    return any(account in text for text in texts for account in accounts)
