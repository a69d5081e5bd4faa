"""Writes a snapshot folder and moves the pointer to it. What readers see is described in resources/snapshot.py."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets.outreach.snapshot.cards import write_cards
from resources.quoting import identifier, literal
from resources.snapshot import MANIFEST, POINTER, Snapshot, current, version

# Nobody writes into what is published: whoever opens a file to write is refused, and breaks nothing.
READ_ONLY = 0o400

Says = Callable[[str, str | None], str]
"""What is said of a table, by its name with schema, or of a column of it."""
Beside = Callable[[Path], None]
"""Writes into the folder of a version."""


@dataclass(frozen=True)
class Part:
    """A table of the snapshot: its name with schema, and the select of its rows in the warehouse. A weekly one has a view
    `<name>_latest` of its newest rows, in its schema and in the main one. Rows lie in the order of all columns, `first` that."""

    name: str
    select: str
    is_weekly: bool = False
    first: str | None = None


def write(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    parts: Sequence[Part],
    name: str,
    as_of: date,
    says: Says,
    beside: Sequence[Beside] = (),
) -> Snapshot:
    """Writes the tables, and what lies `beside` them, as version `name`; a version that is there already is left as it is."""
    place = folder / name
    finished = version(place)
    if finished:
        return finished
    if place.exists():
        # Its manifest was broken since: without one it is nobody's.
        shutil.rmtree(place)
    # One process writes: what is still being built was left by a run that was killed.
    for left in folder.glob(".building-*"):
        shutil.rmtree(left)
    building = folder / f".building-{os.getpid()}"
    building.mkdir(parents=True)
    connection.execute(f"ATTACH {literal(building / 'zhike.duckdb')} AS snapshot")
    try:
        counts = {part.name: _write_part(connection, part, building, says) for part in parts}
        write_cards(connection, building, name)
    finally:
        connection.execute("DETACH snapshot")
    for more in beside:
        more(building)
    latest = tuple(part.name.partition(".")[2] for part in parts if part.is_weekly)
    manifest = {"version": name, "as_of": as_of.isoformat(), "row_counts": counts, "latest": latest}
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for file in building.rglob("*"):
        if file.is_file():
            file.chmod(READ_ONLY)
    building.replace(place)
    return Snapshot(place, as_of.isoformat(), counts, latest)


def _write_part(connection: duckdb.DuckDBPyConnection, part: Part, building: Path, says: Says) -> int:
    schema, _, table = part.name.partition(".")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS snapshot.{schema}")
    connection.execute(f"CREATE TABLE snapshot.{part.name} AS {part.select} ORDER BY {_order(connection, part)}")
    columns = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'snapshot' AND schema_name = $schema AND table_name = $table ORDER BY column_index",
        {"schema": schema, "table": table},
    ).fetchall()
    for what, comment in _comments(part.name, [column for column, _ in columns], says):
        connection.execute(f"COMMENT ON {what} IS {literal(comment)}")
    if part.is_weekly:
        _add_latest(connection, part, schema, [column for column, _ in columns], says)
    # Libraries read a decimal as an object that does not add up.
    doubles = [
        f"CAST({identifier(column)} AS DOUBLE) AS {identifier(column)}" for column, kind in columns if "DECIMAL" in kind
    ]
    replaced = f" REPLACE ({', '.join(doubles)})" if doubles else ""
    file = literal(building / f"{part.name}.parquet")
    connection.execute(
        f"COPY (SELECT *{replaced} FROM snapshot.{part.name}) TO {file} (FORMAT parquet, COMPRESSION zstd)"
    )
    ((count,),) = connection.execute(f"SELECT count(*) FROM snapshot.{part.name}").fetchall()
    return count


def _order(connection: duckdb.DuckDBPyConnection, part: Part) -> str:
    if not part.first:
        return "ALL"
    names = [name for name, *_ in connection.execute(f"DESCRIBE {part.select}").fetchall()]
    return ", ".join(map(identifier, sorted(names, key=lambda name: name != part.first)))


def _add_latest(
    connection: duckdb.DuckDBPyConnection, part: Part, schema: str, columns: Sequence[str], says: Says
) -> None:
    latest = f"{part.name.partition('.')[2]}_latest"
    ((warehouse,),) = connection.execute("SELECT current_database()").fetchall()
    # Views name no database: a file is called as its reader likes.
    connection.execute("USE snapshot")
    try:
        newest = f"SELECT * FROM {part.name} WHERE as_of = (SELECT max(as_of) FROM {part.name})"
        connection.execute(f"CREATE VIEW {schema}.{latest} AS {newest}")
        connection.execute(f"CREATE VIEW main.{latest} AS FROM {schema}.{latest}")
    finally:
        connection.execute(f"USE {identifier(warehouse)}")
    for view in (f"{schema}.{latest}", f"main.{latest}"):
        connection.execute(f"COMMENT ON VIEW snapshot.{view} IS {literal(says(part.name, None))}")
        for column in columns:
            said = literal(says(part.name, column))
            connection.execute(f"COMMENT ON COLUMN snapshot.{view}.{identifier(column)} IS {said}")


def _comments(name: str, columns: Sequence[str], says: Says) -> Iterator[tuple[str, str]]:
    yield f"TABLE snapshot.{name}", says(name, None)
    for column in columns:
        yield f"COLUMN snapshot.{name}.{identifier(column)}", says(name, column)


def point(folder: Path, snapshot: Snapshot, keep: int) -> bool:
    """Moves the pointer to `snapshot` unless what it shows is newer, and removes all but the newest `keep` versions."""
    shown = current(folder)
    if shown and shown.as_of > snapshot.as_of:
        return False
    link = folder / f".{POINTER}-{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(snapshot.folder.name)
    link.replace(folder / POINTER)
    versions = sorted(
        entry for entry in folder.iterdir() if entry.is_dir() and not entry.is_symlink() and entry.name[0] != "."
    )
    for old in versions[:-keep]:
        if old != snapshot.folder:
            shutil.rmtree(old)
    return True
