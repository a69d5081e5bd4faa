"""What is kept of conversations, in the inbox beside what the nightly run reads: turns with their replies, messages, and who took over.

A turn is kept before it is answered, and answered once: who sends it again is told the same. Messages are rows of the contract's `messages`; texts are
masked as they are on arrival, and customers kept under the ids of the warehouse.
"""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from resources.inbox import Inbox
from resources.masks import masked
from resources.text import normalised
from resources.words import Words
from serving.answers import NO_VALUE, Refused, Said, filled
from serving.service.engine import Before, Choice, Reply, State
from serving.service.handover import Handover, urgency
from serving.service.tokens import OTHER_CUSTOMER
from serving.service.wording import STATES

SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (conversation_id TEXT PRIMARY KEY, customer_id TEXT, opened_at TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (turn INTEGER PRIMARY KEY, conversation_id TEXT, turn_id TEXT, customer_id TEXT, said TEXT, language TEXT, asked_at TEXT,
    reply TEXT, UNIQUE (conversation_id, turn_id));
CREATE TABLE IF NOT EXISTS said (number INTEGER PRIMARY KEY, conversation_id TEXT, message_id TEXT UNIQUE, sender TEXT, text TEXT, sent_at TEXT);
CREATE INDEX IF NOT EXISTS said_in ON said (conversation_id, number);
CREATE TABLE IF NOT EXISTS handovers (handover_id INTEGER PRIMARY KEY, conversation_id TEXT, state TEXT, urgency INTEGER, opened_at TEXT, changed_at TEXT,
    taken_by TEXT, facts TEXT);
CREATE INDEX IF NOT EXISTS handovers_of ON handovers (conversation_id, handover_id);
CREATE INDEX IF NOT EXISTS handovers_in ON handovers (state, urgency);
CREATE TABLE IF NOT EXISTS handover_steps (handover_id INTEGER, at TEXT, who TEXT, step TEXT, text TEXT);
CREATE INDEX IF NOT EXISTS handover_steps_of ON handover_steps (handover_id);
"""
CHANNEL, BOT = "zhike", "zhike"
# Turns that bear on the next one.
REMEMBERED = 8
WAITING: tuple[State, ...] = ("open", "taken", "answered")
# What an agent may do to a hand-over in which state, and what it is then.
STEPS: dict[str, tuple[tuple[State, ...], State | None]] = {
    "take": (("open", "answered", "taken"), "taken"),
    "answer": (("open", "taken", "answered"), "answered"),
    "close": (("open", "taken", "answered"), "closed"),
    "note": (("open", "taken", "answered", "closed"), None),
}

SAID_OTHERWISE = Said(
    Words("这一轮已经收到过，内容不同", "this turn was received before, and said otherwise"),
    Words("新的一句请用新的 turn_id", "give what is new a turn_id of its own"),
)
NOT_NOW = Said(
    Words("这条转接记录现在不能这样处理", "this cannot be done to the hand-over as it is now"),
    Words("请刷新队列：{0}，处理人：{1}", "look at the queue again: it is {0}, with {1}"),
)
HANDOVER = Words("转接记录", "hand-over")


@dataclass(frozen=True)
class Said:
    """What a customer says in a conversation; `customer` is their account as the warehouse knows it, where a token proves it."""

    conversation: str
    turn_id: str
    text: str
    customer: str | None = None
    locale: str | None = None


@dataclass(frozen=True)
class Turn:
    """A turn as it was kept: its number, what was said without personal values, its reply where it has one, whose the conversation is, and the turns
    before it."""

    number: int
    said: str
    reply: Reply | None
    state: State
    before: Sequence[Before]


@dataclass(frozen=True)
class Answered:
    """A turn with its reply, and with the hand-over that it makes."""

    said: Said
    turn: Turn
    reply: Reply
    record: Handover | None


@dataclass(frozen=True)
class Message:
    number: int
    sender: str
    text: str
    sent_at: str


class Conversations:
    """The conversations of a shop. Raises ZhikeError where the inbox cannot be read or written."""

    def __init__(self, inbox: Inbox):
        self._inbox = inbox
        with inbox.writing() as connection:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)

    def ask(self, batch: Sequence[Said]) -> list[Turn | Refused]:
        """Keeps what customers say, at most one turn a conversation, in one transaction. What is refused is not kept: (403) in a conversation of
        another customer, (409) for a turn that said something else."""
        with self._inbox.writing() as connection:
            return [self._ask(connection, said) for said in batch]

    def answer(self, batch: Sequence[Answered]) -> list[State]:
        """Keeps replies, and opens or extends the hand-overs that they make, in one transaction. Returns whose the conversations are then."""
        at = _now()
        with self._inbox.writing() as connection:
            for each in batch:
                said = each.said
                self._say(connection, said.conversation, said.turn_id, "bot", each.reply.text, said.customer, at)
                reply = json.dumps(asdict(each.reply))
                connection.execute("UPDATE turns SET reply = ? WHERE turn = ?", (reply, each.turn.number))
                if each.record:
                    self._hand_over(connection, said.conversation, each.record, at)
            return [_state(connection, each.said.conversation) for each in batch]

    def state(self, conversation: str) -> State:
        """Who answers in a conversation now: the bot, or a person as far as they are."""
        with self._inbox.writing() as connection:
            return _state(connection, conversation)

    def messages(self, conversation: str, after: int = 0) -> list[Message]:
        with self._inbox.writing() as connection:
            rows = connection.execute(
                "SELECT number, sender, text, sent_at FROM said WHERE conversation_id = ? AND number > ? ORDER BY number",
                (conversation, after),
            ).fetchall()
        return [Message(*row) for row in rows]

    def belongs_to(self, conversation: str, customer: str | None) -> bool:
        """Whether a customer, or somebody unknown, may read a conversation."""
        with self._inbox.writing() as connection:
            found = _one(connection, "SELECT customer_id FROM conversations WHERE conversation_id = ?", conversation)
        return not found or found[0] == customer

    def queue(self, limit: int) -> list[dict[str, Any]]:
        """Hand-overs that wait: the most urgent first, of equal ones who has waited longest."""
        with self._inbox.writing() as connection:
            rows = connection.execute(
                "SELECT handover_id, conversation_id, state, urgency, opened_at, changed_at, taken_by, facts FROM handovers "
                "WHERE state <> 'closed' ORDER BY state = 'answered', urgency DESC, opened_at, handover_id LIMIT ?",
                (limit,),
            ).fetchall()
        return [_shown(row) for row in rows]

    def handover(self, handover: int) -> dict[str, Any]:
        """A hand-over with its steps. Raises Refused (404) where there is none."""
        with self._inbox.writing() as connection:
            row = _one(
                connection,
                "SELECT handover_id, conversation_id, state, urgency, opened_at, changed_at, taken_by, facts FROM handovers WHERE handover_id = ?",
                handover,
            )
            if not row:
                raise _unknown(handover)
            steps = connection.execute(
                "SELECT at, who, step, text FROM handover_steps WHERE handover_id = ? ORDER BY rowid", (handover,)
            ).fetchall()
        names = ("at", "who", "step", "text")
        return _shown(row) | {"steps": [dict(zip(names, step, strict=True)) for step in steps]}

    def step(self, handover: int, step: str, who: str, text: str) -> None:
        """What an agent does. Raises Refused (404) for no hand-over, (409) for one in whose state it cannot be done."""
        allowed, then = STEPS[step]
        at, said = _now(), masked(text)
        with self._inbox.writing() as connection:
            found = _one(
                connection, "SELECT state, conversation_id, taken_by FROM handovers WHERE handover_id = ?", handover
            )
            if not found:
                raise _unknown(handover)
            state, conversation, taken_by = found
            # Of two who take it at once the second is told; an answer takes it over.
            if state not in allowed or (step == "take" and state == "taken" and taken_by not in (None, who)):
                raise Refused(409, filled(NOT_NOW, (), (STATES[state], taken_by or "-")))
            connection.execute(
                "UPDATE handovers SET state = ?, changed_at = ?, taken_by = CASE WHEN ? IN ('take', 'answer') THEN ? ELSE taken_by END WHERE handover_id = ?",
                (then or state, at, step, who, handover),
            )
            self._note(connection, handover, at, who, step, said)
            if step == "answer":
                ((number,),) = connection.execute(
                    "SELECT count(*) FROM handover_steps WHERE handover_id = ?", (handover,)
                )
                bound = _one(
                    connection, "SELECT customer_id FROM conversations WHERE conversation_id = ?", conversation
                )
                self._say(connection, conversation, f"handover {handover}.{number}", "agent", said, bound[0], at)

    def _ask(self, connection: sqlite3.Connection, asked: Said) -> Turn | Refused:
        said, at = masked(asked.text), _now()
        conversation, customer = asked.conversation, asked.customer
        bound = _one(connection, "SELECT customer_id FROM conversations WHERE conversation_id = ?", conversation)
        # A conversation is the customer's who first speaks in it with a token.
        if bound and customer is not None and bound[0] not in (None, customer):
            return Refused(403, OTHER_CUSTOMER)
        found = _one(
            connection,
            "SELECT turn, customer_id, said, reply FROM turns WHERE conversation_id = ? AND turn_id = ?",
            conversation,
            asked.turn_id,
        )
        if found:
            # Who speaks without a token is not told again what was said to a customer.
            if (found[1], found[2]) != (customer, said):
                return Refused(409, SAID_OTHERWISE)
            number, reply = found[0], _reply(found[3])
        else:
            number, reply = self._begin(connection, asked, said, at), None
        return Turn(number, said, reply, _state(connection, conversation), _before(connection, conversation, number))

    def _begin(self, connection: sqlite3.Connection, asked: Said, said: str, at: str) -> int:
        """Keeps a new turn. Returns its number."""
        conversation, customer = asked.conversation, asked.customer
        connection.execute(
            "INSERT INTO conversations VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET customer_id = coalesce(customer_id, excluded.customer_id)",
            (conversation, customer, at),
        )
        self._say(connection, conversation, asked.turn_id, "customer", said, customer, at)
        cursor = connection.execute(
            "INSERT INTO turns (conversation_id, turn_id, customer_id, said, language, asked_at) VALUES (?, ?, ?, ?, ?, ?)",
            (conversation, asked.turn_id, customer, said, asked.locale, at),
        )
        # A person who has answered is asked again.
        connection.execute(
            "UPDATE handovers SET state = 'taken', changed_at = ? WHERE conversation_id = ? AND state = 'answered'",
            (at, conversation),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def _say(
        self,
        connection: sqlite3.Connection,
        conversation: str,
        turn_id: str,
        sender: str,
        text: str,
        customer: str | None,
        at: str,
    ) -> None:
        """Keeps a message, once, also as a row that the nightly run reads."""
        name = json.dumps([conversation, turn_id, sender])
        message = f"zhike-{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}"
        inserted = connection.execute(
            "INSERT OR IGNORE INTO said (conversation_id, message_id, sender, text, sent_at) VALUES (?, ?, ?, ?, ?)",
            (conversation, message, sender, text, at),
        )
        if inserted.rowcount:
            row = {"message_id": message, "conversation_id": conversation, "customer_id": customer, "sender": sender}
            row |= {"text": text, "sent_at": at, "channel": CHANNEL}
            self._inbox.keep(connection, "messages", [row])

    def _hand_over(self, connection: sqlite3.Connection, conversation: str, record: Handover, at: str) -> None:
        found = _waiting(connection, conversation)
        if found:
            handover, known = found[0], Handover.of(found[2])
            more = [reason for reason in record.reasons if reason not in known.reasons]
            record = record.with_reasons((*known.reasons, *more))
            connection.execute(
                "UPDATE handovers SET urgency = ?, facts = ? WHERE handover_id = ?",
                (urgency(record.reasons), record.as_text(), handover),
            )
        else:
            cursor = connection.execute(
                "INSERT INTO handovers (conversation_id, state, urgency, opened_at, changed_at, facts) VALUES (?, 'open', ?, ?, ?, ?)",
                (conversation, urgency(record.reasons), at, at, record.as_text()),
            )
            assert cursor.lastrowid is not None
            handover, more = cursor.lastrowid, list(record.reasons)
        if more:
            self._note(connection, handover, at, BOT, "opened", ", ".join(more))

    @staticmethod
    def _note(connection: sqlite3.Connection, handover: int, at: str, who: str, step: str, text: str) -> None:
        connection.execute("INSERT INTO handover_steps VALUES (?, ?, ?, ?, ?)", (handover, at, who, step, text))


def _waiting(connection: sqlite3.Connection, conversation: str) -> tuple[int, State, str] | None:
    return _one(
        connection,
        "SELECT handover_id, state, facts FROM handovers WHERE conversation_id = ? AND state <> 'closed' ORDER BY handover_id DESC LIMIT 1",
        conversation,
    )


def _state(connection: sqlite3.Connection, conversation: str) -> State:
    found = _waiting(connection, conversation)
    return found[1] if found else "bot"


def _before(connection: sqlite3.Connection, conversation: str, turn: int) -> list[Before]:
    """The turns before one, since a person last closed the conversation."""
    closed = "SELECT max(changed_at) FROM handovers WHERE conversation_id = ? AND state = 'closed'"
    since = _one(connection, closed, conversation)[0] or ""
    rows = connection.execute(
        "SELECT said, reply FROM turns WHERE conversation_id = ? AND turn < ? AND asked_at > ? ORDER BY turn DESC LIMIT ?",
        (conversation, turn, since, REMEMBERED),
    ).fetchall()
    replies = ((normalised(said), _reply(reply)) for said, reply in reversed(rows))
    return [Before(said, reply.is_failure, reply.failures) for said, reply in replies if reply]


def _one(connection: sqlite3.Connection, query: str, *values: object) -> Any:
    return connection.execute(query, values).fetchone()


def _reply(text: str | None) -> Reply | None:
    if text is None:
        return None
    found = json.loads(text)
    choices = tuple(Choice(**choice) for choice in found["choices"])
    return Reply(**found | {"choices": choices, "reasons": tuple(found["reasons"])})


def _shown(row: Sequence[Any]) -> dict[str, Any]:
    names = ("handover_id", "conversation_id", "state", "urgency", "opened_at", "changed_at", "taken_by")
    return dict(zip(names, row[:-1], strict=True)) | {"record": Handover.of(row[-1])}


def _unknown(handover: int) -> Refused:
    return Refused(404, filled(NO_VALUE, (handover, HANDOVER), ("GET /queue",)))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
