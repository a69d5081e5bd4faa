"""A message to the shop's own people."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from resources.words import Words


@dataclass(frozen=True)
class Message:
    """`key`: the same for the same message about the same thing, another when either changes (`keyed`). `lines`: its text, a line each.
    `accounts`: the customers whom its text names, by which it is forgotten with them. After `expires_at` it is not sent any more."""

    key: str
    title: Words
    lines: tuple[Words, ...] = ()
    urgent: bool = False
    expires_at: datetime | None = None
    accounts: tuple[str, ...] = ()


def keyed(about: str, title: Words, lines: Sequence[Words]) -> str:
    """The key of a message: of what it is about and of what it says, because receivers refuse a key that comes again with another text."""
    content = json.dumps([about, [*title], [[*line] for line in lines]], ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:32]
