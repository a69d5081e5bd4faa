"""What a file is: how it is written, which columns it has, and what their values can be read as."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.files import TEXTS, kind_of, relation
from resources.packed import PACKED, opened
from resources.quoting import identifier
from resources.reading import DAY_OR_MONTH_FIRST
from resources.records import likely_encoding
from resources.shop import Source

BLOCK = 1 << 18
SAMPLE = 2000
# 1.234,56 and not 1,234.56.
COMMA = r"\D*\d{1,3}(?:[.]?\d{3})*,\d{1,2}\D*"
DELIMITERS = ",\t;|"


@dataclass(frozen=True)
class Column:
    """A column: the share of rows in which it is filled, and of its values those that can be read as an instant, an amount, a whole number, and
    those that are an amount with a comma before the cents, and those that end in UTC."""

    name: str
    filled: float = 0.0
    instants: float = 0.0
    amounts: float = 0.0
    wholes: float = 0.0
    commas: float = 0.0
    utc: float = 0.0


@dataclass(frozen=True)
class Found:
    """A file, what store.yaml must say of how it is written, and the names of its columns."""

    path: Path
    settings: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)


def look_at(connection: duckdb.DuckDBPyConnection, path: Path, dates: str) -> Found:
    """How a file is written and which columns it has; `dates` is the order of day and month, where the person says it: dmy or mdy.

    Raises ZhikeError for a file that is not there or cannot be read as any of the kinds that Zhike reads.
    """
    if not path.is_file():
        raise ZhikeError("there is no such file", str(path), "name the files that your shop's system exported")
    settings = _settings(path) | ({"dates": dates} if dates else {})
    try:
        read = relation(connection, str(path), Source(path=str(path), **settings))
        return Found(
            path, settings, [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()]
        )
    except duckdb.Error as error:
        raise ZhikeError(
            f"the file cannot be read: {engine_words(error)}", str(path), "export it again, as CSV, and name it anew"
        ) from None


def columns_of(connection: duckdb.DuckDBPyConnection, found: Found) -> list[Column]:
    """What the values of each column can be read as, in a sample of rows; the connection has the functions of reading."""
    read = relation(connection, str(found.path), Source(path=str(found.path), **found.settings))
    return _columns(connection, f"(SELECT * FROM {read} LIMIT {SAMPLE})", found.names)


def _columns(connection: duckdb.DuckDBPyConnection, read: str, names: list[str]) -> list[Column]:
    figures: list[str] = []
    for place in range(len(names)):
        value = f"v{place}"
        is_date = f"as_instant(regexp_replace({value}, ' *UTC$', 'Z')) IS NOT NULL OR regexp_full_match({value}, '{DAY_OR_MONTH_FIRST}')"
        predicates = (
            is_date,
            f"as_amount({value}) IS NOT NULL",
            f"as_whole({value}) IS NOT NULL",
            f"regexp_full_match({value}, '{COMMA}')",
            f"{value} LIKE '%UTC'",
        )
        figures.append(f"count({value}) / greatest(count(*), 1)")
        figures += [f"count(*) FILTER ({predicate}) / greatest(count({value}), 1)" for predicate in predicates]
    values = ", ".join(
        f"nullif(trim(CAST({identifier(name)} AS VARCHAR)), '') AS v{place}" for place, name in enumerate(names)
    )
    row = connection.execute(f"SELECT {', '.join(figures)} FROM (SELECT {values} FROM {read})").fetchall()[0]
    return [Column(name, *row[6 * place : 6 * place + 6]) for place, name in enumerate(names)]


def _settings(path: Path) -> dict[str, Any]:
    """How a text is written, where that is not the standard: its encoding, what separates its fields, lines before its header."""
    if kind_of(str(path)) not in TEXTS:
        return {}
    with opened(str(path)) as file:
        head, rest = file.read(BLOCK), file.read(1)
    found: dict[str, Any] = {}
    whole = head if not rest else head[: head.rfind(b"\n") + 1]
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError:
        found["encoding"] = likely_encoding(head) or "utf-8"
        text = head.decode(found["encoding"], errors="replace")
    lines = text.split("\n")[:20]
    usual = "\t" if kind_of(str(path)) == "tsv" else ","
    # Of equals the usual one comes first.
    delimiter = max(
        sorted(DELIMITERS, key=lambda sign: sign != usual), key=lambda sign: max(line.count(sign) for line in lines)
    )
    if delimiter != usual and delimiter in text:
        found["delimiter"] = delimiter
    # A title above the header has fewer fields than the lines below.
    counts = [line.count(delimiter) for line in lines if line.strip()]
    often = Counter(counts).most_common(1)[0][0] if counts else 0
    skip = next((number for number, count in enumerate(counts) if count >= often), 0)
    if skip and lines[0].strip():
        found["skip"] = skip
    if not rest and not path.name.endswith(PACKED) and not text.endswith(("\n", "\r")):
        found["open_end"] = True
    return found
