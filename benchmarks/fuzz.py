"""Random values written as CSV in four dialects and as JSON, and read back: `python -m benchmarks.fuzz --values 1000000`.

Every record must come back, and none as another value. Empty and absent are one. Ends with 1 where that does not hold.
"""

import argparse
import csv
import json
import random
import sys
import tempfile
from pathlib import Path

import duckdb

from resources.files import relation
from resources.shop import Source

SIGNS = [
    "#",
    "'",
    '"',
    "\\",
    ";",
    "|",
    "\t",
    "\n",
    "\r\n",
    ",",
    "a",
    "1",
    "0",
    "é",
    "中",
    "😀",
    " ",
    "^",
    ":",
    "-",
    ".",
    "=",
]
DIALECTS = [(",", '"', "\n"), (";", '"', "\r\n"), ("\t", '"', "\n"), ("|", "\\", "\n")]
Rows = list[list[str]]


def write_csv(path: Path, rows: Rows, delimiter: str, escape: str, end: str) -> None:
    """Fields are quoted where they must be; where a backslash escapes, all are."""
    doubled = escape == '"'
    with path.open("w", newline="", encoding="utf-8") as file:
        quoting = csv.QUOTE_MINIMAL if doubled else csv.QUOTE_ALL
        options = {"doublequote": doubled, "escapechar": None if doubled else escape, "quoting": quoting}
        writer = csv.writer(file, delimiter=delimiter, lineterminator=end, **options)  # pyright: ignore[reportArgumentType]
        writer.writerow([f"c{place}" for place in range(len(rows[0]))])
        writer.writerows(rows)


def main() -> None:
    """Prints how many values were read, and how many files came back otherwise or were refused."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    dice, values, files, wrong = random.Random(given.seed), 0, 0, 0  # noqa: S311
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        while values < given.values:
            width, length = dice.randint(2, 8), dice.choice([1, 2, 10, 100, 1000])
            rows = [
                ["".join(dice.choices(SIGNS, k=dice.choice([0, 1, 3, 8]))) for _ in range(width)] for _ in range(length)
            ]
            kind = files % 5
            path = Path(folder) / ("rows.jsonl" if kind == 4 else "rows.csv")
            source = Source(path=str(path))
            if kind == 4:
                lines = [
                    json.dumps({f"c{n}": value for n, value in enumerate(row)}, ensure_ascii=False) for row in rows
                ]
                path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            else:
                delimiter, escape, end = DIALECTS[kind]
                write_csv(path, rows, delimiter, escape, end)
                source = Source(path=str(path), delimiter=delimiter, escape=escape)
            found = connection.execute(f"SELECT * FROM {relation(connection, str(path), source)}").fetchall()
            wrong += [[value or "" for value in row] for row in found] != rows
            values, files = values + width * length, files + 1
    print(f"{values:,} values in {files:,} files: {wrong} files came back otherwise")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
