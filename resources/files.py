"""A file as a relation of texts: CSV in the dialect that its source declares, JSON without types by guess, Parquet, Excel.

Nothing is detected. A file that ends before its format says so, or has a record that does not fit its header, is refused with what and where.
"""

import codecs
import csv
import gzip
import io
import re
import tempfile
import zlib
from pathlib import Path
from typing import IO

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.shop import Source

KINDS = ("csv", "tsv", "txt", "parquet", "json", "jsonl", "ndjson")
BLOCK = 1 << 20
# Bytes of a record at most, as for the engine's reader of CSV.
LONGEST = 2_000_000
_CUT = "deliver it again, whole"
# Characters that no text file has; in GB18030 and Latin-1 these bytes are nothing else.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


def relation(connection: duckdb.DuckDBPyConnection, path: str, source: Source) -> str:
    """The SQL that reads a file, by the ending of its name. Raises ZhikeError for a file that is cut or not in its format."""
    name = Path(path).name
    packed = name.rpartition(".")[2] if name.endswith((".gz", ".zst")) else ""
    kind = name.removesuffix(f".{packed}").rpartition(".")[2].lower()
    if kind not in KINDS:
        raise ZhikeError(
            f"a file ending in .{kind} cannot be read", path, f"use {', '.join(KINDS)}; all but parquet may be gzipped"
        )
    if kind == "parquet":
        return f"read_parquet({_quoted(path)})"
    last = _last_bytes(path, packed)
    if kind in ("json", "jsonl", "ndjson"):
        return _json(connection, path, "auto" if kind == "json" else "newline_delimited")
    return _csv(path, packed, source, "\t" if kind == "tsv" else ",", last)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _json(connection: duckdb.DuckDBPyConnection, path: str, form: str) -> str:
    # Depth 1 leaves every value as it is written; the whole file is read for its names, since exports leave out nulls.
    read = f"read_json({_quoted(path)}, format = '{form}', maximum_depth = 1, sample_size = -1)"
    try:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {read}").fetchall()]
    except duckdb.Error as error:
        raise ZhikeError(f"the file is not JSON: {engine_words(error)}", path, _CUT) from None
    columns = ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}" ->> \'$\' AS "{name.replace(chr(34), chr(34) * 2)}"' for name in names
    )
    return f"(SELECT {columns} FROM {read})"


def _csv(path: str, packed: str, source: Source, usual: str, last: bytes) -> str:
    delimiter = source.delimiter or usual
    if source.encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        path, packed, last = _in_utf8(path, packed, source.encoding), "", b""
    head = _head(path, packed)
    start = head.split(b"\n", source.skip)
    first = start[source.skip] if len(start) > source.skip else b""
    text = _told(path, first)
    names = next(csv.reader(io.StringIO(text, newline=""), **_dialect(source, delimiter)), [])
    if not names:
        raise ZhikeError(
            "the file is empty", path, "deliver it with a header, and no rows for a day on which nothing happened"
        )
    if last and last not in b"\r\n" and not source.open_end and first.count(b"\n") > 0:
        raise ZhikeError(
            "the last line has no end, as of a file that was cut",
            path,
            "deliver it again, whole; where its system always writes so, set `open_end: true` at its source",
        )
    columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in _distinct(names, is_header=source.header))
    line = "\\r" if b"\r" in head and b"\n" not in head else ""
    return (
        f"read_csv({_quoted(path)}, auto_detect = false, columns = {{{columns}}}, header = {str(source.header).lower()}, "
        f"skip = {source.skip}, delim = {_quoted(delimiter)}, quote = {_quoted(source.quote)}, escape = {_quoted(source.escape if source.quote else '')}, "
        f"comment = '', strict_mode = true, null_padding = false, max_line_size = {LONGEST}"
        + (f", new_line = '{line}'" if line else "")
        + ")"
    )


def _dialect(source: Source, delimiter: str) -> "dict[str, object]":
    doubled = source.escape == source.quote
    return {
        "delimiter": delimiter,
        "quotechar": source.quote or None,
        "quoting": csv.QUOTE_MINIMAL if source.quote else csv.QUOTE_NONE,
        "doublequote": doubled,
        "escapechar": None if doubled or not source.escape or not source.quote else source.escape,
    }


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


def _told(path: str, read: bytes) -> str:
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(read)
    except UnicodeDecodeError as error:
        likely = likely_encoding(read)
        if not likely:
            raise ZhikeError(
                "the file is not text", path, "deliver what the source declares: a table as text"
            ) from None
        line = read[: error.start].count(bytes([10])) + 1
        raise ZhikeError(
            f"the file is not UTF-8: line {line}", path, f"set `encoding: {likely}` at its source"
        ) from None


def what_is_wrong(path: str, source: Source) -> tuple[str, str] | None:
    """Of a CSV file that the engine gave up on: the first line that does not fit, and what to do; None for another kind or reason."""
    name = Path(path).name
    packed = name.rpartition(".")[2] if name.endswith((".gz", ".zst")) else ""
    kind = name.removesuffix(f".{packed}").rpartition(".")[2].lower()
    if kind not in ("csv", "tsv", "txt"):
        return None
    dialect = _dialect(source, source.delimiter or ("\t" if kind == "tsv" else ","))
    lines, width = source.skip, 0
    encoding = "utf-8-sig" if source.encoding.lower() in ("utf-8", "utf8") else source.encoding
    csv.field_size_limit(LONGEST)
    with io.TextIOWrapper(_opened(path, packed), encoding=encoding, errors="replace", newline="") as text:
        for _ in range(source.skip):
            text.readline()
        reader = csv.reader(text, **dialect)  # pyright: ignore[reportArgumentType]
        try:
            for record in reader:
                if any("\ufffd" in value for value in record):
                    advice = "set `encoding` at its source: gb18030 for most files of Chinese systems, else latin-1"
                    return f"line {lines + 1} is not {source.encoding}", advice
                width = width or len(record)
                if record and len(record) != width:
                    said = f"line {lines + 1} has {len(record)} fields, the header has {width}"
                    return said, "correct the line, or `delimiter`, `quote` and `escape` at its source"
                lines = source.skip + reader.line_num
        except csv.Error as error:
            return f"line {lines + 1}: {error}", "correct the line, or `quote` and `escape` at its source"
    return None


def likely_encoding(read: bytes) -> str:
    """Which encoding bytes that are not UTF-8 most likely have; empty for what is not text."""
    if read.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _CONTROL.search(read):
        return ""
    for name in ("gb18030", "latin-1"):
        try:
            codecs.getincrementaldecoder(name)().decode(read)
        except UnicodeDecodeError:
            continue
        return name
    return ""


def _opened(path: str, packed: str) -> "IO[bytes]":
    if packed == "gz":
        return gzip.open(path, "rb")
    if packed == "zst":
        import pyarrow as pa

        return pa.input_stream(path, compression="zstd")  # pyright: ignore[reportReturnType]
    return Path(path).open("rb")


def _head(path: str, packed: str) -> bytes:
    with _opened(path, packed) as file:
        return file.read(BLOCK)


def _last_bytes(path: str, packed: str) -> bytes:
    """The last byte of a file's text; a packed file is read to its end, which the engine does not check."""
    try:
        if packed == "zst":
            _walk_frames(path)
        if not packed:
            with Path(path).open("rb") as file:
                file.seek(0, io.SEEK_END)
                file.seek(max(0, file.tell() - 1))
                return file.read(1)
        last = b""
        with _opened(path, packed) as file:
            while block := file.read(BLOCK):
                last = block[-1:]
        return last
    except (EOFError, zlib.error, OSError) as error:
        raise ZhikeError(f"the file is cut or damaged: {error}", path, _CUT) from None


def _walk_frames(path: str) -> None:
    """Raises EOFError where a Zstandard stream (RFC 8878) ends within a frame."""
    content = Path(path).read_bytes()
    at = 0
    while at < len(content):
        magic = int.from_bytes(content[at : at + 4], "little")
        if 0x184D2A50 <= magic <= 0x184D2A5F:
            at += 8 + int.from_bytes(content[at + 4 : at + 8], "little")
            continue
        if magic != 0xFD2FB528 or at + 5 > len(content):
            raise EOFError("it does not go on as a Zstandard frame")
        flags = content[at + 4]
        single = flags >> 5 & 1
        size = (single, 2, 4, 8)[flags >> 6]
        at += 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + size
        is_last = False
        while not is_last:
            if at + 3 > len(content):
                raise EOFError("it ends before its last block")
            block = int.from_bytes(content[at : at + 3], "little")
            is_last = bool(block & 1)
            at += 3 + (1 if block >> 1 & 3 == 1 else block >> 3)
        at += 4 if flags >> 2 & 1 else 0
    if at > len(content):
        raise EOFError("it ends before its last block")


_FOLDER: "list[tempfile.TemporaryDirectory[str]]" = []


def _in_utf8(path: str, packed: str, encoding: str) -> str:
    """The path of a copy in UTF-8, in a folder that only its owner reads and that ends with the process."""
    if not _FOLDER:
        _FOLDER.append(tempfile.TemporaryDirectory(prefix="zhike-"))
    found = Path(path)
    target = (
        Path(_FOLDER[0].name) / f"{abs(hash((path, encoding)))}-{found.name.removesuffix('.gz').removesuffix('.zst')}"
    )
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with _opened(path, packed) as file, target.open("w", encoding="utf-8", newline="") as copy:
            while block := file.read(BLOCK):
                copy.write(decoder.decode(block))
            copy.write(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        raise ZhikeError(
            f"the file is not {encoding}: {error.reason}", path, "correct `encoding` at its source"
        ) from None
    return str(target)
