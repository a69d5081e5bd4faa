"""Entries of a shop's knowledge base, made of the rows of its `answers`.

A row is one wording of a question with one answer. Rows with the same intent, question and language are one entry in two wordings of its answer:
with fields, and plain for who lacks one. Rows with the same intent, answer and language are one entry too: the first asks the standard
question, the others its variants.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from resources.words import language_of

FIELD = re.compile(r"\{\s*(\w{1,40})\s*\}")


@dataclass(frozen=True)
class Entry:
    """An entry: `variants` are other wordings of the standard question, `plain` its answer without fields, where the shop wrote one."""

    answer_id: str
    intent: str
    question: str
    variants: tuple[str, ...]
    answer: str
    locale: str | None = None
    plain: str | None = None

    @property
    def phrasings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for text in (self.question, *self.variants) if text.strip()))


def has_fields(answer: str) -> bool:
    return FIELD.search(answer) is not None


def entries_of(rows: Iterable[Sequence[Any]], locale: str) -> list[Entry]:
    """The entries of rows of answer_id, intent, question, answer and locale (None: the shop's `locale`), in the order of their first rows."""
    asked: dict[tuple[str, str, str], list[Entry]] = {}
    for answer_id, intent, question, answer, spoken in rows:
        language = language_of(spoken or locale)
        asked.setdefault((intent, question, language), []).append(
            Entry(answer_id, intent, question, (), answer, language)
        )
    answered: dict[tuple[str, str, str | None], Entry] = {}
    for same in asked.values():
        plain = next((entry.answer for entry in same if not has_fields(entry.answer)), None)
        own = replace(next((entry for entry in same if has_fields(entry.answer)), same[0]), plain=plain)
        known = answered.setdefault((own.intent, own.answer, own.locale), own)
        if known is not own:
            variants = (*known.variants, own.question)
            answered[own.intent, own.answer, own.locale] = replace(
                known, variants=variants, plain=known.plain or own.plain
            )
    return list(answered.values())
