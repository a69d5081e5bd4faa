"""Finds every place of a folder that holds one of some texts, inside its formats: DuckDB, Parquet, SQLite, npz, workbooks, gzip, zlib, Zstandard, text.

A text is looked for as UTF-8, UTF-16 and UTF-32, as JSON, HTML and URLs escape it (JSON also twice), and a hash in hexadecimal also as its bytes. Files that are
databases are looked at both as they lie on the disk, free pages and logs with them, and value by value, as their engine reads them.

What cannot be seen: rows that were deleted from a DuckDB file and lie, packed (dictionary, FSST, Zstandard), in blocks that nothing names any more.
`free_blocks` says how many there are: a file that was written anew has none. Of SQLite, a deleted text that was cut in two by the end of a page.
"""

import gzip
import html
import io
import json
import re
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa

SQLITE, DUCKDB, PARQUET = b"SQLite format 3\0", b"DUCK", b"PAR1"
DEEPEST = 4


class Wanted:
    """Texts in each form in which one may be written down."""

    def __init__(self, texts: Iterable[str]):
        self._forms = sorted({(form.lower(), text) for text in texts for form in _forms(text)})

    def within(self, content: bytes) -> set[str]:
        """Which of the texts some bytes hold, whatever the case of their letters."""
        lower = content.lower()
        return {text for form, text in self._forms if form in lower}


def _forms(text: str) -> Iterator[bytes]:
    escaped = json.dumps(text)[1:-1]
    for written in (text, escaped, json.dumps(escaped)[1:-1], html.escape(text), quote(text), quote(text, safe="")):
        yield written.encode()
    for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "gb18030"):
        yield text.encode(encoding)
    if re.fullmatch(r"[0-9a-fA-F]{32,}", text) and len(text) % 2 == 0:
        yield bytes.fromhex(text)


def found(folder: Path, texts: Iterable[str]) -> dict[str, set[str]]:
    """The places below a folder that hold one of the texts, with those they hold: a path, and behind it the table and column or the member. Names of
    files and folders are places too."""
    wanted, places = Wanted(texts), {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        looked = [(f"{name} (its name)", path.name.encode())]
        if path.is_file() and not path.is_symlink():
            looked += [(name + where, content) for where, content in contents(path)]
        for place, content in looked:
            if held := wanted.within(content):
                places.setdefault(place, set()).update(held)
    return places


def contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file as it lies on the disk, and all that is in it as its readers see it."""
    raw = path.read_bytes()
    yield "", raw
    if raw.startswith(SQLITE):
        yield from _sqlite(path)
    elif raw[8:12] == DUCKDB:
        yield from _duckdb(path)
    elif raw.startswith(PARQUET):
        rows = duckdb.connect().execute("SELECT * FROM read_parquet($path)", {"path": str(path)})
        yield from _rows("", rows)
    else:
        yield from _unpacked("", raw, 0)


def free_blocks(path: Path) -> int:
    """The blocks of a DuckDB file that hold nothing that is named, but may hold what was deleted."""
    with duckdb.connect(str(path), read_only=True) as connection:
        ((_, _, _, _, _, free, *_),) = connection.execute("PRAGMA database_size").fetchall()
    return free if isinstance(free, int) else 0


def _unpacked(where: str, content: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """What packed bytes hold, also within one another."""
    if depth == DEEPEST:
        return
    members: list[tuple[str, bytes]] = []
    # What begins as a format does may be none.
    with suppress(OSError, EOFError, ValueError, zlib.error, zipfile.BadZipFile, tarfile.TarError, pa.ArrowInvalid):
        if content.startswith(b"\x1f\x8b"):
            members = [("!gzip", gzip.decompress(content))]
        elif content.startswith(b"\x28\xb5\x2f\xfd"):
            members = [("!zstd", pa.input_stream(io.BytesIO(content), compression="zstd").read())]
        elif content.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = [(f"!{name}", archive.read(name)) for name in archive.namelist()]
        elif content[:1] == b"x" and int.from_bytes(content[:2], "big") % 31 == 0:
            members = [("!zlib", zlib.decompress(content))]
        elif content[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(content)) as archive:
                files = [(each.name, archive.extractfile(each)) for each in archive if each.isfile()]
                members = [(f"!{name}", file.read()) for name, file in files if file]
    for name, member in members:
        yield where + name, member
        yield from _unpacked(where + name, member, depth + 1)


def _sqlite(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value, those that are packed unpacked. What lies in the log beside the file is found as it lies there, and read with it."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            name = table.decode()
            with suppress(sqlite3.OperationalError):  # Tables of modules that are not loaded: their shadows are read.
                yield from _rows(f"#{name}", connection.execute('SELECT * FROM "{}"'.format(name.replace('"', '""'))))


def _duckdb(path: Path) -> Iterator[tuple[str, bytes]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        for schema, table in tables:
            yield from _rows(f"#{schema}.{table}", connection.execute(f'FROM "{schema}"."{table}"'))


def _rows(where: str, cursor: Any) -> Iterator[tuple[str, bytes]]:
    names = [column[0] for column in cursor.description or []]
    while rows := cursor.fetchmany(20_000):
        for name, values in zip(names, zip(*rows, strict=True), strict=True):
            place = f"{where}.{name if isinstance(name, str) else name.decode()}"
            kept = [value for value in values if value is not None]
            yield place, b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in kept)
            for value in kept:
                if isinstance(value, bytes | bytearray):
                    yield from _unpacked(place, bytes(value), 0)
