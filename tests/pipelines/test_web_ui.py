"""`zhike ui` serves the graph, and one backfill launched in it fills a shop."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from pipelines.runs import instance_of
from resources.database import PROCESS_TAG
from resources.home import Home
from resources.processes import process_of
from tests.pipelines.corner import FIRST, LAST, WEEKS, environment
from tests.shop_builder import Bench

START_SECONDS, BACKFILL_SECONDS = 120, 240
DAILY = (["raw", "orders"], ["clean", "orders"], ["features", "customer_days"])
WEEKLY = (
    ["features", "customers"], *(["insights", name] for name in (
        "segments", "segment_profiles", "segment_moves", "rfm", "rfm_profiles", "rfm_moves", "clv", "cohorts", "predictions", "prediction_backtests",
        "prediction_drift", "forecasts", "forecast_backtests", "recommendations", "profiles", "similar_products",
        "bought_together", "forecast_totals", "forecast_agreement", "customer_360",
    )),
    ["outreach", "alerts"],
)  # fmt: skip
ASSETS = (
    "{ assetNodes { assetKey { path } assetChecksOrError { ... on AssetChecks { checks { name description } } } } }"
)
LAUNCH = """
mutation ($parameters: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $parameters) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
PROGRESS = """
query ($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status error { message } }
} }
"""
RUN = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
TICKS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } schedules { name } sensors { name } } } } }"
LISTED = "{ assetNodes { assetKey { path } partitionStats { numPartitions numMaterialized } } }"


class WebUi:
    def __init__(self, port: int, process: "subprocess.Popen[bytes]", log: Path):
        self.address, self.process, self.log = f"http://127.0.0.1:{port}", process, log

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.ask(ASSETS)["assetNodes"]:
                    return
            except OSError:
                pass
            time.sleep(0.5)
        raise AssertionError(f"the web UI does not answer: {self.log.read_text('utf-8')[-2000:]}")

    def backfill(self) -> str:
        """The end of one backfill of all days and all kept weeks of some tables, and the snapshot."""

        def dated(path: list[str], first: str, last: str) -> dict[str, Any]:
            return {"assetKey": {"path": path}, "partitions": {"range": {"start": first, "end": last}}}

        asked = [dated(path, str(FIRST), str(LAST)) for path in DAILY]
        asked += [dated(path, WEEKS[0], WEEKS[-1]) for path in WEEKLY[:2]]
        asked += [{"assetKey": {"path": ["outreach", "snapshot"]}}]
        launched = self.ask(LAUNCH, parameters={"partitionsByAssets": asked})["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        deadline, found = time.monotonic() + BACKFILL_SECONDS, {}
        while time.monotonic() < deadline:
            found = self.ask(PROGRESS, id=launched["backfillId"])["partitionBackfillOrError"]
            if found["status"].startswith(("COMPLETED", "FAILED", "CANCELED")):
                break
            time.sleep(1)
        return found["status"]


@contextmanager
def started(bench: Bench) -> Iterator[WebUi]:
    """`zhike ui` in a process group of its own, which is ended whatever happens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = bench.folder / "ui.log"
    # Whoever starts it stands anywhere: here, beside a package of the same name as one of ours.
    elsewhere = bench.folder / "elsewhere"
    (elsewhere / "assets").mkdir(parents=True)
    (elsewhere / "assets" / "__init__.py").write_text("raise RuntimeError('not ours')", "utf-8")
    arguments = ["ui", "--store", str(bench.store), "--home", str(bench.home), "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "pipelines.cli", *arguments],
            stdout=file, stderr=file, start_new_session=True, env=environment(), cwd=elsewhere,
        )  # fmt: skip
        try:
            ui = WebUi(port, process, log)
            ui.wait()
            yield ui
        finally:
            _end(process)


def killed_run(bench: Bench) -> str:
    """A run of a command that was killed while the web UI is up: it has the one place that the queue gives."""
    dead = subprocess.Popen(["sleep", "60"])
    tags = {PROCESS_TAG: process_of(dead.pid)}
    dead.kill()
    dead.wait()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_HOME", str(bench.place / "dagster"))
        with instance_of(Home(bench.place)) as instance:
            job = dg.job(name="daily")(lambda: None)
            return instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tags).run_id


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline and _is_there(process):
            time.sleep(0.2)


def _is_there(process: "subprocess.Popen[bytes]") -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def screenshot(address: str, folder: Path) -> "Path | None":
    """A picture of the page by Debian's Chromium, if that is installed."""
    browser = shutil.which("chromium")
    if browser is None:
        return None
    picture = folder / "page.png"
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=1400,900",
        f"--user-data-dir={folder / 'profile'}",
    ]
    command = [browser, *flags, "--virtual-time-budget=8000", f"--screenshot={picture}", address]
    subprocess.run(command, capture_output=True, timeout=90, check=False, cwd=folder)
    return picture


def test_the_web_ui_lists_the_graph_and_fills_the_shop_with_one_backfill(opened: Bench, tmp_path: Path) -> None:
    # Signs that mean something in an address or a pattern.
    new_corner = opened.copy(tmp_path / "50%20? [1] k=v 店")
    with started(new_corner) as ui:
        nodes = {"/".join(node["assetKey"]["path"]): node for node in ui.ask(ASSETS)["assetNodes"]}
        assert set(nodes) == {
            "/".join(path) for path in (*DAILY, *WEEKLY, ["outreach", "snapshot"], ["outreach", "report"])
        }
        checks = {
            name: {c["name"]: c["description"] for c in n["assetChecksOrError"]["checks"]} for name, n in nodes.items()
        }
        assert all(checks.values()), "every asset has its checks"
        assert checks["raw/orders"]["every_file_was_delivered_and_could_be_read"].startswith(
            "A day whose file is absent"
        )
        (location,) = ui.ask(TICKS)["repositoriesOrError"]["nodes"]
        assert location["location"]["name"] == new_corner.shop.id
        scheduled = {schedule["name"] for schedule in location["schedules"]}
        assert scheduled == {"every_day", "days_again", "every_week", "weeks_again", "every_erasure"}
        assert {sensor["name"] for sensor in location["sensors"]} == {"source_files", "upkeep"}
        dead = killed_run(new_corner)
        assert ui.backfill() == "COMPLETED_SUCCESS", "behind a run that was killed"
        assert ui.ask(RUN, id=dead)["runOrError"]["status"] == "FAILURE"
        listed = {"/".join(n["assetKey"]["path"]): n["partitionStats"] for n in ui.ask(LISTED)["assetNodes"]}
        assert listed["features/customers"] == {"numPartitions": len(WEEKS), "numMaterialized": len(WEEKS)}
        picture = screenshot(f"{ui.address}/asset-groups", tmp_path)
    published = new_corner.place / "snapshot" / "current" / "zhike.duckdb"
    days = new_corner.query("SELECT count(*) FROM ops.windows WHERE table_name = 'features.customer_days'")
    assert days == [((LAST - FIRST).days + 1,)]
    weeks = new_corner.query("SELECT as_of, count(*) FROM insights.segments GROUP BY as_of ORDER BY as_of")
    assert [(str(week), buyers) for week, buyers in weeks] == [(week, 60) for week in WEEKS]
    with duckdb.connect(str(published), read_only=True) as snapshot:
        assert snapshot.execute("SELECT count(*), min(as_of) FROM segments_latest").fetchall() == [(60, weeks[-1][0])]
    if picture is None:
        pytest.skip("all but the picture passed: no chromium in PATH")
    content = picture.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000, "an empty page is smaller"
