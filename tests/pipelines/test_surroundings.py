"""Where the command is run: a terminal without Chinese, a pipe that is closed, a home that is a file or may only be read. It says a
sentence or does its work; a stack trace is for faults of the code."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.failures import told
from tests.pipelines.corner import environment, zhike
from tests.shop_builder import Bench

NO_CHINESE = {"PYTHONIOENCODING": "ascii"}
GBK = {"PYTHONIOENCODING": "gbk"}
ODD_SQL = "SELECT * FROM order_lines -- 你".encode("gbk")


@pytest.fixture(scope="module")
def ran(opened: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop after its raw orders. Not to be changed."""
    bench = opened.copy(tmp_path_factory.mktemp("ran"))
    assert zhike(bench, "run", "--json", "--store", str(bench.store), "--select", "raw/orders").code == 0
    for name, content in (("of_gbk", ODD_SQL), ("of_nothing", None)):
        folder = bench.folder / name
        folder.mkdir()
        text = (bench.store / "store.yaml").read_text("utf-8")
        (folder / "store.yaml").write_text(text.replace("SELECT * FROM order_lines", "orders.sql"), "utf-8")
        (folder / "orders.sql").write_bytes(content) if content else (folder / "orders.sql").mkdir()
    (bench.folder / "of_a_folder" / "store.yaml").mkdir(parents=True)
    return bench


def command(bench: Bench, line: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    """A line of the shell, in which `zhike` is the command and $store the shop's folder."""
    names = {"ZHIKE_HOME": str(bench.home), "store": str(bench.store), "shops": str(bench.folder)}
    defined = f'zhike() {{ "{sys.executable}" -m pipelines "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", defined],
        capture_output=True, encoding="utf-8", errors="replace", timeout=120, check=False,
        env=environment(**names) | changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "changes", "code", "says"),
    [
        ('zhike status --store "$store"', NO_CHINESE, 0, "Corner shop ? ????"),
        ('zhike status --store "$store"', GBK, 0, "raw.orders"),
        ('zhike status --store "$store"', {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, 0, "raw.orders"),
        ('zhike check "$store"', NO_CHINESE, 0, "order_id"),
        ("zhike --help", NO_CHINESE, 0, "know the customer"),
        ("zhike status --store 茶馆", NO_CHINESE, 1, "there is no shop"),
        ('zhike status --store "$store" | head -n 1', {}, 0, "Corner shop"),
        ('zhike status --json --store "$store" | true; test ${PIPESTATUS[0]} -le 1', {}, 0, ""),
        ('zhike status --store "$store" >&-', {}, 0, ""),
        ("zhike status --store parrots 2>&-", {}, 1, ""),
        ('zhike status --store "$store" > /dev/full', {}, 1, "the disk is full"),
        ('unset HOME; zhike status --store "$store"', {}, 0, "raw.orders"),
        ('zhike status --store "$store" --home "~nobody_at_all/x"', {}, 2, "~ is nobody's folder"),
        ('zhike run --store "$store" --home "$store/store.yaml"', {}, 1, "the shop's home cannot be written: Not a directory"),
        ('zhike status --store "$shops/of_a_folder"', {}, 1, "there is no shop"),
        ('zhike check "$shops/of_gbk" --json', {}, 1, "the mapping of orders is not UTF-8: byte 30"),
        ('zhike check "$shops/of_nothing" --json', {}, 1, "the mapping of orders cannot be read: Is a directory"),
    ],
)  # fmt: skip
def test_a_command_says_a_sentence_or_does_its_work(
    ran: Bench, line: str, changes: dict[str, str], code: int, says: str
) -> None:
    done = command(ran, line, **changes)
    said = " ".join((done.stdout + done.stderr).split())
    assert "Traceback" not in said
    assert (done.returncode, says in said) == (code, True), said


def test_programs_read_the_same_json_whatever_the_terminal_shows(ran: Bench) -> None:
    line = 'zhike status --json --store "$store"'
    plain, ascii_only = (command(ran, line, **changes).stdout for changes in ({}, NO_CHINESE))
    assert "街角小店" in plain
    assert ascii_only.isascii()
    assert json.loads(plain) == json.loads(ascii_only)


@pytest.mark.parametrize(
    "message",
    [
        "OSError: [Errno 28] No space left on device: '/home/weights.tmp'\n",
        "sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) database or disk is full\n[SQL: INSERT …]\n",
        '_duckdb.IOException: IO Error: Could not write file "spill": No space left on device\n',
    ],
)
def test_a_disk_that_is_full_within_a_step_is_said_with_what_to_do(message: str) -> None:
    said = told([("DagsterExecutionStepExecutionError", "a step failed"), ("OSError", message)], None)
    assert said.startswith("the disk is full: ")
    assert "what to do: free space there" in said
    assert "INSERT" not in said


@pytest.fixture
def read_only(ran: Bench, tmp_path: Path) -> Iterator[Bench]:
    """The shop on a file system that may only be read; root alone can make one."""
    bench = ran.copy(tmp_path / "shop")
    mounted = shell_mount("--bind", str(bench.home), str(bench.home))
    if mounted or shell_mount("-o", "remount,bind,ro", str(bench.home)):
        pytest.skip("needs the right to mount")
    try:
        yield bench
    finally:
        subprocess.run(["umount", "-l", str(bench.home)], check=True)


def shell_mount(*arguments: str) -> int:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("status",), 0, "raw.orders"),
        (("run", "--select", "raw/orders"), 1, "Read-only file system"),
        (("ui", "--port", "3999"), 1, "Read-only file system"),
    ],
)
def test_a_home_that_may_only_be_read_is_read_and_else_named(
    read_only: Bench, words: tuple[str, ...], code: int, says: str
) -> None:
    line = f'zhike {" ".join(words)} --store "$store"'
    done = command(read_only, line)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
