"""A file as a relation of texts: CSV in the dialect that its source declares, JSON without types by guess, Parquet, Excel.

Nothing is detected. A file that ends before its format says so is refused; a record that does not fit its header costs itself (`sorted_out`).
"""

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.packed import BLOCK, last_byte, opened, unpacked_name
from resources.quoting import identifier, literal
from resources.records import (
    BROKEN,
    CONTROL,
    LONGEST,
    Refused,
    dialect_of,
    each_record,
    is_utf8,
    likely_encoding,
    sort_out,
)
from resources.sheets import write_sheet
from resources.shop import Source

TEXTS = ("csv", "tsv", "txt")
JSONS = ("json", "jsonl", "ndjson")
KINDS = (*TEXTS, *JSONS, "parquet", "xlsx")


class Unfit(ZhikeError):
    """A file of which some bytes mean nothing in the encoding that its source declares."""


def kind_of(path: str) -> str:
    """The ending of a file's name, without that of its packing."""
    return unpacked_name(path).rpartition(".")[2].lower()


def relation(connection: duckdb.DuckDBPyConnection, path: str, source: Source) -> str:
    """The SQL that reads a file, by the ending of its name. Raises ZhikeError for a file that is cut or not in its format."""
    kind = kind_of(path)
    if kind not in KINDS:
        raise ZhikeError(
            f"a file ending in .{kind} cannot be read",
            path,
            f"use {', '.join(KINDS)}; text and JSON may be packed (.gz, .zst)",
        )
    if kind == "parquet":
        return f"read_parquet({literal(path)})"
    if kind == "xlsx":
        return _csv(_sheet(path, source), plain(source), b"")
    last = last_byte(path)
    if kind in JSONS:
        return _json(connection, path, "auto" if kind == "json" else "newline_delimited")
    if not is_utf8(source.encoding):
        path, last = _in_utf8(path, source.encoding), b""
    return _csv(path, source, last)


def sorted_out(path: str, source: Source) -> tuple[str, list[Refused]] | None:
    """Of a CSV file that the engine gave up on: a copy with the records that fit, as PLAIN reads it, and the others. None for another
    kind of file. Raises ZhikeError where most records do not fit, or the encoding is another one."""
    if kind_of(path) == "xlsx":
        path, source = _sheet(path, source), plain(source)
    if kind_of(path) not in TEXTS:
        return None
    copy = _copy(path, "sorted.csv")
    return str(copy), sort_out(path, source, _delimiter(path, source), copy)


def records(path: str, source: Source) -> Iterator[tuple[int, list[str]]]:
    """The records of a CSV file, each with the line on which it begins; none of another kind of file."""
    return each_record(path, source, _delimiter(path, source)) if kind_of(path) in TEXTS else iter(())


def plain(source: Source) -> Source:
    """How the copy of a source's file is read."""
    return Source(path=source.path, header=source.header, open_end=True)


def _sheet(path: str, source: Source) -> str:
    copy = _copy(path, f"{Path(path).name}.csv")
    write_sheet(path, source.sheet, source.skip, copy)
    return str(copy)


def _delimiter(path: str, source: Source) -> str:
    return source.delimiter or ("\t" if kind_of(path) == "tsv" else ",")


def _json(connection: duckdb.DuckDBPyConnection, path: str, form: str) -> str:
    # Depth 1 leaves every value as it is written; the whole file is read for its names, since exports leave out nulls.
    read = f"read_json({literal(path)}, format = '{form}', maximum_depth = 1, sample_size = -1)"
    try:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()]
    except duckdb.Error as error:
        raise ZhikeError(f"the file is not JSON: {engine_words(error)}", path, "deliver it again, whole") from None
    columns = ", ".join(f"{identifier(name)} ->> '$' AS {identifier(name)}" for name in names)
    return f"(SELECT {columns} FROM {read})"


def _csv(path: str, source: Source, last: bytes) -> str:
    with opened(path) as file:
        head = file.read(BLOCK)
    delimiter = _delimiter(path, source)
    start = head.split(b"\n", source.skip)
    first = start[source.skip] if len(start) > source.skip else b""
    text = codecs.getincrementaldecoder("utf-8-sig")("zhike").decode(first)
    names: list[str] = next(csv.reader(io.StringIO(text, newline=""), **dialect_of(source, delimiter)), [])  # pyright: ignore[reportArgumentType]
    if not names:
        raise ZhikeError(
            "the file is empty", path, "deliver it with a header, and no rows for a day on which nothing happened"
        )
    if any(BROKEN in name or CONTROL.search(name.encode()) for name in names):
        raise _not_utf8(path, first, source.skip + 1)
    if last and last not in b"\r\n" and not source.open_end and first.count(b"\n") > 0:
        raise ZhikeError(
            "the last line has no end, as of a file that was cut",
            path,
            "deliver it again, whole; where its system always writes so, set `open_end: true` at its source",
        )
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _distinct(names, is_header=source.header))
    line = "\\r" if b"\r" in head and b"\n" not in head else ""
    return (
        f"read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, header = {str(source.header).lower()}, "
        f"skip = {source.skip}, delim = {literal(delimiter)}, quote = {literal(source.quote)}, escape = {literal(source.escape if source.quote else '')}, "
        f"comment = '', strict_mode = true, null_padding = false, max_line_size = {LONGEST}"
        + (f", new_line = '{line}'" if line else "")
        + ")"
    )


def _not_utf8(path: str, read: bytes, line: int) -> ZhikeError:
    likely = likely_encoding(read)
    if not likely:
        return ZhikeError("the file is not text", path, "deliver what the source declares: a table as text")
    return ZhikeError(f"the file is not UTF-8: line {line}", path, f"set `encoding: {likely}` at its source")


def _distinct(names: "list[str]", *, is_header: bool) -> "list[str]":
    """Column names, each once: a second `id` is `id_1`; one without a name is called by its place."""
    found: dict[str, None] = {}
    for place, given in enumerate(names):
        name = (given if is_header else "") or f"column{place}"
        number, own = 0, name
        while own.casefold() in {known.casefold() for known in found}:
            number += 1
            own = f"{name}_{number}"
        found[own] = None
    return list(found)


_FOLDER: "list[tempfile.TemporaryDirectory[str]]" = []


def _copy(path: str, name: str) -> Path:
    """Where a copy of a file goes: a folder that only its owner reads and that ends with the process."""
    if not _FOLDER:
        _FOLDER.append(tempfile.TemporaryDirectory(prefix="zhike-"))
    folder = Path(_FOLDER[0].name) / f"{abs(hash(path))}"
    folder.mkdir(exist_ok=True)
    return folder / name


def forget_copies() -> None:
    """Removes the copies made so far: each is as large as its file."""
    for folder in Path(_FOLDER[0].name).iterdir() if _FOLDER else ():
        shutil.rmtree(folder)


def _in_utf8(path: str, encoding: str) -> str:
    """The path of a copy in UTF-8."""
    copy = _copy(path, unpacked_name(path))
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with opened(path) as file, copy.open("w", encoding="utf-8", newline="") as target:
            while block := file.read(BLOCK):
                target.write(decoder.decode(block))
            target.write(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        raise Unfit(
            f"the file is not {encoding.upper()}: {error.reason}", path, "correct `encoding` at its source"
        ) from None
    return str(copy)
