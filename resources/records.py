"""The records of a CSV file one by one, where the engine gives up on it: those that fit go into a copy, the others are named.

A record that does not fit costs itself and no other: where its quotes do not close, or close too late, only its first line is given up,
and what follows is read anew.
"""

import codecs
import csv
import io
import itertools
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from resources.errors import ZhikeError
from resources.packed import opened
from resources.shop import Source

# Bytes of a record at most, as for the engine's reader of CSV.
LONGEST = 2_000_000
# What stands where bytes mean nothing in the encoding; no text has it.
BROKEN = "\udcff"
# Characters that no text file has; in GB18030 and Latin-1 these bytes are nothing else.
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")
codecs.register_error("zhike", lambda error: (BROKEN, error.end))  # pyright: ignore[reportAttributeAccessIssue]


@dataclass(frozen=True)
class Refused:
    """A record that is no row: the name of its file, the line on which it begins (of a sheet its row), and why."""

    file: str
    line: int
    why: str


@dataclass
class Lines:
    """The lines of a text, counted; those that a reader took for one record can be given back."""

    text: Iterator[str]
    done: int = 0
    taken: list[str] = field(default_factory=list)
    again: deque[str] = field(default_factory=deque)

    def __iter__(self) -> Iterator[str]:
        while (line := self.again.popleft() if self.again else next(self.text, None)) is not None:
            self.taken.append(line)
            yield line

    def settle(self, count: int | None = None) -> None:
        """The first `count` lines taken (all of them) are done with; the others come again."""
        rest = [] if count is None else self.taken[count:]
        self.again.extendleft(reversed(rest))
        self.done += len(self.taken) - len(rest)
        self.taken.clear()


def dialect_of(source: Source, delimiter: str) -> "dict[str, object]":
    """The dialect of a source in the words of Python's own reader."""
    doubled = source.escape == source.quote
    return {
        "delimiter": delimiter,
        "quotechar": source.quote or None,
        "quoting": csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE,
        "doublequote": doubled,
        "escapechar": None if doubled or not source.escape or not source.quote else source.escape,
    }


def sort_out(path: str, source: Source, delimiter: str, copy: Path, numbers: Sequence[int] = ()) -> list[Refused]:
    """Writes the records of a CSV file that fit its first one into `copy` (UTF-8, commas) and returns the others, under their `numbers`
    where these are not the lines on which they begin.

    Raises ZhikeError where more records are refused than fit, or where all that is not ASCII has another encoding than the declared one.
    """
    csv.field_size_limit(LONGEST)
    rows, refused, broken, has_wide = -int(source.header), list[Refused](), list[Refused](), False
    with (
        _text(path, source) as text,
        copy.open("w", encoding="utf-8", newline="") as file,
    ):
        lines = Lines(iter(text))
        # With this end of line Python's writer puts quotes around both of its signs.
        write = csv.writer(file, lineterminator="\r\n").writerow
        for place, (line, record, why) in enumerate(_records(lines, source, delimiter)):
            line = numbers[place] if numbers else line
            if any(BROKEN in words for words in (lines.taken[:1] if why else lines.taken)):
                refused.append(Refused(Path(path).name, line, f"the record is not {source.encoding.upper()}"))
                broken.append(refused[-1])
            elif why:
                refused.append(Refused(Path(path).name, line, f"the record does not fit its file: {why}"))
            else:
                has_wide = has_wide or not all(words.isascii() for words in lines.taken)
                rows += 1
                write(record)
    if broken and not has_wide:
        advice = f"set `encoding: {_encoding_of_line(path, broken[0].line) or '…'}` at its source"
        raise ZhikeError(f"the file is not {source.encoding.upper()}: line {broken[0].line}", path, advice)
    if len(refused) > max(rows, 0):
        what = f"line {refused[0].line}: {refused[0].why}, and so are {len(refused)} of {len(refused) + rows} records"
        raise ZhikeError(what, path, "deliver it again, or correct `delimiter`, `quote` and `escape` at its source")
    return refused


def _text(path: str, source: Source) -> io.TextIOWrapper:
    encoding = "utf-8-sig" if is_utf8(source.encoding) else source.encoding
    return io.TextIOWrapper(opened(path), encoding=encoding, errors="zhike", newline="")


def each_record(
    path: str, source: Source, delimiter: str, numbers: Sequence[int] = ()
) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV file, each with the line on which it begins, or its own of `numbers`."""
    with _text(path, source) as text:
        for place, (line, record, _) in enumerate(_records(Lines(iter(text)), source, delimiter)):
            yield numbers[place] if numbers else line, record


def _records(lines: Lines, source: Source, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """Each record with the line on which it begins and, where it does not fit, why; while it is looked at `lines.taken` has its lines."""

    def reader() -> "Iterator[list[str]]":
        return csv.reader(iter(lines), strict=True, **dialect_of(source, delimiter))  # pyright: ignore[reportArgumentType]

    for _ in itertools.islice(lines, source.skip):
        lines.settle()
    width, records = 0, reader()
    while True:
        why = ""
        try:
            record = next(records, None)
            if record is None:
                return
        except csv.Error as error:
            record = []
            why = "it is too long" if "limit" in str(error) else "its quotes do not close"
        width = width or len(record)
        if len(record) == width + 1 and not record[-1]:
            record.pop()
        if not why and record and len(record) != width:
            why = f"it has {len(record)} fields, the header has {width}"
        if record or why:
            yield lines.done + 1, record, why
        lines.settle(1 if why else None)
        if why:
            records = reader()


def is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def _encoding_of_line(path: str, line: int) -> str:
    with opened(path) as file:
        return likely_encoding(b"".join(itertools.islice(file, line - 1, line)))


def likely_encoding(read: bytes) -> str:
    """Which encoding bytes that are not UTF-8 most likely have; empty for what is not text."""
    if read.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if CONTROL.search(read):
        return ""
    for name in ("gb18030", "latin-1"):
        try:
            codecs.getincrementaldecoder(name)().decode(read)
        except UnicodeDecodeError:
            continue
        return name
    return ""
