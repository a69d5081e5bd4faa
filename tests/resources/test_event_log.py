"""The event log that is written in batches holds what Dagster's own would hold."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from pipelines.runs import instance_of
from resources.event_log import EventLog, Storage
from resources.home import Home

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-08")
RANGE = {"dagster/asset_partition_range_start": "2024-01-02", "dagster/asset_partition_range_end": "2024-01-05"}
EVENTS = "SELECT dagster_event_type, step_key, asset_key, partition FROM event_logs ORDER BY 1, 2, 3, 4"
ASSETS = (
    "SELECT asset_key, last_run_id IS NOT NULL, last_materialization LIKE '%2024-01-05%' FROM asset_keys ORDER BY 1"
)
CHECKS = "SELECT asset_key, check_name, execution_status, partition FROM asset_check_executions ORDER BY 1, 2"


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[dg.AssetCheckSpec("good", asset="first"), dg.AssetCheckSpec("bad", asset="first")],
)
def first() -> Iterator[object]:
    yield dg.AssetCheckResult(check_name="good", passed=True)
    yield dg.AssetCheckResult(check_name="bad", passed=False)
    yield dg.MaterializeResult(metadata={"rows": 3}, tags={"kind": "made"})


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run(), deps=[first])
def second(context: dg.AssetExecutionContext) -> None:
    context.log.info("a word")
    context.add_output_metadata({"rows": 1})


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One home with Dagster's storage and one with ours, the same run in each."""
    made: dict[str, Path] = {}
    for name in ("dagster's", "ours"):
        # Signs that mean something in an URL, which Dagster makes of the path.
        home = made[name] = tmp_path_factory.mktemp("home") / ("50%20?" if name == "ours" else "home")
        home.mkdir()
        ours = {"module": Storage.__module__, "class": Storage.__name__, "config": {"base_dir": str(home)}}
        overrides = {"storage": {"custom": ours}} if name == "ours" else {}
        with dg.DagsterInstance.local_temp(str(home), overrides=overrides) as instance:
            assert dg.materialize([first, second], instance=instance, tags=RANGE).success
            days = {"2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"}
            assert instance.get_materialized_partitions(dg.AssetKey("second")) == days
            newest = instance.get_latest_materialization_event(dg.AssetKey("first"))
            assert newest and newest.asset_materialization and newest.asset_materialization.tags["kind"] == "made"
    return made


def _read(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(sql).fetchall()


def test_the_common_file_holds_the_same_events_assets_and_checks(homes: dict[str, Path]) -> None:
    files = {name: home / "history" / "runs" / "index.db" for name, home in homes.items()}
    for sql in (EVENTS, ASSETS, CHECKS, "SELECT asset_key, key FROM asset_event_tags ORDER BY 1, 2"):
        assert _read(files["ours"], sql) == _read(files["dagster's"], sql) != []


def test_the_file_of_the_run_holds_the_same_events(homes: dict[str, Path]) -> None:
    of_runs = {
        name: [_read(file, EVENTS) for file in (home / "history" / "runs").glob("*.db") if file.name != "index.db"]
        for name, home in homes.items()
    }
    assert of_runs["ours"] == of_runs["dagster's"] != []


def test_either_storage_reads_what_the_other_wrote(homes: dict[str, Path]) -> None:
    with dg.DagsterInstance.local_temp(str(homes["ours"])) as instance:
        assert len(instance.get_runs()) == 1
        assert dg.materialize([first, second], instance=instance, tags=RANGE).success
        assert instance.get_latest_materialization_event(dg.AssetKey("second"))


def test_after_wiping_the_history_a_run_is_recorded_anew(homes: dict[str, Path]) -> None:
    ours = {"module": Storage.__module__, "class": Storage.__name__, "config": {"base_dir": str(homes["ours"])}}
    with dg.DagsterInstance.local_temp(str(homes["ours"]), overrides={"storage": {"custom": ours}}) as instance:
        run_id = dg.materialize([first, second], instance=instance, tags=RANGE).run_id
        instance.event_log_storage.wipe()
        assert instance.all_logs(run_id) == []
        assert instance.get_materialized_partitions(dg.AssetKey("second")) == set()
        again = dg.materialize([first, second], instance=instance, tags=RANGE)
        assert len(instance.get_materialized_partitions(dg.AssetKey("second"))) == 4
    assert (homes["ours"] / "history" / "runs" / f"{again.run_id}.db").exists()


def test_a_home_of_an_earlier_release_gets_it_and_keeps_its_settings(tmp_path: Path) -> None:
    home = Home(tmp_path / "tea_house")
    home.dagster.mkdir(parents=True)
    settings = home.dagster / "dagster.yaml"
    settings.write_text("telemetry:\n  enabled: false\nconcurrency: {runs: {max_concurrent_runs: 2}}")
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DAGSTER_HOME", "")
            with instance_of(home) as instance:
                assert isinstance(instance.event_log_storage, EventLog)
                assert instance.get_concurrency_config().run_queue_config.max_concurrent_runs == 2
        assert settings.read_text().count("storage:") == 1
