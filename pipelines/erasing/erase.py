"""Erases one person: a note and tombstones first, then the warehouse, what is published, and all else that holds persons.

What is cut off at any point is finished by the next erasure: the note stays until all is done.
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipelines.erasing.dagster_home import forget_in_dagster
from pipelines.erasing.files import forget_landed, forget_reports, publish_anew
from pipelines.erasing.leaving import (
    Leaving,
    accounts_of,
    columns_of,
    done,
    ids_of,
    note,
    proof_id,
    unfinished,
)
from pipelines.erasing.rewrite import rewrite_warehouse
from pipelines.erasing.stores import STORES, exports_of
from pipelines.erasing.warehouse import forget_in_warehouse, make_leaving
from resources import wishes
from resources.contract import CONTRACT
from resources.database import held
from resources.erased import ACCOUNT, FOLLOWED, Tombstones
from resources.home import Home, open_home, write_safely
from resources.inbox import Inbox
from resources.privacy import account_id
from resources.proofs import FOLDER
from resources.shop import Shop
from resources.warehouse import Warehouse


@dataclass(frozen=True)
class Found:
    """Who is asked for: the accounts of theirs, whether anything is known of them, and whether they were erased before."""

    accounts: list[str]
    is_known: bool
    was_erased: bool


@dataclass(frozen=True)
class Proof:
    """What says that a person is erased, and nothing of who it was. `rows` are counts by table, `elsewhere` by what else held them; `contents` are
    digests of the tables as they are since; `exports` are the ids of exports in which they were."""

    proof_id: str
    asked_at: str
    erased_at: str
    account_count: int
    rows: dict[str, int]
    elsewhere: dict[str, int]
    contents: dict[str, str]
    exports: list[str]
    file: str = ""


def find(shop: Shop, folder: Path, asked: str) -> Found:
    """Whom an id, as the shop writes it, names: an account, or a person of several. Raises ZhikeError where the warehouse is held."""
    home = open_home(shop, folder)
    with _warehouse(shop, folder).opened() as warehouse:
        return _found(warehouse.connection, home, account_id(asked.strip(), home.key))


def erase(shop: Shop, folder: Path, asked: str) -> list[Proof]:
    """Erases whom an id names, and finishes what was cut off before. Returns a proof of each; none where who is asked for was erased already and
    nothing of theirs came since. An id that nothing is known of gets its tombstone: what comes of it later is kept out. Raises ZhikeError where
    the warehouse is held, or there is no room to write it anew."""
    home = open_home(shop, folder)
    warehouse = _warehouse(shop, folder)
    with held(home, "", warehouse.wait_seconds):
        open_ones = unfinished(home)
        with warehouse.opened_by_holder():
            account = account_id(asked.strip(), home.key)
            found = _found(warehouse.connection, home, account)
            is_open = any(account in leaving.accounts for leaving in open_ones)
            if not is_open and not (found.was_erased and not found.is_known):
                _wish(shop, home, account)
                open_ones.append(_begin(warehouse.connection, home, found))
        return [_erase_one(warehouse, shop, home, leaving) for leaving in open_ones]


def _warehouse(shop: Shop, folder: Path) -> Warehouse:
    return Warehouse(store=str(shop.folder), home=str(folder))


def _found(connection: duckdb.DuckDBPyConnection, home: Home, account: str) -> Found:
    accounts = accounts_of(connection, account)
    there = columns_of(connection)
    selects = [
        f"SELECT 1 FROM raw.{name} WHERE list_contains($accounts, {ACCOUNT})"
        for name in CONTRACT
        if ACCOUNT in there.get(f"raw.{name}", {})
    ]
    selects += [
        f"SELECT 1 FROM {name} WHERE list_contains($accounts, {ACCOUNT})"
        for name in ("features.customer_days", "features.identities")
        if name in there
    ]
    is_known = bool(
        selects and connection.execute(f"{' UNION ALL '.join(selects)} LIMIT 1", {"accounts": accounts}).fetchall()
    )
    return Found(accounts, is_known, Tombstones(home).holds(account))


def _begin(connection: duckdb.DuckDBPyConnection, home: Home, found: Found) -> Leaving:
    now = datetime.now(UTC)
    leaving = Leaving(
        proof_id(now), now.isoformat(timespec="seconds"), tuple(found.accounts), ids_of(connection, found.accounts)
    )
    leaving = replace(leaving, quotes=make_leaving(connection, leaving))
    note(home, leaving)
    return leaving


def _wish(shop: Shop, home: Home, account: str) -> None:
    """From here on whoever serves knows of no such person, and the next run finishes what is cut off."""
    inbox = Inbox(home, shop.time_zone)
    try:
        wishes.wish(inbox, account)
    finally:
        inbox.close()


def _erase_one(warehouse: Warehouse, shop: Shop, home: Home, leaving: Leaving) -> Proof:
    tombstones = Tombstones(home)
    tombstones.add(leaving.accounts)
    for kind in FOLLOWED.values():
        tombstones.add(leaving.ids.get(kind, []), kind)
    exports = exports_of(home, leaving.accounts)
    stores: dict[str, Callable[[], int]] = {
        "landing": lambda: forget_landed(home, leaving),
        **{name: (lambda forget=forget: forget(home, leaving.accounts)) for name, forget in STORES.items()},
        "dagster": lambda: forget_in_dagster(home, leaving),
        "reports": lambda: forget_reports(home, shop, leaving),
    }
    with warehouse.opened_by_holder():
        make_leaving(warehouse.connection, leaving)
        forget_in_warehouse(warehouse.connection, leaving, tombstones, shop.settings.accounts_a_key)
    rewrite_warehouse(home)
    with warehouse.opened_by_holder():
        # Weights that no fit names any more, and all versions but the new one.
        leaving = _counted(home, leaving, "snapshot", publish_anew(warehouse))
        rows, contents = _contents(warehouse.connection, leaving)
    for name, forget in stores.items():
        leaving = _counted(home, leaving, name, forget())
    shutil.rmtree(home.spill, ignore_errors=True)
    proof = Proof(
        leaving.proof_id,
        leaving.asked_at,
        datetime.now(UTC).isoformat(timespec="seconds"),
        len(leaving.accounts),
        rows,
        {name: count for name, count in leaving.counts.items() if count},
        contents,
        exports,
        str(home.folder / FOLDER / f"{leaving.proof_id}.json"),
    )
    write_safely(Path(proof.file), json.dumps({k: v for k, v in asdict(proof).items() if k != "file"}, indent=1))
    wishes.fulfil(home, leaving.accounts)
    done(home, leaving)
    return proof


def _counted(home: Home, leaving: Leaving, name: str, count: int) -> Leaving:
    leaving = replace(leaving, counts=leaving.counts | {name: leaving.counts.get(name, 0) + count})
    note(home, leaving)
    return leaving


def _contents(connection: duckdb.DuckDBPyConnection, leaving: Leaving) -> tuple[dict[str, int], dict[str, str]]:
    """Of each table in which rows of theirs were, how many these were, and a digest of what is in it now."""
    rows: dict[str, int] = dict(
        connection.execute(
            "SELECT table_name, sum(row_count)::BIGINT FROM ops.erasures WHERE proof_id = $proof GROUP BY 1 ORDER BY 1",
            {"proof": leaving.proof_id},
        ).fetchall()
    )
    found: dict[str, str] = {}
    for name in rows:
        # The sum of the rows' hashes does not depend on their order.
        said: Any = connection.execute(f"SELECT count(*), sum(hash(t)) FROM {name} AS t").fetchall()[0]
        found[name] = hashlib.sha256(repr(said).encode()).hexdigest()
    return rows, found
