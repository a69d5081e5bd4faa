"""What is there, how fresh, what failed and why."""

from itertools import groupby
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Group
from rich.table import Table as Grid
from rich.text import Text

from assets.outreach.snapshot.publish import current
from pipelines.runs import COMMAND_TAG, instance_of, message_of
from resources.errors import ZhikeError
from resources.home import open_home
from resources.shop import Shop
from resources.warehouse import Warehouse

RECENT_RUNS = 20
SHOWN_FAILURES = 5


def status_of(shop: Shop, home: Path) -> dict[str, Any]:
    """Tables with their first and newest partition, rows, and partitions whose inputs changed since; failed runs; the snapshot."""
    place = open_home(shop, home)
    instance = instance_of(place)
    found: dict[str, Any] = {
        "shop": {"zh": shop.name.zh, "en": shop.name.en},
        "tables": [],
        "held_by": None,
        "failures": _failures(instance),
        "snapshot": None,
    }
    snapshot = current(place.snapshot)
    if snapshot:
        found["snapshot"] = {
            "version": snapshot.folder.name,
            "as_of": snapshot.as_of,
            "row_counts": snapshot.row_counts,
        }
    if not place.warehouse.exists():
        return found
    warehouse = Warehouse(store=str(shop.folder), home=str(home), wait_seconds=1)
    try:
        with warehouse.opened():
            rows = warehouse.connection.execute(
                """
                SELECT table_name, nullif(min(partition_key), 'all'), nullif(max(partition_key), 'all'), count(*),
                    CAST(sum(row_count) AS BIGINT), count(*) FILTER (WHERE is_stale)
                FROM ops.windows GROUP BY table_name ORDER BY min(sequence), table_name
                """
            ).fetchall()
    except ZhikeError as error:
        found["held_by"] = error.what
        return found
    names = ("table", "first", "newest", "partitions", "rows", "stale")
    found["tables"] = [dict(zip(names, row, strict=True)) for row in rows]
    return found


def _failures(instance: dg.DagsterInstance) -> list[dict[str, str]]:
    """What failed in the newest commands and backfills, up to the newest one in which nothing did. One command is several
    runs when a step fails, and the last of them may be fine."""
    failures: list[dict[str, str]] = []
    records = [record.dagster_run for record in instance.get_run_records(limit=RECENT_RUNS)]
    for _, together in groupby(records, _belongs_to):
        runs = list(together)
        failed = [run for run in runs if run.status == dg.DagsterRunStatus.FAILURE]
        if not failed and any(run.status == dg.DagsterRunStatus.SUCCESS for run in runs):
            break
        failures += [{"run": run.run_id, "job": run.job_name, "why": _why(instance, run.run_id)} for run in failed]
    return failures[:SHOWN_FAILURES]


def _belongs_to(run: dg.DagsterRun) -> str:
    return run.tags.get(COMMAND_TAG) or run.tags.get("dagster/backfill") or run.run_id


def _why(instance: dg.DagsterInstance, run_id: str) -> str:
    logs = instance.all_logs(run_id, of_type={dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.PIPELINE_FAILURE})
    return next((message_of(entry.dagster_event) for entry in logs if entry.dagster_event), "see the run in the web UI")


def render(found: dict[str, Any]) -> Group:
    grid = Grid(
        "table",
        "first",
        "newest",
        "partitions",
        "rows",
        "stale",
        title=f"{found['shop']['en']} · {found['shop']['zh']}",
    )
    for row in found["tables"]:
        stale = str(row["stale"]) if row["stale"] else ""
        grid.add_row(
            row["table"], row["first"] or "", row["newest"] or "", f"{row['partitions']:,}", f"{row['rows']:,}", stale
        )
    parts: list[Any] = [grid] if found["tables"] else [Text("Nothing has been run yet: zhike run --store …")]
    if any(row["stale"] for row in found["tables"]):
        parts.append(Text("Stale: an input changed since; run these days and weeks again (zhike run).", style="yellow"))
    if found["held_by"]:
        parts.append(Text(found["held_by"], style="yellow"))
    if found["snapshot"]:
        parts.append(Text(f"Published snapshot: {found['snapshot']['version']}, as of {found['snapshot']['as_of']}"))
    for failure in found["failures"]:
        parts.append(Text(f"Failed {failure['job']} run {failure['run'][:8]}: {failure['why']}", style="red"))
    return Group(*parts)
