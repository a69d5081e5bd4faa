"""PostgreSQL, asked through its ADBC driver, which gives Arrow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from resources.quoting import identifier
from resources.silence import GaveUp, QueryFails, Unreachable

if TYPE_CHECKING:
    import pyarrow as pa

# Of these classes of SQLSTATE the server names tables, columns and places in the query; other messages may quote a value of a row, and what
# is said of a connection may hold a part of the secret.
OF_THE_QUERY = ("42", "25")
SESSION = ("SET TimeZone = 'UTC'", "SET DateStyle = 'ISO, YMD'", "SET default_transaction_read_only = on")


def asked(address: str, query: str) -> "tuple[list[str], Iterator[pa.RecordBatch]]":
    """The names of a query's columns, and its rows as texts. Raises QueryFails, GaveUp or Unreachable; the rows GaveUp."""
    import adbc_driver_postgresql.dbapi as driver

    try:
        database = driver.connect(address)
    except driver.Error:
        raise Unreachable from None
    try:
        cursor = database.cursor()
        for setting in SESSION:
            cursor.execute(setting)
        database.commit()
        cursor.execute(f"SELECT * FROM {query} LIMIT 0")
        columns = [column[0] for column in cursor.description or ()]
        cursor.fetchall()
        texts = ", ".join(f"CAST({identifier(column)} AS text) AS {identifier(column)}" for column in columns)
        cursor.execute(f"SELECT {texts} FROM {query}")
        return columns, _batches(database, cursor, cursor.fetch_record_batch())
    except driver.Error as error:
        database.close()
        raise _silenced(error) from None


def _batches(database: Any, cursor: Any, batches: Any) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    with database, cursor:
        try:
            yield from batches
        except (OSError, pa.ArrowException):
            raise GaveUp("while it gave the rows") from None


def _silenced(error: Any) -> Exception:
    state = error.sqlstate or ""
    if state.startswith(OF_THE_QUERY):
        return QueryFails(str(error).partition("ERROR:")[2].partition("\n")[0].strip())
    return GaveUp(f"with SQLSTATE {state}") if state else Unreachable()
