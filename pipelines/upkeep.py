"""What keeps a shop's Dagster home going by itself: runs that died are marked failed, so that nothing waits for them.

The command line does it when it starts; the sensor does it every minute for as long as the web UI is up.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from resources.database import GOING, GONE, PROCESS_TAG, is_gone

# A run gets its tag when its resources start. Loading the code before takes seconds, on a loaded machine a minute.
UNTAGGED = timedelta(minutes=5)


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


@dg.sensor(
    name="upkeep",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Marks runs whose process is gone as failed: the queue waits for none of them.",
)
def upkeep(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    dead = fail_dead_runs(context.instance)
    return dg.SkipReason(f"{len(dead)} dead runs were marked failed." if dead else "No run is dead.")
