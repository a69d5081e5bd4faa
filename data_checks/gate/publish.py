"""Publishes staged partitions in one transaction, together with what the book says of them.

A partition that comes out as it already is in the table is left alone: running twice changes nothing, and nothing that
rests on it goes stale. One that changed marks what was built from it, directly or not, as stale.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb

from data_checks.gate import book
from data_checks.gate.audit import PartitionFigures, Verdict
from data_checks.gate.rows import Rows
from resources.tables import WHOLE, Table


@dataclass
class Published:
    """What was published: rows by partition, how many partitions were already so, what has to be run again, and the tables of
    which that is asked anew."""

    row_counts: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    stale: list[str] = field(default_factory=list)
    upset: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Chunk:
    """Partitions of a table that are staged and audited together: all of their keys, those that may be published, and by whom."""

    table: Table
    reads: Sequence[Table]
    keys: list[str]
    good: list[str]
    figures: Mapping[str, PartitionFigures]
    verdicts: Sequence[Verdict]
    run_id: str
    code: Sequence[str]
    code_version: str
    weeks: int
    """How many of its newest weeks a weekly table keeps."""


def publish(connection: duckdb.DuckDBPyConnection, chunk: Chunk, rows: Rows) -> Published:
    """Replaces the good partitions of a chunk by the staged ones and books all of them; all of it or nothing."""
    table, keys = chunk.table, chunk.good
    connection.execute("BEGIN TRANSACTION")
    try:
        before = dict(
            connection.execute(
                "SELECT partition_key, row_count FROM ops.windows WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
                {"table": table.qualified, "keys": keys},
            ).fetchall()
        )
        there = [key for key in keys if key in before]
        staged, stored = (_contents(connection, name, table, there) for name in ("stage", table.qualified))
        changed = [key for key in keys if key not in before or staged[key] != stored[key]]
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        replaced = [key for key in changed if key in before]
        upset_from = book.first_change(connection, table, rows.timeless_on) if replaced else None
        upset = _followers(connection, table, *rows.arrivals, keys, changed) if rows.arrivals and changed else []
        if replaced:
            connection.execute(
                f"DELETE FROM {table.qualified} WHERE {table.part} IN (SELECT unnest($keys))", {"keys": replaced}
            )
        if changed:
            connection.execute(
                f"INSERT INTO {table.qualified} ({columns}) SELECT {columns} FROM stage WHERE {table.part} IN (SELECT unnest($keys))",
                {"keys": changed},
            )
        for beside in rows.beside if keys else ():
            _publish_beside(connection, *beside, keys)
        for statement, parameters in rows.book if keys else ():
            connection.execute(statement, parameters)
        book.record(connection, table, keys, changed, chunk.figures, chunk.run_id, chunk.code_version)
        book.note_table(connection, table, chunk.reads, chunk.code)
        book.note_refusals(connection, table, chunk.keys, chunk.verdicts, chunk.run_id)
        if rows.outdated and keys:
            book.mark_outdated(connection, table, *rows.outdated, keys)
        if table.partitioning == "weekly" and keys:
            book.forget_old_weeks(connection, table, chunk.weeks)
        # A day that is there for the first time counts too: weeks after it may have been worked out without it.
        marked = book.mark_stale(connection, table, {key: stored.get(key) for key in changed})
        marked += book.mark_stale(connection, table, dict.fromkeys(upset), themselves=True)
        marked += book.mark_weeks_after(connection, table, upset_from, stored.get(WHOLE)) if upset_from else []
        book.lift(connection, table, {key: staged[key] for key in replaced})
        tables = {each.split(" ")[0] for each in marked}
        stale = {f"{name} {key}" for name in tables for key in book.stale(connection, name)}
        connection.execute("COMMIT")
    except BaseException:
        # A COMMIT that failed (a full disk) has ended the transaction already; its error is the one to tell.
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
    counts = {key: chunk.figures[key].row_count for key in keys}
    return Published(counts, len(keys) - len(changed), [each for each in marked if each in stale], tables)


def _contents(connection: duckdb.DuckDBPyConnection, relation: str, table: Table, keys: list[str]) -> dict[str, int]:
    """By partition what its rows come to, which tells two different sets of rows apart; 0 where it has none."""
    if not keys:
        return {}
    # The sum of the rows' hashes does not depend on their order.
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    found = connection.execute(
        f"SELECT {table.part}, sum(hash({columns})) FROM {relation} WHERE list_contains($keys, {table.part}) GROUP BY 1",
        {"keys": keys},
    ).fetchall()
    return dict.fromkeys(keys, 0) | dict(found)


def _publish_beside(
    connection: duckdb.DuckDBPyConnection, table: Table, source_table: str, select: str, keys: list[str]
) -> None:
    """Rows of another table that were set aside from these partitions of `source_table`."""
    of_these = "" if keys == [WHOLE] else " AND list_contains($keys, CAST(delivered_on AS VARCHAR))"
    parameters: dict[str, Any] = {"source": source_table} | ({"keys": keys} if of_these else {})
    connection.execute(f"DELETE FROM {table.qualified} WHERE source_table = $source{of_these}", parameters)
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    connection.execute(
        f"INSERT INTO {table.qualified} ({columns}) SELECT {columns} FROM ({select}) WHERE source_table = $source{of_these}",
        parameters,
    )


def _followers(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    raw: Table,
    key: tuple[str, ...],
    keys: list[str],
    changed: list[str],
) -> list[str]:
    """Published days, not among `keys`, on which a key arrived again whose rows change on an earlier day: they were booked against those."""
    later = "SELECT partition_key FROM ops.windows WHERE table_name = $table AND partition_key > $first AND NOT list_contains($keys, partition_key)"
    parameters = {"table": table.qualified, "first": min(changed), "keys": keys}
    if not connection.execute(later, parameters).fetchall():
        return []
    columns = ", ".join(f'"{name}"' for name in table.column_names if name != "row_no")
    these = "WHERE list_contains($changed, CAST(delivered_on AS VARCHAR))"
    staged, stored = (f"SELECT {columns} FROM {name} {these}" for name in ("stage", table.qualified))
    found = connection.execute(
        f"""
        WITH upset AS (
            SELECT {", ".join(key)}, min(delivered_on) AS changed_on
            FROM (({staged} EXCEPT {stored}) UNION ALL ({stored} EXCEPT {staged}))
            GROUP BY ALL
        )
        SELECT DISTINCT CAST(r.delivered_on AS VARCHAR) FROM {raw.qualified} AS r
        JOIN upset ON r.delivered_on > upset.changed_on AND {" AND ".join(f"trim(r.{name}) = upset.{name}" for name in key)}
        WHERE CAST(r.delivered_on AS VARCHAR) IN ({later})
        ORDER BY 1
        """,
        {**parameters, "changed": changed},
    ).fetchall()
    return [row[0] for row in found]
