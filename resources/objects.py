"""Files of JSON as a relation of texts: one object a line, a list of objects, or objects one after the other.

The engine reads numbers as binary ones: 10.10 becomes 10.1, and 1e5 becomes 100000.0. Where a number is an id its spelling is its value, so
numbers with a fraction or an exponent are put in quotes before the text is parsed.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.packed import opened
from resources.quoting import identifier, literal
from resources.records import LONGEST, Refused

NUMBER = "-?[0-9]+[.eE][-+.eE0-9]*|-0"
# Quotes put around what looks like a number within a string make the text invalid JSON: a string ends, and a digit follows. Only
# such a text goes the long way, where strings are matched as wholes; a character that no JSON has stands for the quotes.
CHEAP = rf"""regexp_replace(line, '([:,[]\s*)({NUMBER})', '\1"\2"', 'g')"""
MATCHED = rf"""regexp_replace(line, '("(?:[^"\\]|\\.)*")|({NUMBER})', '\1' || chr(1) || '\2' || chr(1), 'g')"""
QUOTED = (
    f"CASE WHEN json_valid(cheap) THEN cheap ELSE replace(replace({MATCHED}, chr(1) || chr(1), ''), chr(1), '\"') END"
)
FITS = "(json_type(line) = 'OBJECT' AND len(json_keys(line)) = len(list_distinct(json_keys(line))))"
WHY = "the record does not fit its file: it is no JSON object with names that stand once"


class Broken(ZhikeError):
    """A file with an object a line, of which some lines are none."""


def form_of(path: str, *, is_lines: bool) -> str:
    """How the engine reads a file: its objects stand in a list, one a line, or anyhow."""
    if is_lines:
        return "newline_delimited"
    with opened(path) as file:
        line = next((line for line in (file.readline(LONGEST) for _ in range(1000)) if line.strip()), b"")
    if line.lstrip(b"\xef\xbb\xbf \t").startswith(b"["):
        return "array"
    try:
        json.loads(line)
    except ValueError:
        return "unstructured"
    return "newline_delimited"


def objects(connection: duckdb.DuckDBPyConnection, path: str, form: str) -> str:
    """The SQL that reads a file's objects, a column a name. Raises Broken where lines are no objects, ZhikeError for another broken file."""
    lines = f"(SELECT CAST(json AS VARCHAR) AS line FROM {_read(path, form)})"
    found = _asked(connection, f"SELECT DISTINCT json_type(line) = 'OBJECT', json_keys(line) FROM {lines}", path)
    if any(not is_object or len(set(row)) < len(row) for is_object, row in found):
        if form == "newline_delimited":
            raise Broken(f"the file has lines that do not fit: {WHY}", path, "deliver it again, or correct these lines")
        query = (
            f"SELECT min(n) FROM (SELECT {FITS} AS fits, row_number() OVER () AS n FROM {lines}) WHERE fits IS NOT true"
        )
        ((number,),) = _asked(connection, query, path)
        raise ZhikeError(f"record {number}: {WHY}", path, "deliver it again, whole")
    # Exports leave out what is empty, so the fullest objects come first.
    names = list(
        dict.fromkeys(
            name for row in sorted((row for _, row in found), key=lambda row: (-len(row), row)) for name in row
        )
    )
    if not names:
        raise ZhikeError(
            "the file has no record, so nothing tells its columns",
            path,
            "for days on which nothing happens set `optional: true` at its source, and deliver no file",
        )
    structure = json.dumps(dict.fromkeys(names, "VARCHAR"), ensure_ascii=False)
    columns = ", ".join(
        f"struct_extract_at(record, {place}) AS {identifier(name)}" for place, name in enumerate(apart(names), 1)
    )
    quoted = f"SELECT {QUOTED} AS line FROM (SELECT line, {CHEAP} AS cheap FROM {lines})"
    return f"(SELECT {columns} FROM (SELECT from_json(line, {literal(structure)}) AS record FROM ({quoted})))"


def _read(path: str, form: str) -> str:
    # A line that is none comes as NULL; of a list, and of objects that stand anyhow, nothing after a broken one can be told.
    return f"read_json_objects({literal(path)}, format = '{form}', ignore_errors = {str(form == 'newline_delimited').lower()})"


def _asked(connection: duckdb.DuckDBPyConnection, query: str, path: str) -> list[tuple[Any, ...]]:
    try:
        return connection.execute(query).fetchall()
    except duckdb.Error as error:
        raise ZhikeError(f"the file is not JSON: {engine_words(error)}", path, "deliver it again, whole") from None


def apart(names: Sequence[str]) -> list[str]:
    """Column names, each once: a second `id` is `id_1`; one without a name is called by its place."""
    found: dict[str, str] = {}
    for place, given in enumerate(names):
        name = given or f"column{place}"
        number, own = 0, name
        while own.casefold() in found:
            number += 1
            own = f"{name}_{number}"
        found[own.casefold()] = own
    return list(found.values())


def sort_out_lines(path: str, copy: Path) -> list[Refused]:
    """Writes the lines of a file that are objects into `copy` and returns the others.

    Raises ZhikeError where more lines are refused than fit, or the last one is broken and without its end, as of a file that was cut.
    """
    refused, rows, line = list[Refused](), 0, b""
    with duckdb.connect() as connection, opened(path) as file, copy.open("wb") as target:
        numbered = enumerate(file, 1)
        while some := list(islice(numbered, 10_000)):
            for (number, line), fits in zip(some, _verdicts(connection, [line for _, line in some]), strict=True):
                if fits:
                    target.write(line)
                    rows += 1
                elif line.strip():
                    refused.append(Refused(Path(path).name, number, WHY))
                    if not line.endswith(b"\n"):
                        raise ZhikeError(
                            f"the last line has no end, as of a file that was cut: line {number}",
                            path,
                            "deliver it again, whole",
                        )
    if len(refused) > rows:
        what = f"line {refused[0].line}: {WHY}, and so are {len(refused)} of {len(refused) + rows} lines"
        raise ZhikeError(what, path, "deliver it again: one JSON object a line")
    return refused


def _verdicts(connection: duckdb.DuckDBPyConnection, lines: Sequence[bytes]) -> list[bool]:
    texts = [line.decode("utf-8-sig", errors="replace") if is_text(line) else "" for line in lines]
    # TRY, because the keys of what is no JSON are an error.
    query = f"SELECT coalesce(CASE WHEN json_valid(line) THEN {FITS} END, false) FROM (SELECT unnest($lines) AS line)"
    return [fits for (fits,) in connection.execute(query, {"lines": texts}).fetchall()]


def is_text(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return len(line) <= LONGEST


def each_object(path: str, form: str) -> Iterator[tuple[int, list[str]]]:
    """The values of each object that are no lists or objects, as they are written, with its line; in a list, with its number."""
    with duckdb.connect() as connection, opened(path) as file:
        if form == "newline_delimited":
            texts: Iterator[Any] = (line.decode("utf-8-sig", errors="replace") for line in file)
        else:
            found = connection.execute(f"SELECT json FROM {_read(path, form)}")
            texts = (row[0] for row in iter(found.fetchone, None))
        for number, text in enumerate(texts, 1):
            try:
                record = json.loads(text, parse_float=str, parse_int=str)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield number, [value for value in record.values() if isinstance(value, str)]
