"""What keeps a shop's Dagster home going by itself: runs that died are marked failed, so that nothing waits for them; old ones go.

The command line does it when it starts; the sensor does it every minute for as long as the web UI is up.
"""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg

from pipelines.keeping import once_a_day
from resources.calendar import today_in
from resources.database import GOING, GONE, PROCESS_TAG
from resources.home import open_home
from resources.processes import is_gone
from resources.shop import Shop

# A run gets its tag when its resources start. Loading the code before takes seconds, on a loaded machine a minute.
UNTAGGED = timedelta(minutes=5)
AT_ONCE = 200


def fail_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Marks as failed the runs whose process is gone (killed, power cut), in whatever state they died, and those that have named no
    process within five minutes. Returns their ids."""
    dead: list[str] = []
    going = [dg.DagsterRunStatus(state) for state in GOING]
    for record in instance.get_run_records(dg.RunsFilter(statuses=going)):
        run, process = record.dagster_run, record.dagster_run.tags.get(PROCESS_TAG)
        silent_for = datetime.now(UTC) - record.update_timestamp.replace(tzinfo=UTC)
        if is_gone(process or "") or (process is None and silent_for > UNTAGGED):
            # Read again: one that ended between the two looks is not dead.
            now = instance.get_run_by_id(run.run_id)
            if now and not now.is_finished:
                instance.report_run_failed(now, GONE)
                dead.append(run.run_id)
    return dead


def forget_old_runs(instance: dg.DagsterInstance, days: int) -> int:
    """Removes runs that ended and are older than `days`, with what they logged. Which partitions are there stays known. Returns how many."""
    # Its storage libraries take longer to load than the whole graph.
    from resources.event_log import EventLog

    ended = [state for state in dg.DagsterRunStatus if state.value not in (*GOING, "QUEUED")]
    old = dg.RunsFilter(created_before=datetime.now(UTC) - timedelta(days=days), statuses=ended)
    run_ids = [run.run_id for run in instance.get_runs(old, limit=AT_ONCE, ascending=True)]
    log = instance.event_log_storage
    if not run_ids or not isinstance(log, EventLog):
        return 0
    log.forget(run_ids)
    for run_id in run_ids:
        instance.run_storage.delete_run(run_id)
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
    return len(run_ids)


def build_upkeep(shop: Shop, home: Path) -> dg.SensorDefinition:
    @dg.sensor(
        name="upkeep",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Marks runs whose process is gone as failed, so that the queue waits for none of them, and removes what is older than is kept.",
    )
    def upkeep(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        dead = fail_dead_runs(context.instance)
        old = forget_old_runs(context.instance, shop.retention.run_days)
        said = [f"{len(dead)} dead runs were marked failed."] if dead else []
        said += [f"{old} runs older than {shop.retention.run_days} days were removed."] if old else []
        said += [once_a_day(context, shop, open_home(shop, home), today_in(shop))]
        return dg.SkipReason(" ".join(filter(None, said)) or "No run is dead or old.")

    return upkeep
