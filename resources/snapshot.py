"""The published snapshot as its readers see it: the only way in for all that serves.

A version is a folder of Parquet files and one DuckDB file. Readers open the pointer `current`, a symbolic link replaced
atomically: a reader that is open keeps the version it opened (its files stay while it holds them) and blocks no run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from resources.errors import ZhikeError
from resources.home import Home

POINTER = "current"
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Snapshot:
    """A finished version: its folder, newest as-of date, and rows by table."""

    folder: Path
    as_of: str
    row_counts: dict[str, int]


def current(folder: Path) -> Snapshot | None:
    """The published version under `folder`, if there is one."""
    manifest = folder / POINTER / MANIFEST
    if not manifest.is_file():
        return None
    content = json.loads(manifest.read_text(encoding="utf-8"))
    return Snapshot((folder / POINTER).resolve(), content["as_of"], content["row_counts"])


@contextmanager
def opened(home: Home) -> Iterator["Reader"]:
    """The published version of a shop. Raises ZhikeError where nothing is published yet."""
    snapshot = current(home.snapshot)
    if snapshot is None:
        raise ZhikeError("nothing is published yet", str(home.snapshot), "run the shop first: zhike run --store …")
    with duckdb.connect(str(snapshot.folder / "zhike.duckdb"), read_only=True) as connection:
        yield Reader(snapshot, connection)


@dataclass(frozen=True)
class Reader:
    """An open version. Its tables are called as the warehouse calls them, without schema: `customers`."""

    snapshot: Snapshot
    connection: duckdb.DuckDBPyConnection

    def rows(self, table: str, *, order: str = "ALL", **values: str) -> list[dict[str, Any]]:
        """The rows of a table with these values in the columns named, as dictionaries; none where the shop has no such table."""
        if f"{table}_latest" not in self.snapshot.row_counts:
            return []
        matching = " AND ".join(["true", *(f'"{column}" = {_literal(value)}' for column, value in values.items())])
        cursor = self.connection.execute(f'SELECT * FROM "{table}_latest" WHERE {matching} ORDER BY {order}')
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables_with(self, column: str) -> list[str]:
        """The tables that have a column, in the order in which they were published."""
        found = self.connection.execute(
            f"SELECT table_name FROM duckdb_columns() WHERE column_name = {_literal(column)}"
        ).fetchall()
        return [name.removesuffix("_latest") for name in self.snapshot.row_counts if (name,) in found]


def _literal(text: str) -> str:
    """A text as SQL, in digits only. DuckDB imports pandas to look at a bound parameter, which takes longer than the answer."""
    return f"decode(from_hex('{text.encode(errors='replace').hex()}'))"
