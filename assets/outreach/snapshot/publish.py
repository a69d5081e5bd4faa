"""Writes a snapshot folder and moves the pointer to it. What readers see is described in resources/snapshot.py."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import duckdb

from resources.quoting import literal
from resources.snapshot import MANIFEST, POINTER, Snapshot, current, version


def write(connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str], name: str, as_of: date) -> Snapshot:
    """Writes `<table>_latest` of each table as version `name`; a version that is there already is left as it is."""
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
    counts: dict[str, int] = {}
    connection.execute(f"ATTACH {literal(building / 'zhike.duckdb')} AS snapshot")
    try:
        for table in tables:
            latest = f"{table.partition('.')[2]}_latest"
            connection.execute(f"CREATE TABLE snapshot.{latest} AS SELECT * FROM {table}_latest ORDER BY ALL")
            _describe(connection, table, latest)
            connection.execute(
                f"COPY snapshot.{latest} TO {literal(building / (latest + '.parquet'))} (FORMAT parquet, COMPRESSION zstd)"
            )
            counts[latest] = connection.execute(f"SELECT count(*) FROM snapshot.{latest}").fetchall()[0][0]
    finally:
        connection.execute("DETACH snapshot")
    manifest = {"version": name, "as_of": as_of.isoformat(), "row_counts": counts}
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    building.replace(place)
    return Snapshot(place, as_of.isoformat(), counts)


def _describe(connection: duckdb.DuckDBPyConnection, table: str, name: str) -> None:
    """Carries the descriptions of the table and its columns over, for whoever opens the file in another tool."""
    schema, _, plain = table.partition(".")
    where = (
        "database_name = current_database() AND schema_name = $schema AND table_name = $plain AND comment IS NOT NULL"
    )
    said = connection.execute(
        f"SELECT 'TABLE snapshot.{name}', comment FROM duckdb_tables() WHERE {where} UNION ALL "
        f"SELECT 'COLUMN snapshot.{name}.\"' || column_name || '\"', comment FROM duckdb_columns() WHERE {where}",
        {"schema": schema, "plain": plain},
    ).fetchall()
    for what, comment in said:
        connection.execute(f"COMMENT ON {what} IS {literal(comment)}")


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
