"""What goes wrong, made to go wrong: `make faults N=200`, or `python -m benchmarks.faults --n 200 [--seed 7] [--write]`.

(a) Causes: everything that a person can bring about, once each, and the sentence that the command prints (benchmarks/causes.py).
(b) Ends: `zhike run` of a small shop is killed, stopped or told to end at a random moment, then run again; its tables are compared with
    those of a run that nobody disturbed.
(c) Full disks: the same on a file system of random size (root only), then with room.
(d) Odd values: days of random values, run; rows in raw are those delivered, and each is in clean, in quarantine or a repeat.

Counted: rows lost, tables wrong, runs left waiting, stack traces. `--write` puts counts and sentences into docs/reliability.md.
"""

import argparse
import csv
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, timedelta
from pathlib import Path

from benchmarks.causes import CAUSES, FULL_DISK, ODD_DAY, STOPPED, STORE, Cause, Place, Said, zhike

FIRST, LAST = date(2024, 1, 17), date(2024, 1, 28)
COLUMNS = ["order_id", "line_no", "customer_id", "product_id", "quantity", "unit_price", "discount", "ordered_at"]
SPINE = ("raw/orders", "clean/orders", "features/customer_days", "features/customers", "outreach/snapshot")
MUST_BE_0 = ("lost", "wrong", "waiting", "stack_traces", "unsaid", "stopped_slowly")
GOING = ("NOT_STARTED", "STARTING", "STARTED", "CANCELING")
ODD = [
    "", " ", "0", "-1", "1e308", "-1e308", "9" * 40, "NaN", "inf", "null", "1,5", "１２", "0x10", "'", '"', ";", "\\", "--", "\t", "%s",
    "[/sale]", "DROP TABLE raw.orders", "2024-02-30", "9999-12-31 23:59:59", "0001-01-01", "294247-01-10 04:00:54.775806+00", "infinity",
    "2024-01-20T25:00:00", "+08:00", "张三", "😀", "\u202e", "a" * 5000, "#1001", "9000000000000000000", "99999999999999.9999",
]  # fmt: skip
PAGE = Path(__file__).parents[1] / "docs" / "reliability.md"
MARKS = ("<!-- written by: make faults -->", "<!-- end -->")


def shop(folder: Path, rng: random.Random) -> Place:
    """Sixty buyers, a history and eleven days."""
    place = Place(folder / "shop", folder / "home")
    start = date(2023, 9, 1)
    place.store.mkdir(parents=True)
    (place.store / "store.yaml").write_text(STORE, encoding="utf-8")
    history = [(start + timedelta(days=rng.randrange((FIRST - start).days)), f"h{n}") for n in range(240)]
    deliver(place, "history/orders", [line(rng, day, name) for day, name in sorted(history)])
    for number in range(1, (LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        deliver(place, f"orders/{day}", [line(rng, day, f"d{number}-{n}") for n in range(12)])
    return place


def line(rng: random.Random, day: date, order: str) -> dict[str, str]:
    return {
        "order_id": order, "line_no": "1", "customer_id": f"c{rng.randrange(60)}", "product_id": f"p{rng.randrange(9)}",
        "quantity": str(rng.randrange(1, 5)), "unit_price": str(rng.randrange(5, 90)), "ordered_at": f"{day} 12:00:00",
    }  # fmt: skip


def deliver(place: Place, name: str, rows: list[dict[str, str]]) -> None:
    path = place.store / f"{name}.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)


def run(place: Place) -> Said:
    return zhike(place, *command(place))


def command(place: Place) -> list[str]:
    return ["run", "--store", str(place.store), *(word for name in SPINE for word in ("--select", name))]


def content(place: Place) -> dict[str, object]:
    """What the tables hold, without who wrote it when, and which runs go on."""
    import duckdb

    found: dict[str, object] = {}
    with duckdb.connect(str(place.folder / "warehouse.duckdb"), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE schema_name IN ('raw', 'clean', 'features')"
        ).fetchall()
        for (name,) in names:
            found[name] = connection.execute(f"SELECT count(*), sum(hash(t)) FROM {name} AS t").fetchall()
        book = "SELECT table_name, partition_key, row_count, is_stale FROM ops.windows ORDER BY ALL"
        found["ops.windows"] = connection.execute(book).fetchall()
    snapshot = place.folder / "snapshot" / "current" / "zhike.duckdb"
    with duckdb.connect(str(snapshot), read_only=True) as connection:
        found["snapshot"] = connection.execute("SELECT count(*), sum(hash(t)) FROM customers_latest AS t").fetchall()
    return found


def waiting(place: Place) -> int:
    with closing(sqlite3.connect(place.folder / "dagster" / "history" / "runs.db")) as connection:
        marks = ", ".join("?" * len(GOING))
        return connection.execute(f"SELECT count(*) FROM runs WHERE status IN ({marks})", GOING).fetchall()[0][0]


def settle(counts: Counter[str], place: Place, expected: dict[str, object], said: list[Said]) -> None:
    """Runs a disturbed shop again and counts what is not as it should be."""
    said.append(zhike(place, "status", "--store", str(place.store)))
    said.append(run(place))
    counts["stack_traces"] += sum("Traceback" in each.out + each.err for each in said)
    if said[-1].code:
        counts["wrong"] += 1
        print(f"the run after it failed: {said[-1].err[-500:]}", file=sys.stderr)
        return
    counts["wrong"] += content(place) != expected
    counts["waiting"] += waiting(place)


def note(sentences: dict[str, str], cause: Cause, said: Said) -> None:
    """Keeps what was said of a cause the first time that it was said."""
    if cause.is_said(said):
        sentences.setdefault(cause.name, cause.sentence(said))


def ends(
    counts: Counter[str],
    sentences: dict[str, str],
    base: Place,
    expected: dict[str, object],
    seconds: float,
    rng: random.Random,
) -> None:
    """One to three commands that are ended at random moments, then a whole run."""
    counts["chains"] += 1
    with copied(base) as place:
        said = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            number = rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT))
            said.append(zhike(place, *command(place), ended=(number, rng.uniform(0, seconds))))
            counts[signal.Signals(number).name] += 1
            if said[-1].code in STOPPED:
                note(sentences, STOPPED[said[-1].code], said[-1])
                counts["stopped_slowly"] += said[-1].seconds_to_end > 5
                slowest = max(counts["slowest_stop_milliseconds"], int(said[-1].seconds_to_end * 1000))
                counts["slowest_stop_milliseconds"] = slowest
        settle(counts, place, expected, said)


def full_disk(
    counts: Counter[str], sentences: dict[str, str], base: Place, expected: dict[str, object], rng: random.Random
) -> None:
    """A run on a disk of 0.3 to 18 MB, then, with room, a whole one."""
    with tempfile.TemporaryDirectory() as folder:
        disk = Path(folder)
        size = int(2 ** rng.uniform(8.2, 14.2))
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", folder], capture_output=True)
        if mounted.returncode:
            counts["disks_skipped"] += 1
            return
        try:
            place = Place(base.store, disk / "home")
            said = [run(place), zhike(place, "status", "--store", str(place.store))]
            counts["disks"] += 1
            note(sentences, FULL_DISK, said[0])
            if said[0].code and not FULL_DISK.is_said(said[0]):
                counts["unsaid"] += 1
                print(f"a disk of {size} KiB: {said[0].err[-500:]}", file=sys.stderr)
            subprocess.run(["mount", "-o", "remount,size=400m", folder], check=True)
            settle(counts, place, expected, said)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)


def odd_values(counts: Counter[str], sentences: dict[str, str], base: Place, rng: random.Random) -> None:
    """A day in which every third value is odd: each row is somewhere, and the other days are as they were."""
    import duckdb

    with copied(base) as place:
        rows = [line(rng, LAST, f"o{n}") for n in range(40)]
        for row in rows:
            for name in rng.sample(COLUMNS, 2):
                row[name] = rng.choice(ODD)
        deliver(place, f"orders/{LAST}", rows)
        said = run(place)
        note(sentences, ODD_DAY, said)
        counts["odd_days"] += 1
        counts["stack_traces"] += "Traceback" in said.out + said.err
        counts["waiting"] += waiting(place)
        with duckdb.connect(str(place.folder / "warehouse.duckdb"), read_only=True) as connection:
            ((raw,),) = connection.execute("SELECT count(*) FROM raw.orders WHERE delivered_on = ?", [LAST]).fetchall()
            published = connection.execute(
                "SELECT CAST(figures AS VARCHAR) FROM ops.windows WHERE table_name = 'clean.orders' AND partition_key = ?",
                [str(LAST)],
            ).fetchall()
            others = connection.execute("SELECT count(DISTINCT delivered_on) FROM clean.orders").fetchall()[0][0]
        # A file that a value breaks is refused whole, by name.
        is_refused = "not published" in said.err
        counts["lost"] += raw != len(rows) and not is_refused
        counts["wrong"] += others < (LAST - FIRST).days or (not published and not is_refused)


@contextmanager
def copied(base: Place) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(base.store, Path(folder, "shop"))
        if base.home.exists():
            shutil.copytree(base.home, Path(folder, "home"), symlinks=True)
        yield Place(Path(folder, "shop"), Path(folder, "home"))


def causes(counts: Counter[str], done: Place) -> dict[str, str]:
    """Every cause once, and what is said of it."""
    sentences: dict[str, str] = {}
    for cause in CAUSES:
        with copied(done) as place:
            said = cause.run(place)
            counts["causes"] += 1
            counts["stack_traces"] += "Traceback" in said.out + said.err
            if not cause.is_said(said):
                counts["unsaid"] += 1
                print(f"{cause.name}: exit {said.code}, {(said.out + said.err)[-500:]}", file=sys.stderr)
            sentences[cause.name] = cause.sentence(said)
    return sentences


def measure(n: int, seed: int, minutes: float) -> tuple[Counter[str], dict[str, str]]:
    counts: Counter[str] = Counter(dict.fromkeys(MUST_BE_0, 0))
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        base = shop(Path(folder), rng)
        with copied(base) as undisturbed:
            began = time.monotonic()
            first = run(undisturbed)
            seconds = time.monotonic() - began
            if first.code:
                raise RuntimeError(first.err)
            expected = content(undisturbed)
            sentences = causes(counts, undisturbed)
            for number in range(max(0, n - len(CAUSES))):
                if time.monotonic() - began > 60 * minutes:
                    break
                if number % 4 in (0, 3):
                    ends(counts, sentences, base, expected, seconds, rng)
                elif number % 4 == 1:
                    full_disk(counts, sentences, base, expected, rng)
                else:
                    odd_values(counts, sentences, undisturbed, rng)
                print(f"\r{len(CAUSES) + number + 1} of {n}: {dict(counts)}", end="", file=sys.stderr)
    return counts, sentences


def page(counts: Counter[str], sentences: dict[str, str], seed: int) -> str:
    """The part of docs/reliability.md that this command writes."""
    said = "\n".join(f"| {cause} | {sentence} |" for cause, sentence in sentences.items())
    figures = "\n".join(f"| {name.replace('_', ' ')} | {count} |" for name, count in counts.items())
    n = sum(counts[name] for name in ("causes", "chains", "disks", "odd_days"))
    return (
        f"{MARKS[0]}\n`make faults N={n}`, seed {seed}:\n\n| | |\n| --- | --- |\n{figures}\n\n"
        f"| what a person does | what they are told |\n| --- | --- |\n{said}\n{MARKS[1]}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.faults", description="What goes wrong, made to go wrong"
    )
    parser.add_argument("--n", type=int, default=200, help="faults in all")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="write the counts and sentences into docs/reliability.md")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    parser.add_argument("--minutes", type=float, default=240, help="after which no further fault is begun")
    options = parser.parse_args()
    counts, sentences = measure(options.n, options.seed, options.minutes)
    text = page(counts, sentences, options.seed)
    if options.write:
        before = PAGE.read_text(encoding="utf-8")
        head, _, rest = before.partition(MARKS[0])
        PAGE.write_text(head + text + rest.partition(MARKS[1])[2], encoding="utf-8")
    print(text)
    if options.json:
        print(json.dumps(counts))
    return 1 if any(counts[name] for name in MUST_BE_0) else 0


if __name__ == "__main__":
    sys.exit(main())
