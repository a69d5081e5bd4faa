"""The published snapshot as its readers see it: the only way in for all that serves.

A version is a folder of one DuckDB file and a Parquet file a table. Tables are called as in the warehouse and hold its history; weekly ones
have a view `<table>_latest` of their newest week. Money is exact in the DuckDB file and a double in Parquet. Readers open the pointer `current`, a symbolic link replaced
atomically: a reader that is open keeps the version it opened (its files stay while it holds them) and blocks no run.

`history.duckdb` beside them holds, for the server alone, what it needs to know of customers between two runs: events without words, and
attributes. `platform_keys.parquet`, for exports alone, holds by which keys the advertising platforms that the shop names know its customers. `models/` holds the models in force: a file `<name>.json` a model, and the files of weights that it names.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.fitted import Fitted, Metrics
from resources.home import Home

POINTER = "current"
MANIFEST = "manifest.json"
MODELS = "models"
HISTORY = "history.duckdb"
PLATFORM_KEYS = "platform_keys.parquet"


@dataclass(frozen=True)
class Snapshot:
    """A finished version: its folder, newest as-of date, rows by table, and the weekly tables, without schema."""

    folder: Path
    as_of: str
    row_counts: dict[str, int]
    latest: tuple[str, ...]

    @property
    def models(self) -> Path:
        """The folder of the models in force: that of their files of weights."""
        return self.folder / MODELS

    def model(self, name: str) -> Fitted | None:
        """The fit in force of a model, by its name in models.registry; None where the shop has none yet. Raises ZhikeError where it
        cannot be read."""
        path = self.models / f"{name}.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            fitted_as_of = date.fromisoformat(content.pop("fitted_as_of"))
            return Fitted(**content | {"fitted_as_of": fitted_as_of, "metrics": Metrics(**content["metrics"])})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ZhikeError(
                "a published model cannot be read",
                str(path),
                "delete the version's folder and run the shop: the snapshot is then published again",
            ) from error


def current(folder: Path) -> Snapshot | None:
    """The published version under `folder`, if there is one."""
    return version((folder / POINTER).resolve())


def version(folder: Path) -> Snapshot | None:
    """The version in a folder; none where it is not finished, or where its manifest was broken since."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        counts = content["row_counts"]
        # One of an earlier release holds the newest week only, a table `<name>_latest` each.
        latest = content.get("latest") or [name.removesuffix("_latest") for name in counts]
        return Snapshot(folder, content["as_of"], counts, tuple(latest))
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def opened(home: Home) -> Iterator["Reader"]:
    """The published version of a shop. Raises ZhikeError where nothing is published yet, or what is cannot be read."""
    snapshot = current(home.snapshot)
    if snapshot is None:
        raise ZhikeError("nothing is published yet", str(home.snapshot), "run the shop first: zhike run --store …")
    with reading(snapshot) as reader:
        yield reader


@contextmanager
def reading(snapshot: Snapshot) -> Iterator["Reader"]:
    """A version, open. Raises ZhikeError where it cannot be read."""
    file = snapshot.folder / "zhike.duckdb"
    try:
        connection = duckdb.connect(str(file), read_only=True)
    except duckdb.Error as error:
        raise ZhikeError(
            f"the published snapshot cannot be read: {engine_words(error)}",
            str(file),
            "delete the folder that it lies in and run the shop: the snapshot is then published again",
        ) from error
    with connection:
        yield Reader(snapshot, connection)


@dataclass(frozen=True)
class Reader:
    """An open version. Its weekly tables are called as the warehouse calls them, without schema: `customers`."""

    snapshot: Snapshot
    connection: duckdb.DuckDBPyConnection

    def rows(self, table: str, *, order: str = "ALL", **values: str) -> list[dict[str, Any]]:
        """The rows of a table with these values in the columns named, as dictionaries; none where the shop has no such table."""
        if table not in self.snapshot.latest:
            return []
        matching = " AND ".join(["true", *(f'"{column}" = {text_in_sql(value)}' for column, value in values.items())])
        cursor = self.connection.execute(f'SELECT * FROM "{table}_latest" WHERE {matching} ORDER BY {order}')
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def tables_with(self, column: str) -> list[str]:
        """The weekly tables that have a column, in the order in which they were published."""
        found = self.connection.execute(
            f"SELECT table_name FROM duckdb_columns() WHERE schema_name = 'main' AND column_name = {text_in_sql(column)}"
        ).fetchall()
        return [name for name in self.snapshot.latest if (f"{name}_latest",) in found]


def text_in_sql(text: str) -> str:
    """A text as SQL, in digits only. DuckDB imports pandas to look at a bound parameter, which takes longer than the answer."""
    return f"decode(from_hex('{text.encode(errors='replace').hex()}'))"
