"""What tables and columns hold, in both languages: English where they are declared, Chinese in descriptions.yaml."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import duckdb
import yaml

from resources.tables import Table
from resources.words import Words


@cache
def _chinese() -> dict[str, dict[str, str]]:
    return yaml.safe_load(Path(__file__).with_name("descriptions.yaml").read_text("utf-8"))


def chinese(table: str, column: str | None = None) -> str:
    """Of a table, by its name with schema, or a column of it; a quantity is called alike everywhere, so most columns are described
    once. Empty where nobody has written it."""
    said = _chinese()
    if column is None:
        return said["tables"].get(table, "")
    if column.endswith("_at_local"):
        return said["columns"]["_at_local"]
    return said["columns"].get(f"{table}.{column}") or said["columns"].get(column, "")


def both(comment: str, table: str, column: str | None = None) -> Words:
    """A comment of the published snapshot, put together by `said_of`, in each language; of what nobody wrote in one, that of the other."""
    own = chinese(table, column)
    english = comment.removeprefix(own).removeprefix(" / ")
    return Words(own or english, english or own)


def said_of(connection: duckdb.DuckDBPyConnection, also: Sequence[Table] = ()) -> Callable[[str, str | None], str]:
    """What is said of a table or column of the open warehouse, or of one that is not stored there: its comments, with the Chinese before them."""
    english: dict[tuple[str, str | None], str] = {
        (name, column): comment
        for name, column, comment in connection.execute(
            "SELECT schema_name || '.' || table_name, NULL, comment FROM duckdb_tables() WHERE comment IS NOT NULL UNION ALL "
            "SELECT schema_name || '.' || table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL"
        ).fetchall()
    }

    for table in also:
        english |= {(table.qualified, column.name): column.description for column in table.columns}
        english[table.qualified, None] = table.description

    def said(table: str, column: str | None) -> str:
        own = english.get((table, column), "")
        if column and column.endswith("_at_local"):
            own = "The same on the clocks of the shop."
        return " / ".join(text for text in (chinese(table, column), own) if text)

    return said
