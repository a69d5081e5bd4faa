"""The page behind every number: its query, the tables that it reads, and its value computed anew on the version that is shown."""

import re
from typing import Any

import duckdb

from assets.outreach.report.methods.parts import Grid
from resources.descriptions import both
from resources.money import amount
from resources.words import Words
from serving.answers import Refused, filled
from serving.console import words
from serving.console.visit import Page, Visit

TABLE = re.compile(r"\b(?:clean|features|insights|models|ops)\.[a-z_0-9]+\b")
MOST_ROWS = 200


def query(visit: Visit) -> Page:
    """A figure's query. Raises Refused (404) where there is none of the name, or where it is asked about what it cannot read."""
    name, row = visit.path["name"], visit.asked.get("row", "")
    sql = visit.queries.get(name)
    if sql is None:
        raise Refused(404, filled(words.NO_QUERY, (name,)))
    content = {
        "name": name,
        "row": row if "$row" in sql else "",
        "sql": sql,
        "result": _result(visit, sql, row),
        "tables": _tables(visit, sql),
    }
    return Page(words.QUERY, content, "query.html.j2")


def _result(visit: Visit, sql: str, row: str) -> str | None:
    try:
        # Bound, never spliced: it comes from an address.
        cursor = visit.reader.connection.execute(sql, {"row": row} if "$row" in sql else {})
        found = cursor.fetchmany(MOST_ROWS)
    except duckdb.Error as error:
        raise Refused(404, filled(words.NO_ROW, (row,))) from error
    return _shown(found[0][0]) if found and found[0][0] is not None else None


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return (
        f"{value:,}"
        if isinstance(value, int)
        else amount(0, None).en
        if value == 0
        else f"{float(value):,.4f}".rstrip("0").rstrip(".")
    )


def _tables(visit: Visit, sql: str) -> Grid:
    names = dict.fromkeys(TABLE.findall(sql))
    comments = dict(
        visit.reader.connection.execute(
            "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables() WHERE comment IS NOT NULL"
        ).fetchall()
    )
    rows = []
    for name in names:
        count = f"{visit.snapshot.row_counts.get(name, 0):,}"
        rows.append((name, both(comments.get(name, ""), name), Words(count, count)))
    return Grid(words.TABLES, (words.TABLE, words.HOLDS, words.ROWS), rows)
