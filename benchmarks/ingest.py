"""What reading costs: CPU seconds a million rows of orders into a table of texts, against the engine's plain readers in the same run.

`python -m benchmarks.ingest --rows 2000000`
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from resources.files import relation
from resources.shop import Source

ROWS = """
    SELECT '#' || (1000 + i // 3) AS order_id, i % 3 AS line_no, 'c' || i % 90000 AS customer_id, 'p' || i % 4000 AS product_id,
        1 + i % 5 AS quantity, CAST(i % 20000 / 100 AS DECIMAL(18,2)) AS unit_price,
        TIMESTAMP '2024-01-01' + to_seconds(i) AS ordered_at, 'web, "app"' AS channel
    FROM range({rows}) AS r(i)
"""
FORMATS = {
    "rows.csv": ("(HEADER)", "read_csv('{path}', all_varchar = true)"),
    "rows.csv.gz": ("(FORMAT csv, HEADER, COMPRESSION gzip)", "read_csv('{path}', all_varchar = true)"),
    "rows.parquet": ("(FORMAT parquet)", "read_parquet('{path}')"),
    "rows.jsonl": ("(FORMAT json)", "read_json('{path}')"),
}


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of all threads; the lesser of two."""
    found: list[float] = []
    for _ in range(2):
        before = time.process_time()
        work()
        found.append(time.process_time() - before)
    return min(found)


def main() -> None:
    """Prints a line a format: CPU seconds a million rows, the engine's, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows: int = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/ingest.duckdb") as connection:
        for name, (options, plain) in FORMATS.items():
            path = str(Path(folder) / name)
            connection.execute(f"COPY ({ROWS.format(rows=rows)}) TO '{path}' {options}")

            def into(source: Callable[[], str]) -> Callable[[], object]:
                select = "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM"
                return lambda: connection.execute(f"CREATE OR REPLACE TABLE arrived AS {select} {source()}")

            ours = cpu_seconds(into(lambda path=path: relation(connection, path, Source(path=path))))
            theirs = cpu_seconds(into(lambda path=path, plain=plain: plain.format(path=path)))
            per_million = 1e6 / rows
            print(f"{name:13} {ours * per_million:6.2f} s  {theirs * per_million:6.2f} s  {ours / theirs:5.2f} x")
            Path(path).unlink()


if __name__ == "__main__":
    main()
