"""Rows of the outbox as people and programs see them."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from assets.outreach.delivery.message import Message
from resources.words import Words

State = Literal["waiting", "sending", "sent", "perhaps_sent", "dead"]
STATES: tuple[State, ...] = ("waiting", "sending", "sent", "perhaps_sent", "dead")


@dataclass(frozen=True)
class Row:
    """A message in the outbox, as people see it: its state, how often it was tried, what was answered last and when."""

    id: int
    channel: str
    message: Message
    state: State
    attempts: int
    next_at: datetime
    is_repeat: bool
    words: Words
    put_at: datetime
    changed_at: datetime


@dataclass(frozen=True)
class Hold:
    """A channel to which nothing is sent until a time, and why."""

    until: datetime
    is_broken: bool
    since: datetime
    words: Words


def instant(when: datetime) -> str:
    """An instant as text that sorts as it passes."""
    return when.astimezone(UTC).isoformat(timespec="milliseconds")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def words_of(text: str) -> Words:
    return Words(*json.loads(text))


def row_of(row: sqlite3.Row) -> Row:
    message = Message(
        row["key"],
        words_of(row["title"]),
        tuple(Words(*line) for line in json.loads(row["lines"])),
        bool(row["urgent"]),
        moment(row["expires_at"]) if row["expires_at"] else None,
        tuple(json.loads(row["accounts"])),
    )
    return Row(
        row["id"],
        row["channel"],
        message,
        row["state"],
        row["attempts"],
        moment(row["next_at"]),
        bool(row["is_repeat"]),
        words_of(row["words"]),
        moment(row["put_at"]),
        moment(row["changed_at"]),
    )
