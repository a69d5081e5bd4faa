"""The gate: write, audit, publish.

Rows are staged, profiled with exact figures (one row a partition, one statement), and judged by a Great Expectations
suite over that profile. Then, in one transaction, the partitions in which every critical expectation holds replace
their predecessors. The others are not published: their last good rows stay, and the step fails naming them. So a bad
table is never visible, whatever is run next.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg
import duckdb

from data_checks.expectation import PART, Expectation
from data_checks.judge import Verdict, judge
from data_checks.outcome import INPUTS, SAMPLE_ROWS, Outcome, Passed
from data_checks.publish import missing_inputs, oldest_kept, publish
from data_checks.rows import Rows, Work
from resources.calendar import WEEK_ON_DAYS, Calendar
from resources.errors import ZhikeError
from resources.progress import announce
from resources.tables import WHOLE, Table
from resources.warehouse import Warehouse

CHUNK = {"daily": 92, "weekly": 13, "none": 1}
MASKED = "•••"

RowsOf = Callable[[Work], Rows]


def gated_asset(
    table: Table,
    rows: RowsOf,
    *,
    calendar: Calendar,
    reads: Sequence[Table] = (),
    suite: Sequence[Expectation],
    kinds: set[str],
) -> dg.AssetsDefinition:
    """The asset of a table, with a check for each expectation.

    `reads` are the tables its rows come from; a partition is published only when its partitions of them are there and up
    to date. An input in `reads` of other partitioning than its own is mapped week on days.
    """
    shop = calendar.shop
    table = table.for_shop(shop.has_prices, shop.declared)
    expectations = [*suite, INPUTS] if _dated(table, reads) else list(suite)
    specs = [
        dg.AssetCheckSpec(e.name, asset=table.asset_key, description=e.why, blocking=e.severity == "critical")
        for e in expectations
    ]
    partitions = {"daily": calendar.daily, "weekly": calendar.weekly, "none": None}[table.partitioning]

    @dg.asset(
        key=table.asset_key,
        description=table.description,
        group_name=table.schema,
        partitions_def=partitions,
        deps=[_dependency(table, input_table) for input_table in reads],
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        check_specs=specs,
        output_required=False,
        kinds={"duckdb", *kinds},
        metadata={"dagster/table_name": table.qualified, "dagster/column_schema": table.dagster_schema()},
    )
    def asset(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
        keys: list[date | str] = [date.fromisoformat(key) for key in context.partition_keys] if partitions else [WHOLE]
        outcome = Outcome(table, expectations)
        keys = _kept(table, keys, warehouse.connection, shop.retention.weeks, outcome.notes)
        size = CHUNK[table.partitioning]
        for start in range(0, len(keys), size):
            announce(table.qualified, start, len(keys))
            try:
                outcome.add(
                    _pass(
                        table,
                        rows,
                        reads,
                        expectations,
                        warehouse,
                        calendar,
                        keys[start : start + size],
                        context.run.run_id,
                    )
                )
            except (duckdb.Error, ZhikeError) as error:
                _note_published(context, outcome)
                raise _failure(_explained(error, table, warehouse)) from error
        announce(table.qualified, len(keys), len(keys))
        yield from outcome.check_results()
        if partitions:
            for key, row_count in outcome.published.items():
                context.add_asset_metadata(
                    {"dagster/partition_row_count": row_count}, asset_key=table.asset_key, partition_key=key
                )
        metadata = outcome.metadata() | ({} if partitions else {"dagster/row_count": sum(outcome.published.values())})
        if not outcome.bad:
            yield dg.MaterializeResult(asset_key=table.asset_key, metadata=metadata)
            return
        _note_published(context, outcome)
        raise dg.Failure(outcome.complaint(), metadata=metadata, allow_retries=False)

    return asset


def _kept(
    table: Table, keys: "list[date | str]", connection: duckdb.DuckDBPyConnection, weeks: int, notes: dict[str, Any]
) -> "list[date | str]":
    """The keys without weeks so old that their rows would be dropped at once, which the notes tell of. Whoever selects all
    partitions in the web UI means those that can be had. Raises Failure where none can."""
    asked = [key for key in keys if isinstance(key, date)]
    if table.partitioning != "weekly":
        return keys
    first = oldest_kept(connection, table, asked, weeks)
    kept = [key for key in asked if key >= first]
    if not kept:
        raise dg.Failure(
            f"{table.qualified}: the weeks asked for are before {first}, older than the {weeks} that are kept. "
            "Ask for newer ones, or raise retention.weeks in store.yaml.",
            allow_retries=False,
        )
    if len(kept) < len(asked):
        notes["not_kept"] = f"{len(asked) - len(kept)} weeks before {first} are older than the {weeks} that are kept"
    return list(kept)


def _note_published(context: dg.AssetExecutionContext, outcome: Outcome) -> None:
    """Tells Dagster of partitions that are in the table although their step fails."""
    for key, row_count in outcome.published.items():
        context.log_event(
            dg.AssetMaterialization(
                outcome.table.asset_key,
                partition=None if key == WHOLE else key,
                metadata={"dagster/partition_row_count": row_count},
            )
        )


def _dated(table: Table, reads: Sequence[Table]) -> bool:
    return table.partitioning != "none" and any(r.partitioning != "none" for r in reads)


def _dependency(table: Table, read: Table) -> dg.AssetDep:
    if table.partitioning == "weekly" and read.partitioning == "daily":
        return dg.AssetDep(read.asset_key, partition_mapping=WEEK_ON_DAYS)
    return dg.AssetDep(read.asset_key)


def _pass(
    table: Table,
    rows_of: RowsOf,
    reads: Sequence[Table],
    expectations: Sequence[Expectation],
    warehouse: Warehouse,
    calendar: Calendar,
    keys: "list[date | str]",
    run_id: str,
) -> Passed:
    connection = warehouse.connection
    connection.execute(table.create_sql())
    if table.partitioning == "weekly":
        connection.execute(
            f"CREATE VIEW IF NOT EXISTS {table.qualified}_latest AS "
            f"SELECT * FROM {table.qualified} WHERE as_of = (SELECT max(as_of) FROM {table.qualified})"
        )
    inputs = missing_inputs(connection, table, reads, calendar, keys)
    whole = [key for key in keys if str(key) not in inputs]
    _ask(connection, table, whole)
    try:
        rows = rows_of(Work(warehouse, tuple(key for key in whole if isinstance(key, date)))) if whole else Rows("")
        # What the function read on its way may have asked for other weeks; its relation and the checks ask for these.
        _ask(connection, table, whole)
        _stage(connection, table, rows)
        # Without rows there is nothing to judge but that the inputs are not there.
        judged = expectations if whole else [INPUTS]
        verdicts, counts = judge(connection, table, rows.figures, judged, keys, inputs)
        bad = {key for verdict in verdicts if verdict.expectation.severity == "critical" for key in verdict.bad}
        samples = {
            v.expectation.name: _sample(connection, table, v) for v in verdicts if v.bad and v.expectation.offending
        }
        good = [str(key) for key in keys if str(key) not in bad]
        published = publish(connection, table, reads, rows, good, counts, run_id, calendar.shop.retention.weeks)
        return Passed(published, verdicts, samples, inputs, rows.metadata, rows.problems, rows.evidence)
    finally:
        connection.execute("DROP TABLE IF EXISTS stage")


def _ask(connection: duckdb.DuckDBPyConnection, table: Table, keys: "list[date | str]") -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE asked ({table.partition_column or 'part'} {'DATE' if table.partition_column else 'VARCHAR'})"
    )
    if keys:
        connection.executemany("INSERT INTO asked VALUES (?)", [[key] for key in keys])


def _stage(connection: duckdb.DuckDBPyConnection, table: Table, rows: Rows) -> None:
    connection.execute("DROP TABLE IF EXISTS stage")
    connection.execute(table.create_sql("stage", temporary=True))
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    relation = rows.relation
    if isinstance(relation, str):
        if not relation:
            return
        connection.execute(
            f"INSERT INTO stage ({columns}) SELECT {columns} FROM ({relation})", dict(rows.parameters) or None
        )
        return
    connection.register("frame", relation)
    try:
        connection.execute(f"INSERT INTO stage ({columns}) SELECT {columns} FROM frame")
    finally:
        connection.unregister("frame")


def _sample(connection: duckdb.DuckDBPyConnection, table: Table, verdict: Verdict) -> list[dict[str, Any]]:
    """Some rows that break the expectation, personal columns masked."""
    cursor = connection.execute(
        f"SELECT * FROM {verdict.expectation.sample_from} WHERE {table.part} IN (SELECT unnest($bad)) "
        f"AND ({str(verdict.expectation.offending).replace(PART, table.part)}) LIMIT {SAMPLE_ROWS}",
        {"bad": verdict.bad},
    )
    names = [column[0] for column in cursor.description or []]
    return [
        {
            name: MASKED
            if name in table.personal_columns and value is not None
            else None
            if value is None
            else str(value)
            for name, value in zip(names, row, strict=True)
        }
        for row in cursor.fetchall()
    ]


def _failure(error: ZhikeError) -> dg.Failure:
    return dg.Failure(
        str(error), metadata={"what": error.what, "where": error.where, "remedy": error.remedy}, allow_retries=False
    )


def _explained(error: duckdb.Error | ZhikeError, table: Table, warehouse: Warehouse) -> ZhikeError:
    if isinstance(error, ZhikeError):
        return error
    text = str(error)
    if "No space left" in text or "could not write" in text.lower() or "File too large" in text:
        return ZhikeError(
            f"the disk is full: {text.splitlines()[0]}",
            str(warehouse.place.folder),
            "free space (1.5 times the data is a safe size) and run again; what was published before is untouched",
        )
    return ZhikeError(
        text,
        f"the rows of {table.qualified}",
        "correct the SQL or the source named above and run again; nothing was written",
    )
