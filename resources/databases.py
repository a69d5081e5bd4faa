"""Sources that are queries of a database: read exactly, without writing, and without a secret in what is said.

The database itself writes every value as text, so nothing is rounded or shifted on the way: numbers with all their digits, instants in UTC
with their offset. The rows come in batches, and none is kept in Python. `resources.postgres` and `resources.mysql` know their servers.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from resources import mysql, postgres
from resources.errors import ZhikeError, engine_words
from resources.quoting import identifier
from resources.shop import Source
from resources.silence import GaveUp, QueryFails, Unreachable

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Server:
    """A kind of database: what people call it, the package of its driver, its own client, the form of its address, and how it is asked: the
    address and a query give the names of the columns, and then batches of texts."""

    name: str
    package: str
    client: str
    form: str
    asked: "Callable[[str, str], tuple[list[str], Iterator[pa.RecordBatch]]]"


SERVERS = {
    "postgres": Server("PostgreSQL", "adbc-driver-postgresql", "psql", "postgresql://user:password@host:5432/database", postgres.asked),
    "mysql": Server("MySQL", "PyMySQL", "mysql", "mysql://user:password@host:3306/database", mysql.asked),
}  # fmt: skip


def fetch(connection: duckdb.DuckDBPyConnection, name: str, source: Source) -> None:
    """Makes the rows of a source's query a temporary table `fetched_<name>` and a view of it called `name`, every column as text.

    Raises ZhikeError where the driver or the secret is missing, the server cannot be reached, or the query fails.
    """
    assert source.database is not None
    kind, database = source.database
    server, where = SERVERS[kind], f"source {name}: {database.dsn_env}"
    address = os.environ.get(database.dsn_env)
    if not address:
        what = f"source {name} is a database whose address is not set"
        raise ZhikeError(what, where, f"export {database.dsn_env}={server.form}")
    try:
        # A comment in its last line would hide a bracket.
        columns, batches = server.asked(address, f"(\n{source.query.strip().rstrip(';')}\n) AS asked")
        _copy(connection, name, columns, batches)
    except ImportError:
        raise ZhikeError(
            f"source {name} needs the driver of {server.name}, which is not installed",
            where,
            f"install it: .venv/bin/pip install {server.package}",
        ) from None
    except QueryFails as error:
        raise ZhikeError(f"source {name}: the query fails: {error}", where, "correct `query` at its source") from None
    except GaveUp as error:
        raise ZhikeError(
            f"source {name}: the database gave up {error}",
            where,
            f"run the query in {server.client} with the same address: the database's words, which may hold rows, are not repeated here",
        ) from None
    except Unreachable:
        raise ZhikeError(
            f"source {name}: the database cannot be reached, or refuses the login",
            where,
            f"try the address with {server.client}; it has the form {server.form}",
        ) from None
    except duckdb.Error as error:
        raise ZhikeError(f"source {name} cannot be read: {engine_words(error)}", where, "run again") from None


def _copy(
    connection: duckdb.DuckDBPyConnection, name: str, columns: list[str], batches: "Iterator[pa.RecordBatch]"
) -> None:
    table, typed = identifier(f"fetched_{name}"), ", ".join(f"{identifier(column)} VARCHAR" for column in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({typed})")
    # Taken one by one: an error that the engine meets within a stream quotes a value of a row.
    for batch in batches:
        connection.register("arriving_batch", batch)
        connection.execute(f"INSERT INTO {table} SELECT * FROM arriving_batch")
        connection.unregister("arriving_batch")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS SELECT * FROM {table}")


def forget(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Takes away what `fetch` made."""
    connection.execute(f"DROP VIEW IF EXISTS temp.{identifier(name)}")
    connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(f'fetched_{name}')}")
