"""MySQL and MariaDB, asked through PyMySQL, which needs nothing but Python."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from resources.silence import GaveUp, QueryFails, Unreachable

if TYPE_CHECKING:
    import pyarrow as pa

# Of these errors the server names tables, columns and places in the query: no such table, column, function or database, a name that is
# ambiguous or stands twice, syntax, a right that is lacking, a transaction that may only read. Others may quote a value of a row.
OF_THE_QUERY = (1044, 1046, 1049, 1052, 1054, 1060, 1064, 1142, 1143, 1146, 1305, 1370, 1792)
# What the address may say after a question mark: a socket, and how the server's certificate is checked.
OPTIONS = ("unix_socket", "ssl_ca", "ssl_verify_cert", "ssl_verify_identity")
ROWS = 10_000


def asked(address: str, query: str) -> "tuple[list[str], Iterator[pa.RecordBatch]]":
    """The names of a query's columns, and its rows as texts. Raises QueryFails, GaveUp or Unreachable; the rows GaveUp.

    A TIMESTAMP is an instant and gets its offset. A DATETIME has none: it is wall time of the shop.
    """
    import pymysql
    from pymysql.constants import FIELD_TYPE
    from pymysql.cursors import SSCursor

    try:
        database = pymysql.connect(
            **_login(address),
            charset="utf8mb4",
            cursorclass=SSCursor,
            init_command="SET time_zone = '+00:00'",
        )
    except (pymysql.Error, ValueError, OSError):
        raise Unreachable from None
    try:
        with database.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")
            cursor.execute(f"SELECT * FROM {query} LIMIT 0")
            described = [(column[0], column[1] == FIELD_TYPE.TIMESTAMP) for column in cursor.description or ()]
        texts = ", ".join(
            f"CONCAT(CAST({_named(column)} AS CHAR), '+00:00')" if is_instant else f"CAST({_named(column)} AS CHAR)"
            for column, is_instant in described
        )
        rows = database.cursor()
        rows.execute(f"SELECT {texts} FROM {query}")
    except pymysql.Error as error:
        database.close()
        raise _silenced(error) from None
    columns = [column for column, _ in described]
    return columns, _batches(database, rows, columns)


def _named(column: str) -> str:
    return f"`{column.replace('`', '``')}`"


def _login(address: str) -> dict[str, Any]:
    """What PyMySQL calls the parts of an address. Raises ValueError where it is none."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    if parts.scheme != "mysql" or not set(options) <= set(OPTIONS):
        raise ValueError
    port = {"port": parts.port} if parts.port else {}
    return {
        "host": unquote(parts.hostname or "localhost"),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.lstrip("/")) or None,
        **port,
        **options,
    }


def _batches(database: Any, cursor: Any, columns: list[str]) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa
    import pymysql

    try:
        while rows := cursor.fetchmany(ROWS):
            texts = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
            yield pa.RecordBatch.from_arrays(texts, names=columns)
    except (pymysql.Error, OSError, UnicodeDecodeError):
        raise GaveUp("while it gave the rows") from None
    finally:
        if database.open:
            database.close()


def _silenced(error: Any) -> Exception:
    code, said = (*error.args, "", "")[:2]
    if code in OF_THE_QUERY:
        return QueryFails(str(said))
    return GaveUp(f"with error {code}")
