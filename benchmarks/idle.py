"""What an idle shop grows by: `python -m benchmarks.idle --minutes 150`.

A small shop whose days have run, both of its sensors on, Dagster's own sensor daemon: a tick a minute of each, at a clock that goes on by a
minute a tick. Nothing is new and nothing has died. Then the clock goes on by a day, after which ticks are removed (`retention` in
dagster.yaml), and the ticks go on. A week takes what the ticks of a day take, and what the second part still grows by.
"""

import argparse
import logging
import os
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.causes import zhike
from benchmarks.faults import shop

MINUTES_A_DAY = 24 * 60


def size(folder: Path) -> int:
    """Bytes of all files of a folder, logs of writes among them."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def grow(folder: Path, minutes: int) -> list[tuple[int, int]]:
    """Bytes that the home takes and ticks that Dagster keeps: after the first tick, before and after the day, and at the end."""
    from dagster._core.test_utils import freeze_time
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import ModuleTarget
    from dagster._daemon.sensor import execute_sensor_iteration

    from pipelines.runs import instance_of
    from resources.home import Home

    place = shop(folder, random.Random(7))
    said = zhike(place, "run", "--store", str(place.store), "--select", "raw/orders")
    if said.code:
        raise RuntimeError(said.err)
    os.environ |= {"ZHIKE_STORE": str(place.store), "ZHIKE_HOME": str(place.home), "PYTHONWARNINGS": "ignore"}
    target = ModuleTarget("pipelines.definitions", None, None, "zhike")
    quiet, start = logging.getLogger("zhike.idle"), datetime.now(UTC)
    quiet.setLevel(logging.CRITICAL)
    found: list[tuple[int, int]] = []
    with (
        instance_of(Home(place.folder)) as instance,
        WorkspaceProcessContext(instance, target, code_server_log_level="WARNING") as context,
    ):
        (location,) = context.create_request_context().code_locations
        sensors = [each for repository in location.get_repositories().values() for each in repository.get_sensors()]
        for sensor in sensors:
            instance.start_sensor(sensor)
        for number in range(2 * minutes + 1):
            minute = number + (MINUTES_A_DAY if number > minutes else 0)
            # A little more than a minute: a sensor waits for a whole one.
            with freeze_time(start + timedelta(seconds=60.01 * minute)):
                errors = [each for each in execute_sensor_iteration(context, quiet, None, None) if each]
            if errors:
                raise RuntimeError(str(errors[0]))
            if number in (0, minutes, minutes + 1, 2 * minutes):
                ticks = sum(len(instance.get_ticks(each.get_remote_origin_id(), each.selector_id)) for each in sensors)
                found.append((size(place.folder), ticks))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=150, help="ticks of each sensor before and after the day")
    minutes: int = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        found = grow(Path(folder), minutes)
    for name, (grown, ticks) in zip(("first tick", "before the day", "after it", "at the end"), found, strict=True):
        print(f"{name:15} {(grown - found[0][0]) / 1e3:7.0f} kB more, {ticks} ticks kept")
    a_minute = (found[1][0] - found[0][0]) / minutes
    later = max(0, found[3][0] - found[2][0]) / minutes
    week = a_minute * MINUTES_A_DAY + later * 6 * MINUTES_A_DAY
    print(f"a minute: {a_minute:.0f} bytes before the day, {later:.0f} after it; a week: {week / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
