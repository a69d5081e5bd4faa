"""What a person can bring about, and what they are told: a table of causes, each with the words that have to be in the answer."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ZONE = "Asia/Shanghai"
STORE = f"""
name: {{zh: 街角小店, en: Corner shop}}
time_zone: {ZONE}
currency: CNY
start: 2023-09-01
history_on: 2024-01-17
end: 2024-01-28
sources:
  order_lines: [{{path: history/orders.csv, history: true}}, {{path: "orders/{{date}}.csv"}}]
tables: {{orders: SELECT * FROM order_lines}}
retention: {{weeks: 3, snapshots: 2}}
"""


@dataclass(frozen=True)
class Place:
    """A shop's folder and the home that it is run into."""

    store: Path
    home: Path

    @property
    def folder(self) -> Path:
        return self.home / self.store.name


@dataclass(frozen=True)
class Said:
    """How a command ended, what it printed, and how long it went on after it was told to end."""

    code: int
    out: str
    err: str
    seconds_to_end: float = 0.0


def zhike(place: Place, *arguments: str, ended: "tuple[int, float] | None" = None) -> Said:
    """The command in a process of its own; `ended`: a signal and the seconds after which it is sent."""
    environment = os.environ | {"ZHIKE_HOME": str(place.home), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "pipelines", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    sent = time.monotonic()
    if ended:
        try:
            process.wait(ended[1])
        except subprocess.TimeoutExpired:
            process.send_signal(ended[0])
        sent = time.monotonic()
    out, err = process.communicate(timeout=600)
    return Said(process.returncode, out, err, time.monotonic() - sent)


Runner = Callable[..., Said]


@dataclass(frozen=True)
class Cause:
    """`spoil` brings it about in a shop that has run; `command` meets it; `says` has to be in its answer, which ends with `code`."""

    name: str
    spoil: Callable[[Place], None]
    command: tuple[str, ...]
    says: str
    code: int = 1
    is_dear: bool = False

    def run(self, place: Place, runner: Runner = zhike) -> Said:
        self.spoil(place)
        words = tuple(word.format(store=place.store, home=place.home) for word in self.command)
        return runner(place, *words)

    def is_said(self, said: Said) -> bool:
        return self.says in words(said) and said.code == self.code

    def sentence(self, said: Said) -> str:
        """What was printed, on one line, without the folders of this machine."""
        told = re.search(r"Invalid value for .*", words(said)) or re.search(
            rf'(?<="en": ")[^"]*{re.escape(self.says)}[^"]*', said.out
        )
        lines = [line.strip() for line in (said.err or said.out).splitlines()]
        chosen = [line for line in lines if self.says in line or line.startswith("what to do")][:2]
        text = told.group() if told else " · ".join(chosen)
        text = re.sub(r"(/[^\s:'’]+)+/(?=[^\s/:'’]+)", "…/", text.replace("\\n", " "))
        return re.sub(r"[\s─-╿|]+", " ", text).strip()


def words(said: Said) -> str:
    """What was printed, without the terminal's frames and breaks."""
    return re.sub(r"[\s─-╿]+", " ", said.out + said.err)


def _nothing(_: Place) -> None:
    pass


def _text(name: str, old: str, new: str) -> Callable[[Place], None]:
    def spoil(place: Place) -> None:
        path = place.store / name
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def _written(name: str, content: bytes) -> Callable[[Place], None]:
    """A file of the home (or, with shop/, of the shop) with other content."""

    def spoil(place: Place) -> None:
        path = place.store / name.removeprefix("shop/") if name.startswith("shop/") else place.folder / name
        path.write_bytes(content)

    return spoil


def _cut(name: str) -> Callable[[Place], None]:
    def spoil(place: Place) -> None:
        path = place.folder / name
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])

    return spoil


def _taken(name: str) -> Callable[[Place], None]:
    """A file or folder of the home (or, with shop/, of the shop) that is gone."""

    def spoil(place: Place) -> None:
        path = place.store / name.removeprefix("shop/") if name.startswith("shop/") else place.folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def _mapping(content: bytes) -> Callable[[Place], None]:
    """The mapping of orders in a file of its own."""

    def spoil(place: Place) -> None:
        _text("store.yaml", "SELECT * FROM order_lines", "orders.sql")(place)
        (place.store / "orders.sql").write_bytes(content)

    return spoil


def _made(name: str) -> Callable[[Place], None]:
    """A folder in place of a file of the shop."""

    def spoil(place: Place) -> None:
        (place.store / name).unlink()
        (place.store / name).mkdir()

    return spoil


def _lock_folder(place: Place) -> None:
    (place.folder / "warehouse.lock").unlink()
    (place.folder / "warehouse.lock").mkdir()


STATUS = ("status", "--store", "{store}")
CUSTOMER = ("customer", "c1", "--store", "{store}")
CHECK = ("check", "{store}", "--json")
RUN = ("run", "--store", "{store}", "--select", "raw/orders", "--from", "2024-01-28")
GBK = "order_id,line_no,product_id,quantity,ordered_at\n张三,1,p1,1,2024-01-28 10:00:00\n".encode("gbk")
CAUSES = [
    Cause(
        "asks for a shop that is not there", _nothing, ("status", "--store", "parrots"), "there is no shop 'parrots'"
    ),
    Cause(
        "mistypes `--home`",
        _nothing,
        ("status", "--store", "{store}", "--home", "{home}x"),
        "Nothing has been run yet",
        0,
    ),
    Cause(
        "gives `--home` an empty variable", _nothing, ("status", "--store", "{store}", "--home", ""), "it is empty", 2
    ),
    Cause(
        "asks for a customer with brackets", _nothing, ("customer", "[/x]", "--store", "{store}"), "no customer '[/x]'"
    ),
    Cause(
        "asks for an asset that is not there",
        _nothing,
        ("run", "--store", "{store}", "--select", "[/b]"),
        "no asset [/b]",
        2,
    ),
    Cause(
        "asks for a day that no calendar has",
        _nothing,
        ("run", "--store", "{store}", "--from", "2024-02-30"),
        "is no date",
        2,
    ),
    Cause(
        "writes `start: 2024-02-30`",
        _text("store.yaml", "2023-09-01", "2024-02-30"),
        STATUS,
        "store.yaml is not valid YAML",
    ),
    Cause(
        "writes `time_zone: localtime`", _text("store.yaml", ZONE, "localtime"), STATUS, "unknown time zone 'localtime'"
    ),
    Cause("writes `start: 0001-01-01`", _text("store.yaml", "2023-09-01", "0001-01-01"), STATUS, "is no day of a shop"),
    Cause("writes `weeks: -1`", _text("store.yaml", "weeks: 3", "weeks: -1"), STATUS, "retention.weeks"),
    Cause(
        "writes a limit of 7 for a share",
        _text("store.yaml", "retention:", "limits: {quarantine_share: 7}\nretention:"),
        STATUS,
        "limits.quarantine_share",
    ),
    Cause(
        "indents with a tab", _text("store.yaml", "retention:", "\tretention:"), STATUS, "indent with spaces, not tabs"
    ),
    Cause(
        "saves store.yaml as GBK", _written("shop/store.yaml", STORE.encode("gbk")), STATUS, "store.yaml is not UTF-8"
    ),
    Cause("empties store.yaml", _written("shop/store.yaml", b""), STATUS, "store.yaml is empty"),
    Cause(
        "runs another shop into a home",
        _text("store.yaml", "CNY", "USD"),
        STATUS,
        "this home was made for another shop",
    ),
    Cause("cuts shop.json", _cut("shop.json"), STATUS, "what this home notes of its shop is broken"),
    Cause(
        "breaks the published file",
        _written("snapshot/current/zhike.duckdb", b"broken"),
        CUSTOMER,
        "the published snapshot cannot be read",
    ),
    Cause(
        "breaks the manifest, and reads", _cut("snapshot/current/manifest.json"), CUSTOMER, "nothing is published yet"
    ),
    Cause(
        "breaks Dagster's record, and reads",
        _written("dagster/history/runs.db", b"broken" * 999),
        STATUS,
        "Dagster's record of runs is broken",
    ),
    Cause(
        "writes a mapping that does more than select",
        _text("store.yaml", "SELECT * FROM order_lines", "SELECT * FROM order_lines; COPY (SELECT 1) TO 'x'"),
        CHECK,
        "is not one SELECT but select and copy",
    ),
    Cause(
        "reads a file that is not declared",
        _text("store.yaml", "FROM order_lines", "FROM order_lines UNION ALL FROM 'x.csv'"),
        CHECK,
        "which is none of the sources",
    ),
    Cause(
        "uses a variable that is not set",
        _text("store.yaml", "path: history/orders.csv", 'path: "${NOT_SET}/history/orders.csv"'),
        CHECK,
        "${NOT_SET}, which is not set",
    ),
    Cause(
        "serves the web UI to everybody",
        _nothing,
        ("ui", "--store", "{store}", "--host", "0.0.0.0"),
        "the web UI asks nobody for a password",
        2,
    ),
    Cause(
        "calls a function that reads a setting",
        _text("store.yaml", "SELECT * FROM order_lines", "SELECT * REPLACE (getenv('X') AS channel) FROM order_lines"),
        CHECK,
        "calls getenv(), which is no function of a row's values alone",
    ),
    Cause(
        "saves a mapping as GBK",
        _mapping("SELECT * FROM order_lines -- 你".encode("gbk")),
        CHECK,
        "the mapping of orders is not UTF-8",
    ),
    Cause("makes store.yaml a folder", _made("store.yaml"), STATUS, "there is no shop"),
    Cause(
        "names a home by ~ and nobody",
        _nothing,
        ("status", "--store", "{store}", "--home", "~nobody_at_all/x"),
        "~ is nobody's folder",
        2,
    ),
    Cause(
        "names a file as the home",
        _nothing,
        ("run", "--store", "{store}", "--home", "{store}/store.yaml"),
        "the shop's home cannot be written: Not a directory",
    ),
    Cause(
        "delivers a file in another encoding", _written("shop/orders/2024-01-28.csv", GBK), RUN, "UTF-8", is_dear=True
    ),
    Cause(
        "takes a day's file away",
        _taken("shop/orders/2024-01-28.csv"),
        RUN,
        "has no file for 2024-01-28",
        is_dear=True,
    ),
    Cause(
        "breaks the manifest, and runs",
        _cut("snapshot/current/manifest.json"),
        ("run", "--store", "{store}", "--select", "outreach/snapshot"),
        "outreach/snapshot",
        0,
        is_dear=True,
    ),
    Cause(
        "deletes the folder of Dagster",
        _taken("dagster"),
        RUN,
        "raw/orders",
        0,
        is_dear=True,
    ),
    Cause(
        "breaks Dagster's record, and runs",
        _written("dagster/history/runs.db", b"broken" * 999),
        RUN,
        "Dagster's record of runs is broken",
        is_dear=True,
    ),
    Cause(
        "breaks the settings of Dagster",
        _written("dagster/dagster.yaml", b"storage: [x"),
        RUN,
        "the settings of Dagster in this home cannot be read",
        is_dear=True,
    ),
    Cause(
        "breaks the warehouse",
        _written("warehouse.duckdb", b"broken" * 999),
        RUN,
        "the warehouse is broken",
        is_dear=True,
    ),
    Cause(
        "makes the lock a folder",
        _lock_folder,
        RUN,
        "the lock of the warehouse cannot be opened: Is a directory",
        is_dear=True,
    ),
    Cause("loses the key", _taken("hash.key"), RUN, "the key of this home's hashes is lost", is_dear=True),
    Cause("empties the key", _written("hash.key", b""), RUN, "the key of the hashes is empty", is_dear=True),
]
# What no file brings about: met in the other kinds of faults.
STOPPED = {
    130: Cause("presses Ctrl-C in a run", _nothing, RUN, "stopped", 130),
    143: Cause("ends a run with SIGTERM", _nothing, RUN, "stopped", 143),
}
FULL_DISK = Cause("fills the disk", _nothing, RUN, "the disk is full")
ODD_DAY = Cause("delivers a day of odd values", _nothing, RUN, "partitions not published")
