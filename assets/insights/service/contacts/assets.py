"""Contacts as of each Monday: reasons, how well service answered, who asked, what the knowledge base does not answer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.tables import IDENTITIES
from assets.insights.service.contacts.reads import (
    COMPLAINTS,
    FOR_A_PERSON,
    OTHER,
    SQL,
    answers_then,
    conversations_then,
)
from assets.insights.service.contacts.tables import (
    ANSWER_USE,
    CONTACT_REASONS,
    CONTACTS,
    SERVICE_QUALITY,
    UNANSWERED_QUESTIONS,
)
from assets.insights.service.intents.tables import MESSAGE_INTENTS
from data_checks import contacts as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import ANSWERS, CONTRACT, MESSAGES
from resources.values import named

if TYPE_CHECKING:
    from assets.insights.service.methods.base import Found, KnowledgeBase
    from assets.insights.service.methods.entries import Entry

METHODS = ("assets/insights/service/methods",)
LISTED = 20


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    tables = calendar.shop.tables
    if "messages" not in tables:
        return []
    gated = partial(gated_asset, calendar=calendar)
    talks = [MESSAGES.clean, MESSAGE_INTENTS]
    known = [*talks, *(CONTRACT[name].clean for name in ("orders", "products") if name in tables)]
    people = [*talks, *([IDENTITIES] if "links" in tables else [])]
    found = [
        gated(CONTACT_REASONS, reason_rows, reads=known, suite=checks.contact_reasons(), kinds={"sql"}),
        gated(SERVICE_QUALITY, quality_rows, reads=talks, suite=checks.service_quality(), kinds={"sql"}),
        gated(CONTACTS, contact_rows, reads=people, suite=checks.contacts(), kinds={"sql"}),
    ]
    if "answers" in tables:
        based = partial(gated, reads=[*talks, ANSWERS.clean], kinds={"bm25s"}, code=METHODS)
        found += [
            based(UNANSWERED_QUESTIONS, unanswered_rows, suite=checks.unanswered_questions()),
            based(ANSWER_USE, use_rows, suite=checks.answer_use()),
        ]
    return found


def reason_rows(work: Work) -> Rows:
    """What service was asked, by product."""
    return Rows(SQL("contact_reasons"), inputs=conversations_then(work.warehouse, work.keys))


def quality_rows(work: Work) -> Rows:
    """How it answered, by channel."""
    return Rows(SQL("service_quality"), {"for_a_person": FOR_A_PERSON}, conversations_then(work.warehouse, work.keys))


def contact_rows(work: Work) -> Rows:
    """Who asked."""
    return Rows(SQL("contacts"), {"complaints": COMPLAINTS}, conversations_then(work.warehouse, work.keys))


@dataclass(frozen=True)
class Looked:
    """A question of four weeks and the entry that comes nearest to it."""

    conversation_id: str
    text: str
    asked_at: float
    asked_on: date
    intent: str | None
    reply: str | None
    nearest: "Found | None"
    is_answered: bool


def use_rows(work: Work) -> Rows:
    """How often each entry is found."""
    import pandas as pd

    rows: list[tuple[Any, ...]] = []
    for week, entries, looked in _looked(work):
        found = Counter(one.nearest.answer_id for one in looked if one.nearest and one.is_answered)
        near = Counter(one.nearest.answer_id for one in looked if one.nearest and not one.is_answered)
        for entry in entries:
            counts = found[entry.answer_id], near[entry.answer_id]
            rows.append((week, entry.answer_id, entry.intent, entry.question, *counts, not any(counts)))
    return Rows(pd.DataFrame(rows, columns=ANSWER_USE.column_names) if rows else "")


def unanswered_rows(work: Work) -> Rows:
    """What no entry answers."""
    import pyarrow as pa

    from assets.insights.service.methods.gaps import Asked, gaps, without_numbers

    rows: list[tuple[Any, ...]] = []
    for week, _, looked in _looked(work):
        nearest = {one.conversation_id: one for one in looked}
        open_ = (
            Asked(one.conversation_id, one.text, one.asked_at, one.intent, one.reply)
            for one in looked
            if not one.is_answered
        )
        for place, gap in enumerate(gaps(open_)[:LISTED], start=1):
            newest = nearest[gap.asked[0].conversation_id]
            said = next(
                (
                    nearest[one.conversation_id].nearest
                    for one in gap.asked
                    if without_numbers(one.text) == gap.question
                ),
                None,
            )
            intent = gap.intent or OTHER
            words = named(intent)
            rows.append(
                (week, place, gap.question, list(gap.variants), intent, words.zh, words.en, len(gap.asked), newest.asked_on, gap.reply,
                 said.answer_id if said else None, said.p_right if said else None)
            )  # fmt: skip
    work.connection.execute(
        UNANSWERED_QUESTIONS.create_sql("drafts", temporary=True).replace("CREATE", "CREATE OR REPLACE", 1)
    )
    if rows:
        columns = list(zip(*rows, strict=True))
        types = {
            "variants": pa.list_(pa.string()),
            "reply": pa.string(),
            "nearest_answer_id": pa.string(),
            "nearest_p_right": pa.float64(),
        }
        names = UNANSWERED_QUESTIONS.column_names
        frame = pa.table(
            {name: pa.array(list(values), types.get(name)) for name, values in zip(names, columns, strict=True)}
        )
        work.connection.register("frame", frame)
        work.connection.execute("INSERT INTO drafts BY NAME SELECT * FROM frame")
        work.connection.unregister("frame")
    return Rows("SELECT * FROM drafts")


def _looked(work: Work) -> "Iterator[tuple[date, Sequence[Entry], list[Looked]]]":
    """Of each week that has entries: the week, its entries, and what was asked in the four weeks before it."""
    from assets.insights.service.methods.entries import entries_of

    warehouse = work.warehouse
    with warehouse.given(conversations_then(warehouse, work.keys)):
        questions = work.connection.execute(SQL("asked")).fetchall()
    for week in work.keys:
        entries = tuple(entries_of(answers_then(warehouse, week), warehouse.shop.locale))
        if not entries:
            continue
        base, searched = warehouse.once(("knowledge base", entries), partial(_opened, entries))
        looked = []
        for as_of, conversation, text, asked_at, asked_on, intent, reply in questions:
            if as_of != week:
                continue
            if text not in searched:
                searched[text] = next(iter(base.search(text, k=1)), None)
            nearest = searched[text]
            is_answered = nearest is not None and nearest.p_right >= base.threshold
            looked.append(
                Looked(conversation, text, asked_at.timestamp(), asked_on, intent, reply, nearest, is_answered)
            )
        yield week, entries, looked


def _opened(entries: "Sequence[Entry]") -> "tuple[KnowledgeBase, dict[str, Found | None]]":
    """A base, and what was found in it of each text that was looked for."""
    from assets.insights.service.methods.base import KnowledgeBase

    return KnowledgeBase(entries), {}
