"""The book: ops.windows says of every published partition what it holds, which code made it, and whether an input has changed
since; ops.refusals which partitions were refused, and by which check. The gate alone writes it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from data_checks.gate.audit import PartitionFigures, Verdict
from resources.calendar import Calendar
from resources.registry import REGISTRY
from resources.tables import WHOLE, Table

FIT = "f.name || ' ' || f.fitted_as_of"
SAME = "c.table_name = l.table_name AND c.partition_key = l.partition_key"
# The first change since a partition was made says from which content it was.
NOT_YET = """
    WHERE NOT EXISTS (
        FROM ops.causes AS c WHERE c.table_name = w.table_name AND c.partition_key = w.partition_key
            AND c.input_name = $table AND c.input_key = {key}
    )
"""


def published(connection: duckdb.DuckDBPyConnection, table: Table) -> set[str]:
    """The partitions of a table that are there and up to date."""
    rows = connection.execute(
        "SELECT partition_key FROM ops.windows WHERE table_name = $table AND NOT is_stale", {"table": table.qualified}
    ).fetchall()
    return {row[0] for row in rows}


def stale(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The partitions of a table of which an input changed since, each with the one furthest up, where that is known."""
    rows = connection.execute(
        """
        SELECT w.partition_key, coalesce(arg_min(trim(c.input_name || ' ' || replace(c.input_key, $whole, '')),
            (coalesce(list_position($stages, split_part(c.input_name, '.', 1)), 9), c.input_key)), '')
        FROM ops.windows AS w LEFT JOIN ops.causes AS c ON c.table_name = w.table_name AND c.partition_key = w.partition_key
        WHERE w.table_name = $table AND w.is_stale GROUP BY w.partition_key ORDER BY w.partition_key
        """,
        {"table": table, "stages": ["raw", "clean", "features"], "whole": WHOLE},
    ).fetchall()
    return dict(rows)


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
    connection.execute(
        "DELETE FROM ops.causes WHERE table_name = $table AND partition_key IN (SELECT unnest($keys))",
        {"table": table.qualified, "keys": keys},
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
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    replaced: Mapping[str, int | None],
    *,
    themselves: bool = False,
) -> list[str]:
    """Marks what rests on partitions whose rows changed: the same day, and every week after it; `themselves` marks these
    partitions too. Each comes with the content that it had before, None where nothing can bring that back. Returns what was marked."""
    if not replaced or table.partitioning == "none":
        return []
    keys = list(replaced)
    resting = """
        WITH RECURSIVE resting AS (
            SELECT table_name, partitioning FROM ops.reads WHERE input_name = $table
            UNION
            SELECT $table, $partitioning WHERE $themselves
            UNION
            SELECT r.table_name, r.partitioning FROM ops.reads AS r JOIN resting ON r.input_name = resting.table_name
        )
    """
    known = {"table": table.qualified, "partitioning": table.partitioning, "keys": keys, "themselves": themselves}
    connection.execute(
        f"""
        INSERT INTO ops.causes {resting}
        SELECT w.table_name, w.partition_key, $table, k.key, k.content
        FROM (SELECT unnest($keys) AS key, unnest($contents) AS content) AS k
        JOIN resting ON true
        JOIN ops.windows AS w ON w.table_name = resting.table_name
            AND ((resting.partitioning = $partitioning AND w.partition_key = k.key)
                OR (resting.partitioning = 'weekly' AND $partitioning = 'daily' AND w.partition_key > k.key))
        {NOT_YET.format(key="k.key")}
        """,
        known | {"contents": list(replaced.values())},
    )
    marked = connection.execute(
        f"""
        {resting}
        UPDATE ops.windows SET is_stale = true
        FROM resting
        WHERE windows.table_name = resting.table_name
            AND ((resting.partitioning = $partitioning AND partition_key IN (SELECT unnest($keys)))
                OR (resting.partitioning = 'weekly' AND $partitioning = 'daily' AND partition_key > $first))
        RETURNING windows.table_name || ' ' || partition_key
        """,
        known | {"first": min(keys)},
    ).fetchall()
    # Fits rest on what was delivered and on features, never on verdicts of other fits.
    if table.partitioning == "daily" and not table.holds_verdicts:
        _mark_fits(connection, table, replaced, keys)
    return [row[0] for row in marked]


def _mark_fits(
    connection: duckdb.DuckDBPyConnection, table: Table, contents: Mapping[str, int | None], days: list[str]
) -> None:
    """Marks the fits after the first of `days`, on which partitions with these contents changed."""
    known = {"table": table.qualified, "keys": list(contents), "contents": list(contents.values()), "days": days}
    connection.execute(
        f"""
        INSERT INTO ops.causes
        SELECT w.table_name, w.partition_key, $table, k.key, k.content
        FROM (SELECT unnest($keys) AS key, unnest($contents) AS content, unnest($days) AS day) AS k
        JOIN (SELECT '{REGISTRY}' AS table_name, {FIT} AS partition_key, fitted_as_of FROM models.registry AS f) AS w
            ON w.fitted_as_of > CAST(k.day AS DATE)
        {NOT_YET.format(key="k.key")}
        """,
        known,
    )
    connection.execute(
        "UPDATE models.registry SET is_stale = true WHERE fitted_as_of > CAST($first AS DATE)", {"first": min(days)}
    )


def lift(connection: duckdb.DuckDBPyConnection, table: Table, contents: Mapping[str, int | None]) -> None:
    """What is stale only because of partitions that now have the content again from which it was made is stale no more."""
    if not contents:
        return
    connection.execute(
        """
        CREATE OR REPLACE TEMP TABLE lifted AS
        SELECT c.* FROM ops.causes AS c JOIN (SELECT unnest($keys) AS key, unnest($contents) AS content) AS k
            ON c.input_name = $table AND c.input_key = k.key AND c.content = k.content
        """,
        {"table": table.qualified, "keys": list(contents), "contents": list(contents.values())},
    )
    connection.execute(
        f"DELETE FROM ops.causes AS c USING lifted AS l WHERE {SAME} AND c.input_name = l.input_name AND c.input_key = l.input_key"
    )
    connection.execute(
        f"UPDATE ops.windows AS w SET is_stale = false FROM lifted AS l WHERE w.table_name = l.table_name AND w.partition_key = l.partition_key "
        f"AND NOT EXISTS (FROM ops.causes AS c WHERE {SAME})"
    )
    connection.execute(
        f"UPDATE models.registry AS f SET is_stale = false FROM lifted AS l WHERE l.table_name = '{REGISTRY}' AND l.partition_key = {FIT} "
        f"AND NOT EXISTS (FROM ops.causes AS c WHERE {SAME})"
    )


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


def mark_weeks_after(connection: duckdb.DuckDBPyConnection, table: Table, day: date, content: int | None) -> list[str]:
    """Marks the weeks, and the fits, that rest on what a table of changes, whose content was another before, says from `day` on. Rows of
    days do not: only their checks look at such tables. Returns what was marked."""
    parameters = {"table": table.qualified, "day": day}
    resting = """
        WITH RECURSIVE resting AS (
            SELECT table_name, partitioning FROM ops.reads WHERE input_name = $table AND partitioning <> 'daily'
            UNION
            SELECT r.table_name, r.partitioning FROM ops.reads AS r JOIN resting ON r.input_name = resting.table_name
            WHERE r.partitioning <> 'daily'
        )
    """
    these = "resting.partitioning = 'weekly' AND partition_key > CAST($day AS VARCHAR)"
    connection.execute(
        f"""
        INSERT INTO ops.causes {resting}
        SELECT w.table_name, w.partition_key, $table, '{WHOLE}', $content
        FROM resting JOIN ops.windows AS w ON w.table_name = resting.table_name AND {these}
        {NOT_YET.format(key=f"'{WHOLE}'")}
        """,
        parameters | {"content": content},
    )
    marked = connection.execute(
        f"""
        {resting}
        UPDATE ops.windows SET is_stale = true
        FROM resting
        WHERE windows.table_name = resting.table_name AND {these}
        RETURNING windows.table_name || ' ' || partition_key
        """,
        parameters,
    ).fetchall()
    if marked:
        _mark_fits(connection, table, {WHOLE: content}, [day.isoformat()])
    return [row[0] for row in marked]


def mark_outdated(
    connection: duckdb.DuckDBPyConnection, table: Table, select: str, parameters: Mapping[str, Any], keys: list[str]
) -> None:
    """Marks partitions of the table itself that a select names, but for `keys`, which are new."""
    these = f"table_name = $table AND NOT list_contains($keys, partition_key) AND partition_key IN ({select})"
    known = {"table": table.qualified, "keys": keys, **parameters}
    connection.execute(f"UPDATE ops.windows SET is_stale = true WHERE {these}", known)
    connection.execute(
        f"INSERT INTO ops.causes SELECT table_name, partition_key, table_name, '', NULL FROM ops.windows WHERE {these}",
        known,
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
    for noted in ("ops.windows", "ops.refusals", "ops.causes"):
        connection.execute(
            f"DELETE FROM {noted} WHERE table_name = $table AND CAST(partition_key AS DATE) < $first",
            {"table": table.qualified, "first": first},
        )
    connection.execute(f"DELETE FROM {table.qualified} WHERE as_of < $first", {"first": first})
