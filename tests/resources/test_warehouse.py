"""One writer, that may die; a disk that may be full; a home that may be another shop's."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha512
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from resources.database import PROCESS_TAG
from resources.errors import ZhikeError
from resources.processes import process_of
from resources.registry import forget_unnamed
from resources.warehouse import Warehouse
from tests.shop_builder import LAST, STORE, Bench, complaint, line, write_store

ROOT = Path(__file__).parents[2]
HOLD = """
import sys, time
from resources.warehouse import Warehouse
with Warehouse(store=sys.argv[1], home=sys.argv[2]).opened("run-of-another") as warehouse:
    warehouse.connection.execute("BEGIN")
    warehouse.connection.execute("DELETE FROM ops.windows")
    print("open", flush=True)
    time.sleep(float(sys.argv[3]))
    warehouse.connection.execute("ROLLBACK")
"""


def python(code: str, *arguments: object) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=ROOT
    )


def held(bench: Bench, seconds: float) -> "subprocess.Popen[str]":
    """Another process that has the warehouse open, in the middle of a transaction."""
    process = python(HOLD, bench.store, bench.home, seconds)
    assert process.stdout and process.stdout.readline() == "open\n"
    return process


def test_a_second_process_waits_and_then_says_who_holds_the_warehouse(spoilt: Bench) -> None:
    process = held(spoilt, 60)
    began = time.monotonic()
    try:
        with pytest.raises(ZhikeError) as caught, spoilt.warehouse(wait_seconds=0.5).opened():
            pass
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - began >= 0.5
    assert f"held by run run-of-another (process {process.pid}); waited 0 s" in caught.value.what.replace(
        "waited 1 s", "waited 0 s"
    )
    assert caught.value.where.endswith("warehouse.lock")


def test_a_second_process_goes_on_when_the_first_is_done(spoilt: Bench) -> None:
    process = held(spoilt, 0.5)
    with spoilt.warehouse(wait_seconds=30).opened() as warehouse:
        assert warehouse.connection.execute("SELECT count(*) FROM features.customers").fetchall() != [(0,)]
    assert process.wait() == 0


def test_a_killed_process_leaves_nothing_to_wait_for_and_nothing_half_done(spoilt: Bench) -> None:
    before = spoilt.windows()
    process = held(spoilt, 60)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    # No waiting at all: the kernel has freed the lock.
    with spoilt.warehouse(wait_seconds=0).opened():
        pass
    assert spoilt.windows() == before
    assert spoilt.run("clean/orders", first="2024-01-18", wait_seconds=0).success


def test_a_run_is_tagged_with_its_process(unrun: Bench, tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        result = unrun.run("raw/links", instance=instance)
        run = instance.get_run_by_id(result.run_id)
        assert run and run.tags[PROCESS_TAG] == process_of(os.getpid())


@contextmanager
def room_for(bench: Bench, bytes_more: int) -> Iterator[None]:
    """A disk on which no file of this process grows beyond the warehouse and a little more."""
    size = (bench.place / "warehouse.duckdb").stat().st_size + bytes_more
    limits, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_is_said_and_writes_nothing_half(unrun: Bench) -> None:
    assert unrun.run("raw/orders", first="2024-01-31", last=LAST).success
    before, rows = unrun.windows(), unrun.rows("raw.orders")
    # Hashes cannot be compressed: 1.5 MB where the disk has room for a fifth of it.
    noise = [
        line(f"n{n}", "anna", "2024-02-04 10:00:00", channel=sha512(bytes(f"{n}", "ascii")).hexdigest())
        for n in range(12_000)
    ]
    unrun.deliver("orders", LAST.isoformat(), *noise)
    with room_for(unrun, 300_000):
        said = complaint(unrun.run("raw/orders", first=LAST))
    assert "the disk is full" in said
    assert "free space" in said
    assert "what was published before is untouched" in said
    assert unrun.windows() == before
    assert unrun.rows("raw.orders") == rows
    # With space again the same run goes through.
    assert unrun.run("raw/orders", first=LAST).success
    assert unrun.query("SELECT count(*) FROM raw.orders WHERE delivered_on = ?", [LAST]) == [(12_000,)]


def test_a_home_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    store = write_store(tmp_path / "shop", STORE)
    (tmp_path / "home").write_text("a file, no folder")
    with (
        pytest.raises(ZhikeError, match="the shop's home cannot be written: Not a directory"),
        Warehouse(store=str(store), home=str(tmp_path / "home")).opened(),
    ):
        pass


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("currency: CNY", "currency: USD", "currency CNY (now USD)"),
        ("time_zone: Asia/Shanghai", "time_zone: Europe/London", "time_zone Asia/Shanghai (now Europe/London)"),
        ("start: 2024-01-01", "start: 2024-01-02", "start 2024-01-01 (now 2024-01-02)"),
        ("history_on: 2024-01-17", "history_on: 2024-01-18", "history_on 2024-01-17 (now 2024-01-18)"),
        ("en: Tea house", "en: Coffee house", "name Tea house (now Coffee house)"),
    ],
)
def test_the_home_of_another_shop_is_refused(spoilt: Bench, good: str, bad: str, said: str) -> None:
    (spoilt.store / "store.yaml").write_text(STORE.replace(good, bad, 1))
    before = spoilt.windows()
    text = complaint(spoilt.run("raw/links"))
    assert f"this home was made for another shop: {said}" in text
    assert "--home" in text
    assert spoilt.windows() == before


def test_a_warehouse_open_elsewhere_is_said(spoilt: Bench) -> None:
    """A program that reads the file and takes no notice of the lock."""
    reader = python(
        "import duckdb, sys, time; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); time.sleep(60)",
        spoilt.place / "warehouse.duckdb",
    )
    assert reader.stdout and reader.stdout.readline() == "open\n"
    try:
        with pytest.raises(ZhikeError, match="the warehouse cannot be opened") as caught, spoilt.warehouse().opened():
            pass
    finally:
        reader.kill()
        reader.wait()
    assert "snapshot folder" in caught.value.remedy


def test_weights_that_no_fit_names_are_removed(spoilt: Bench) -> None:
    with spoilt.warehouse().opened() as warehouse:
        models = warehouse.place.models
        models.mkdir(exist_ok=True)
        for name in ("aa01.npz", "bb02.npz", "cc03.17.tmp"):
            (models / name).write_bytes(b"weights")
        warehouse.connection.execute(
            "INSERT INTO models.registry (name, fitted_as_of, parameters) VALUES ('a model', DATE '2024-01-01', '{\"weights\": \"aa01.npz\"}')"
        )
        assert forget_unnamed(warehouse) == 2
        assert [path.name for path in models.iterdir()] == ["aa01.npz"]
        assert forget_unnamed(warehouse) == 0


def test_what_a_killed_process_had_spilled_is_gone_when_the_warehouse_is_opened_again(spoilt: Bench) -> None:
    spill = spoilt.place / "spill"
    spill.mkdir(exist_ok=True)
    (spill / "duckdb_temp_storage-0.tmp").write_bytes(b"anna@example.com")
    with spoilt.warehouse().opened():
        assert not list(spill.glob("*"))


def test_a_warehouse_that_has_outgrown_one_thread_gets_all_that_the_machine_has(
    unrun: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect() as connection:
        asked = "SELECT current_setting('threads')"
        everything = connection.execute(asked).fetchall()
    with unrun.warehouse().opened() as warehouse:
        assert warehouse.connection.execute(asked).fetchall() == [(1,)]
        monkeypatch.setattr("resources.warehouse.SMALL_BYTES", 0)
        warehouse.share_out()
        assert warehouse.connection.execute(asked).fetchall() == everything
    with unrun.warehouse().opened() as warehouse:
        assert warehouse.connection.execute(asked).fetchall() == everything
