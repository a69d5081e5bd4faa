"""Writes a snapshot folder and moves the pointer to it.

A version is a folder of Parquet files and one DuckDB file. Readers open the pointer `current`, a symbolic link replaced
atomically: a reader that is open keeps the version it opened (its files stay while it holds them) and blocks no run.
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

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


def write(
    connection: duckdb.DuckDBPyConnection, folder: Path, tables: list[str], version: str, as_of: date
) -> Snapshot:
    """Writes `<table>_latest` of each table as version `version`; a version that is there already is left as it is."""
    place = folder / version
    if (place / MANIFEST).is_file():
        content = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        return Snapshot(place, content["as_of"], content["row_counts"])
    # One process writes: what is still being built was left by a run that was killed.
    for left in folder.glob(".building-*"):
        shutil.rmtree(left)
    building = folder / f".building-{os.getpid()}"
    building.mkdir(parents=True)
    counts: dict[str, int] = {}
    connection.execute(f"ATTACH '{_quoted(building / 'zhike.duckdb')}' AS snapshot")
    try:
        for table in tables:
            name = f"{table.partition('.')[2]}_latest"
            connection.execute(f"CREATE TABLE snapshot.{name} AS SELECT * FROM {table}_latest ORDER BY ALL")
            connection.execute(
                f"COPY snapshot.{name} TO '{_quoted(building / (name + '.parquet'))}' (FORMAT parquet, COMPRESSION zstd)"
            )
            counts[name] = connection.execute(f"SELECT count(*) FROM snapshot.{name}").fetchall()[0][0]
    finally:
        connection.execute("DETACH snapshot")
    manifest = {"version": version, "as_of": as_of.isoformat(), "row_counts": counts}
    (building / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    building.replace(place)
    return Snapshot(place, as_of.isoformat(), counts)


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


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
