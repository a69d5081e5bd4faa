"""The gate: write, audit, publish.

Rows are staged, profiled with exact figures (one row a partition, one statement), and judged by a Great Expectations
suite over that profile. Then, in one transaction, the partitions in which every critical expectation holds replace
their predecessors. The others are not published: their last good rows stay, and the step fails naming them. So a bad
table is never visible, whatever is run next.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from data_checks.expectation import PART, Expectation
from data_checks.judge import Verdict, judge
from data_checks.publish import MISSING, Published, missing_inputs, publish
from resources.calendar import WEEK_ON_DAYS, Calendar
from resources.errors import ZhikeError
from resources.progress import announce
from resources.tables import Table
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

WHOLE = "all"
CHUNK = {"daily": 92, "weekly": 13, "none": 1}
SAMPLE_ROWS = 5
NAMED = 31
MASKED = "•••"


@dataclass(frozen=True)
class Rows:
    """What an asset function gives to the gate: a relation or a frame with the table's columns.

    `figures` is a select of (partition key, figure, …) that came with the rows; `problems` are told where it is refused;
    `book` are statements of the same transaction; `beside` are rows of another table that
    are published with these (what was put in quarantine): the table, its `source_table`, and a select. `arrivals` are
    given where rows of a day follow from earlier rows of their key: the table in which a key's later rows arrived, and the key.
    """

    relation: "str | pd.DataFrame"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    figures: str | None = None
    beside: "tuple[Table, str, str] | None" = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[str] = ()
    book: Sequence[tuple[str, list[Any]]] = ()
    arrivals: "tuple[Table, tuple[str, ...]] | None" = None


@dataclass(frozen=True)
class Work:
    """What an asset function is given: the open warehouse and the partitions asked for. The temporary table `asked` holds
    their keys in the table's partition column."""

    warehouse: Warehouse
    calendar: Calendar
    keys: tuple[date, ...]

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self.warehouse.connection


RowsOf = Callable[[Work], Rows]


def gated_asset(
    table: Table,
    rows: RowsOf,
    *,
    calendar: Calendar,
    reads: Sequence[Table] = (),
    suite: Sequence[Expectation],
    kinds: set[str],
    needs_inputs: bool = True,
) -> dg.AssetsDefinition:
    """The asset of a table, with a check for each expectation.

    `reads` are the tables its rows come from; unless `needs_inputs` is off, a partition is published only when its
    partitions of them are there and up to date. An input in `reads` of other partitioning than its own is mapped week on days.
    """
    shop = calendar.shop
    table = table.for_shop(shop.has_prices, shop.declared)
    expectations = [*suite, _INPUTS] if needs_inputs and _dated(table, reads) else list(suite)
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
            except duckdb.Error as error:
                raise _failure(_explained(error, table, warehouse)) from error
            except ZhikeError as error:
                raise _failure(error) from error
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
        for key, row_count in outcome.published.items():
            # The step fails below, but these partitions are in the table: Dagster is to know it.
            context.log_event(
                dg.AssetMaterialization(
                    table.asset_key,
                    partition=key if partitions else None,
                    metadata={"dagster/partition_row_count": row_count},
                )
            )
        raise dg.Failure(outcome.complaint(), metadata=metadata, allow_retries=False)

    return asset


_INPUTS = Expectation(
    "its_inputs_are_there_and_up_to_date",
    "A partition whose inputs were not published, or changed since, would be silently incomplete.",
    MISSING,
    at_most=0,
    given=True,
)


def _dated(table: Table, reads: Sequence[Table]) -> bool:
    return table.partitioning != "none" and any(r.partitioning != "none" for r in reads)


def _dependency(table: Table, read: Table) -> dg.AssetDep:
    if table.partitioning == "weekly" and read.partitioning == "daily":
        return dg.AssetDep(read.asset_key, partition_mapping=WEEK_ON_DAYS)
    return dg.AssetDep(read.asset_key)


@dataclass
class Passed:
    """One chunk after the gate."""

    published: Published
    verdicts: list[Verdict]
    samples: dict[str, list[dict[str, Any]]]
    inputs: dict[str, list[str]]
    metadata: Mapping[str, Any]
    problems: Sequence[str]


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
        rows = (
            rows_of(Work(warehouse, calendar, tuple(key for key in whole if isinstance(key, date))))
            if whole
            else Rows("")
        )
        _stage(connection, table, rows)
        # Without rows there is nothing to judge but that the inputs are not there.
        judged = expectations if whole else [_INPUTS]
        verdicts, counts = judge(connection, table, rows.figures, judged, keys, inputs)
        bad = {key for verdict in verdicts if verdict.expectation.severity == "critical" for key in verdict.bad}
        samples = {
            v.expectation.name: _sample(connection, table, v) for v in verdicts if v.bad and v.expectation.offending
        }
        good = [str(key) for key in keys if str(key) not in bad]
        published = publish(
            connection,
            table,
            reads,
            rows.beside,
            rows.book,
            good,
            counts,
            run_id,
            calendar.shop.retention.weeks,
            rows.arrivals,
        )
        return Passed(published, verdicts, samples, inputs, rows.metadata, rows.problems)
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
    part = f"CAST({table.partition_column} AS VARCHAR)" if table.partition_column else f"'{WHOLE}'"
    cursor = connection.execute(
        f"SELECT * FROM {verdict.expectation.sample_from} WHERE {part} IN (SELECT unnest($bad)) "
        f"AND ({str(verdict.expectation.offending).replace(PART, part)}) LIMIT {SAMPLE_ROWS}",
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


class Outcome:
    """What came of all chunks of a step."""

    def __init__(self, table: Table, expectations: Sequence[Expectation]):
        self.table = table
        self.expectations = expectations
        self.published: dict[str, int] = {}
        self.unchanged = 0
        self.bad: dict[str, list[str]] = {}
        self.keys: list[str] = []
        self.figures: dict[str, dict[str, Any]] = {e.name: {} for e in expectations}
        self.failed: dict[str, list[str]] = {e.name: [] for e in expectations}
        self.samples: dict[str, list[dict[str, Any]]] = {}
        self.inputs: dict[str, list[str]] = {}
        self.stale: list[str] = []
        self.notes: dict[str, Any] = {}
        self.problems: list[str] = []

    def add(self, chunk: Passed) -> None:
        self.published |= chunk.published.row_counts
        self.unchanged += chunk.published.unchanged
        self.stale += chunk.published.stale
        self.inputs |= chunk.inputs
        self.notes |= chunk.metadata
        self.problems += chunk.problems
        for verdict in chunk.verdicts:
            name = verdict.expectation.name
            self.figures[name] |= verdict.values
            self.failed[name] += verdict.bad
            self.samples.setdefault(name, []).extend(chunk.samples.get(name, []))
            if verdict.expectation.severity == "critical":
                for key in verdict.bad:
                    self.bad.setdefault(key, []).append(name)
        self.keys += list(chunk.verdicts[0].values) if chunk.verdicts else list(chunk.published.row_counts)

    def check_results(self) -> Iterator[dg.AssetCheckResult]:
        for expectation in self.expectations:
            name = expectation.name
            failed = self.failed[name]
            metadata: dict[str, Any] = {
                "from": self.keys[0],
                "to": self.keys[-1],
                "figure": expectation.figure if expectation.given else " ".join(expectation.figure.split()),
                "bounds": f"{expectation.at_least if expectation.at_least is not None else '-∞'} to "
                f"{expectation.at_most if expectation.at_most is not None else '∞'}",
            }
            shown = failed or self.keys
            values = {key: self.figures[name].get(key) for key in (shown[:NAMED] if failed else shown[-1:])}
            metadata["values"] = dg.MetadataValue.json(values)
            if failed:
                metadata["failed_partitions"] = dg.MetadataValue.json(failed[:NAMED])
            if self.samples.get(name):
                metadata["sample"] = dg.MetadataValue.json(self.samples[name][:SAMPLE_ROWS])
            if name == _INPUTS.name and failed:
                metadata["missing"] = dg.MetadataValue.json(
                    {key: self.inputs.get(key, [])[:NAMED] for key in failed[:NAMED]}
                )
            yield dg.AssetCheckResult(
                asset_key=self.table.asset_key,
                check_name=name,
                passed=not failed,
                severity=dg.AssetCheckSeverity.ERROR
                if expectation.severity == "critical"
                else dg.AssetCheckSeverity.WARN,
                metadata=metadata,
            )

    def metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = {
            "from": self.keys[0],
            "to": self.keys[-1],
            "published_partitions": len(self.published),
            "unchanged_partitions": self.unchanged,
        }
        if self.bad:
            metadata["not_published"] = dg.MetadataValue.json(dict(list(self.bad.items())[:NAMED]))
        if self.stale:
            metadata["to_be_run_again"] = dg.MetadataValue.json(sorted(set(self.stale))[:NAMED])
        return metadata | self.notes

    def complaint(self) -> str:
        named = "; ".join(f"{key}: {', '.join(names)}" for key, names in list(self.bad.items())[:5])
        more = f" and {len(self.bad) - 5} more" if len(self.bad) > 5 else ""
        problems = "".join(f"\n{text}" for text in self.problems[:5])
        return (
            f"{self.table.qualified}: {len(self.bad)} of {len(self.keys)} partitions not published, their last good rows stay. "
            f"{named}{more}. The failed checks show the rows; correct the source and run these partitions again.{problems}"
        )


def _failure(error: ZhikeError) -> dg.Failure:
    return dg.Failure(
        str(error), metadata={"what": error.what, "where": error.where, "remedy": error.remedy}, allow_retries=False
    )


def _explained(error: duckdb.Error, table: Table, warehouse: Warehouse) -> ZhikeError:
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
