"""A run ends when it is told to, says so, and runs nothing after that."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.pipelines.corner import environment, run, zhike
from tests.shop_builder import Bench

# As Dagster does between steps: the signal is noted, and nobody looks.
DEAF = """
import signal, time
from pipelines.stopping import stoppable
with stoppable():
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    print("deaf", flush=True)
    while True:
        time.sleep(60)
"""


def signal_when(path: Path, number: int, text: str) -> threading.Thread:
    """Sends this process a signal once a file holds a text."""

    def wait() -> None:
        while not (path.exists() and text in path.read_text("utf-8")):
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_told_to_stop_stops_and_the_next_one_goes_on(
    new_corner: Bench, number: signal.Signals, code: int
) -> None:
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    # The holder of the lock is noted: a step has begun.
    signal_when(new_corner.place / "warehouse.lock", number, "run_id")
    said = run(new_corner)
    assert said.code == code
    assert "stopped. What is published stays; run again to go on." in said.err
    assert "Traceback" not in said.out + said.err
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers
    found = zhike(new_corner, "status", "--store", str(new_corner.store), "--json").json
    assert [(f["job"], f["why"]) for f in found["failures"]] == [
        ("daily", "It was stopped; what was published before stays.")
    ], "and nothing was run after it"
    again = run(new_corner, "--json", "--select", "raw/orders")
    assert (again.code, again.json["published"]) == (0, {"raw/orders": 12})


def test_a_command_whose_libraries_do_not_look_up_ends_all_the_same() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", DEAF], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "deaf\n"
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 143
    assert err.strip() == "stopped. What is published stays; run again to go on."
