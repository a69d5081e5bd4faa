"""Which partitions rest on inputs that changed since they were run, as a check of every table that has inputs: its own step judges it, and a
step whose rows changed tells the tables that rest on it at once."""

from collections.abc import Collection

import dagster as dg
import duckdb

from data_checks.gate import book
from data_checks.gate.telling import listed, table_of

NAME = "every_partition_is_up_to_date"
WHY = (
    "A partition whose inputs changed since it was run says what was true before. The schedules days_again and weeks_again run it again at "
    "night, and so does zhike run."
)


def judged(connection: duckdb.DuckDBPyConnection, table: str) -> dg.AssetCheckResult:
    """The verdict on a table, `stage.table`."""
    stale = book.stale(connection, table)
    changed = next((cause for cause in stale.values() if cause), "an input")
    return dg.AssetCheckResult(
        asset_key=dg.AssetKey(table.split(".")),
        check_name=NAME,
        passed=not stale,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{listed(list(stale))} {'is' if len(stale) == 1 else 'are'} to be run again: {changed} changed since."
        if stale
        else "No input has changed since its partitions were run.",
        metadata={"value": len(stale)}
        | (
            {"partitions": table_of([{"partition": key, "changed": cause} for key, cause in stale.items()])}
            if stale
            else {}
        ),
    )


def tell(instance: dg.DagsterInstance, connection: duckdb.DuckDBPyConnection, tables: Collection[str]) -> None:
    """Tells Dagster how it stands with tables of other steps."""
    for table in sorted(tables):
        found = judged(connection, table)
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(
                asset_key=found.asset_key,
                check_name=NAME,
                passed=found.passed,
                metadata=found.metadata,
                severity=found.severity,
                description=found.description,
            )
        )
