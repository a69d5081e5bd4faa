"""The gate: write, audit, publish.

Rows are staged, profiled with exact figures (one row a partition, one statement), and judged by a Great Expectations
suite over that profile. Then, in one transaction, the partitions in which every critical expectation holds replace
their predecessors. The others are not published: their last good rows stay, and the step fails naming them. So a bad
table is never visible, whatever is run next.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import dagster as dg
import duckdb

from data_checks.gate import book, staleness
from data_checks.gate.audit import Verdict, audit
from data_checks.gate.expectation import PART, Expectation, suite_of
from data_checks.gate.publish import Chunk, publish
from data_checks.gate.rows import Rows, Work
from data_checks.gate.step_result import INPUTS, ChunkResult, StepResult
from data_checks.gate.telling import MASKED, SAMPLE_ROWS, SHOWN
from resources.calendar import WEEK_ON_DAYS, Calendar
from resources.code import code_version, place_of
from resources.errors import ZhikeError, disk_full, engine_words
from resources.evidence import Evidence, evidence_of
from resources.masks import masked
from resources.progress import announce
from resources.registry import fit_of
from resources.tables import WHOLE, Table
from resources.warehouse import Warehouse

CHUNK = {"daily": 92, "weekly": 13, "none": 1}
CORRECT = "correct the SQL or the source named above and run again; nothing was written"
# What the engine says of a select, a file or itself, whatever the rows.
ALIKE_IN_ALL = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.FatalException,
    duckdb.InternalException,
    duckdb.InterruptException,
    duckdb.IOException,
    duckdb.ParserException,
)

RowsOf = Callable[[Work], Rows]
FilesOf = Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Gated:
    """A table behind the gate: the function that gives its rows, what they come from, what is expected of them, and the places of
    the code that makes them."""

    table: Table
    rows: RowsOf
    reads: Sequence[Table]
    expectations: Sequence[Expectation]
    calendar: Calendar
    code: tuple[str, ...]


def gated_asset(
    table: Table,
    rows: RowsOf,
    *,
    calendar: Calendar,
    reads: Sequence[Table] = (),
    suite: Sequence[Expectation],
    kinds: set[str],
    code: Sequence[str] = (),
    files: FilesOf = lambda _: (),
) -> dg.AssetsDefinition:
    """The asset of a table, with a check for each expectation.

    `reads` are the tables its rows come from; a partition is published only when its partitions of them are there and up
    to date. An input in `reads` of other partitioning than its own is mapped week on days. The code that makes a table is that
    of the folder of `rows`, and further places in `code`. `files` gives the files that a partition was delivered in.
    """
    shop = calendar.shop
    table = table.for_shop(shop.has_prices, shop.declared)
    expectations = suite_of(table, suite)
    if _dated(table, reads):
        expectations.append(INPUTS)
    gated = Gated(table, rows, reads, expectations, calendar, (_folder_of(rows), *code))
    specs = [
        dg.AssetCheckSpec(e.name, asset=table.asset_key, description=e.why, blocking=e.severity == "critical")
        for e in expectations
    ]
    # What has inputs and partitions may have stale ones.
    ages = table.partitioning != "none" and bool(reads)
    if ages:
        specs.append(dg.AssetCheckSpec(staleness.NAME, asset=table.asset_key, description=staleness.WHY))
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
        code_version=code_version(*gated.code),
        metadata={
            "dagster/table_name": table.qualified,
            "dagster/column_schema": table.dagster_schema(),
            "dagster/code_references": _reference(rows),
            "zhike/key": ", ".join(table.key),
        },
    )
    def asset(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[Any]:
        keys: list[date | str] = [date.fromisoformat(key) for key in context.partition_keys] if partitions else [WHOLE]
        step = StepResult(table, expectations, shop.currency, files)
        keys = _kept(table, keys, warehouse.connection, shop.retention.weeks, step.notes)
        size = CHUNK[table.partitioning]
        for start in range(0, len(keys), size):
            announce(table.qualified, start, len(keys))
            try:
                _add(step, gated, warehouse, keys[start : start + size], context.run.run_id)
            except (duckdb.Error, ZhikeError) as error:
                _note_published(context, step)
                raise _failure(_explained(error, table, warehouse)) from None
        if not step.keys:
            raise _failure(ZhikeError("\n".join(step.problems[:SHOWN]), f"the rows of {table.qualified}", CORRECT))
        announce(table.qualified, len(keys), len(keys))
        yield from step.check_results()
        if ages:
            yield staleness.judged(warehouse.connection, table.qualified)
        staleness.tell(context.instance, warehouse.connection, step.upset - {table.qualified})
        if partitions:
            for key in step.published:
                context.add_asset_metadata(step.numbers(key), asset_key=table.asset_key, partition_key=key)
        metadata = step.metadata() | ({} if partitions else {"dagster/row_count": sum(step.published.values())})
        if not step.bad:
            yield dg.MaterializeResult(asset_key=table.asset_key, metadata=metadata)
            return
        _note_published(context, step)
        raise dg.Failure(step.complaint(), metadata=metadata, allow_retries=False)

    return asset


def _function_of(rows: RowsOf) -> Any:
    function: Any = rows
    while isinstance(function, partial):
        function = function.func
    return function


def _folder_of(rows: RowsOf) -> str:
    return place_of(str(sys.modules[_function_of(rows).__module__].__file__))


def _reference(rows: RowsOf) -> dg.CodeReferencesMetadataValue:
    """Where the web UI opens the code of a table: at the function of its rows."""
    code = _function_of(rows).__code__
    file = dg.LocalFileCodeReference(file_path=code.co_filename, line_number=code.co_firstlineno)
    return dg.CodeReferencesMetadataValue(code_references=[file])


def _kept(
    table: Table, keys: "list[date | str]", connection: duckdb.DuckDBPyConnection, weeks: int, notes: dict[str, Any]
) -> "list[date | str]":
    """The keys without weeks so old that their rows would be dropped at once, which the notes tell of. Whoever selects all
    partitions in the web UI means those that are kept. Raises Failure where none is."""
    asked = [key for key in keys if isinstance(key, date)]
    if table.partitioning != "weekly":
        return keys
    first = book.oldest_kept(connection, table, asked, weeks)
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


def _note_published(context: dg.AssetExecutionContext, step: StepResult) -> None:
    """Tells Dagster of partitions that are in the table although their step fails."""
    for key in step.published:
        part = None if key == WHOLE else key
        context.log_event(dg.AssetMaterialization(step.table.asset_key, partition=part, metadata=step.numbers(key)))


def _dated(table: Table, reads: Sequence[Table]) -> bool:
    return table.partitioning != "none" and any(r.partitioning != "none" for r in reads)


def _dependency(table: Table, read: Table) -> dg.AssetDep:
    if table.partitioning == "weekly" and read.partitioning == "daily":
        return dg.AssetDep(read.asset_key, partition_mapping=WEEK_ON_DAYS)
    return dg.AssetDep(read.asset_key)


def _add(step: StepResult, gated: Gated, warehouse: Warehouse, keys: "list[date | str]", run_id: str) -> None:
    """Adds what came of a chunk to the step. One that the engine cannot work out is halved, so that an odd value costs its own
    partition and no other. Raises the engine's error where all partitions would have it."""
    try:
        step.add(_chunk(gated, warehouse, keys, run_id))
    except ALIKE_IN_ALL:
        raise
    except duckdb.Error as error:
        with suppress(duckdb.Error):
            warehouse.connection.execute("ROLLBACK")
        if keys == [WHOLE] or disk_full(engine_words(error), ""):
            raise
        if len(keys) == 1:
            step.refuse(str(keys[0]), engine_words(error))
            return
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
            _add(step, gated, warehouse, half, run_id)


def _chunk(gated: Gated, warehouse: Warehouse, keys: "list[date | str]", run_id: str) -> ChunkResult:
    """Stages, audits and publishes some partitions of a table."""
    connection, table = warehouse.connection, gated.table
    warehouse.share_out()
    warehouse.ensure(table)
    inputs = book.missing_inputs(connection, table, gated.reads, gated.calendar, keys)
    whole = [key for key in keys if str(key) not in inputs]
    _ask(connection, table, whole)
    try:
        rows = gated.rows(Work(warehouse, tuple(key for key in whole if isinstance(key, date)))) if whole else Rows("")
        for other, _, _ in rows.beside:
            warehouse.ensure(other)
        _stage(warehouse, table, rows)
        # Without rows there is nothing to judge but that the inputs are not there.
        expected = gated.expectations if whole else [INPUTS]
        verdicts, figures = audit(connection, table, rows.figures, expected, keys, inputs)
        bad = {key for verdict in verdicts if verdict.expectation.severity == "critical" for key in verdict.bad}
        samples = {
            v.expectation.name: _sample(connection, table, v) for v in verdicts if v.bad and v.expectation.offending
        }
        evidence = {**_of_fits(connection, expected), **rows.evidence}
        chunk = Chunk(
            table=table,
            reads=gated.reads,
            keys=[str(key) for key in keys],
            good=[str(key) for key in keys if str(key) not in bad],
            figures=figures,
            verdicts=verdicts,
            run_id=run_id,
            code=gated.code,
            code_version=code_version(*gated.code),
            weeks=gated.calendar.shop.retention.weeks,
        )
        published = publish(connection, chunk, rows)
        return ChunkResult(published, verdicts, samples, inputs, rows.metadata, rows.problems, evidence, rows.plots)
    finally:
        connection.execute("DROP TABLE IF EXISTS stage")


def _ask(connection: duckdb.DuckDBPyConnection, table: Table, keys: "list[date | str]") -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE asked ({table.partition_column or 'part'} {'DATE' if table.partition_column else 'VARCHAR'})"
    )
    if keys:
        connection.execute("INSERT INTO asked SELECT unnest($keys)", {"keys": keys})


def _stage(warehouse: Warehouse, table: Table, rows: Rows) -> None:
    connection = warehouse.connection
    connection.execute("DROP TABLE IF EXISTS stage")
    connection.execute(table.create_sql("stage", temporary=True))
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    relation = rows.relation
    if isinstance(relation, str):
        if not relation:
            return
        with warehouse.given(rows.inputs):
            connection.execute(
                f"INSERT INTO stage ({columns}) SELECT {columns} FROM ({relation})", dict(rows.parameters) or None
            )
        return
    connection.register("frame", relation)
    try:
        connection.execute(f"INSERT INTO stage ({columns}) SELECT {columns} FROM frame")
    finally:
        connection.unregister("frame")


def _of_fits(connection: duckdb.DuckDBPyConnection, expectations: Sequence[Expectation]) -> dict[str, Evidence]:
    """For every expectation that judges a fit what that fit showed: the newest one that made staged rows."""
    found: dict[str, Evidence] = {}
    for expectation in expectations:
        if expectation.model:
            (day,) = connection.execute(
                "SELECT max(fitted_as_of) FROM models.registry AS r "
                "WHERE r.name = $model AND r.fitted_as_of IN (SELECT fitted_as_of FROM stage)",
                {"model": expectation.model},
            ).fetchall()[0]
            fitted = fit_of(connection, expectation.model, day) if day else None
            if fitted:
                found[expectation.name] = evidence_of(fitted, expectation.shows)
    return found


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
            else masked(str(value))
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
    # Chained, the engine's own words would be logged, which quote rows.
    text = engine_words(error)
    full = disk_full(text, warehouse.place.folder)
    return full or ZhikeError(text, f"the rows of {table.qualified}", CORRECT)
