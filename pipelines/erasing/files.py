"""Takes who leaves out of the files of a home: what landed, reports, weights that no fit names, the published snapshot."""

import html
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.erasing.leaving import Leaving
from resources.contract import CONTRACT
from resources.erased import ACCOUNT, FOLLOWED
from resources.hash_key import hash_key
from resources.home import Home, write_safely
from resources.privacy import account_ids, register
from resources.quoting import literal
from resources.snapshot import POINTER, current

if TYPE_CHECKING:
    from resources.shop import Shop
    from resources.warehouse import Warehouse


def forget_landed(home: Home, leaving: Leaving) -> int:
    """Removes their rows from files that landed, and returns how many."""
    gone = 0
    for name in CONTRACT:
        for path in sorted((home.landing / name).glob("*")):
            if path.name.endswith(".jsonl"):
                gone += _forget_rows(home, path, name, leaving)
            elif path.suffix in (".csv", ".parquet"):
                gone += _forget_by_engine(home, path, name, leaving)
    return gone


def _forget_rows(home: Home, path: Path, table: str, leaving: Leaving) -> int:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    rows = [_row(line) for line in lines]
    accounts = account_ids({str(row.get(ACCOUNT) or "") for row in rows}, home.key)
    followed = FOLLOWED.get(table, "")
    kept = [
        line
        for line, row in zip(lines, rows, strict=True)
        if not _is_theirs(row, accounts[str(row.get(ACCOUNT) or "")], followed, leaving)
    ]
    if len(kept) < len(lines):
        write_safely(path, "".join(kept))
    return len(lines) - len(kept)


def _row(line: str) -> dict[str, Any]:
    try:
        row: Any = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def _is_theirs(row: dict[str, Any], account: str, followed: str, leaving: Leaving) -> bool:
    return account in leaving.accounts or (
        not account and str(row.get(followed) or "").strip() in leaving.ids.get(followed, [])
    )


def _forget_by_engine(home: Home, path: Path, table: str, leaving: Leaving) -> int:
    import duckdb

    followed = FOLLOWED.get(table, "")
    kind = path.suffix.removeprefix(".")
    read = "read_csv($path, all_varchar = true)" if kind == "csv" else "read_parquet($path)"
    with duckdb.connect() as connection:
        register(connection, hash_key(home.key))
        connection.execute(f"CREATE TABLE landed AS FROM {read}", {"path": str(path)})
        there = {row[0] for row in connection.execute("DESCRIBE landed").fetchall()}
        account = f"coalesce(own_id(trim(CAST({ACCOUNT} AS VARCHAR))), '')" if ACCOUNT in there else "''"
        theirs = f"list_contains($accounts, {account})"
        known: dict[str, Any] = {"accounts": list(leaving.accounts)}
        if followed in there:
            theirs += f" OR ({account} = '' AND list_contains($followed, CAST({followed} AS VARCHAR)))"
            known["followed"] = leaving.ids.get(followed, [])
        gone = len(connection.execute(f"DELETE FROM landed WHERE {theirs} RETURNING 1", known).fetchall())
        if gone:
            building = path.with_name(f".{path.name}")
            connection.execute(f"COPY landed TO {literal(building)} (FORMAT {kind})")
            building.replace(path)
    return gone


def _named(account: str) -> "re.Pattern[bytes]":
    return re.compile(rb"(?<![\w-])" + re.escape(account.encode()) + rb"(?![\w-])")


def forget_reports(home: Home, shop: "Shop", leaving: Leaving) -> int:
    """Removes kept reports that name or quote them; that of the published week is made again."""
    gone = 0
    quotes = [html.escape(quote).encode() for quote in leaving.quotes] + [quote.encode() for quote in leaving.quotes]
    for path in sorted(home.reports.glob("*")):
        content = path.read_bytes()
        if any(_named(account).search(content) for account in leaving.accounts) or any(q in content for q in quotes):
            path.unlink()
            gone += 1
            snapshot = current(home.snapshot)
            if snapshot and path.name == f"{snapshot.as_of}.html":
                from assets.outreach.report.make import keep

                keep(home, shop)
    return gone


def publish_anew(warehouse: "Warehouse") -> int:
    """Publishes the snapshot from what is left, where there was one, and removes all other versions, what was being built, and weights that no
    fit names. Returns how many versions and files went."""
    from assets.outreach.snapshot.parts import is_published
    from assets.outreach.snapshot.whole import publish_whole
    from resources.registry import forget_unnamed

    place = warehouse.place.snapshot
    gone = forget_unnamed(warehouse)
    shown = current(place)
    if shown:
        names = [name for name in shown.row_counts if is_published(name)]
        publish_whole(warehouse, names or _all_published(warehouse))
    return gone + _remove_versions(place)


def _all_published(warehouse: "Warehouse") -> Sequence[str]:
    from assets.outreach.snapshot.parts import is_published

    found = warehouse.connection.execute(
        "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database() ORDER BY 1"
    ).fetchall()
    return [name for (name,) in found if is_published(name)]


def _remove_versions(place: Path) -> int:
    if not place.exists():
        return 0
    shown = (place / POINTER).resolve()
    versions = [entry for entry in place.iterdir() if entry.is_dir() and not entry.is_symlink() and entry != shown]
    for entry in versions:
        shutil.rmtree(entry)
    return len(versions)
