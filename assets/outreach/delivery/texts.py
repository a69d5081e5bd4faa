"""A message as one channel writes it: in its languages, within its length, and nothing in it that the channel would take for a command."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from assets.outreach.delivery.message import Message
from resources.words import Words

Language = Literal["zh", "en", "both"]
# Signs that make links, mentions, headings or emphasis in one channel or another, and what reads the same and does not.
_PLAIN = str.maketrans(
    "[]<>@*`#|",
    "［］＜＞＠＊ˋ＃｜",
    "\u200b\u200c\u200d\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
LEFT_OUT = Words("…… 还有 {} 行没有列出，请到经营台查看", "… {} more lines: see the console")
URGENT = Words("紧急 · ", "Urgent · ")
REPEAT = "重发 · may be a repeat · "
TITLE_BYTES = 120


@dataclass(frozen=True)
class Block:
    """A text in one language: its heading, then its lines."""

    language: str
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Letter:
    """A message as it goes to a channel now (`at`, by which signatures are made). `message` is what programs are given."""

    message: Message
    shop: Words
    blocks: tuple[Block, ...]
    is_repeat: bool
    put_at: datetime
    at: datetime

    @property
    def key(self) -> str:
        return self.message.key

    @property
    def title(self) -> str:
        """The headings in one line of at most 120 bytes."""
        return cut(" · ".join(block.heading for block in self.blocks), TITLE_BYTES)

    def text(self, limit: int, heading: str = "{}", between: str = "\n") -> str:
        """The whole within so many bytes, as JSON writes it, cut at a line with a word of how many were left out. Of two languages each may
        have half, unless both fit."""
        gap = between if between.startswith("\n\n") else "\n" * 2
        whole = [_fitted(block, limit, heading, between) for block in self.blocks]
        if len(whole) > 1 and size(gap.join(whole)) > limit:
            whole = [_fitted(block, (limit - size(gap)) // len(whole), heading, between) for block in self.blocks]
        return gap.join(whole)


def letter(
    message: Message, shop: Words, language: Language, *, is_repeat: bool, put_at: datetime, at: datetime
) -> Letter:
    """A message in the language of a channel."""
    blocks: list[Block] = []
    for name in ("zh", "en") if language == "both" else (language,):
        title = getattr(message.title, name)
        urgent = getattr(URGENT, name) if message.urgent else ""
        heading = plain(f"{urgent}{getattr(shop, name)} · {title}")
        lines = tuple(plain(getattr(line, name)) for line in message.lines)
        blocks.append(Block(name, f"{REPEAT if is_repeat and not blocks else ''}{heading}", lines))
    return Letter(message, shop, tuple(blocks), is_repeat, put_at, at)


def plain(text: str) -> str:
    """One line of text without what makes links, mentions or markup."""
    line = " ".join(text.split())
    return re.sub(r"[\x00-\x1f\x7f]", "", line).replace("://", "：//").translate(_PLAIN)


def size(text: str) -> int:
    """The bytes of a text within a JSON document, which are never fewer than its own."""
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def cut(text: str, limit: int) -> str:
    """A line within so many bytes, between two characters."""
    if size(text) <= limit:
        return text
    while text and size(text) > limit - size("…"):
        text = text[:-1]
    return f"{text}…"


def _fitted(block: Block, limit: int, heading: str, between: str) -> str:
    lines: Sequence[str] = [heading.format(cut(block.heading, limit // 2)), *block.lines]
    whole = between.join(lines)
    if size(whole) <= limit:
        return whole
    # Each line only once measured: what stands before it, the line, and the word of what is left out.
    used, kept = size(lines[0]), 1
    word = size(between + getattr(LEFT_OUT, block.language).format(len(lines)))
    while kept < len(lines) and used + size(between + lines[kept]) + word <= limit:
        used += size(between + lines[kept])
        kept += 1
    left = getattr(LEFT_OUT, block.language).format(len(lines) - kept)
    return between.join([*lines[:kept], left])
