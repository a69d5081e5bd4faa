"""Publishes staged partitions in one transaction, and keeps the book of what was published.

A partition that comes out as it already is in the table is left alone: running twice changes nothing, and nothing that
rests on it goes stale. One that changed marks what was built from it, directly or not, as stale.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import duckdb

from data_checks.rows import Rows
from resources.calendar import Calendar
from resources.tables import WHOLE, Table

if TYPE_CHECKING:
    from data_checks.judge import Count

MISSING = "missing_inputs"


@dataclass
class Published:
    """What was published: rows by partition, how many partitions were already so, what has to be run again."""

    row_counts: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    stale: list[str] = field(default_factory=list)


def missing_inputs(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    reads: Sequence[Table],
    calendar: Calendar,
    keys: "Sequence[date | str]",
) -> dict[str, list[str]]:
    """For each partition the input partitions that are not published, or whose own inputs changed since."""
    dated = [read for read in reads if read.partitioning != "none"]
    if table.partitioning == "none" or not dated:
        return {}
    fresh = {
        (name, key)
        for name, key in connection.execute(
            "SELECT table_name, partition_key FROM ops.windows WHERE NOT is_stale"
        ).fetchall()
    }
    missing: dict[str, list[str]] = {}
    for key in keys:
        assert isinstance(key, date)
        for read in dated:
            same = read.partitioning == table.partitioning
            needed = [key] if same else calendar.days_before(key)
            lacking = [f"{read.qualified} {day}" for day in needed if (read.qualified, day.isoformat()) not in fresh]
            if lacking:
                missing.setdefault(key.isoformat(), []).extend(lacking)
    return missing


def publish(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    reads: Sequence[Table],
    rows: Rows,
    keys: list[str],
    counts: "dict[str, Count]",
    run_id: str,
    weeks: int,
) -> Published:
    """Replaces the partitions `keys` of the table by the staged ones; all of it or nothing. Weekly tables keep their newest `weeks`."""
    connection.execute("BEGIN TRANSACTION")
    try:
        before = dict(
            connection.execute(
                "SELECT partition_key, row_count FROM ops.windows WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
                {"table": table.qualified, "keys": keys},
            ).fetchall()
        )
        alike = [key for key in keys if before.get(key) == counts[key].row_count]
        same = _same(connection, table, alike) if alike else set[str]()
        changed = [key for key in keys if key not in same]
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        replaced = [key for key in changed if key in before]
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
        if rows.beside and keys:
            _publish_beside(connection, *rows.beside, keys)
        for statement, parameters in rows.book if keys else ():
            connection.execute(statement, parameters)
        _book(connection, table, keys, changed, counts, run_id)
        _note_reads(connection, table, reads)
        if table.partitioning == "weekly" and keys:
            _forget_old_weeks(connection, table, weeks)
        # A day that is there for the first time counts too: weeks after it may have been worked out without it.
        stale = _mark_stale(connection, table, changed)
        stale += _mark_stale(connection, table, upset, themselves=True)
        connection.execute("COMMIT")
    except BaseException:
        # A COMMIT that failed (a full disk) has ended the transaction already; its error is the one to tell.
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise
    return Published({key: counts[key].row_count for key in keys}, len(keys) - len(changed), stale)


def _same(connection: duckdb.DuckDBPyConnection, table: Table, keys: list[str]) -> set[str]:
    """Which of these partitions have the rows in the stage that they have in the table."""
    # The sum of the rows' hashes does not depend on their order and tells two different sets of rows apart.
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    staged, stored = (
        dict(
            connection.execute(
                f"SELECT {table.part}, sum(hash({columns})) FROM {relation} WHERE list_contains($keys, {table.part}) GROUP BY 1",
                {"keys": keys},
            ).fetchall()
        )
        for relation in ("stage", table.qualified)
    )
    return {key for key in keys if staged.get(key) == stored.get(key)}


def _publish_beside(
    connection: duckdb.DuckDBPyConnection, table: Table, source_table: str, select: str, keys: list[str]
) -> None:
    """Rows of another table that were set aside from these partitions of `source_table`."""
    connection.execute(table.create_sql())
    of_these = "" if keys == [WHOLE] else " AND list_contains($keys, CAST(delivered_on AS VARCHAR))"
    parameters: dict[str, Any] = {"source": source_table} | ({"keys": keys} if of_these else {})
    connection.execute(f"DELETE FROM {table.qualified} WHERE source_table = $source{of_these}", parameters)
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    connection.execute(
        f"INSERT INTO {table.qualified} ({columns}) SELECT {columns} FROM ({select}) WHERE source_table = $source{of_these}",
        parameters,
    )


def _book(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    keys: list[str],
    changed: list[str],
    counts: "dict[str, Count]",
    run_id: str,
) -> None:
    (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) + 1 FROM ops.windows").fetchall()[0]
    connection.execute(
        "UPDATE ops.windows SET is_stale = false WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
        {"table": table.qualified, "keys": keys},
    )
    if not changed:
        return
    connection.execute(
        "DELETE FROM ops.windows WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
        {"table": table.qualified, "keys": changed},
    )
    connection.executemany(
        "INSERT INTO ops.windows VALUES (?, ?, ?, ?, ?, ?, false)",
        [
            [
                table.qualified,
                key,
                counts[key].row_count,
                json.dumps(counts[key].figures),
                run_id,
                sequence,
            ]
            for key in changed
        ],
    )


def _note_reads(connection: duckdb.DuckDBPyConnection, table: Table, reads: Sequence[Table]) -> None:
    for read in reads:
        connection.execute(
            "INSERT INTO ops.reads SELECT $table, $partitioning, $input WHERE NOT EXISTS "
            "(FROM ops.reads WHERE table_name = $table AND input_name = $input)",
            {"table": table.qualified, "partitioning": table.partitioning, "input": read.qualified},
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


def _mark_stale(
    connection: duckdb.DuckDBPyConnection, table: Table, replaced: list[str], *, themselves: bool = False
) -> list[str]:
    """Marks what rests on partitions whose rows changed: the same day, and every week after it; `themselves` marks these
    partitions too. Returns what was marked."""
    if not replaced or table.partitioning == "none":
        return []
    marked = connection.execute(
        """
        WITH RECURSIVE resting AS (
            SELECT table_name, partitioning FROM ops.reads WHERE input_name = $table
            UNION
            SELECT $table, $partitioning WHERE $themselves
            UNION
            SELECT r.table_name, r.partitioning FROM ops.reads AS r JOIN resting ON r.input_name = resting.table_name
        )
        UPDATE ops.windows SET is_stale = true
        FROM resting
        WHERE windows.table_name = resting.table_name
            AND ((resting.partitioning = $partitioning AND partition_key IN (SELECT unnest($keys)))
                OR (resting.partitioning = 'weekly' AND $partitioning = 'daily' AND partition_key > $first))
        RETURNING windows.table_name || ' ' || partition_key
        """,
        {
            "table": table.qualified,
            "partitioning": table.partitioning,
            "keys": replaced,
            "first": min(replaced),
            "themselves": themselves,
        },
    ).fetchall()
    # Fits rest on what was delivered and on features, never on verdicts of other fits.
    if table.partitioning == "daily" and table.schema != "insights":
        connection.execute(
            "UPDATE models.registry SET is_stale = true WHERE fitted_as_of > CAST($first AS DATE)",
            {"first": min(replaced)},
        )
    return [row[0] for row in marked]


def oldest_kept(connection: duckdb.DuckDBPyConnection, table: Table, asked: Sequence[date], weeks: int) -> date:
    """The oldest week that a weekly table keeps once the weeks asked for are published."""
    (stored,) = connection.execute(
        "SELECT max(CAST(partition_key AS DATE)) FROM ops.windows WHERE table_name = $table", {"table": table.qualified}
    ).fetchall()[0]
    return max([*asked, *([stored] if stored else [])]) - timedelta(days=7 * (weeks - 1))


def _forget_old_weeks(connection: duckdb.DuckDBPyConnection, table: Table, weeks: int) -> None:
    """Keeps the newest weeks of a weekly table."""
    first = oldest_kept(connection, table, [], weeks)
    connection.execute(
        "DELETE FROM ops.windows WHERE table_name = $table AND CAST(partition_key AS DATE) < $first",
        {"table": table.qualified, "first": first},
    )
    connection.execute(f"DELETE FROM {table.qualified} WHERE as_of < $first", {"first": first})
