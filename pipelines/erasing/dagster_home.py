"""Takes who leaves out of what Dagster keeps: samples of checks name ids, and so may what a run printed."""

import json
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pipelines.erasing.leaving import Leaving
from pipelines.erasing.rewrite import vacuum
from resources.home import Home

MASKED = "•••"
# Columns of Dagster's tables that hold what its events say.
TOLD = {
    "event_logs": ("event",),
    "asset_check_executions": ("evaluation_event",),
    "asset_keys": ("last_materialization", "asset_details"),
    "runs": ("run_body",),
}
BATCH = 500
# An example in a sentence, as checks give it: the column and its value.
EXAMPLE = re.compile(r"(?<=e\.g\. )(\w+) (.+?)(?=; file |\.(?: |$)|$)")
QUOTED = re.compile(r'"([^"\\]+)"')
WORD = re.compile(r"[^\s\"'`,;|(){}\[\]<>=]+")


def forget_in_dagster(home: Home, leaving: Leaving) -> int:
    """Removes rows of samples that name them, masks them in sentences and logs, and returns how many events and lines it was."""
    ids = leaving.all_ids
    changed = 0
    for path in sorted(home.dagster.rglob("*.db")):
        count = _forget_in(path, ids)
        # Pages that were freed before may hold what is gone since.
        vacuum(path)
        changed += count
    for path in sorted((home.dagster / "storage").rglob("compute_logs/*")):
        changed += _mask_lines(path, ids)
    return changed


def _forget_in(path: Path, ids: set[str]) -> int:
    changed = 0
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table, columns in TOLD.items():
            for column in columns if table in tables else ():
                changed += _forget_told(connection, table, column, ids)
    return changed


def _forget_told(connection: sqlite3.Connection, table: str, column: str, ids: set[str]) -> int:
    last, changed = 0, 0
    while True:
        rows = connection.execute(
            f"SELECT id, {column} FROM {table} WHERE id > ? AND {column} IS NOT NULL ORDER BY id LIMIT ?", (last, BATCH)
        ).fetchall()
        if not rows:
            return changed
        last = rows[-1][0]
        anew = [(text, row) for row, before in rows if (text := without(before, ids)) is not None]
        if anew:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(f"UPDATE {table} SET {column} = ? WHERE id = ?", anew)
            connection.execute("COMMIT")
            changed += len(anew)


def without(text: str, ids: set[str]) -> str | None:
    """An event as JSON without what names one of `ids`; None where nothing does."""
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return json.dumps(found) if (found := _without(said, ids)) != said else None


def _without(said: Any, ids: set[str]) -> Any:
    if isinstance(said, dict):
        return {name: _without(value, ids) for name, value in said.items()}
    if isinstance(said, list):
        return [_without(each, ids) for each in said if not _is_row_of(each, ids)]
    if isinstance(said, str) and "e.g. " in said:
        return EXAMPLE.sub(lambda found: f"{found[1]} {MASKED}" if found[2] in ids else found[0], said)
    return said


def _is_row_of(said: Any, ids: set[str]) -> bool:
    """Whether it is a row of a table in the web UI that names one of them."""
    if not isinstance(said, dict) or said.get("__class__") != "TableRecord":
        return False
    values = [value for value in said.get("data", {}).values() if isinstance(value, str)]
    return any(value in ids or not ids.isdisjoint(QUOTED.findall(value)) for value in values)


def _mask_lines(path: Path, ids: Sequence[str] | set[str]) -> int:
    if not path.is_file() or not path.stat().st_size:
        return 0
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
    anew = [WORD.sub(lambda found: MASKED if found[0].strip(".:") in ids else found[0], line) for line in lines]
    changed = sum(one != other for one, other in zip(lines, anew, strict=True))
    if changed:
        path.write_text("".join(anew), encoding="utf-8")
    return changed
