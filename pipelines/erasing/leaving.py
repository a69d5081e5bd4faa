"""Who leaves: the accounts of one person, what else is theirs by id, and a note of it for as long as they are not all gone."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

import duckdb

from resources.contract import CONTRACT
from resources.erased import ACCOUNT
from resources.errors import ZhikeError
from resources.home import Home, write_safely
from resources.proofs import FOLDER

OPEN = ".open"


@dataclass(frozen=True)
class Leaving:
    """A person who is to be erased. `ids` are, by column, other ids of theirs: of orders, events, sessions, messages; `quotes` what tables of others quote
    of their words; `counts` how many rows and files went so far, by where they were."""

    proof_id: str
    asked_at: str
    accounts: tuple[str, ...]
    ids: dict[str, list[str]] = field(default_factory=dict)
    quotes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def all_ids(self) -> set[str]:
        return {*self.accounts, *(value for values in self.ids.values() for value in values)}


def accounts_of(connection: duckdb.DuckDBPyConnection, account: str) -> list[str]:
    """The accounts of a person as of the newest week, by one of them; that account alone where none is known to be the same person's."""
    if not has_table(connection, "features", "identities"):
        return [account]
    found = connection.execute(
        "WITH newest AS (FROM features.identities WHERE as_of = (SELECT max(as_of) FROM features.identities)) "
        "SELECT customer_id FROM newest WHERE person_id IN (SELECT person_id FROM newest WHERE customer_id = $account OR person_id = $account) "
        "ORDER BY customer_id",
        {"account": account},
    ).fetchall()
    return sorted({account, *(row[0] for row in found)})


def has_table(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    query = (
        "FROM duckdb_tables() WHERE schema_name = $schema AND table_name = $name AND database_name = current_database()"
    )
    return bool(connection.execute(query, {"schema": schema, "name": name}).fetchall())


def columns_of(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """The columns, with types, of each table of the warehouse, by its name with schema."""
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
        "WHERE database_name = current_database() AND NOT duckdb_tables.temporary ORDER BY ALL"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def ids_of(connection: duckdb.DuckDBPyConnection, accounts: Sequence[str]) -> dict[str, list[str]]:
    """What else names rows of some accounts in what was delivered, by column of ids; what names a product or a list of ours is nobody's."""
    found: dict[str, set[str]] = {}
    there = columns_of(connection)
    for name, table in CONTRACT.items():
        raw = there.get(f"raw.{name}", {})
        columns = [
            each.name
            for each in table.fields
            if each.name.endswith("_id") and each.arrival == "id" and each.name != ACCOUNT and each.name in raw
        ]
        if ACCOUNT not in raw or not columns:
            continue
        selected = ", ".join(f"as_id({column})" for column in columns)
        rows = connection.execute(
            f"SELECT DISTINCT {selected} FROM raw.{name} WHERE {ACCOUNT} IN (SELECT id FROM "
            f"(SELECT DISTINCT {ACCOUNT} AS id FROM raw.{name}) WHERE list_contains($accounts, as_id(id)))",
            {"accounts": list(accounts)},
        ).fetchall()
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                if value:
                    found.setdefault(column, set()).add(value)
    return {column: sorted(values) for column, values in found.items()}


def note(home: Home, leaving: Leaving) -> None:
    """Notes who leaves, until `done`: what is cut off is then finished by who erases next."""
    folder = home.folder / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    write_safely(folder / f"{leaving.proof_id}{OPEN}", json.dumps(asdict(leaving), ensure_ascii=False))


def unfinished(home: Home) -> list[Leaving]:
    """Who was to be erased and is not all gone."""
    found: list[Leaving] = []
    for path in sorted((home.folder / FOLDER).glob(f"*{OPEN}")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            found.append(Leaving(**content | {"accounts": tuple(content["accounts"])}))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ZhikeError(
                "the note of an erasure that was cut off cannot be read",
                str(path),
                "delete the file and erase that person again by each of their accounts",
            ) from error
    return found


def done(home: Home, leaving: Leaving) -> None:
    (home.folder / FOLDER / f"{leaving.proof_id}{OPEN}").unlink(missing_ok=True)


def proof_id(asked_at: datetime) -> str:
    return f"{asked_at.date()}-{secrets.token_hex(6)}"
