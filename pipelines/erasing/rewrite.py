"""Writes database files anew: an engine keeps the bytes of deleted rows in its file until something else needs the place."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb

from resources.errors import ZhikeError
from resources.home import Home
from resources.quoting import literal

BUILDING = ".rewritten"


def rewrite_warehouse(home: Home) -> None:
    """Writes the warehouse anew, with all that is in it, and puts it in the place of the old file; whoever calls holds it. A kill leaves one of
    the two. Raises ZhikeError where there is no room for both."""
    building = home.folder / f"{home.warehouse.name}{BUILDING}"
    for left in home.folder.glob(f"{building.name}*"):
        left.unlink()
    # What was spilled while it was open are rows too.
    shutil.rmtree(home.spill, ignore_errors=True)
    try:
        with duckdb.connect(config={"temp_directory": str(home.spill), "preserve_insertion_order": True}) as connection:
            connection.execute("SET enable_progress_bar = false")
            connection.execute(f"ATTACH {literal(home.warehouse)} AS old (READ_ONLY)")
            connection.execute(f"ATTACH {literal(building)} AS rewritten")
            connection.execute("COPY FROM DATABASE old TO rewritten")
            for statement in _comments(connection):
                connection.execute(statement)
            connection.execute("DETACH rewritten")
    except (duckdb.Error, OSError) as error:
        building.unlink(missing_ok=True)
        raise ZhikeError(
            f"the warehouse cannot be written anew: {error}",
            str(building),
            "free as much space on that disk as the warehouse takes, and erase again: what was begun is then finished",
        ) from error
    _swap(building, home.warehouse)
    shutil.rmtree(home.spill, ignore_errors=True)


def _comments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What is said of views, which the engine's copy leaves behind."""
    found = connection.execute(
        "SELECT schema_name, view_name, comment FROM duckdb_views() WHERE database_name = 'old' AND comment IS NOT NULL AND NOT internal"
    ).fetchall()
    return [f'COMMENT ON VIEW rewritten."{schema}"."{name}" IS {literal(said)}' for schema, name, said in found]


def _swap(building: Path, place: Path) -> None:
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.chmod(place.stat().st_mode & 0o777)
    building.replace(place)
    folder = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def vacuum(path: Path) -> None:
    """Writes an SQLite file anew without its free pages, and empties its log. Raises ZhikeError where another process keeps it from that."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        raise ZhikeError(
            f"the file cannot be written anew: {error}",
            str(path),
            "stop the web UI and other programs of this shop, and erase again: what was begun is then finished",
        ) from error
