"""A file as a relation of texts: CSV in the dialect that its source declares, JSON without types by guess, Parquet, Excel.

Nothing is detected. A file that ends before its format says so is refused; a record that does not fit its header costs itself (`sorted_out`).
"""

import codecs
import csv
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from resources.errors import ZhikeError
from resources.objects import Broken, apart, each_object, form_of, objects, sort_out_lines
from resources.packed import BLOCK, opened, tail, unpacked_name
from resources.quoting import literal
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
# A folder called a=b adds no column.
COLUMNS = "hive_partitioning = false"
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
        return f"read_parquet({literal(path)}, {COLUMNS})"
    if kind == "xlsx":
        return _csv(_sheet(path, source)[0], plain(source), b"")
    end = tail(path)
    if kind in JSONS:
        form = _form(path)
        if form == "array" and not end.rstrip().endswith(b"]"):
            raise ZhikeError("the list has no end, as of a file that was cut", path, "deliver it again, whole")
        try:
            return objects(connection, path, form)
        except Broken as error:
            raise Unfit(error.what, path, error.remedy) from None
    if not is_utf8(source.encoding):
        path, end = _in_utf8(path, source.encoding), b""
    return _csv(path, source, end[-1:])


def sorted_out(path: str, source: Source) -> tuple[str, list[Refused]] | None:
    """Of a file with a record a line that the engine gave up on: a copy with the records that fit, as `plain` reads it, and the others.
    None for another kind of file. Raises ZhikeError where most records do not fit, or the encoding is another one."""
    if kind_of(path) in JSONS and _form(path) == "newline_delimited":
        copy = _copy(path, "sorted.jsonl")
        return str(copy), sort_out_lines(path, copy)
    rows: Sequence[int] = ()
    name = Path(path).name
    if kind_of(path) == "xlsx":
        (path, rows), source = _sheet(path, source), plain(source)
    if kind_of(path) not in TEXTS:
        return None
    copy = _copy(path, "sorted.csv")
    refused = sort_out(path, source, _delimiter(path, source), copy, rows)
    return str(copy), [replace(record, file=name) for record in refused]


def records(path: str, source: Source) -> Iterator[tuple[int, list[str]]]:
    """The records of a file, each with the line on which it begins: of a sheet or a Parquet file its row, of a list of objects its number."""
    kind = kind_of(path)
    if kind in JSONS:
        return each_object(path, _form(path))
    if kind == "xlsx":
        copy, rows = _sheet(path, source)
        return each_record(copy, plain(source), ",", rows)
    if kind == "parquet":
        return _each_row(path)
    return each_record(path, source, _delimiter(path, source)) if kind in TEXTS else iter(())


def _each_row(path: str) -> Iterator[tuple[int, list[str]]]:
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet({literal(path)})")
        for number, row in enumerate(iter(found.fetchone, None), 1):
            yield number, [value for value in row if value is not None]


def place(path: str, number: int) -> str:
    """Where the record stands that `records` numbers so."""
    kind = kind_of(path)
    unit = "row" if kind in ("xlsx", "parquet") else "record" if kind == "json" else "line"
    return f"{Path(path).name}, {unit} {number}"


def plain(source: Source) -> Source:
    """How the copy of a source's file is read."""
    return Source(path=source.path, header=source.header, open_end=True)


def _sheet(path: str, source: Source) -> tuple[str, Sequence[int]]:
    """A copy of a sheet as CSV, and the sheet's row of each of its records."""
    copy = _copy(path, f"{Path(path).name}.csv")
    return str(copy), write_sheet(path, source.sheet, source.skip, copy)


def _form(path: str) -> str:
    return form_of(path, is_lines=kind_of(path) != "json")


def _delimiter(path: str, source: Source) -> str:
    return source.delimiter or ("\t" if kind_of(path) == "tsv" else ",")


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
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in apart(names if source.header else [""] * len(names)))
    line = "\\r" if b"\r" in head and b"\n" not in head else ""
    return (
        f"read_csv({literal(path)}, auto_detect = false, columns = {{{columns}}}, header = {str(source.header).lower()}, "
        f"skip = {source.skip}, delim = {literal(delimiter)}, quote = {literal(source.quote)}, escape = {literal(source.escape if source.quote else '')}, "
        f"comment = '', strict_mode = true, null_padding = false, max_line_size = {LONGEST}, {COLUMNS}"
        + (f", new_line = '{line}'" if line else "")
        + ")"
    )


def _not_utf8(path: str, read: bytes, line: int) -> ZhikeError:
    likely = likely_encoding(read)
    if not likely:
        return ZhikeError("the file is not text", path, "deliver what the source declares: a table as text")
    return ZhikeError(f"the file is not UTF-8: line {line}", path, f"set `encoding: {likely}` at its source")


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
