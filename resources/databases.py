"""Sources that are queries of a PostgreSQL database, read through its ADBC driver: exactly, without writing, and without a secret in what is said.

The database itself writes every value as text, so nothing is rounded or shifted on the way: numeric with all its digits, timestamptz as an
instant in UTC with its offset. The rows come as Arrow batches, and none is kept in Python.
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import duckdb

from resources.errors import ZhikeError, engine_words
from resources.quoting import identifier
from resources.shop import Source

if TYPE_CHECKING:
    import pyarrow as pa

# Of these classes of SQLSTATE the server names tables, columns and places in the query; other messages may quote a value of a row, and what
# is said of a connection may hold a part of the secret.
OF_THE_QUERY = ("42", "25")
SESSION = ("SET TimeZone = 'UTC'", "SET DateStyle = 'ISO, YMD'", "SET default_transaction_read_only = on")


def fetch(connection: duckdb.DuckDBPyConnection, name: str, source: Source) -> None:
    """Makes the rows of a source's query a temporary table `fetched_<name>` and a view of it called `name`, every column as text.

    Raises ZhikeError where the driver or the secret is missing, the server cannot be reached, or the query fails.
    """
    assert source.postgres is not None
    dsn = os.environ.get(source.postgres.dsn_env)
    where = _where(name, source)
    if not dsn:
        raise ZhikeError(
            f"source {name} is a database whose address is not set",
            where,
            f"export {source.postgres.dsn_env}=postgresql://user:password@host/database",
        )
    try:
        import adbc_driver_postgresql.dbapi as driver
    except ImportError:
        raise ZhikeError(
            f"source {name} needs the driver of PostgreSQL, which is not installed",
            where,
            "install it: .venv/bin/pip install adbc-driver-postgresql",
        ) from None
    try:
        with driver.connect(dsn) as database, database.cursor() as cursor:
            for setting in SESSION:
                cursor.execute(setting)
            database.commit()
            _copy(connection, name, source, cursor)
    except driver.Error as error:
        raise _told(name, source, error) from None
    except duckdb.Error as error:
        raise ZhikeError(f"source {name} cannot be read: {engine_words(error)}", where, "run again") from None


def _copy(connection: duckdb.DuckDBPyConnection, name: str, source: Source, cursor: Any) -> None:
    query = source.query.strip().rstrip(";")
    # A comment in its last line would hide the bracket.
    cursor.execute(f"SELECT * FROM (\n{query}\n) AS asked LIMIT 0")
    columns = [column[0] for column in cursor.description]
    cursor.fetchall()
    texts = ", ".join(f"CAST({identifier(column)} AS text) AS {identifier(column)}" for column in columns)
    cursor.execute(f"SELECT {texts} FROM (\n{query}\n) AS asked")
    batches = cursor.fetch_record_batch()
    table, columns = identifier(f"fetched_{name}"), ", ".join(f"{identifier(column)} VARCHAR" for column in columns)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({columns})")
    # Taken one by one: an error that the engine meets within a stream quotes a value of a row.
    for batch in _each(batches, name, source):
        connection.register("arriving_batch", batch)
        connection.execute(f"INSERT INTO {table} SELECT * FROM arriving_batch")
        connection.unregister("arriving_batch")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {identifier(name)} AS SELECT * FROM {table}")


def _each(batches: Any, name: str, source: Source) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    try:
        yield from batches
    except (OSError, pa.ArrowException):
        raise _gave_up(name, source, "while it gave the rows") from None


def _gave_up(name: str, source: Source, how: str) -> ZhikeError:
    return ZhikeError(
        f"source {name}: the database gave up {how}",
        _where(name, source),
        "run the query in psql with the same address: the database's words, which may hold rows, are not repeated here",
    )


def _where(name: str, source: Source) -> str:
    return f"source {name}: {source.postgres.dsn_env if source.postgres else ''}"


def forget(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Takes away what `fetch` made."""
    connection.execute(f"DROP VIEW IF EXISTS temp.{identifier(name)}")
    connection.execute(f"DROP TABLE IF EXISTS temp.{identifier(f'fetched_{name}')}")


def _told(name: str, source: Source, error: Any) -> ZhikeError:
    where = _where(name, source)
    state = error.sqlstate or ""
    if state.startswith(OF_THE_QUERY):
        said = str(error).partition("ERROR:")[2].partition("\n")[0].strip()
        return ZhikeError(f"source {name}: the query fails: {said}", where, "correct `query` at its source")
    if state:
        return _gave_up(name, source, f"with SQLSTATE {state}")
    return ZhikeError(
        f"source {name}: the database cannot be reached, or refuses the login",
        where,
        "try the address with psql; it has the form postgresql://user:password@host:5432/database",
    )
