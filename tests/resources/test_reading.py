"""Spellings of instants, amounts, whole numbers, ids and truth values, and what each is read as."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from resources.reading import register

Read = Callable[[str, str], Any]

INSTANTS = {
    "2024-01-05 10:00:00": "2024-01-05 02:00:00",
    "2024-01-05T10:00": "2024-01-05 02:00:00",
    "2024-01-05 10:00:00 -0500": "2024-01-05 15:00:00",
    "2024-01-05 10:00:00-05": "2024-01-05 15:00:00",
    "2024-01-05T10:00:00+08:00": "2024-01-05 02:00:00",
    "2024-01-05T10:00:00+05:45": "2024-01-05 04:15:00",
    "2024-01-05T10:00:00Z": "2024-01-05 10:00:00",
    "2024-01-05 10:00:00.123456": "2024-01-05 02:00:00.123456",
    "2024-01-05": "2024-01-04 16:00:00",
    "2024/1/5 下午3:02": "2024-01-05 07:02:00",
    "2024/1/5 上午9:02:03": "2024-01-05 01:02:03",
    "2024年1月5日 15:02": "2024-01-05 07:02:00",
    "2024年1月5日下午3点": "2024-01-05 07:00:00",
    "2024年1月5日 15时02分03秒": "2024-01-05 07:02:03",
    "２０２４－０１－０５　１０：００": "2024-01-05 02:00:00",
    "20240105150200": "2024-01-05 07:02:00",
    "20240105": "2024-01-04 16:00:00",
    "1704438000": "2024-01-05 07:00:00",
    "1704438000123": "2024-01-05 07:00:00.123",
    "1704438000123456": "2024-01-05 07:00:00.123456",
    "2024-01-05 7:19:25 PM": "2024-01-05 11:19:25",
    "2024-01-05 12:05 AM": "2024-01-04 16:05:00",
    "2024-1-5 7:03": "2024-01-04 23:03:00",
    " 2024-01-05 10:00:00\t": "2024-01-05 02:00:00",
}
NO_INSTANTS = (
    "2024-01-05 10:00:00 CST",
    "2024-01-05 10:00:00 Asia/Shanghai",
    "2024010515",
    "infinity",
    "-infinity",
    "epoch",
    "now",
    "2024-02-30",
    "05/01/2024 14:32",
    "2024-01-05 10:61",
    "2024-01-05 25:00:00",
    "2024-01-05 13:00 PM",
    "2024-01-05 10:00:00+25:00",
    "294247-01-10 04:00:54.775806+00",
    "",
)
AMOUNTS = {
    "12.50": "12.5",
    "-3": "-3",
    "+5": "5",
    "￥12.50": "12.5",
    "¥1,234.56": "1234.56",
    "12.50元": "12.5",
    "１２": "12",
    "(12.50)": "-12.5",
    "(￥1,200.00)": "-1200",
    "-$12.50": "-12.5",
    "$-12.50": "-12.5",
    "12.50-": "-12.5",
    "CNY 12.5": "12.5",
    "1,234,567.891": "1234567.891",
    "1\u00a0234.50": "1234.5",
}
NO_AMOUNTS = ("1.234,56", "1,23", "1.2.3", "abc", "NaN", "inf", "0x10", "12 34", "9" * 40, "")
IDS = {
    '="20240105001"': "20240105001",
    "'20240105002": "20240105002",
    "20240105\t": "20240105",
    "１２３": "123",
    "123.0": "123.0",
    "#1001": "#1001",
    "O'Neil": "O'Neil",
    "00123": "00123",
    "\ufeffa": "a",
    "  ": None,
}


@pytest.fixture(scope="module")
def read() -> Read:
    connection = duckdb.connect()
    register(connection, "Asia/Shanghai")
    return lambda function, text: connection.execute(f"SELECT {function}($text)", {"text": text}).fetchall()[0][0]


@pytest.mark.parametrize("text", INSTANTS)
def test_an_instant_is_the_shops_wall_time_or_has_its_offset(read: Read, text: str):
    assert read("as_instant", text) == datetime.fromisoformat(INSTANTS[text])


@pytest.mark.parametrize("text", NO_INSTANTS)
def test_what_is_no_certain_instant_is_not_read(read: Read, text: str):
    assert read("as_instant", text) is None


def test_a_zones_name_does_not_change_the_rows_after_it():
    connection = duckdb.connect()
    register(connection, "Asia/Shanghai")
    rows = connection.execute(
        "SELECT as_instant(t) FROM (VALUES (1, '2024-01-05 15:02:00 CST'), (2, '2024-01-05 09:05:00')) AS v(n, t) ORDER BY n"
    ).fetchall()
    assert rows == [(None,), (datetime(2024, 1, 5, 1, 5),)]


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_read_however_it_is_written(read: Read, text: str):
    assert read("as_amount", text) == Decimal(AMOUNTS[text])


@pytest.mark.parametrize("text", NO_AMOUNTS)
def test_what_is_no_certain_amount_is_not_read(read: Read, text: str):
    assert read("as_amount", text) is None


def test_a_locale_with_a_decimal_comma_refuses_what_may_be_either():
    connection = duckdb.connect()
    register(connection, "America/Sao_Paulo", decimal_comma=True)
    texts = ["1.234,56", "12,50", "12.50", "R$ 1.234,56", "1.234.567,8", "1.234", "1,234.56"]
    found = [connection.execute("SELECT as_amount($t)", {"t": t}).fetchall()[0][0] for t in texts]
    assert [None if value is None else float(value) for value in found] == [
        1234.56,
        12.5,
        12.5,
        1234.56,
        1234567.8,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("12.0", 12), ("1,200件", 1200), ("１２", 12), ("12.5", None)]
)
def test_a_whole_number_has_no_fraction(read: Read, text: str, number: int | None):
    assert read("as_whole", text) == number


@pytest.mark.parametrize("text", IDS)
def test_an_id_loses_the_wrapping_of_spreadsheets_and_nothing_else(read: Read, text: str):
    assert read("as_id", text) == IDS[text]


@pytest.mark.parametrize(
    ("text", "is_broken"), [("1.23457E+17", True), ("1E5", False), ("A1E+17", False), ("123", False)]
)
def test_an_id_whose_digits_are_lost_is_recognised(read: Read, text: str, is_broken: bool):
    assert read("is_broken_id", text) is is_broken


def test_the_examples_of_the_docs_hold() -> None:
    page = (Path(__file__).parents[2] / "docs" / "your-shop.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(as_\w+)\([^)]*\)` \| .* \| (.*) \|$", page, re.MULTILINE)
    examples = [
        (name, *example) for name, said in rows for example in re.findall(r"`('.*?')`[^→]*→ `?([^`，,]+)`?", said)
    ]
    assert len(examples) == 16
    with duckdb.connect() as connection:
        register(connection, "Asia/Shanghai")
        for function, text, given in examples:
            ((found,),) = connection.execute(f"SELECT CAST({function}({text}) AS VARCHAR)").fetchall()
            assert (found or "NULL") == given.replace("空", "NULL"), (function, text)
