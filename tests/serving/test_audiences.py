"""Lists on their way out: golden files of five platforms from ten awkward numbers and addresses, who is in no file whatever the way, what is taken
back, and the log."""

import base64
import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest
import requests

from assets.features.tables import CONSENTS, IDENTITIES
from assets.insights.customer_360.tables import card_of, tables_with_a_card
from assets.outreach.audiences.tables import AUDIENCES
from assets.outreach.snapshot.platform_keys import write_platform_keys
from assets.outreach.snapshot.publish import Part, point, write
from assets.outreach.winback.tables import WINBACK
from resources import exports, privacy, reading, wishes
from resources.contract import CONTRACT
from resources.erased import FILE as ERASED
from resources.erased import Tombstones
from resources.errors import ZhikeError
from resources.hash_key import hash_key
from resources.home import Home, open_home
from resources.inbox import Inbox
from resources.platform_keys import PLATFORM_KEYS, keys_of
from resources.shop import Shop, load_shop
from resources.snapshot import Snapshot, current
from serving.audiences import export, ways
from serving.exports import Members
from serving.exports import export as export_list
from serving.platform_files import message
from tests.resources.test_platform_keys import ADDRESSES, NUMBERS
from tests.serving.api import STORE, Api, served
from tests.shop_builder import write_store

AS_OF = date(2026, 1, 12)
PLATFORMS = ("google", "meta", "tiktok", "tencent", "oceanengine")
STORE_WITH_LISTS = (
    STORE
    + f"""
platforms: {{names: [{", ".join(PLATFORMS)}]}}
actions: {{offers: {{message: {{name: {{zh: 短信, en: the message}}, kind: message, cost: 1}}}}}}
audiences:
  everybody: {{name: {{zh: "=所有人", en: "=Everybody"}}, where: "true"}}
  seed: {{name: {{zh: 种子, en: Seed}}, lookalike_seed: 100}}
"""
)
CARD = card_of(tables_with_a_card())
# Ten who may be reached, each with a number and an address of the tables; and those who may not, with plain ones.
TEN = [f"c{number}" for number in range(10)]
NOT_REACHED = {"held": "held_out", "refuses": "refused", "silent": "no_consent", "lately": "contacted_lately"}
OWN = {name: (f"1390000000{number}", f"{name}@example.com") for number, name in enumerate(NOT_REACHED)}


def sha(text: str | None) -> str:
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Home]:
    folder = tmp_path_factory.mktemp("audiences")
    store = write_store(folder / "corner", STORE_WITH_LISTS)
    shop = load_shop(str(store))
    home = open_home(shop, folder / "home")
    told = {name: (NUMBERS[n][0], ADDRESSES[n][0]) for n, name in enumerate(TEN)} | OWN
    with duckdb.connect() as connection:
        for schema in ("clean", "features", "insights", "outreach"):
            connection.execute(f"CREATE SCHEMA {schema}")
        tables = (CARD, IDENTITIES, CONSENTS, AUDIENCES, WINBACK, CONTRACT["orders"].clean, CONTRACT["customers"].clean)
        for table in (*tables, PLATFORM_KEYS):
            connection.execute(table.create_sql())
        for name in told:
            row = {"as_of": AS_OF, "person": name}
            connection.execute(f"INSERT INTO {CARD.qualified} (as_of, person_id) VALUES ($as_of, $person)", row)
            row["reach"] = "contacted_lately" if name == "lately" else "may_be_reached"
            for audience in ("everybody", "seed"):
                connection.execute(
                    f"INSERT INTO {AUDIENCES.qualified} VALUES ($as_of, '{audience}', $person, $reach, $as_of)", row
                )
            if name != "silent":
                connection.execute(
                    f"INSERT INTO {CONSENTS.qualified} VALUES ($person, 'marketing', '', true, '2025-01-01')", {"person": name}
                )  # fmt: skip
        connection.execute(
            f"INSERT INTO {CONSENTS.qualified} VALUES ('refuses', 'personalisation', '', false, '2025-01-01')"
        )
        # The week's list did not know it yet: the account of theirs that was drawn was another.
        connection.execute(
            f"INSERT INTO {IDENTITIES.qualified} VALUES ('{AS_OF}', 'held2', 'held', 2), ('{AS_OF}', 'held', 'held', 2)"
        )
        connection.execute(
            f"INSERT INTO {WINBACK.qualified} (as_of, person_id, action, arm, season) VALUES ('2026-01-05', 'held2', 'message', 'held_out', '2026-Q1')"
        )
        _arrive(connection, shop, home, told)
        weekly = {table.qualified for table in (CARD, IDENTITIES, AUDIENCES, WINBACK)}
        parts = [
            Part(table.qualified, f"SELECT * FROM {table.qualified}", table.qualified in weekly) for table in tables
        ]
        beside = [partial(write_platform_keys, connection, 5)]
        written = write(connection, home.snapshot, parts, "one", AS_OF, lambda table, column: column or table, beside)
        point(home.snapshot, written, 3)
    return store, home


def _arrive(connection: duckdb.DuckDBPyConnection, shop: Shop, home: Home, told: dict[str, tuple[str, str]]) -> None:
    """Numbers come with the attributes, addresses by links; one number was another before."""
    privacy.register(connection, hash_key(home.key))
    reading.register(connection, shop.time_zone, decimal_comma=False)
    for table in ("customers", "links"):
        connection.execute(CONTRACT[table].raw.create_sql(f"arrived_{table}", temporary=True))
    names = "customer_id, phone, known_on, delivered_on"
    connection.execute(
        f"INSERT INTO arrived_customers ({names}) VALUES ('c0', '13700000000', '2025-01-01', '2025-01-01')"
    )
    for name, (phone, email) in told.items():
        connection.execute(
            f"INSERT INTO arrived_customers ({names}) VALUES (?, ?, '2025-02-01', '2025-02-01')", [name, phone]
        )
        connection.execute(
            "INSERT INTO arrived_links (customer_id, key_type, key_value, known_on, delivered_on) VALUES (?, 'E-Mail', ?, '2025-02-01', '2025-02-01')",
            [name, email],
        )
    columns = ", ".join(PLATFORM_KEYS.column_names)
    for table in ("customers", "links"):
        keys = keys_of(connection, shop, table, f"arrived_{table}")
        connection.execute(f"INSERT INTO {PLATFORM_KEYS.qualified} SELECT {columns} FROM ({keys})")


@pytest.fixture
def published(place: tuple[Path, Home]) -> Iterator[tuple[Snapshot, Home, Shop]]:
    """What is published, with nothing exported and nothing in the inbox."""
    store, home = place
    for path in (*home.folder.glob("exports.db*"), *home.landing.glob("inbox.db*")):
        path.unlink()
    snapshot = current(home.snapshot)
    assert snapshot
    yield snapshot, home, load_shop(str(store))


def taken(published: tuple[Snapshot, Home, Shop], way: str, kind: str = "csv", name: str = "everybody") -> bytes:
    made = export(*published, name, way, kind, "en", who="anna")  # pyright: ignore[reportArgumentType]
    with made.file:
        return made.file.read()


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def golden(platform: str) -> dict[str, bytes]:
    """What a platform is to be given of the ten, from what stands in the tables by hand."""
    numbers = {
        "google": [international for _, international, _ in NUMBERS],
        **{name: [international and international[1:] for _, international, _ in NUMBERS] for name in ("meta", "tiktok")},
        **{name: [mainland for *_, mainland in NUMBERS] for name in ("tencent", "oceanengine")},
    }[platform]  # fmt: skip
    place = {"google": 1, "meta": 2, "tiktok": 3}.get(platform)
    if place:
        heading = {"google": "Email,Phone", "meta": "email,phone", "tiktok": "Email_SHA256,Phone_SHA256"}[platform]
        lines = {f"{sha(row[place])},{sha(phone)}" for row, phone in zip(ADDRESSES, numbers, strict=True)} - {","}
        return {"add.csv": "\n".join([heading, *sorted(lines), ""]).encode()}
    told = sorted({each for each in numbers if each})
    if platform == "tencent":
        md5 = sorted(hashlib.md5(each.encode()).hexdigest() for each in told)  # noqa: S324
        return {
            "add-HASH_MOBILE_PHONE-1.txt": "".join(f"{each}\n" for each in md5).encode(),
            "add-SHA256_MOBILE_PHONE-1.txt": "".join(f"{each}\n" for each in sorted(map(sha, told))).encode(),
        }
    # DmpData: field 1, 68 bytes; in it field 2 = 6, and field 3, 64 bytes.
    items = b"".join(b"\x0a\x44\x10\x06\x1a\x40" + each.encode() for each in sorted(map(sha, told)))
    return {"add-MOBILE_HASH_SHA256-1.txt": base64.b64encode(items) + b"\n"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_platform_is_given_its_own_file_byte_by_byte(published: tuple[Snapshot, Home, Shop], platform: str) -> None:
    content = taken(published, platform)
    files = unpacked(content)
    if platform in ("tencent", "oceanengine"):
        files = {name: text for packed in files.values() for name, text in unpacked(packed).items()}
    assert files == golden(platform)
    assert taken(published, platform) == content
    newest, before = exports.listed(published[1])
    assert (newest.what, newest.who, newest.kind, newest.as_of) == ("everybody", "anna", platform, AS_OF.isoformat())
    assert newest.content_hash == before.content_hash == hashlib.sha256(content).hexdigest()
    # Who has no key a platform knows is on no file of it, and in no log.
    assert newest.people == len(exports.accounts_in(published[1], newest.export_id))
    assert "c9" not in exports.accounts_in(published[1], newest.export_id)


def test_ocean_engine_reads_ten_thousand_numbers_a_line() -> None:
    values = [sha(str(number)) for number in range(10_000)]
    found = message(values)
    items = [found[at : at + 70] for at in range(0, len(found), 70)]
    assert [item[6:].decode() for item in items] == values
    assert {item[:6] for item in items} == {bytes((0x0A, 68, 0x10, 6, 0x1A, 64))}


def test_who_may_not_be_reached_is_in_no_file_whatever_the_way(published: tuple[Snapshot, Home, Shop]) -> None:
    assert ways(published[2]) == ["shop", *PLATFORMS]
    hidden = [*NOT_REACHED, "held2"]
    keys = {
        hash_of(phone.encode()).hexdigest() for phone, _ in OWN.values() for hash_of in (hashlib.md5, hashlib.sha256)
    }
    keys |= {sha(written) for phone, email in OWN.values() for written in (f"+86{phone}", f"86{phone}", email)}
    for way, kinds in {"shop": ("csv", "xlsx", "parquet"), **dict.fromkeys(PLATFORMS, ("zip",))}.items():
        for kind in kinds:
            texts = _texts(taken(published, way, kind), kind)
            assert "c1" in texts or way != "shop"
            assert not [each for each in (*hidden, *keys) if each in texts], (way, kind)
            assert not set(hidden) & set(exports.accounts_in(published[1], exports.listed(published[1])[0].export_id))
    # Analysts' lists have everybody on them, and say of those who are held out that nobody is to write to them.
    file, _ = export_list(*published, Members("all"), "csv", "en", what="all", who="anna")
    with file:
        rows = {row["Customer ID"]: row for row in csv.DictReader(io.StringIO(file.read().decode("utf-8-sig")))}
    said = {name: rows[name]["Agrees to marketing"] for name in ("c1", "held", "silent")}
    assert said == {"c1": "yes", "held": "held out, do not contact", "silent": "not known"}


def _texts(content: bytes, kind: str) -> str:
    """All that stands in a file, packed or not."""
    if kind == "zip":
        return " ".join(_texts(text, "zip" if name.endswith(".zip") else _decoded(name)) for name, text in unpacked(content).items())  # fmt: skip
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
        assert not [cell.coordinate for row in sheet for cell in row if cell.data_type == "f"]
        return " ".join(str(cell.value) for row in sheet for cell in row)
    if kind == "parquet":
        return str(pq.read_table(io.BytesIO(content)).to_pylist())
    if kind == "base64":
        return b" ".join(map(base64.b64decode, content.split())).decode("latin-1")
    return content.decode("utf-8-sig")


def _decoded(name: str) -> str:
    return "base64" if "MOBILE_HASH" in name else "csv"


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_file_for_the_shops_sender_is_the_same_again(published: tuple[Snapshot, Home, Shop], kind: str) -> None:
    content = taken(published, "shop", kind)
    assert taken(published, "shop", kind) == content
    assert exports.listed(published[1])[0].people == len(TEN)
    if kind == "csv":
        assert content.startswith("\ufeffCustomer ID,All accounts,Audience,On the list since,As of\nc0,c0,'=Everybody,2026-01-12,".encode())  # fmt: skip


def test_who_withdraws_or_is_erased_is_taken_back_at_the_platform(published: tuple[Snapshot, Home, Shop]) -> None:
    _, home, shop = published
    assert set(unpacked(taken(published, "meta"))) == {"add.csv"}
    inbox = Inbox(home, shop.time_zone)
    inbox.add(
        "consents",
        [{"consent_id": "d1", "customer_id": "c4", "purpose": "marketing", "is_given": False, "decided_at": "2026-01-13T08:00:00+00:00"}],
    )  # fmt: skip
    inbox.close()
    gone = [sha("8613800138003"), sha("cara@example.com")]
    files = unpacked(taken(published, "meta"))
    assert not [key for key in gone if key.encode() in files["add.csv"]]
    assert sorted(files["remove.csv"].decode().split()) == sorted(["email,phone", f",{gone[0]}", f"{gone[1]},"])
    assert "c4" not in _texts(taken(published, "shop", "parquet"), "parquet")
    # Of somebody erased nothing stays but the keys to be taken back, whose they were unknown, for a day.
    assert [each.kind for each in exports.of(home, ["c1"])] == ["parquet", "meta", "meta"]
    assert exports.forget(home, ["c1"]) and not exports.of(home, ["c1"])
    keys = [("phone_sha256", sha("8613800138000"))]
    # c0 has the same number, and stays.
    assert exports.to_take_back(home, "meta", "everybody", keys, date(2026, 1, 14)) == exports.to_take_back(
        home, "meta", "everybody", keys, date(2026, 1, 14)
    )
    erased = ("email_sha256", sha("an.na+tea@gmail.com"))
    assert erased in exports.to_take_back(home, "meta", "everybody", keys, date(2026, 1, 14))
    assert erased not in exports.to_take_back(home, "meta", "everybody", keys, date(2026, 1, 15))
    assert keys[0] in exports.to_take_back(home, "meta", "everybody", [], date(2026, 1, 15))


def test_who_wishes_to_be_erased_is_in_no_file_from_that_moment_on(published: tuple[Snapshot, Home, Shop]) -> None:
    _, home, shop = published
    lines = taken(published, "shop").count(b"\n")
    inbox = Inbox(home, shop.time_zone)
    wishes.wish(inbox, "c3")
    inbox.close()
    content = taken(published, "shop")
    assert (content.count(b"\n"), b"\nc3," in content) == (lines - 1, False)
    # One that was begun before somebody was erased does not leave after it.
    Tombstones(home).add(["c0"])
    with pytest.raises(ZhikeError, match="erased while it was made"):
        taken(published, "shop")
    (home.folder / ERASED).unlink()


def test_a_list_that_nobody_is_on_any_more_is_taken_back_whole(published: tuple[Snapshot, Home, Shop]) -> None:
    _, home, shop = published
    sent = unpacked(taken(published, "meta"))["add.csv"].decode().split()
    inbox = Inbox(home, shop.time_zone)
    for number in range(40):
        wishes.wish(inbox, f"c{number}")
    inbox.close()
    files = unpacked(taken(published, "meta"))
    assert files["add.csv"].decode().split() == sent[:1]
    keys = {key for line in sent[1:] for key in line.split(",") if key}
    assert {key for line in files["remove.csv"].decode().split()[1:] for key in line.split(",") if key} == keys


@pytest.mark.parametrize(
    ("name", "way", "said"),
    [
        ("nobody", "shop", "there is no audience 'nobody'"),
        ("everybody", "baidu", "makes no keys for baidu"),
        ("seed", "google", "a seed takes 100"),
    ],
)
def test_what_cannot_go_out_is_said(published: tuple[Snapshot, Home, Shop], name: str, way: str, said: str) -> None:
    with pytest.raises(ZhikeError, match=said):
        taken(published, way, name=name)
    assert exports.listed(published[1]) == []


def test_the_command_writes_the_same_file_for_its_owner_alone(
    published: tuple[Snapshot, Home, Shop], tmp_path: Path
) -> None:
    _, home, shop = published
    path = tmp_path / "list.zip"
    command = [sys.executable, "-m", "pipelines", "audience", "export", "everybody", "--for", "google", "--json"]
    command += ["--out", str(path), "--store", str(shop.folder), "--home", str(home.folder.parent)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert (said["chosen"], said["may_be_reached"], said["people"], said["taken_back"]) == (14, 10, 8, 0)
    assert {said[reason] for reason in NOT_REACHED.values()} == {1}
    assert unpacked(path.read_bytes()) == golden("google") and path.stat().st_mode & 0o777 == 0o600
    assert exports.listed(home)[0].who.startswith("cli:")


@pytest.fixture(scope="module")
def api(place: tuple[Path, Home]) -> Iterator[Api]:
    with served(*place) as running:
        yield running


def test_the_console_says_who_may_be_reached_and_why_not(published: tuple[Snapshot, Home, Shop], api: Api) -> None:
    visitor = requests.Session()
    visitor.headers["accept-language"] = "en"
    assert visitor.post(f"{api.address}/login", {"key": api.key("marketing")}, timeout=60).ok
    page = visitor.get(f"{api.address}/console/audiences", timeout=60).text
    assert "14 customers chosen; 10 may be reached now." in page
    for reason in ("1 refuse to be", "1 have not agreed", "1 are held out of an action", "1 were reached by"):
        assert reason in page
    file = visitor.get(f"{api.address}/console/audiences/everybody/tiktok/zip", timeout=60)
    assert unpacked(file.content) == golden("tiktok")
    log = exports.listed(published[1])[0]
    assert (log.kind, log.content_hash) == ("tiktok", hashlib.sha256(file.content).hexdigest())
    assert log.content_hash[:12] in visitor.get(f"{api.address}/console/audiences", timeout=60).text
    for path in ("everybody/baidu/zip", "nobody/shop/csv", "everybody/shop/zip"):
        assert visitor.get(f"{api.address}/console/audiences/{path}", timeout=60).status_code == 404
    reader = requests.Session()
    assert reader.post(f"{api.address}/login", {"key": api.key("read")}, timeout=60).ok
    for path in ("", "/everybody/shop/csv"):
        assert reader.get(f"{api.address}/console/audiences{path}", timeout=60).status_code == 403
