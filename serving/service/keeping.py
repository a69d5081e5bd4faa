"""How long the inbox keeps what it was given, and how it forgets persons: events and messages until a run has read them, conversations for as long as the
shop says. A server that runs meanwhile goes on.

What names nobody stays with whom it is of: in a conversation, what was said before its customer showed who they are, and the agent's words.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from resources.clearing import clearing
from resources.erased import ACCOUNT, FOLLOWED
from resources.home import Home
from resources.inbox import FILE, KEYS, SUFFIX
from resources.privacy import account_ids
from resources.settings import Retention

# The tables of conversations, those of hand-overs first: they are found by their conversation.
OF_HANDOVERS = (
    "handover_id IN (SELECT handover_id FROM handovers WHERE conversation_id IN (SELECT id FROM gone_conversations))"
)
OF_CONVERSATIONS = {"handover_steps": OF_HANDOVERS} | dict.fromkeys(
    ("handovers", "said", "turns", "conversations"), "conversation_id IN (SELECT id FROM gone_conversations)"
)


def forget(home: Home, accounts: Sequence[str]) -> int:
    """Removes from the inbox and from the conversations all that is of some accounts, as the warehouse calls them. Returns how many rows went. Raises ZhikeError where it cannot be done."""
    gone, path = set(accounts), home.landing / FILE
    if not path.exists():
        return 0
    with clearing(path) as inbox:
        there = _tables(inbox)
        _name(inbox, "gone_conversations", [])
        if "conversations" in there:
            inbox.execute(
                "CREATE TEMP TABLE gone_accounts AS SELECT value AS id FROM json_each(?)", [json.dumps(accounts)]
            )
            inbox.execute(
                "INSERT INTO gone_conversations SELECT conversation_id FROM conversations WHERE customer_id IN (SELECT id FROM gone_accounts) "
                "UNION SELECT conversation_id FROM turns WHERE customer_id IN (SELECT id FROM gone_accounts)"
            )
        before = inbox.total_changes
        for table in KEYS:
            if table in there:
                _forget_rows(inbox, home, table, gone)
        _remove_conversations(inbox, there)
        return inbox.total_changes - before


def retain(home: Home, kept: Retention, done: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Removes what is older than is kept: of a table's rows only days that a run has read, `done` (by table; all days of one that no run reads), and
    whose landed file holds them all; conversations and hand-overs by their last word. Returns how many rows went, by table."""
    path = home.landing / FILE
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as inbox:
        there = _tables(inbox)
        days = {table: _days(inbox, home, table, kept, done.get(table)) for table in KEYS if table in there}
        old = [row[0] for row in inbox.execute(_old(), _limits(kept)).fetchall()] if "conversations" in there else []
    if not old and not any(days.values()):
        return {}
    with clearing(path) as inbox:
        went: dict[str, int] = {}
        for table, of_table in days.items():
            if of_table:
                deleted = f"DELETE FROM {table} WHERE received_on IN (SELECT value FROM json_each(?))"
                went[table] = inbox.execute(deleted, [json.dumps(of_table)]).rowcount
        # Looked for again: somebody may have spoken since.
        old = [row[0] for row in inbox.execute(_old(), _limits(kept)).fetchall()] if old else []
        _name(inbox, "gone_conversations", old)
        return went | _remove_conversations(inbox, there)


def _days(
    inbox: sqlite3.Connection, home: Home, table: str, kept: Retention, done: Collection[str] | None
) -> list[str]:
    """The days of a table whose rows may go."""
    # What no run reads is kept as long as the conversations that it is of.
    limit = _before(kept.inbox_days if done is not None else kept.conversation_days)[:10]
    counted = inbox.execute(
        f"SELECT received_on, count(*) FROM {table} WHERE received_on < ? GROUP BY received_on ORDER BY 1", [limit]
    ).fetchall()
    return [day for day, count in counted if done is None or (day in done and _landed(home, table, day) == count)]


def _landed(home: Home, table: str, day: str) -> int:
    """How many rows the landed file of a day holds."""
    try:
        with _landed_file(home, table, day).open("rb") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def _landed_file(home: Home, table: str, day: str) -> Path:
    return home.landing / table / f"{day}{SUFFIX}"


def _old() -> str:
    """Conversations whose last word is older than is kept: of customers, of guests, of those who wait for a person."""
    return """
    SELECT conversation_id FROM conversations AS c
    WHERE coalesce((SELECT max(sent_at) FROM said AS s WHERE s.conversation_id = c.conversation_id), opened_at) < iif(customer_id IS NULL, :guests, :customers)
        AND NOT EXISTS (SELECT 1 FROM handovers AS h WHERE h.conversation_id = c.conversation_id AND h.changed_at >= iif(h.state = 'closed',
            iif(c.customer_id IS NULL, :guests, :customers), :handovers))
    """


def _limits(kept: Retention) -> dict[str, str]:
    names = {"customers": kept.conversation_days, "guests": kept.guest_days, "handovers": kept.handover_days}
    return {name: _before(days) for name, days in names.items()}


def _before(days: int) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


def _tables(inbox: sqlite3.Connection) -> set[str]:
    """The tables of an inbox: one of an earlier release lacks some."""
    return {name for (name,) in inbox.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()}


def _name(inbox: sqlite3.Connection, table: str, ids: Iterable[str]) -> None:
    inbox.execute(f"CREATE TEMP TABLE {table} AS SELECT value AS id FROM json_each(?)", [json.dumps(list(ids))])


def _remove_conversations(inbox: sqlite3.Connection, there: Collection[str]) -> dict[str, int]:
    return {
        table: inbox.execute(f"DELETE FROM {table} WHERE {condition}").rowcount
        for table, condition in OF_CONVERSATIONS.items()
        if table in there
    }


def _forget_rows(inbox: sqlite3.Connection, home: Home, table: str, gone: set[str]) -> None:
    rows = inbox.execute(f"SELECT {KEYS[table]}, row FROM {table}").fetchall()
    conversations = {name for (name,) in inbox.execute("SELECT id FROM gone_conversations").fetchall()}
    theirs = _theirs(home, table, [json.loads(row) for _, row in rows], gone, conversations)
    keys = [(key,) for (key, _), is_theirs in zip(rows, theirs, strict=True) if is_theirs]
    inbox.executemany(f"DELETE FROM {table} WHERE {KEYS[table]} = ?", keys)


def _theirs(
    home: Home, table: str, rows: Sequence[Mapping[str, str]], gone: set[str], conversations: set[str]
) -> list[bool]:
    """Which rows are of accounts that leave: by what they name, and those that name nobody by the conversation or action that they are part of."""
    accounts = account_ids({row.get(ACCOUNT) or "" for row in rows}, home.key)
    theirs = [accounts[row.get(ACCOUNT) or ""] in gone for row in rows]
    follows = FOLLOWED.get(table, ACCOUNT)
    followed = {row.get(follows) for row, is_theirs in zip(rows, theirs, strict=True) if is_theirs} | conversations
    return [
        is_theirs or (not row.get(ACCOUNT) and row.get(follows) in followed)
        for row, is_theirs in zip(rows, theirs, strict=True)
    ]


def counted(home: Home, accounts: Sequence[str]) -> dict[str, int]:
    """How many rows the inbox holds of some accounts, by table, and how many conversations; none where there is no inbox."""
    path = home.landing / FILE
    if not path.exists():
        return {}
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as inbox:
        there = _tables(inbox)
        asked = "IN (SELECT value FROM json_each(?))"
        queries = {
            table: f"SELECT count(*) FROM {table} WHERE json_extract(row, '$.{ACCOUNT}') {asked}" for table in KEYS
        }
        queries["conversations"] = f"SELECT count(*) FROM conversations WHERE customer_id {asked}"
        return {
            table: inbox.execute(query, [json.dumps(accounts)]).fetchone()[0]
            for table, query in queries.items()
            if table in there
        }
