"""The book: ops.windows says of every published partition what it holds, which code made it, and whether an input has changed
since; ops.refusals which partitions were refused, and by which check. The gate alone writes it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from data_checks.gate.audit import PartitionFigures, Verdict
from resources.calendar import Calendar
from resources.tables import Table


def published(connection: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    """The partitions of a table that are there and up to date."""
    rows = connection.execute(
        "SELECT partition_key FROM ops.windows WHERE table_name = $table AND NOT is_stale", {"table": table.qualified}
    ).fetchall()
    return {row[0] for row in rows}


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
    fresh = {read.qualified: published(connection, read) for read in dated}
    missing: dict[str, list[str]] = {}
    for key in keys:
        assert isinstance(key, date)
        for read in dated:
            same = read.partitioning == table.partitioning
            needed = [key] if same else calendar.days_before(key)
            lacking = [f"{read.qualified} {day}" for day in needed if day.isoformat() not in fresh[read.qualified]]
            if lacking:
                missing.setdefault(key.isoformat(), []).extend(lacking)
    return missing


def record(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    keys: list[str],
    changed: list[str],
    figures: Mapping[str, PartitionFigures],
    run_id: str,
    code: str,
) -> None:
    """Notes partitions as published by a run; those that came out as they were keep the run that wrote them."""
    (sequence,) = connection.execute("SELECT coalesce(max(sequence), 0) + 1 FROM ops.windows").fetchall()[0]
    connection.execute(
        "UPDATE ops.windows SET is_stale = false, code_version = $code "
        "WHERE table_name = $table AND partition_key IN (SELECT unnest($keys)) "
        "AND (is_stale OR code_version IS DISTINCT FROM $code)",
        {"table": table.qualified, "keys": keys, "code": code},
    )
    if not changed:
        return
    connection.execute(
        "DELETE FROM ops.windows WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
        {"table": table.qualified, "keys": changed},
    )
    connection.executemany(
        "INSERT INTO ops.windows (table_name, partition_key, row_count, figures, run_id, sequence, is_stale, code_version) "
        "VALUES (?, ?, ?, ?, ?, ?, false, ?)",
        [
            [
                table.qualified,
                key,
                figures[key].row_count,
                json.dumps(figures[key].figures),
                run_id,
                sequence,
                code,
            ]
            for key in changed
        ],
    )


def note_refusals(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    keys: Sequence[str],
    verdicts: Sequence[Verdict],
    run_id: str,
) -> None:
    """Notes which critical checks refused which of the partitions `keys`, in place of what was noted of them before."""
    connection.execute(
        "DELETE FROM ops.refusals WHERE table_name = $table AND list_contains($keys, partition_key)",
        {"table": table.qualified, "keys": list(keys)},
    )
    rows = [
        [table.qualified, key, v.expectation.name, v.values[key], v.expectation.at_least, v.expectation.at_most, run_id]
        for v in verdicts
        if v.expectation.severity == "critical"
        for key in v.bad
    ]
    if rows:
        connection.executemany("INSERT INTO ops.refusals VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def note_table(
    connection: duckdb.DuckDBPyConnection, table: Table, reads: Sequence[Table], code: Sequence[str]
) -> None:
    """Notes what a table is made from: the tables it reads, and the places of its code."""
    for read in reads:
        connection.execute(
            "INSERT INTO ops.reads SELECT $table, $partitioning, $input WHERE NOT EXISTS "
            "(FROM ops.reads WHERE table_name = $table AND input_name = $input)",
            {"table": table.qualified, "partitioning": table.partitioning, "input": read.qualified},
        )
    known = {"table": table.qualified, "code": list(code)}
    if not connection.execute("FROM ops.code WHERE table_name = $table AND places = $code", known).fetchall():
        connection.execute("DELETE FROM ops.code WHERE table_name = $table", {"table": table.qualified})
        connection.execute("INSERT INTO ops.code VALUES ($table, $code)", known)


def mark_stale(
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
    if table.partitioning == "daily" and not table.holds_verdicts:
        connection.execute(
            "UPDATE models.registry SET is_stale = true WHERE fitted_as_of > CAST($first AS DATE)",
            {"first": min(replaced)},
        )
    return [row[0] for row in marked]


def first_change(connection: duckdb.DuckDBPyConnection, table: Table, timeless_on: date | None) -> date | None:
    """The earliest day of which a table of changes is told otherwise by the staged rows; those known on `timeless_on` aside."""
    if table.partitioning != "none" or "known_on" not in table.key:
        return None
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    staged, stored = (f"SELECT {columns} FROM {name}" for name in ("stage", table.qualified))
    query = (
        f"SELECT min(known_on) FROM (({staged} EXCEPT {stored}) UNION ALL ({stored} EXCEPT {staged})) "
        "WHERE known_on IS DISTINCT FROM $timeless_on"
    )
    return connection.execute(query, {"timeless_on": timeless_on}).fetchall()[0][0]


def mark_weeks_after(connection: duckdb.DuckDBPyConnection, table: Table, day: date) -> list[str]:
    """Marks the weeks, and the fits, that rest on what a table of changes says from `day` on. Rows of days do not: only their checks
    look at such tables. Returns what was marked."""
    parameters = {"table": table.qualified, "day": day}
    marked = connection.execute(
        """
        WITH RECURSIVE resting AS (
            SELECT table_name, partitioning FROM ops.reads WHERE input_name = $table AND partitioning <> 'daily'
            UNION
            SELECT r.table_name, r.partitioning FROM ops.reads AS r JOIN resting ON r.input_name = resting.table_name
            WHERE r.partitioning <> 'daily'
        )
        UPDATE ops.windows SET is_stale = true
        FROM resting
        WHERE windows.table_name = resting.table_name AND resting.partitioning = 'weekly' AND partition_key > CAST($day AS VARCHAR)
        RETURNING windows.table_name || ' ' || partition_key
        """,
        parameters,
    ).fetchall()
    if marked:
        connection.execute("UPDATE models.registry SET is_stale = true WHERE fitted_as_of > $day", {"day": day})
    return [row[0] for row in marked]


def mark_outdated(
    connection: duckdb.DuckDBPyConnection, table: Table, select: str, parameters: Mapping[str, Any], keys: list[str]
) -> None:
    """Marks partitions of the table itself that a select names, but for `keys`, which are new."""
    connection.execute(
        f"UPDATE ops.windows SET is_stale = true WHERE table_name = $table AND NOT list_contains($keys, partition_key) "
        f"AND partition_key IN ({select})",
        {"table": table.qualified, "keys": keys, **parameters},
    )


def oldest_kept(connection: duckdb.DuckDBPyConnection, table: Table, asked: Sequence[date], weeks: int) -> date:
    """The oldest week that a weekly table keeps once the weeks asked for are published."""
    (stored,) = connection.execute(
        "SELECT max(CAST(partition_key AS DATE)) FROM ops.windows WHERE table_name = $table", {"table": table.qualified}
    ).fetchall()[0]
    return max([*asked, *([stored] if stored else [])]) - timedelta(days=7 * (weeks - 1))


def forget_old_weeks(connection: duckdb.DuckDBPyConnection, table: Table, weeks: int) -> None:
    """Keeps the newest weeks of a weekly table."""
    first = oldest_kept(connection, table, [], weeks)
    for noted in ("ops.windows", "ops.refusals"):
        connection.execute(
            f"DELETE FROM {noted} WHERE table_name = $table AND CAST(partition_key AS DATE) < $first",
            {"table": table.qualified, "first": first},
        )
    connection.execute(f"DELETE FROM {table.qualified} WHERE as_of < $first", {"first": first})
