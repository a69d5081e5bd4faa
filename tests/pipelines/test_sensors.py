"""The sensor asks for the days whose files are new or were written again, once."""

import os
from collections.abc import Iterator

import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from tests.pipelines.corner import FIRST, LAST, orders_of
from tests.shop_builder import Bench, days, line

RAW = dg.AssetKey(["raw", "orders"])
Requests = list[tuple[str, str, str]]


class Watch:
    """The sensor of a shop over several ticks."""

    def __init__(self, bench: Bench, instance: dg.DagsterInstance):
        (sensor,) = [s for s in build_definitions(bench.shop, bench.home).sensors or [] if s.name == "source_files"]
        assert isinstance(sensor, dg.SensorDefinition)
        self.sensor, self.instance, self.cursor = sensor, instance, None

    def look(self) -> "Requests | str":
        """First day, last day and run key of each run asked for, or why there is none."""
        context = dg.build_sensor_context(instance=self.instance, cursor=self.cursor)
        data = self.sensor.evaluate_tick(context)
        self.cursor = data.cursor
        if data.skip_message:
            assert not data.run_requests
            return data.skip_message
        start, end = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
        return [(r.tags[start], r.tags[end], r.run_key or "") for r in data.run_requests or []]

    def asked(self) -> list[tuple[str, str]]:
        found = self.look()
        assert not isinstance(found, str), found
        return [(first, last) for first, last, _ in found]


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def ran(instance: dg.DagsterInstance, *partitions: str, key: dg.AssetKey = RAW) -> None:
    for partition in partitions:
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=partition))


@pytest.fixture
def watch(new_corner: Bench, instance: dg.DagsterInstance) -> Watch:
    """Has seen the deliveries up to 20 January."""
    for day in days(FIRST, LAST)[4:]:
        new_corner.file("orders", day.isoformat()).unlink()
    watch = Watch(new_corner, instance)
    assert watch.asked() == [("2024-01-17", "2024-01-20")]
    return watch


def arrive(bench: Bench, *dates: str) -> None:
    for day in days(FIRST, LAST):
        if day.isoformat() in dates:
            bench.deliver("orders", day.isoformat(), *orders_of(day))


def test_nothing_new_asks_for_nothing(watch: Watch) -> None:
    assert watch.look() == "No new or changed source files."
    assert watch.look() == "No new or changed source files."


def test_a_new_file_asks_for_its_day_once(watch: Watch, new_corner: Bench) -> None:
    arrive(new_corner, "2024-01-21")
    assert watch.asked() == [("2024-01-21", "2024-01-21")]
    assert watch.look() == "No new or changed source files."


def test_days_in_a_row_are_one_run_and_a_gap_makes_two(watch: Watch, new_corner: Bench) -> None:
    arrive(new_corner, "2024-01-21", "2024-01-22", "2024-01-23", "2024-01-26")
    assert watch.asked() == [("2024-01-21", "2024-01-23"), ("2024-01-26", "2024-01-26")]


def test_a_file_written_again_asks_for_its_day_with_another_run_key(watch: Watch, new_corner: Bench) -> None:
    keys = []
    for pieces in (1, 2, 1):
        new_corner.deliver("orders", "2024-01-19", line("x", "c01", "2024-01-19 10:00:00", pieces))
        found = watch.look()
        assert not isinstance(found, str)
        ((first, last, key),) = found
        assert (first, last) == ("2024-01-19", "2024-01-19")
        keys.append(key)
    assert len(set(keys)) == 3, "going back to what it was before is a change too"


def test_the_history_written_again_asks_for_the_day_it_was_handed_over(watch: Watch, new_corner: Bench) -> None:
    os.utime(new_corner.store / "history" / "orders.csv", (1, 1))
    assert watch.asked() == [("2024-01-17", "2024-01-17")]


def test_a_file_beyond_the_shops_days_asks_for_nothing(watch: Watch, new_corner: Bench) -> None:
    new_corner.deliver("orders", "2024-02-20", line("x", "c01", "2024-02-20 10:00:00"))
    assert watch.look() == "No new or changed source files."


def test_days_that_ran_before_it_was_switched_on_are_not_run_again(
    new_corner: Bench, instance: dg.DagsterInstance
) -> None:
    ran(instance, *(day.isoformat() for day in days(FIRST, LAST)[:10]))
    watch = Watch(new_corner, instance)
    assert watch.asked() == [("2024-01-27", "2024-01-28")]
    new_corner.deliver("orders", "2024-01-18", line("x", "c01", "2024-01-18 10:00:00"))
    assert watch.asked() == [("2024-01-18", "2024-01-18")], "but written again since, they are"


def test_changes_of_days_that_ran_before_are_not_run_again_either(unrun: Bench, instance: dg.DagsterInstance) -> None:
    """A table of changes has no partitions, so that its days are known by those of the orders."""
    everything = [day.isoformat() for day in days()]
    ran(instance, *everything)
    ran(instance, *everything, key=dg.AssetKey(["raw", "events"]))
    watch = Watch(unrun, instance)
    assert watch.look() == "No new or changed source files."
    unrun.deliver("customers", "2024-02-01", {"customer_id": "bob", "region": "Ningbo"})
    assert watch.asked() == [("2024-02-01", "2024-02-01")]


def test_a_cursor_is_short_and_what_it_stands_for_is_kept_once(watch: Watch, new_corner: Bench) -> None:
    """Dagster keeps the cursor of every tick."""
    kept = new_corner.place / "dagster" / "seen"
    for day in ("2024-01-21", "2024-01-22", "2024-01-23"):
        before = watch.cursor
        arrive(new_corner, day)
        assert watch.asked() == [(day, day)]
        assert watch.cursor != before
        assert len(watch.cursor or "") == 16
        assert {path.stem for path in kept.iterdir()} == {before, watch.cursor}
    # A tick that was cut off before Dagster noted its cursor asks for the same again.
    watch.cursor = before
    assert watch.asked() == [("2024-01-23", "2024-01-23")]


def test_a_cursor_of_an_earlier_release_is_understood(watch: Watch, new_corner: Bench) -> None:
    watch.cursor = (new_corner.place / "dagster" / "seen" / f"{watch.cursor}.json").read_text("utf-8")
    assert watch.look() == "No new or changed source files."
    assert len(watch.cursor) == 16


def test_a_variable_that_is_not_set_is_said(
    new_corner: Bench, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = new_corner.store / "store.yaml"
    store.write_text(store.read_text("utf-8").replace("orders/{date}", "${CORNER_FILES}/{date}"), "utf-8")
    monkeypatch.delenv("CORNER_FILES", raising=False)
    watch = Watch(new_corner, instance)
    said = watch.look()
    assert isinstance(said, str)
    assert "${CORNER_FILES}, which is not set" in said
    assert "what to do: set it to the folder of the files" in said
    monkeypatch.setenv("CORNER_FILES", str(new_corner.store / "orders"))
    assert watch.asked() == [("2024-01-17", "2024-01-28")]
