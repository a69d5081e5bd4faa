"""Behaviour of others that the code leans on. When one of these fails, an upgrade has changed it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import duckdb
import pytest

DAYS = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-01-04")
RANGE = {"dagster/asset_partition_range_start": "2024-01-01", "dagster/asset_partition_range_end": "2024-01-03"}


class Counted(dg.ConfigurableResource):
    """Counts how often it is opened."""

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["Counted"]:
        OPENED.append("open")
        yield self
        OPENED.append("closed")


OPENED: list[str] = []


@dg.asset(
    partitions_def=DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[
        dg.AssetCheckSpec("fine", asset="rows", blocking=True),
        dg.AssetCheckSpec("broken", asset="rows", blocking=True),
    ],
    output_required=False,
)
def rows(context: dg.AssetExecutionContext, counted: Counted) -> Iterator[object]:
    yield dg.AssetCheckResult(check_name="fine", passed=True, metadata={"keys": len(context.partition_keys)})
    yield dg.AssetCheckResult(check_name="broken", passed=False, metadata={"why": "said"})
    context.log_event(dg.AssetMaterialization("rows", partition="2024-01-02"))
    raise dg.Failure("refused", metadata={"what": "text"}, allow_retries=False)


@dg.asset(deps=[rows], partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def after(counted: Counted) -> None:
    OPENED.append("after")


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def another(counted: Counted) -> None:
    OPENED.append("another")


@pytest.fixture(scope="module")
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture(scope="module")
def result(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    OPENED.clear()
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    resources = {"counted": Counted()}
    return dg.materialize(
        [rows, after, another],
        instance=instance,
        tags=RANGE,
        resources=resources,
        raise_on_error=False,
        run_config=quiet,
    )


def test_a_range_is_one_step(result: dg.ExecuteInProcessResult) -> None:
    started = [event.step_key for event in result.all_events if event.is_step_start]
    assert sorted(started) == ["another", "rows"]


def test_a_range_gives_one_materialization_a_partition(
    result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    assert instance.get_materialized_partitions(dg.AssetKey("another")) == {"2024-01-01", "2024-01-02", "2024-01-03"}
    assert len(result.asset_materializations_for_node("another")) == 3


def test_check_results_before_a_failure_are_stored(result: dg.ExecuteInProcessResult) -> None:
    assert not result.success
    found = {
        check.check_name: (check.passed, {name: value.value for name, value in check.metadata.items()})
        for check in result.get_asset_check_evaluations()
    }
    assert found == {"fine": (True, {"keys": 3}), "broken": (False, {"why": "said"})}


def test_a_failure_keeps_its_words_and_stops_what_follows(result: dg.ExecuteInProcessResult) -> None:
    (failed,) = [event for event in result.all_events if event.is_step_failure]
    data = failed.step_failure_data.user_failure_data
    assert data and (data.label, data.description) == ("intentional-failure", "refused")
    assert "after" not in OPENED


def test_materializations_logged_before_a_failure_count(
    result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    assert not result.success
    assert instance.get_materialized_partitions(dg.AssetKey("rows")) == {"2024-01-02"}


def test_a_resource_is_open_once_for_a_whole_run(result: dg.ExecuteInProcessResult) -> None:
    assert not result.success
    assert OPENED == ["open", "another", "closed"]


def test_structs_are_equal_where_their_nulls_are() -> None:
    """The ledger compares a row with the one before it by struct."""
    query = "SELECT struct_pack(a := NULL, b := 1) = struct_pack(a := NULL, b := 1), struct_pack(a := NULL, b := 1) = struct_pack(a := 2, b := 1)"
    assert duckdb.sql(query).fetchall() == [(True, False)]


def test_the_hash_of_a_row_is_the_same_in_another_process() -> None:
    """Checksums are kept in the book and compared by later runs."""
    query = "SELECT CAST(sum(hash(a, b)) AS VARCHAR) FROM (VALUES (1, 'x'), (NULL, 'y')) AS t(a, b)"
    code = f"import duckdb; print(duckdb.sql({query!r}).fetchall()[0][0])"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert duckdb.sql(query).fetchall() == [(other,)]
