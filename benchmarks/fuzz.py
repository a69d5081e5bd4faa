"""Rows of every contract table written as CSV in four dialects and as JSON, read as the run reads them: `python -m benchmarks.fuzz --values 1000000`.

Every record must be a row or, where it was damaged on purpose, refused; every text must come back, and every instant, amount and number in
one of its spellings as the value that it is. Ends with 1 where that does not hold.
"""

import argparse
import csv
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from assets.clean.typing import typed
from resources import privacy, reading
from resources.arrival import stored
from resources.contract import CONTRACT, ContractTable, Field
from resources.reader import Delivery, stage, unbind
from resources.shop import Shop, Source, load_shop

SIGNS = [*"#'\"\\;|\t\n,a10é中😀 ^:-.=", "\r\n"]
# Delimiter, escape, end of line. Where a backslash escapes, every field is quoted.
DIALECTS = [(",", '"', "\n"), (";", '"', "\r\n"), ("\t", '"', "\n"), ("|", "\\", "\n")]
STORE = """
name: {zh: 任意, en: Any}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
sources: {rows: {path: rows.csv}}
tables: {orders: SELECT * FROM rows}
"""
DAY = date(2024, 12, 31)
SHANGHAI = timezone(timedelta(hours=8))
Cell = tuple[str, Any]
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")


def cell(dice: random.Random, field: Field) -> Cell:
    """A text and, where its column says what it means, its value."""
    if dice.random() < 0.2 or field.type == "VARCHAR":
        if dice.random() < 0.2:
            return dice.choice(
                ["10.10", "1e5", "-0", "1.50", "0.0", f"{dice.randrange(10**5)}.{dice.randrange(10)}0"]
            ), None
        # A quote or apostrophe of a spreadsheet is taken off an id, so of those the text alone is compared.
        return "".join(dice.choices(SIGNS, k=dice.choice([0, 1, 3, 8]))), None
    if field.type == "TIMESTAMP":
        moment = datetime(2024, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=dice.randrange(365 * 86400))
        return dice.choice(list(_instants(dice, moment))), moment.astimezone(UTC).replace(tzinfo=None)
    if field.type == "BOOLEAN":
        return dice.choice([("true", True), ("是", True), ("0", False), ("N", False)])
    whole = field.type in ("BIGINT", "INTEGER")
    value = Decimal(dice.randrange(-99999, 99999)) if whole else Decimal(dice.randrange(-(10**9), 10**9)).scaleb(-2)
    return dice.choice(list(_numbers(value))), value


def _instants(dice: random.Random, moment: datetime) -> Iterator[str]:
    """Ways to write an instant to the second."""
    abroad = moment.astimezone(timezone(timedelta(minutes=15 * dice.randint(-48, 56))))
    yield f"{moment:%Y-%m-%d %H:%M:%S}"
    yield f"{moment:%Y/%m/%dT%H:%M:%S}"
    yield abroad.isoformat()
    yield f"{abroad:%Y-%m-%d %H:%M:%S %z}"
    yield f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    yield f"{moment:%Y%m%d%H%M%S}"
    yield f"{moment:%Y-%m-%d %I:%M:%S %p}"
    yield f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}"
    yield str(int(moment.timestamp()))
    yield str(int(moment.timestamp()) * 1000)


def _numbers(value: Decimal) -> Iterator[str]:
    """Ways to write a number."""
    yield f"{value}"
    yield f"{value:,}"
    yield f"￥{value:,}"
    yield f"{value}元"
    yield f" {value} "
    yield str(value).translate({ord(digit): chr(ord(digit) + 0xFEE0) for digit in "0123456789"})
    yield f"({-value})" if value < 0 else f"+{value}"


def _object(dice: random.Random, row: dict[str, str]) -> str:
    """An object of JSON, in which half of what may stand there as a number does."""
    values = {
        name: text if NUMBER.fullmatch(text) and dice.random() < 0.5 else json.dumps(text, ensure_ascii=False)
        for name, text in row.items()
    }
    return f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in values.items())}}}"


def write(dice: random.Random, path: Path, source: Source, names: list[str], rows: list[list[Cell]]) -> list[int]:
    """Writes the rows; returns the places of those that were damaged: a field is missing, or the end of an object."""
    texts = [[text for text, _ in row] for row in rows]
    # A file of which most records do not fit is refused.
    damaged = [place for place in range(len(rows)) if dice.random() < 0.01] if len(rows) > 9 else []
    if path.suffix == ".jsonl":
        lines = [_object(dice, dict(zip(names, row, strict=True))) for row in texts]
        broken = (line[: -dice.randint(1, 9)] if place in damaged else line for place, line in enumerate(lines))
        path.write_text("\n".join(broken) + "\n", encoding="utf-8")
        return damaged
    doubled = source.escape == '"'
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(
            file,
            delimiter=source.delimiter,
            lineterminator={sign: end for sign, _, end in DIALECTS}[source.delimiter],
            doublequote=doubled,
            escapechar=None if doubled else source.escape,
            quoting=csv.QUOTE_MINIMAL if doubled else csv.QUOTE_ALL,
        )
        writer.writerow(names)
        for place, row in enumerate(texts):
            # Without line ends inside, so that a damaged record is one line.
            writer.writerow([text.translate({10: "", 13: ""}) for text in row[:-1]] if place in damaged else row)
    return damaged


def differences(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, rows: list[list[Cell]], damaged: list[int]
) -> int:
    """How many rows of `arrived` are not what was written."""
    shown = [field for field in table.fields if field.arrival != "hash"]
    places = [table.field_names.index(field.name) for field in shown]
    names = ", ".join(field.name for field in shown)
    written = [row for place, row in enumerate(rows) if place not in damaged]
    relation = f"({stored(table, 'arrived')})"
    arrived = connection.execute(f"SELECT {names} FROM {relation} WHERE refused IS NULL ORDER BY row_no").fetchall()
    read = connection.execute(
        f"SELECT {names} FROM ({typed(table, shop, relation)}) WHERE refused IS NULL ORDER BY row_no"
    )
    values = read.fetchall()
    wrong = abs(len(written) - len(arrived))
    for row, texts, meant in zip(written, arrived, values, strict=False):
        cells = [row[place] for place in places]
        same = all((found or "") == text for found, (text, _) in zip(texts, cells, strict=True))
        read_so = all(value is None or found == value for found, (_, value) in zip(meant, cells, strict=True))
        wrong += not (same and read_so)
    ((refused,),) = connection.execute("SELECT count(*) FROM arrived WHERE refused IS NOT NULL").fetchall()
    return wrong + abs(refused - len(damaged))


def main() -> None:
    """Prints values, files, records, refused records and how many came back otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--values", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    values, files, records, refused, wrong = 0, 0, 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        (Path(folder) / "store.yaml").write_text(STORE, encoding="utf-8")
        plain = load_shop(folder + os.sep)
        connection.execute(f"SET TimeZone = '{plain.time_zone}'")
        privacy.register(connection, b"key")
        reading.register(connection, plain.time_zone)
        while values < given.values:
            table = list(CONTRACT.values())[files % len(CONTRACT)]
            rows = [[cell(dice, field) for field in table.fields] for _ in range(dice.choice([1, 2, 30, 1000, 4000]))]
            kind = dice.randrange(5)
            path = Path(folder) / f"{files}.{'jsonl' if kind == 4 else 'csv'}"
            source = (
                Source(path=str(path))
                if kind == 4
                else Source(path=str(path), delimiter=DIALECTS[kind][0], escape=DIALECTS[kind][1])
            )
            damaged = write(dice, path, source, table.field_names, rows)
            # One that was just written would be looked at twice.
            os.utime(path, (0, 0))
            shop = plain.model_copy(
                update={"sources": {"rows": [source]}, "tables": {table.name: "SELECT * FROM rows"}}
            )
            delivery = Delivery(DAY, {"rows": str(path)}, specs={"rows": source})
            connection.execute("DROP TABLE IF EXISTS arrived")
            connection.execute(table.raw.create_sql("arrived", temporary=True))
            stage(connection, shop, table, delivery, [DAY])
            unbind(connection, delivery)
            bad = differences(connection, shop, table, rows, damaged)
            if bad:
                print(f"{table.name}, {path.name}: {bad} of {len(rows)}")
            values, files = values + len(rows) * len(table.fields), files + 1
            records, refused, wrong = records + len(rows), refused + len(damaged), wrong + bad
            path.unlink()
    print(
        f"{values:,} values in {files:,} files: {records:,} records, {refused:,} of them damaged and refused, {wrong} came back otherwise"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
