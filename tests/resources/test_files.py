"""Files as shops write them come back value by value; cut and damaged ones are refused."""

import csv
import gzip
import json
from datetime import datetime
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.errors import ZhikeError
from resources.files import Unfit, records, relation, sorted_out
from resources.shop import Source

VALUES = st.text(alphabet="#'\"\\;|\t\n,a1é中 ^:-.", max_size=6)
ROWS = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=30))
# Within quotes a backslash escapes; so in that dialect all fields are quoted.
DIALECTS = [(",", '"', "\n"), (";", '"', "\r\n"), ("\t", '"', "\n"), ("|", "\\", "\n")]
ORDERS = "id,price\n" + "".join(f"#{n},{n}.50\n" for n in range(3000))


def read(path: Path, **declared: object) -> list[tuple[str | None, ...]]:
    connection = duckdb.connect()
    source = Source.model_validate({"path": str(path), **declared})
    return connection.execute(f"SELECT * FROM {relation(connection, str(path), source)}").fetchall()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_value_of_a_csv_comes_back(tmp_path_factory: pytest.TempPathFactory, dialect: tuple[str, str, str]):
    delimiter, escape, end = dialect
    path = tmp_path_factory.mktemp("dialect") / "rows.csv"

    @settings(max_examples=40, deadline=None)
    @given(rows=ROWS)
    def holds(rows: list[list[str]]) -> None:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(
                file,
                delimiter=delimiter,
                lineterminator=end,
                doublequote=escape == '"',
                escapechar=None if escape == '"' else escape,
                quoting=csv.QUOTE_MINIMAL if escape == '"' else csv.QUOTE_ALL,
            )
            writer.writerow([f"c{place}" for place in range(len(rows[0]) if rows else 2)])
            writer.writerows(rows)
        wanted = [tuple(value or None for value in row) for row in rows]
        assert [
            tuple(value or None for value in row) for row in read(path, delimiter=delimiter, escape=escape)
        ] == wanted

    holds()


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_the_name_of_a_folder_adds_no_column(tmp_path: Path, name: str) -> None:
    path = tmp_path / "year=2024" / name
    path.parent.mkdir()
    duckdb.sql(f"COPY (SELECT 'a' AS id) TO '{path}'")
    assert read(path) == [("a",)]


def test_a_number_sign_is_no_comment(tmp_path: Path):
    (tmp_path / "o.csv").write_text("id,a\n#1001,x\n1002,y\n#1003,'^\n", encoding="utf-8")
    assert read(tmp_path / "o.csv") == [("#1001", "x"), ("1002", "y"), ("#1003", "'^")]


def test_a_record_with_another_number_of_fields_is_refused_with_its_line(tmp_path: Path):
    (tmp_path / "o.csv").write_text("id,a\n1,x\n2,y,z\n3,w\n", encoding="utf-8")
    with pytest.raises(duckdb.Error, match="Line: 3"):
        read(tmp_path / "o.csv")


def test_json_values_are_text_as_written(tmp_path: Path):
    first = '{"id": 420000123420240100000000000001, "uuid": "ABCDEF12-ABCD-1234-ABCD-ABCDEF123456", "at": "2024-01-01T10:00:00+08:00", "day": "2024-1-8"}'
    rows = [
        first,
        *['{"id": 420000123420240100000000000002}'] * 25_000,
        '{"id": 3, "late": "x", "items": [{"sku": "a"}]}',
    ]
    for ending, text in (("jsonl", "\n".join(rows)), ("json", "[" + ",".join(rows) + "]")):
        path = tmp_path / f"o.{ending}"
        path.write_text(text, encoding="utf-8")
        found = read(path)
        assert len(found) == 25_002
        assert found[0][:4] == tuple(str(value) for value in json.loads(first).values())
        assert found[1][0] == "420000123420240100000000000002"
        assert found[-1][4:] == ("x", '[{"sku":"a"}]')


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig", "latin-1"])
def test_an_encoding_is_read_where_it_is_declared(tmp_path: Path, encoding: str):
    word = "é" if encoding == "latin-1" else "龙井茶"
    (tmp_path / "o.csv").write_text(f"id,title\n1,{word}\n", encoding=encoding)
    assert read(tmp_path / "o.csv", encoding=encoding) == [("1", word)]


def test_another_encoding_than_utf8_is_named(tmp_path: Path):
    (tmp_path / "o.csv").write_text("编号,标题\n1,龙井茶\n", encoding="gbk")
    with pytest.raises(ZhikeError, match="encoding: gb18030"):
        read(tmp_path / "o.csv")


def test_a_cut_gzip_file_is_refused_wherever_it_is_cut(tmp_path: Path):
    path = tmp_path / "o.csv.gz"
    whole = gzip.compress(ORDERS.encode())
    path.write_bytes(whole)
    assert len(read(path)) == 3000
    damaged = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    for content in [*(whole[: len(whole) * part // 40] for part in range(1, 40)), whole[:-1], damaged]:
        path.write_bytes(content)
        with pytest.raises(ZhikeError, match="cut or damaged"):
            read(path)


def test_a_cut_zstd_file_is_refused_wherever_it_is_cut(tmp_path: Path):
    path = tmp_path / "o.csv.zst"
    whole = pa.compress(ORDERS.encode(), codec="zstd", asbytes=True)
    path.write_bytes(whole)
    assert len(read(path)) == 3000
    for part in range(1, 40):
        path.write_bytes(whole[: len(whole) * part // 40])
        with pytest.raises(ZhikeError, match="cut or damaged"):
            read(path)


def test_a_last_line_without_its_end_is_refused_unless_the_source_says_so(tmp_path: Path):
    (tmp_path / "o.csv").write_text("id,price\n1,10\n2,1", encoding="utf-8")
    with pytest.raises(ZhikeError, match="open_end"):
        read(tmp_path / "o.csv")
    assert read(tmp_path / "o.csv", open_end=True) == [("1", "10"), ("2", "1")]


def workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["order", "sku", "pieces", "price", "at", "paid", "gift", None])
    sheet.append(["#1001", 42, 1.0, 0.1 + 0.2, datetime(2024, 1, 5, 10), datetime(2024, 1, 6), True, None])
    sheet.append([])
    sheet.append([20240105001234567, "007", -2, 12, datetime(2024, 1, 5), None, False])
    sheet["B2"].number_format = "00000"
    for cell in ("E2", "E4"):
        sheet[cell].number_format = "yyyy-mm-dd hh:mm"
    sheet["F2"].number_format = "yyyy/m/d"
    book.create_sheet("退货").append(["order"])
    book.save(path)
    return path


def test_a_sheet_is_read_as_it_shows_its_values(tmp_path: Path):
    path = workbook(tmp_path / "o.xlsx")
    assert read(path) == [
        ("#1001", "00042", "1", "0.3", "2024-01-05 10:00:00", "2024-01-06", "true"),
        # More digits than a spreadsheet keeps: an id in this notation goes to quarantine.
        ("2.02401050012346e+16", "007", "-2", "12", "2024-01-05 00:00:00", None, "false"),
    ]
    assert read(path, sheet="退货") == []
    with pytest.raises(ZhikeError, match="no sheet Retouren") as told:
        read(path, sheet="Retouren")
    assert "退货" in told.value.remedy


def test_a_workbook_that_is_cut_or_none_is_refused(tmp_path: Path):
    whole = workbook(tmp_path / "o.xlsx").read_bytes()
    for content in (whole[: len(whole) // 2], whole[:-1], b"order,sku\n1,2\n", b""):
        (tmp_path / "o.xlsx").write_bytes(content)
        with pytest.raises(ZhikeError, match="no Excel workbook"):
            read(tmp_path / "o.xlsx")


DAMAGED: dict[str, tuple[bytes, list[str], list[int]]] = {
    # Bytes, the ids of the rows, the lines of the records that are none.
    "a field missing": (b"id,a\n1,x\n2\n3,z\n", ["1", "3"], [3]),
    "one too many": (b"id,a\n1,x\n2,y,z\n3,z\n", ["1", "3"], [3]),
    "an empty one too many is none": (b"id,a\n1,x,\n2,y,\n", ["1", "2"], []),
    "a quote that never closes": (b'id,a\n1,x\n2,"y\n3,z\n4,w\n', ["1", "3", "4"], [3]),
    "a quote that the next one closes": (b'id,a\n1,x\n2,"y\n3,"z"\n4,w\n', ["1", "3", "4"], [3]),
    "words after a quote": (b'id,a\n1,"x"x\n2,y\n3,z\n', ["2", "3"], [2]),
    "a line end within quotes": (b'id,a\n1,"x\nx"\n2\n3,z\n', ["1", "3"], [4]),
    "three ends of lines": (b'id,a\n1,"x\rx"\r\n2,y\n3,z\r\n', ["1", "2", "3"], []),
    "blank lines": (b"id,a\n1,x\n\n2\n\n3,z\n", ["1", "3"], [4]),
    "a broken character": ("id,a\n1,é\n2,".encode() + b"\xff\n3,z\n", ["1", "3"], [3]),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_every_record_is_a_row_or_is_refused_with_its_line(tmp_path: Path, case: str):
    content, ids, lines = DAMAGED[case]
    path = tmp_path / "o.csv"
    path.write_bytes(content)
    found = sorted_out(str(path), Source(path=str(path)))
    assert found
    copy, refused = found
    assert [row[0] for row in read(Path(copy), open_end=True)] == ids
    assert [record.line for record in refused] == lines


def test_a_character_cut_in_two_costs_its_record_in_a_declared_encoding_too(tmp_path: Path):
    path = tmp_path / "o.csv"
    path.write_bytes("id,a\n1,龙井\n2,".encode("gb18030") + "井".encode("gb18030")[:1] + "\n3,z\n".encode("gb18030"))
    with pytest.raises(Unfit):
        read(path, encoding="gb18030")
    found = sorted_out(str(path), Source(path=str(path), encoding="gb18030"))
    assert found
    assert [row[0] for row in read(Path(found[0]), open_end=True)] == ["1", "3"]
    assert [record.line for record in found[1]] == [3]


NUMBERS = {
    # A record as JSON, and the texts that it is read as.
    "a fraction keeps its zeros": ('{"id": 10.10, "n": -0.50}', ("10.10", "-0.50")),
    "an exponent stays one": ('{"id": 1e5, "n": 1.5E+07}', ("1e5", "1.5E+07")),
    "many digits": (
        '{"id": 12345678901234567890123, "n": 0.12345678901234567890123}',
        ("12345678901234567890123", "0.12345678901234567890123"),
    ),
    "a negative zero": ('{"id": -0, "n": [-0, 1.0]}', ("-0", '["-0","1.0"]')),
    "what looks like a number within a string": (
        '{"id": "a, 1.50: [2.50", "n": 1.50}',
        ("a, 1.50: [2.50", "1.50"),
    ),
    "quotes and slashes within a string": (r'{"id": "\\\": 1.50, \"", "n": 2.50}', ('\\": 1.50, "', "2.50")),
    "a string that is a number": ('{"id": "1.50", "n":\t"1e5"}', ("1.50", "1e5")),
    "within objects and lists": ('{"id": {"a": 1.50}, "n": [1.50, {"b": 7}]}', ('{"a":"1.50"}', '["1.50",{"b":7}]')),
}


@pytest.mark.parametrize("case", NUMBERS)
def test_a_number_of_json_keeps_its_spelling(tmp_path: Path, case: str):
    record, texts = NUMBERS[case]
    for ending, text in (
        ("jsonl", f"{record}\n"),
        ("json", f"[\n{record}\n]"),
        ("json", record.replace("{", "{\n", 1)),
    ):
        (tmp_path / f"o.{ending}").write_text(text, encoding="utf-8")
        assert read(tmp_path / f"o.{ending}") == [texts]


def test_names_that_differ_in_case_only_are_two_columns(tmp_path: Path):
    (tmp_path / "o.jsonl").write_text('{"id": "1", "ID": "2", "": "3"}\n{"id": "4"}\n', encoding="utf-8")
    assert read(tmp_path / "o.jsonl") == [("1", "2", "3"), ("4", None, None)]


LINES: dict[str, tuple[bytes, list[str], list[int]]] = {
    "cut short": (b'{"a":"1"}\n{"a":\n{"a":"3"}\n', ["1", "3"], [2]),
    "two in one line": (b'{"a":"1"}\r\n{"a":"2"} {"a":"2"}\r\n{"a":"3"}\r\n', ["1", "3"], [2]),
    "no object": (b'{"a":"1"}\n[1]\n5\n{"a":"4"}\n{"a":"5"}', ["1", "4", "5"], [2, 3]),
    "a name twice": (b'{"a":"1"}\n{"a":"2","a":"3"}\n', ["1"], [2]),
    "a broken character": (b'{"a":"1"}\n{"a":"\xff"}\n', ["1"], [2]),
    "blank lines": (b'{"a":"1"}\n\n{"a"}\n\n{"a":"3"}\n', ["1", "3"], [3]),
}


@pytest.mark.parametrize("case", LINES)
def test_a_broken_line_of_json_is_refused_by_itself(tmp_path: Path, case: str):
    content, ids, lines = LINES[case]
    for name in ("o.jsonl", "o.json", "o.ndjson.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        with pytest.raises(Unfit):
            read(path)
        found = sorted_out(str(path), Source(path=str(path)))
        assert found
        assert [row[0] for row in read(Path(found[0]))] == ids
        assert [(record.file, record.line) for record in found[1]] == [(name, line) for line in lines]


@pytest.mark.parametrize("content", [b'{"a":1}\n{"a":2}\n{"a":', b'{"a":1}\n{"a"}\n{a}\n'])
def test_lines_of_json_that_were_cut_or_are_mostly_broken_are_refused_as_a_file(tmp_path: Path, content: bytes):
    (tmp_path / "o.jsonl").write_bytes(content)
    with pytest.raises(ZhikeError, match=r"line \d"):
        sorted_out(str(tmp_path / "o.jsonl"), Source(path="o.jsonl"))


@pytest.mark.parametrize(
    "content", ['[{"a":1},{"a":2}', '[{"a":1},{"a":2},5]', '[{"a":1},', "[]", "", '{"a":\n1}\n{"a":']
)
def test_a_list_of_json_that_is_cut_or_holds_no_objects_is_refused(tmp_path: Path, content: str):
    (tmp_path / "o.json").write_text(content, encoding="utf-8")
    with pytest.raises(ZhikeError):
        read(tmp_path / "o.json")


def test_a_row_of_a_sheet_that_is_too_wide_is_refused_with_its_number(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["id", "note"], ["1", "two\nlines"], [], ["3", "x", "y"], ["4", "z"]):
        sheet.append(row)
    book.save(tmp_path / "o.xlsx")
    found = sorted_out(str(tmp_path / "o.xlsx"), Source(path="o.xlsx"))
    assert found
    assert [(record.file, record.line) for record in found[1]] == [("o.xlsx", 4)]
    assert list(records(str(tmp_path / "o.xlsx"), Source(path="o.xlsx")))[-1] == (5, ["4", "z"])


def test_a_record_of_json_is_found_by_its_line_and_in_a_list_by_its_number(tmp_path: Path):
    for name, text in (("o.jsonl", '{"a":1.50}\n\n{"a":"x","b":[1]}\n'), ("o.json", '[{"a":1.50},\n\n{},{"a":"x"}]')):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert list(records(str(tmp_path / name), Source(path=name)))[-1] == (3, ["x"])
