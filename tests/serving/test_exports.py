"""Whole lists as files: everybody on them, in both languages, and no cell that a spreadsheet would run."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import openpyxl
import pytest
import requests

from assets.features.tables import CONSENTS
from assets.outreach.snapshot.publish import Part, point, write
from benchmarks.serving_shop import AS_OF, CARD, TABLES, tables
from resources.contract import CONTRACT
from resources.exports import forget, listed, of
from resources.home import Home
from resources.shop import Shop, load_shop
from resources.snapshot import Snapshot, current
from serving.exports import Kind, Members, export, sweep
from tests.serving.api import Api, make_shop, served

# More than a page of them.
CUSTOMERS = 120
BRAND, SIGNS = "=cmd|' /C calc'!A0", ("=1+1", "+1", "-1", "@sum", "＝1", "\t=1")
CLEAN = [CONTRACT["orders"].clean, CONSENTS]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Home]:
    """A week of customers with odd words among their own: one agrees to marketing, one refuses with one of two accounts."""
    store, home = make_shop(tmp_path_factory.mktemp("lists"))
    with duckdb.connect() as connection:
        tables(connection, CUSTOMERS)
        connection.execute(
            f"UPDATE {CARD.qualified} SET category = $brand WHERE person_id = 'c00000000'", {"brand": BRAND}
        )
        for number, sign in enumerate(SIGNS, 1):
            values = {"sign": sign, "person": f"c{number:08}"}
            connection.execute(f"UPDATE {CARD.qualified} SET category = $sign WHERE person_id = $person", values)
        connection.execute(f"CREATE SCHEMA clean; {CLEAN[0].create_sql()}; DELETE FROM {CONSENTS.qualified}")
        connection.execute(
            f"INSERT INTO {CONSENTS.qualified} SELECT customer_id, 'marketing', '', is_given, TIMESTAMP '2025-01-01' "
            "FROM (VALUES ('c00000000', true), ('c00000001', true), ('c00000020', true), ('c00000020b', false)) AS t(customer_id, is_given)"
        )
        parts = [Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly=True) for table in TABLES]
        parts += [Part(table.qualified, f"SELECT * FROM {table.qualified}") for table in CLEAN]
        point(
            home.snapshot,
            write(connection, home.snapshot, parts, "one", AS_OF, lambda table, column: column or table),
            3,
        )
    return store, home


@pytest.fixture(scope="module")
def published(place: tuple[Path, Home]) -> tuple[Snapshot, Home, Shop]:
    store, home = place
    snapshot = current(home.snapshot)
    assert snapshot
    return snapshot, home, load_shop(str(store))


@pytest.fixture(scope="module")
def api(place: tuple[Path, Home]) -> Iterator[Api]:
    with served(*place) as running:
        yield running


def visitor(api: Api, *scopes: str) -> requests.Session:
    """Somebody who has logged in, and reads English."""
    session = requests.Session()
    session.headers["accept-language"] = "en"
    assert session.post(f"{api.address}/login", {"key": api.key(*scopes)}, timeout=60).ok
    return session


def rows(published: tuple[Snapshot, Home, Shop], members: Members, kind: Kind, language: str) -> list[list[object]]:
    file, count = export(*published, members, kind, language, what="list", who="anna")
    with file:
        content = file.read()
    if kind == "csv":
        assert content.startswith(b"\xef\xbb\xbf")
        found: list[list[object]] = [list(row) for row in csv.reader(io.StringIO(content.decode("utf-8-sig")))]
    else:
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"]
        found = [list(row) for row in sheet.iter_rows(values_only=True)]
    assert len(found) == count + 1
    return found


def by_id(found: list[list[object]]) -> dict[object, dict[object, object]]:
    return {row[0]: dict(zip(found[0], row, strict=True)) for row in found[1:]}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_everybody_is_on_the_list_with_what_they_allow(published: tuple[Snapshot, Home, Shop], kind: Kind) -> None:
    people = by_id(rows(published, Members("all"), kind, "en"))
    assert len(people) == CUSTOMERS
    allowed = {
        name: people[name]["Agrees to marketing"] for name in ("c00000000", "c00000020", "c00000003", "c00000004")
    }
    assert allowed == {"c00000000": "yes", "c00000020": "no", "c00000003": "not known", "c00000004": "not known"}
    assert "Value in 12 months (CNY)" in people["c00000000"]
    chinese = by_id(rows(published, Members("all"), kind, "zh"))
    assert [chinese[name]["同意营销"] for name in allowed] == ["同意", "不同意", "未知", "未知"]


def test_a_list_of_a_segment_has_its_members_by_their_worth(published: tuple[Snapshot, Home, Shop]) -> None:
    snapshot = published[0]
    with duckdb.connect(str(snapshot.folder / "zhike.duckdb"), read_only=True) as connection:
        expected = connection.execute(
            "SELECT person_id FROM customer_360_latest WHERE segment_id = 3 ORDER BY clv_12m DESC, person_id"
        ).fetchall()
    found = rows(published, Members("segment", 3), "csv", "en")
    assert [row[0] for row in found[1:]] == [person for (person,) in expected] != []


def test_no_cell_is_a_formula(published: tuple[Snapshot, Home, Shop]) -> None:
    people = by_id(rows(published, Members("all"), "csv", "en"))
    shown = [people[f"c{number:08}"]["Favourite category"] for number in range(len(SIGNS) + 1)]
    assert shown == [f"'{text}" for text in (BRAND, *SIGNS)]
    book = by_id(rows(published, Members("all"), "xlsx", "en"))
    assert [book[f"c{number:08}"]["Favourite category"] for number in range(len(SIGNS) + 1)] == [BRAND, *SIGNS]


def test_numbers_and_days_stay_what_they_are(published: tuple[Snapshot, Home, Shop]) -> None:
    person = by_id(rows(published, Members("all"), "xlsx", "en"))["c00000005"]
    assert isinstance(person["Probability of leaving"], float)
    assert isinstance(person["Last purchase"], (date, datetime))


def test_nothing_is_left_behind(published: tuple[Snapshot, Home, Shop]) -> None:
    home = published[1]
    rows(published, Members("all"), "csv", "en")
    assert not list(home.folder.glob("export-*"))
    (home.folder / "export-killed").mkdir()
    (home.folder / "export-killed" / "list.csv").write_text("c00000000")
    sweep(home)
    assert not list(home.folder.glob("export-*"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_the_same_again_and_is_noted(published: tuple[Snapshot, Home, Shop], kind: Kind) -> None:
    contents: list[bytes] = []
    count = 0
    for _ in range(2):
        file, count = export(*published, Members("segment", 3), kind, "en", what="Segment 3", who="anna")
        with file:
            contents.append(file.read())
    assert contents[0] == contents[1]
    second, first, *_ = listed(published[1])
    assert second.export_id > first.export_id
    for noted in (first, second):
        assert (noted.what, noted.who, noted.kind, noted.as_of, noted.people) == (
            "Segment 3",
            "anna",
            kind,
            str(AS_OF),
            count,
        )
        assert noted.content_hash == hashlib.sha256(contents[0]).hexdigest()
    assert (published[1].folder / "exports.db").stat().st_mode & 0o777 == 0o600


def test_who_was_in_an_export_is_named_until_they_are_forgotten(published: tuple[Snapshot, Home, Shop]) -> None:
    home = published[1]
    with export(*published, Members("all"), "csv", "en", what="All", who="anna")[0]:
        pass
    mine = of(home, ["c00000005"])
    assert mine[0].what == "All"
    assert forget(home, ["c00000005"]) == len(mine)
    assert of(home, ["c00000005"]) == []
    assert forget(home, ["c00000005"]) == 0
    assert b"c00000005" not in (home.folder / "exports.db").read_bytes()
    assert of(home, ["c00000006"])[0].what == "All"


def test_a_list_in_the_console_leads_from_page_to_page_to_everybody(api: Api) -> None:
    reader = visitor(api, "marketing")
    address, found = "/console/segments/list?sort=spend", []
    while address:
        page = reader.get(api.address + address, timeout=60).text
        found += re.findall(r'href="/console/customers/([^"]+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert len(found) == CUSTOMERS == len(set(found))


@pytest.mark.parametrize(("kind", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_a_list_is_downloaded_whole_under_its_name(api: Api, kind: str, begins: bytes) -> None:
    answer = visitor(api, "marketing").get(f"{api.address}/console/segments/list/{kind}?segment=3", timeout=60)
    assert answer.status_code == 200
    assert answer.content.startswith(begins)
    assert re.search(rf"attachment; .*{AS_OF}\.{kind}$", answer.headers["content-disposition"])
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "asked",
    [
        "list/csv?segment=99",
        "list/pdf",
        "list?list=nobody",
        "list?segment=1&class=2",
        "list?after=%00",
        "list?sort=name",
    ],
)
def test_a_list_that_is_none_is_said_in_the_language_of_the_page(api: Api, asked: str) -> None:
    answer = visitor(api, "marketing").get(f"{api.address}/console/segments/{asked}", timeout=60)
    assert answer.status_code == 404
    assert '<html lang="en">' in answer.text


def test_lists_are_for_keys_that_may_read_or_market(api: Api) -> None:
    assert visitor(api, "service").get(f"{api.address}/console/segments/list/csv", timeout=60).status_code == 403
    refused = requests.get(f"{api.address}/console/segments/list/csv", timeout=60, allow_redirects=False)
    assert refused.status_code == 303
    assert refused.headers["location"].startswith("/login")
