"""What customer features cost: `python -m benchmarks.features --events 10_000_000`.

N made events (one year, about 50 a user, in visits of four) lie as 365 daily Parquet files, one for the day a visit
began. Over them run, each in a fresh process,
(a) a bare scan that hashes every column the features read: the least any engine that looks at the data must spend,
(b) `event_features.sql`: recency, frequency, monetary value; 7/30/90-day counts and sums; 30-minute sessions; distinct
    items; one row a user, written to Parquet,
(c) the same in pandas, up to 10 million events, and with `--memory-limit` (b) once more within that limit.
All tables must be equal, row for row; else the exit code is 1. CPU time is user + system of the whole process.

Prices are whole cents, so that sums are exact in every engine.
"""

import argparse
import json
import sys
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import measured

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

FIRST_DAY, DAYS = datetime(2025, 1, 1), 365
EVENTS_PER_USER = 50
AS_OF = datetime(2026, 1, 2)  # visits of the last evening, 2025-12-31, may run past midnight
THREADS = 2
PANDAS_EVENTS = 10_000_000
FEATURES_SQL = Path(__file__).with_name("event_features.sql").read_text(encoding="utf-8")

# Event i belongs to visit i // 4; two events in a row are about one item. Steps of a visit lie up to 40 minutes apart.
GENERATE_SQL = """
SELECT
    i AS event_id,
    CAST(hash(i // 4, 1) % $users AS INTEGER) AS user_id,
    CAST(50000 * pow(hash(i // 2, 2) % 1000000 / 1e6, 2) AS INTEGER) AS item_id,
    CASE
        WHEN i % 2 = 0 OR hash(i, 3) % 100 < 60 THEN 'view'
        WHEN hash(i, 3) % 100 < 84 THEN 'cart'
        ELSE 'purchase'
    END AS event_type,
    CAST(100 + hash(item_id, 4) % 20000 AS INTEGER) AS price,
    $midnight + INTERVAL (CAST(
        hash(i // 4, 5) % 86400000 + i % 4 * (hash(i // 4, 6) % 2400000) + hash(i, 7) % 60000
    AS BIGINT)) MILLISECOND AS occurred_at
FROM range($first, $next) AS events(i)
ORDER BY occurred_at
"""


def generate_events(folder: Path, events: int) -> Path:
    """The folder of daily files for so many events; made once, the same on every machine."""
    from rich.console import Console
    from rich.progress import track

    target = folder / f"events-{events}"
    if target.exists():
        return target
    unfinished = folder / f"events-{events}.unfinished"
    unfinished.mkdir(parents=True, exist_ok=True)
    with _connect() as connection:
        for day in track(range(DAYS), description="events", console=Console(stderr=True)):
            connection.execute(
                f"COPY ({GENERATE_SQL}) TO '{unfinished}/{day:03}.parquet' (FORMAT parquet, COMPRESSION zstd)",
                {
                    "users": max(1, events // EVENTS_PER_USER),
                    "midnight": FIRST_DAY + timedelta(days=day),
                    "first": events * day // DAYS,
                    "next": events * (day + 1) // DAYS,
                },
            )
    return unfinished.rename(target)


def scan_events(events: Path) -> int:
    with _connect() as connection:
        return _only(
            connection.execute(
                "SELECT sum(hash(user_id, item_id, event_type, price, occurred_at)) "
                f"FROM read_parquet('{events}/*.parquet')"
            )
        )


def build_features(events: Path, output: Path, memory_limit: str | None = None, as_of: datetime = AS_OF) -> None:
    """Write the features of every user to `output`."""
    with _connect() as connection, tempfile.TemporaryDirectory(dir=output.parent) as spill:
        connection.execute(f"SET temp_directory = '{spill}'")
        if memory_limit:
            connection.execute(f"SET memory_limit = '{memory_limit}'")
        connection.execute(f"CREATE VIEW events AS FROM read_parquet('{events}/*.parquet')")
        # Written in, not bound: binding any Python value makes duckdb import pandas, half a second that is not its own.
        query = FEATURES_SQL.replace("$as_of", f"TIMESTAMP '{as_of}'")
        connection.execute(f"COPY ({query}) TO '{output}' (FORMAT parquet)")


def build_features_in_pandas(events: Path, output: Path, as_of: datetime = AS_OF) -> None:
    import pandas as pd

    columns = ["user_id", "item_id", "event_type", "price", "occurred_at"]
    pandas_features(pd.read_parquet(events, columns=columns), as_of).to_parquet(output)


def pandas_features(events: "pd.DataFrame", as_of: datetime) -> "pd.DataFrame":
    import pandas as pd

    events = events.sort_values(["user_id", "occurred_at"], ignore_index=True)
    user_id = events["user_id"]
    same_session = user_id.eq(user_id.shift()) & events["occurred_at"].diff().lt(pd.Timedelta(minutes=30))
    measures = {"event_count": 1, "session_count": ~same_session}
    purchases = events[events["event_type"] == "purchase"]
    amounts = {"frequency": 1, "monetary": purchases["price"]}
    for days in (7, 30, 90):
        start = as_of - pd.Timedelta(days=days)
        measures[f"event_count_{days}d"] = events["occurred_at"] >= start
        amounts[f"monetary_{days}d"] = purchases["price"].where(purchases["occurred_at"] >= start, 0)
    activity = pd.DataFrame(measures, index=events.index).groupby(user_id).sum()
    activity["item_count"] = events[["user_id", "item_id"]].drop_duplicates().groupby("user_id").size()
    bought = pd.DataFrame(amounts, index=purchases.index).groupby(purchases["user_id"]).sum()
    bought = bought.reindex(activity.index, fill_value=0)
    last_on = purchases.groupby("user_id")["occurred_at"].max().dt.normalize().reindex(activity.index)
    recency_days = (pd.Timestamp(as_of).normalize() - last_on).dt.days.astype("Int64")
    features = activity.join(bought).astype("int64").assign(recency_days=recency_days)
    return features.rename_axis("user_id").reset_index()


def checksum(table: Path) -> int:
    """One number for a Parquet table of integers, whatever the order of its rows and columns."""
    with _connect() as connection:
        return _only(connection.execute(f"SELECT bit_xor(hash({_columns(connection, table)})) FROM '{table}'"))


def differing_rows(one: Path, other: Path) -> int:
    """How many rows either Parquet table of integers has that the other has not."""
    with _connect() as connection:
        first, second = (f"(SELECT {_columns(connection, table)} FROM '{table}')" for table in (one, other))
        return _only(
            connection.execute(
                f"SELECT count(*) FROM (({first} EXCEPT ALL {second}) UNION ALL ({second} EXCEPT ALL {first}))"
            )
        )


def _columns(connection: "duckdb.DuckDBPyConnection", table: Path) -> str:
    names = sorted(name for name, *_ in connection.execute(f"DESCRIBE FROM '{table}'").fetchall())
    return ", ".join(f"CAST({name} AS BIGINT)" for name in names)


def _connect() -> "duckdb.DuckDBPyConnection":
    import duckdb

    return duckdb.connect(config={"threads": THREADS})


def _only(connection: "duckdb.DuckDBPyConnection") -> int:
    row = connection.fetchone()
    assert row is not None
    return row[0]


def run(events: int, folder: Path, memory_limit: str | None, pandas: bool, repeats: int) -> dict[str, int | float]:
    """Generate, measure, compare: the figures."""
    source = generate_events(folder, events)
    with tempfile.TemporaryDirectory(dir=folder) as tables:
        output = {name: Path(tables, f"{name}.parquet") for name in ("build", "limited", "pandas")}
        jobs = {"scan": (scan_events, source), "build": (build_features, source, output["build"])}
        if memory_limit:
            jobs["limited"] = (build_features, source, output["limited"], memory_limit)
        if pandas:
            jobs["pandas"] = (build_features_in_pandas, source, output["pandas"])
        # In turns, so that a busy spell of the machine falls on all of them.
        rounds = [{name: measured(*job) for name, job in jobs.items()} for _ in range(repeats)]
        runs = {name: min((taken[name] for taken in rounds), key=lambda run: run.cpu_seconds) for name in jobs}
        checksums = {name: checksum(table) for name, table in output.items() if name in runs}
        others = [name for name in checksums if name != "build"]
        differing = sum(differing_rows(output["build"], output[name]) for name in others)

    figures: dict[str, int | float] = {"events": events, "checksum": checksums["build"], "differing_rows": differing}
    for name, taken in runs.items():
        figures[f"{name}_cpu_seconds"] = round(taken.cpu_seconds, 2)
        figures[f"{name}_wall_seconds"] = round(taken.wall_seconds, 2)
        figures[f"{name}_peak_mib"] = round(taken.peak_mib)
    build = runs["build"].cpu_seconds
    figures["build_to_scan_ratio"] = round(build / runs["scan"].cpu_seconds, 2)
    for name in others:
        figures[f"{name}_checksum"] = checksums[name]
        figures[f"{name}_to_build_ratio"] = round(runs[name].cpu_seconds / build, 2)
    return figures


def print_table(figures: dict[str, int | float], memory_limit: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    titles = {"scan": "bare scan", "build": "DuckDB SQL", "limited": f"… within {memory_limit}", "pandas": "pandas"}
    table = Table(title=f"{figures['events']:,} events")
    for heading in ("", "CPU s", "wall s", "peak MiB", "CPU / scan", "checksum"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, title in titles.items():
        if f"{name}_cpu_seconds" in figures:
            table.add_row(
                title,
                f"{figures[f'{name}_cpu_seconds']:.2f}",
                f"{figures[f'{name}_wall_seconds']:.2f}",
                f"{figures[f'{name}_peak_mib']:,}",
                f"{figures[f'{name}_cpu_seconds'] / figures['scan_cpu_seconds']:.1f}",
                str(figures.get("checksum" if name == "build" else f"{name}_checksum", "")),
            )
    console = Console()
    console.print(table)
    console.print(f"rows that differ between the feature tables: {figures['differing_rows']}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.features", description="What customer features cost")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--memory-limit", help="build the features once more within this limit, e.g. 2GB")
    parser.add_argument("--folder", type=Path, help="where generated events are kept (default: removed afterwards)")
    parser.add_argument("--skip-pandas", action="store_true")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each; the one with the least CPU time counts")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()
    pandas = not options.skip_pandas and options.events <= PANDAS_EVENTS

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        figures = run(options.events, folder, options.memory_limit, pandas, options.repeats)
    print_table(figures, options.memory_limit)
    if options.json:
        print(json.dumps(figures))
    return 1 if figures["differing_rows"] else 0


if __name__ == "__main__":
    sys.exit(main())
