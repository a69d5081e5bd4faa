"""Whom a home has erased: tombstones, by which a person stays out whenever days on which they were delivered are read again.

A tombstone is an HMAC-SHA256 (RFC 2104) of what named them, with a key made of the home's own: it says nothing without that key, and can only be
asked, never read. They lie in a file of their own, so that serving asks them without the warehouse.
"""

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cached_property

import duckdb

from resources.contract import GUEST, ContractTable
from resources.errors import ZhikeError
from resources.hash_key import hash_key
from resources.home import Home
from resources.tables import Column, Table

FILE = "erased.db"
ACCOUNT = "customer_id"
# What names a row that names no account: a later row of the same order, conversation or action is that person's too.
FOLLOWED = {"orders": "order_id", "messages": "conversation_id", "outcomes": "action_id"}
ERASED_ROWS = Table(
    schema="ops",
    name="erased_rows",
    description="Rows that were delivered and are kept no more, because whose they were is erased. Lines of orders stay, as those of guests.",
    partitioning="daily",
    key=("source_table", "delivered_on"),
    columns=(
        Column("source_table", "VARCHAR", "The contract table."),
        Column("delivered_on", "DATE", "The day on which the shop handed the rows over."),
        Column("delivered_count", "BIGINT", "Rows that were delivered on that day."),
        Column("erased_count", "BIGINT", "Rows of these that went."),
    ),
)
_PURPOSE = b"zhike: tombstones"
_BLOCK = 64


class Tombstones:
    """The tombstones of a home. Raises ZhikeError where they cannot be read or written."""

    def __init__(self, home: Home):
        self._path = home.folder / FILE
        self._home_key = home.key

    @cached_property
    def _key(self) -> bytes:
        # Another key than that of the hashes: what is made with one cannot be compared to what is made with the other.
        return hmac.new(hash_key(self._home_key), _PURPOSE, hashlib.sha256).digest()

    def of(self, value: str, kind: str = ACCOUNT) -> str:
        """The tombstone that an account, or something else of a kind (a column of ids), would have."""
        return hmac.new(self._key, f"{kind}:{value}".encode(errors="replace"), hashlib.sha256).hexdigest()

    def holds(self, customer_id: str) -> bool:
        """Whether an account is erased."""
        return bool(
            self._path.exists() and self._asked("SELECT 1 FROM tombstones WHERE hash = ?", self.of(customer_id))
        )

    def any_of(self, accounts: Iterable[str]) -> bool:
        """Whether one of some accounts is erased."""
        erased = set(self.hashes())
        return bool(erased) and any(self.of(account) in erased for account in accounts)

    def is_empty(self) -> bool:
        """Whether nobody was ever erased."""
        return not self._path.exists() or not self._asked("SELECT 1 FROM tombstones LIMIT 1")

    def hashes(self) -> list[str]:
        return (
            [row[0] for row in self._asked("SELECT hash FROM tombstones ORDER BY hash")] if self._path.exists() else []
        )

    def add(self, ids: Iterable[str], kind: str = ACCOUNT) -> int:
        """Sets tombstones, and returns how many were not there yet. They are on the disk when it returns."""
        try:
            # Whoever may not read the home may not read the file.
            self._path.touch(0o600)
            with closing(sqlite3.connect(self._path, isolation_level=None, timeout=10)) as connection:
                connection.executescript("PRAGMA synchronous = FULL; BEGIN IMMEDIATE;")
                connection.execute("CREATE TABLE IF NOT EXISTS tombstones (hash TEXT PRIMARY KEY) WITHOUT ROWID")
                before = connection.total_changes
                connection.executemany(
                    "INSERT OR IGNORE INTO tombstones VALUES (?)", [(self.of(i, kind),) for i in ids]
                )
                added = connection.total_changes - before
                connection.execute("COMMIT")
                return added
        except (OSError, sqlite3.Error) as error:
            raise ZhikeError(
                f"the tombstones cannot be written: {error}", str(self._path), "free space there, or make it writable"
            ) from error

    def _asked(self, query: str, *values: str) -> list[tuple[str]]:
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
                return connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise ZhikeError(
                f"the tombstones cannot be read: {error}",
                str(self._path),
                "restore the file from a backup: without it erased persons come back when their days are read again",
            ) from error

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Makes the temporary table `tombstones` of `hash` and the function `tombstone(kind, id)`; neither is stored."""
        padded = self._key.ljust(_BLOCK, b"\0")
        inner, outer = (bytes(byte ^ pad for byte in padded).hex() for pad in (0x36, 0x5C))
        connection.execute(
            "CREATE OR REPLACE TEMP MACRO tombstone(kind, id) AS "
            f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode(kind || ':' || id))))"
        )
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE tombstones AS SELECT unnest($hashes) AS hash", {"hashes": self.hashes()}
        )


def sweep(connection: duckdb.DuckDBPyConnection, table: ContractTable, relation: str, *, by_hash: bool) -> int:
    """Takes erased persons out of `relation`, which has the columns of a raw or clean table, and returns how many rows were theirs. A line of an order stays, as a guest's, under an
    id made from that of the order, so that what was sold stays; so does a link with one of `crowded_keys` (see there). All other rows go. How many went is in the temporary table `swept`, by
    `delivered_on` where the relation has it.

    Erased are the ids with a tombstone (`by_hash`), or those in the temporary table `leaving` of `kind` and `id`; see Tombstones.register.
    """
    there = {row[0] for row in connection.execute(f"DESCRIBE {relation}").fetchall()}
    connection.execute("CREATE OR REPLACE TEMP TABLE swept (delivered_on DATE, row_count BIGINT)")
    if ACCOUNT not in there:
        return 0
    followed = FOLLOWED.get(table.name, "")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_accounts AS {_gone(relation, ACCOUNT, by_hash)}")
    theirs = f"{ACCOUNT} IN (FROM gone_accounts)"
    if followed in there:
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE gone_followed AS {_gone(relation, followed, by_hash)} "
            f"UNION SELECT {followed} FROM {relation} WHERE {theirs} AND {followed} IS NOT NULL"
        )
    if table.name == "orders":
        guest = guest_id(followed)
        lines = f"{followed} IN (FROM gone_followed)"
        changed = connection.execute(f"SELECT count(*) FROM {relation} WHERE {theirs} OR {lines}").fetchall()[0][0]
        connection.execute(f"UPDATE {relation} SET {followed} = {guest} WHERE {lines}")
        connection.execute(f"UPDATE {relation} SET {ACCOUNT} = NULL WHERE {theirs}")
        return changed
    if table.name == "links":
        is_crowded = "(trim(key_type), key_value) IN (FROM crowded_keys)"
        connection.execute(f"UPDATE {relation} SET {ACCOUNT} = {guest_id(ACCOUNT)} WHERE {theirs} AND {is_crowded}")
    if followed in there:
        theirs += f" OR (coalesce(trim({ACCOUNT}), '') = '' AND {followed} IN (FROM gone_followed))"
    day = "delivered_on" if "delivered_on" in there else "NULL"
    connection.execute(f"INSERT INTO swept SELECT {day}, count(*) FROM {relation} WHERE {theirs} GROUP BY 1")
    connection.execute(f"DELETE FROM {relation} WHERE {theirs}")
    return int(connection.execute("SELECT coalesce(sum(row_count), 0) FROM swept").fetchall()[0][0])


def crowded_keys(connection: duckdb.DuckDBPyConnection, links: str, accounts_a_key: int) -> None:
    """Makes the temporary table of the link keys of a relation that more accounts share than a person has: such a key names nobody. It would,
    and join those who are left, if accounts that are erased no longer counted."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE crowded_keys AS SELECT trim(key_type) AS key_type, key_value "
        f"FROM (SELECT DISTINCT key_type, key_value, as_id({ACCOUNT}) AS account FROM {links}) GROUP BY ALL HAVING count(*) > $most",
        {"most": accounts_a_key},
    )


def guest_id(column: str) -> str:
    """The SQL of what stands for an id of a column whose owner is erased; see Tombstones.register."""
    return f"'{GUEST}' || left(tombstone('{column.rpartition('.')[2]}', as_id({column})), 24)"


def _gone(relation: str, column: str, by_hash: bool) -> str:
    """The values of a column of ids that are erased, as they are written there."""
    erased = (
        f"tombstone('{column}', as_id(id)) IN (SELECT hash FROM tombstones)"
        if by_hash
        else f"as_id(id) IN (SELECT id FROM leaving WHERE kind = '{column}')"
    )
    return f"SELECT id FROM (SELECT DISTINCT {column} AS id FROM {relation} WHERE {column} IS NOT NULL) WHERE {erased}"
