"""What is there, how fresh, what failed and why."""

import os
from collections import Counter
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Group
from rich.text import Text

from pipelines.failures import failures
from pipelines.grids import grid
from resources.catalogue import in_words
from resources.code import code_version
from resources.database import connected, held
from resources.errors import ZhikeError
from resources.home import Home, open_home
from resources.shop import Shop
from resources.snapshot import current

WAIT_SECONDS = 1


def status_of(shop: Shop, home: Path) -> dict[str, Any]:
    """Tables with their first and newest partition, rows, partitions whose inputs changed since, and partitions made by older code;
    failed runs; the snapshot; what each part takes on disk."""
    place = open_home(shop, home, to_read=True)
    found: dict[str, Any] = {
        "shop": {"zh": shop.name.zh, "en": shop.name.en},
        "tables": [],
        "held_by": None,
        "failures": failures(place),
        "snapshot": None,
        "bytes": {part: _size(path) for part, path in _parts(place).items() if path.exists()},
    }
    snapshot = current(place.snapshot)
    if snapshot:
        found["snapshot"] = {
            "version": snapshot.folder.name,
            "as_of": snapshot.as_of,
            "row_counts": snapshot.row_counts,
        }
    if place.warehouse.exists():
        try:
            found["tables"] = _tables(place)
        except ZhikeError as error:
            found["held_by"] = error.what
    return found


def _parts(place: Home) -> dict[str, Path]:
    return {
        "warehouse": place.warehouse,
        "snapshot": place.snapshot,
        "reports": place.reports,
        "models": place.models,
        "runs and logs": place.dagster,
        "landing": place.landing,
        "spill": place.spill,
    }


def _size(path: Path) -> int:
    """Bytes of a file, or of the files in a folder; a file that goes meanwhile counts as none."""
    found = 0
    for file in [path] if path.is_file() else path.rglob("*"):
        with suppress(OSError):
            found += file.lstat().st_size if file.is_file() and not file.is_symlink() else 0
    return found


def _tables(place: Home) -> list[dict[str, Any]]:
    """What the book of the gate says. Raises ZhikeError where another process holds the warehouse."""
    # Whoever may only read holds nobody up.
    lock = held(place, "", WAIT_SECONDS) if os.access(place.folder, os.W_OK) else nullcontext()
    with lock, connected(place, read_only=True) as connection:
        try:
            rows = connection.execute(
                """
                SELECT table_name, nullif(min(partition_key), 'all'), nullif(max(partition_key), 'all'), count(*),
                    CAST(sum(row_count) AS BIGINT), count(*) FILTER (WHERE is_stale)
                FROM ops.windows GROUP BY table_name ORDER BY min(sequence), table_name
                """
            ).fetchall()
        except duckdb.CatalogException:
            # The first command was killed before it made the book.
            return []
        older = _older(connection)
    names = ("table", "first", "newest", "partitions", "rows", "stale")
    return [dict(zip(names, row, strict=True)) | {"older": older[row[0]]} for row in rows]


def _older(connection: duckdb.DuckDBPyConnection) -> Counter[str]:
    """Partitions of each table that another version of its code made. A home of a release that noted no code, and that no run has
    opened since, has only such."""
    older: Counter[str] = Counter()
    try:
        made = connection.execute(
            "SELECT w.table_name, w.code_version, c.places, count(*) FROM ops.windows AS w "
            "LEFT JOIN ops.code AS c ON c.table_name = w.table_name GROUP BY ALL"
        ).fetchall()
    except (duckdb.BinderException, duckdb.CatalogException):
        made = connection.execute("SELECT table_name, NULL, NULL, count(*) FROM ops.windows GROUP BY ALL").fetchall()
    for table, version, places, partitions in made:
        if places is None or version != code_version(*places):
            older[table] += partitions
    return older


def render(found: dict[str, Any], language: str) -> Group:
    def said(text: str) -> str:
        return getattr(in_words(text), language)

    told = [name for name in ("stale", "older") if any(row[name] for row in found["tables"])]
    counts = ("partitions", "rows", *told)
    headings = [name.replace("older", "older code") for name in counts]
    title = f"{found['shop']['en']} · {found['shop']['zh']}"
    days = ("first", "newest")
    tables = grid("table", *days, *headings, numbers=headings, whole=days, title=title)
    for row in found["tables"]:
        shown = (f"{row[name]:,}" if row[name] or name not in told else "" for name in counts)
        tables.add_row(row["table"], row["first"] or "", row["newest"] or "", *shown)
    parts: list[Any] = [tables] if found["tables"] else [Text(said("Nothing has been run yet: zhike run --store …"))]
    if any(row["stale"] for row in found["tables"]):
        parts.append(
            Text(said("Stale: an input changed since; run these days and weeks again (zhike run)."), style="yellow")
        )
    if any(row["older"] for row in found["tables"]):
        parts.append(
            Text(said("Older code: made before Zhike was upgraded; zhike run makes it again."), style="yellow")
        )
    if found["held_by"]:
        parts.append(Text(found["held_by"], style="yellow"))
    if found["snapshot"]:
        parts.append(
            Text(said(f"Published snapshot: {found['snapshot']['version']}, as of {found['snapshot']['as_of']}"))
        )
    if found["bytes"]:
        takes = ", ".join(f"{part} {size / 1e6:,.1f} MB" for part, size in found["bytes"].items())
        parts.append(Text(said(f"Takes: {takes}")))
    for failure in found["failures"]:
        parts.append(Text(said(f"Failed {failure['job']} run {failure['run'][:8]}: {failure['why']}"), style="red"))
    return Group(*parts)
