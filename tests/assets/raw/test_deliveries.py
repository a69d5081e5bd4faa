"""raw: which files are one day's delivery, and that no row of a file is lost on the way."""

import csv
import json
import sqlite3
import threading
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from resources.home import Home
from resources.inbox import Inbox
from resources.reader import deliveries
from tests.shop_builder import COLUMNS, EMAIL, FIRST, STORE, Bench, complaint, days, line, write_rows, write_store

WHOLE = """
name: {zh: 茶馆, en: Tea house}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
end: 2024-01-10
sources: {order_lines: {path: lines.csv}}
tables: {orders: SELECT * FROM order_lines}
"""


@pytest.fixture
def split(tmp_path: Path) -> Bench:
    """A shop whose one file is split by its rows' own day."""
    bench = Bench(tmp_path)
    write_store(bench.store, WHOLE)
    rows = [
        line("0", "anna", "2024-01-01 10:00:00"),
        line("a", "anna", "2024-01-02 00:00:00"),
        # Late on the 2nd in UTC is the 3rd in Shanghai.
        line("b", "anna", "2024-01-02T16:00:00Z"),
        line("c", "anna", "2024-01-05 10:00:00"),
        # Without a day, before the first and after the last: kept where they can be found.
        line("d", "anna", "no day"),
        line("e", "anna", "2023-05-05 10:00:00"),
        line("f", "anna", "2025-05-05 10:00:00"),
        line("g", "anna", ""),
    ]
    write_rows(bench.store / "lines.csv", COLUMNS["orders"], rows)
    return bench


def test_a_file_without_dates_is_split_by_its_rows_own_day_and_none_is_lost(split: Bench) -> None:
    assert split.run("raw/orders", "clean/orders", first="2024-01-01", last="2024-01-10").success
    assert split.query("SELECT order_id, delivered_on FROM raw.orders ORDER BY 1") == [
        ("0", date(2024, 1, 1)), ("a", date(2024, 1, 2)), ("b", date(2024, 1, 3)), ("c", date(2024, 1, 5)), ("d", date(2024, 1, 1)),
        ("e", date(2024, 1, 1)), ("f", date(2024, 1, 10)), ("g", date(2024, 1, 1)),
    ]  # fmt: skip
    assert split.query("SELECT row->>'order_id', reason, delivered_on FROM clean.quarantine ORDER BY 1") == [
        ("d", "ordered_at cannot be read as TIMESTAMP", date(2024, 1, 1)),
        ("e", "it happened before the shop's start", date(2024, 1, 1)),
        ("f", "it happened after its delivery", date(2024, 1, 10)),
        ("g", "ordered_at is missing", date(2024, 1, 1)),
    ]
    # Its rows are known from the day they happened: each day could have been delivered by itself.
    assert (
        split.query("SELECT order_id FROM clean.orders WHERE known_on <> ordered_on OR known_on <> delivered_on") == []
    )


def test_a_part_of_the_days_takes_the_rows_of_these_days_with_their_places(split: Bench) -> None:
    assert split.run("raw/orders", first="2024-01-01", last="2024-01-10").success
    whole = split.rows("raw.orders", "delivered_on BETWEEN '2024-01-02' AND '2024-01-05'")
    book = split.windows()
    assert split.run("raw/orders", first="2024-01-02", last="2024-01-05").success
    assert split.rows("raw.orders", "delivered_on BETWEEN '2024-01-02' AND '2024-01-05'") == whole
    assert split.windows() == book


def test_a_whole_file_that_is_not_there_fails_the_step_and_names_it(split: Bench) -> None:
    (split.store / "lines.csv").unlink()
    result = split.run("raw/orders", first="2024-01-01", last="2024-01-10")
    assert "source order_lines has no file" in complaint(result)
    assert str(split.store / "lines.csv") in complaint(result)
    assert split.windows() == []


def test_the_history_is_delivered_on_its_day_and_every_other_day_by_its_file(delivered: Bench) -> None:
    shop = delivered.shop
    orders = shop.facts[0]
    found = deliveries(shop, orders, days(last=date(2024, 1, 19)))
    assert [(delivery.day, delivery.is_history) for delivery in found] == [
        (FIRST, True),
        (date(2024, 1, 18), False),
        (date(2024, 1, 19), False),
    ]
    assert [delivery.files["order_lines"].rsplit("/", 2)[-2:] for delivery in found] == [
        ["history", "orders.parquet"], ["orders", "2024-01-18.csv"], ["orders", "2024-01-19.csv"]
    ]  # fmt: skip


def test_an_optional_file_that_is_not_there_is_a_day_without_rows(tea_house: Bench) -> None:
    assert not tea_house.file("events", "2024-01-20").exists()
    assert tea_house.query(
        "SELECT row_count FROM ops.windows WHERE table_name = 'raw.events' AND partition_key = '2024-01-20'"
    ) == [(0,)]


def test_rows_are_kept_as_text_with_their_place_in_the_delivery(tea_house: Bench) -> None:
    rows = tea_house.rows("raw.orders", "delivered_on = '2024-01-19'")
    assert [row["row_no"] for row in sorted(rows, key=lambda row: row["row_no"])] == list(range(1, 16))
    by_id = {row["order_id"]: row for row in rows}
    assert (by_id["q8"]["quantity"], by_id["q9"]["quantity"], by_id["q3"]["ordered_at"]) == ("1.5", "two", "31/31/2024")


@pytest.mark.parametrize("ending", ["csv.gz", "tsv", "parquet", "jsonl", "json"])
def test_the_same_rows_in_every_kind_of_file(split: Bench, ending: str) -> None:
    assert split.run("raw/orders", first="2024-01-01", last="2024-01-10").success
    rows = split.rows("raw.orders")
    options = {
        "csv.gz": "(HEADER)",
        "tsv": "(HEADER, DELIMITER '\t')",
        "json": "(FORMAT json, ARRAY true)",
        "jsonl": "(FORMAT json)",
    }
    source, target = split.store / "lines.csv", split.store / f"lines.{ending}"
    duckdb.sql(f"COPY (FROM read_csv('{source}', all_varchar = true)) TO '{target}' {options.get(ending, '')}")
    write_store(split.store, WHOLE.replace("lines.csv", f"lines.{ending}"))
    source.unlink()
    assert split.run("raw/orders", first="2024-01-01", last="2024-01-10").success
    assert split.rows("raw.orders") == rows


def test_a_file_of_another_kind_is_refused_by_its_name(split: Bench) -> None:
    (split.store / "lines.csv").rename(split.store / "lines.xls")
    write_store(split.store, WHOLE.replace("lines.csv", "lines.xls"))
    assert "a file ending in .xls cannot be read" in complaint(split.run("raw/orders", first="2024-01-01"))


def test_what_landed_is_read_beside_the_shop_s_own_rows_masked(unrun: Bench) -> None:
    write_store(unrun.store, STORE, orders="SELECT * FROM order_lines")
    landing = unrun.place / "landing" / "events"
    landing.mkdir(parents=True)
    (landing / "2024-01-18T10.jsonl").write_text(
        '{"event_id": "z1", "customer_id": "zoe", "event_type": "search", "occurred_at": "2024-01-18 09:00:00", "query": "call 13800138000"}\n'
    )
    assert unrun.run("raw/events", first="2024-01-18").success
    found = unrun.query("SELECT row_no, query FROM raw.events WHERE event_id = 'z1'")
    assert found == [(8, "call ***")]


def test_yesterdays_file_under_todays_name_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, WHOLE.replace("lines.csv", '"{date}.csv"'))
    rows = [line(f"o{number}", "anna", f"2024-01-01 10:00:{number}") for number in range(10, 30)]
    for day in ("2024-01-01", "2024-01-02"):
        write_rows(bench.store / f"{day}.csv", COLUMNS["orders"], rows)
    result = bench.run("raw/orders", "clean/orders", first="2024-01-01", last="2024-01-02")
    told = [
        check
        for check in result.get_asset_check_evaluations()
        if check.check_name == "the_day_is_not_an_earlier_one_again"
    ]
    assert [check.passed for check in told] == [False]
    assert result.success


def test_a_column_that_vanishes_is_told(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, WHOLE.replace("lines.csv", '"{date}.csv"'))
    columns = list(COLUMNS["orders"])
    for day, kept in (("2024-01-01", columns), ("2024-01-02", [name for name in columns if name != "channel"])):
        rows = [line(f"{day}-{number}", "anna", f"{day} 10:00:{number}") for number in range(10, 30)]
        write_rows(bench.store / f"{day}.csv", kept, [{name: row.get(name) for name in kept} for row in rows])
    verdicts: list[bool] = []
    for day in ("2024-01-01", "2024-01-02"):
        result = bench.run("raw/orders", first=day, last=day)
        assert result.success
        checks = result.get_asset_check_evaluations()
        verdicts += [check.passed for check in checks if check.check_name == "every_column_still_has_values"]
    assert verdicts == [True, False]


def test_a_file_named_after_no_day_stops_no_other(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, WHOLE.replace("lines.csv", '"{date}.csv"'))
    for day in ("2024-01-01", "2024-02-30"):
        write_rows(bench.store / f"{day}.csv", COLUMNS["orders"], [line("a", "anna", "2024-01-01 10:00:00")])
    result = bench.run("raw/orders", first="2024-01-01", last="2024-01-01")
    assert result.success
    (told,) = [event.materialization.metadata for event in result.get_asset_materialization_events()]
    assert told["files_not_read"].value == "2024-02-30.csv is named after no day of the calendar: rename"
    assert bench.query("SELECT order_id FROM raw.orders") == [("a",)]


def test_a_file_that_grows_while_it_is_read_is_refused(split: Bench) -> None:
    path = split.store / "lines.csv"
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.wait(0.01):
            number += 1
            with path.open("a", encoding="utf-8") as file:
                csv.DictWriter(file, COLUMNS["orders"]).writerow(line(f"more{number}", "anna", "2024-01-05 10:00:00"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        result = split.run("raw/orders", first="2024-01-01", last="2024-01-10")
    finally:
        stop.set()
        writer.join()
    assert "is still being written" in complaint(result)


def test_a_file_of_another_encoding_is_named_though_it_shows_far_down(split: Bench) -> None:
    path = split.store / "lines.csv"
    write_rows(path, COLUMNS["orders"], [line(f"o{number}", "anna", "2024-01-05 10:00:00") for number in range(25_000)])
    with path.open("ab") as file:
        file.write("龙井茶,1,anna,tea\n".encode("gbk"))
    assert "gb18030" in complaint(split.run("raw/orders", first="2024-01-01", last="2024-01-10"))


def test_a_record_that_does_not_fit_costs_itself_and_is_in_quarantine_with_its_line(split: Bench) -> None:
    path = split.store / "lines.csv"
    write_rows(path, COLUMNS["orders"], [line(f"o{number}", "龙井", "2024-01-05 10:00:00") for number in range(20)])
    text = path.read_text(encoding="utf-8").splitlines(keepends=True)
    text[3] = "o1,1,anna\n"
    text[9] = f'"{text[9]}'
    text[12] = text[12].rstrip("\n") + ",one,more\n"
    path.write_bytes("".join(text).encode() + b"o20,1,\xc1\xfa,tea" + b"," * 8 + b"\n")
    assert split.run("raw/orders", "clean/orders", first="2024-01-01", last="2024-01-10").success
    assert split.query("SELECT count(*), count(DISTINCT order_id) FROM clean.orders") == [(17, 17)]
    assert split.query("SELECT row->>'line', reason, row->>'file', delivered_on FROM clean.quarantine ORDER BY row_no") == [
        ("4", "the record does not fit its file: it has 3 fields, the header has 12", "lines.csv", date(2024, 1, 5)),
        ("10", "the record does not fit its file: its quotes do not close", "lines.csv", date(2024, 1, 5)),
        ("13", "the record does not fit its file: it has 14 fields, the header has 12", "lines.csv", date(2024, 1, 5)),
        ("22", "the record is not UTF-8", "lines.csv", date(2024, 1, 5)),
    ]  # fmt: skip


def test_ids_that_are_numbers_of_json_stay_what_they_are_and_a_broken_line_costs_itself(split: Bench) -> None:
    write_store(split.store, WHOLE.replace("lines.csv", "lines.jsonl"))
    ids = ["10.10", "1e5", "1" + "0" * 22, *(str(number) for number in range(20))]
    row = json.dumps(line("ID", "anna", "2024-01-05 10:00:00", unit_price=12.5))
    lines = [row.replace('"ID"', order) for order in ids]
    lines.insert(2, row[:-20])
    (split.store / "lines.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert split.run("raw/orders", "clean/orders", first="2024-01-01", last="2024-01-10").success
    found = split.query("SELECT order_id, CAST(unit_price AS VARCHAR) FROM clean.orders ORDER BY row_no")
    assert found == [(order, "12.5000") for order in ids]
    assert split.query("SELECT row->>'line', row->>'file', split_part(reason, ':', 1) FROM clean.quarantine") == [
        ("3", "lines.jsonl", "the record does not fit its file")
    ]


def test_a_file_of_which_most_records_do_not_fit_is_refused(split: Bench) -> None:
    with (split.store / "lines.csv").open("a", encoding="utf-8") as file:
        file.write("x,1\n" * 9)
    said = complaint(split.run("raw/orders", first="2024-01-01", last="2024-01-10"))
    assert "line 10: " in said
    assert "9 of 17 records" in said


def test_what_came_to_the_inbox_is_a_delivery_of_its_day_and_each_event_is_there_once(unrun: Bench) -> None:
    inbox = Inbox(Home(unrun.place), unrun.shop.time_zone)
    posted = [
        {"event_id": f"i{n}", "customer_id": EMAIL, "event_type": "view", "occurred_at": "2024-01-18T08:00:00Z"}
        for n in range(3)
    ]
    assert [inbox.add("events", posted[:2]), inbox.add("events", posted), inbox.add("events", posted)] == [2, 1, 0]
    inbox.close()
    with closing(sqlite3.connect(unrun.place / "landing" / "inbox.db", isolation_level=None)) as connection:
        today = datetime.now(ZoneInfo(unrun.shop.time_zone)).date().isoformat()
        assert connection.execute("SELECT DISTINCT received_on FROM events").fetchall() == [(today,)]
        # The shop's calendar has no today.
        connection.execute("UPDATE events SET received_on = '2024-01-18'")
    for _ in range(2):
        assert unrun.run("raw/events", first="2024-01-18", last="2024-01-19").success
        rows = unrun.query(
            "SELECT delivered_on, event_id, customer_id FROM raw.events WHERE event_id LIKE 'i%' ORDER BY event_id"
        )
        assert [(str(day), event) for day, event, _ in rows] == [("2024-01-18", f"i{n}") for n in range(3)]
        # As everything that arrives, without what is personal.
        assert {len(who) for *_, who in rows} == {64}
    landed = (unrun.place / "landing" / "events" / "2024-01-18.inbox.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["event_id"] for line in landed] == ["i0", "i1", "i2"]


def test_a_broken_inbox_refuses_its_day_and_says_so(unrun: Bench) -> None:
    landing = unrun.place / "landing"
    landing.mkdir(parents=True)
    (landing / "inbox.db").write_bytes(b"no database at all" * 100)
    result = unrun.run("raw/events", first="2024-01-18")
    assert "the inbox cannot be read" in complaint(result)
    assert unrun.query("SELECT count(*) FROM raw.events") == [(0,)]
