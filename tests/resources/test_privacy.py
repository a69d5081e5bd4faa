"""Personal values: the keyed hash is HMAC-SHA256, texts are masked, and nothing plain is stored anywhere."""

import hashlib
import hmac
import json
import os
import re
import stat
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.check_digits import is_identity_number
from resources.errors import ZhikeError
from resources.home import marker_of, open_home, write_marker
from resources.privacy import account_id, hash_key, looks_personal, mask_stored, register
from tests.shop_builder import CUSTOMERS, EMAIL, LINKS, PHONE, Bench


def connected(key: bytes) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    register(connection, key)
    return connection


def hashed(connection: duckdb.DuckDBPyConnection, value: "str | None") -> "str | None":
    return connection.execute("SELECT keyed_hash(?)", [value]).fetchall()[0][0]


def python_s(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()


@given(key=st.binary(min_size=1, max_size=130), value=st.text("äbcXY@.知客", min_size=1))
@settings(max_examples=25, deadline=None)
def test_the_hash_is_python_s_hmac(key: bytes, value: str) -> None:
    with connected(key) as connection:
        expected = python_s(key, value.lower())
        assert hashed(connection, value) == expected
        assert hashed(connection, f" {value} ") == expected


@pytest.mark.parametrize(
    "written",
    [
        *("13800138000", PHONE, "+8613800138000", "0086 138 0013 8000", "8613800138000", " 138-0013-8000"),
        *("１３８００１３８０００", "138.0013.8000", "＋８６ 138 0013 8000", "013800138000"),
    ],
)
def test_a_number_has_one_hash_however_it_is_written(written: str) -> None:
    with connected(b"key") as connection:
        assert hashed(connection, written) == python_s(b"key", "13800138000")


@pytest.mark.parametrize("nothing", [None, "", "  "])
def test_nothing_has_no_hash(nothing: "str | None") -> None:
    """Else all accounts without a number would be one person."""
    with connected(b"key") as connection:
        assert hashed(connection, nothing) is None


@pytest.mark.parametrize(
    "written", ["Anna@Example.com", " anna@example.com", "anna＠example．com", "ａｎｎａ@example.com"]
)
def test_an_address_has_one_hash_however_it_is_written(written: str) -> None:
    with connected(b"key") as connection:
        assert hashed(connection, written) == python_s(b"key", "anna@example.com")


IDS = {
    True: [
        "anna@example.com", "张三@qq.com", "a@b.cn-2024-01-05", "13955505678", " 139-5550-5678", "+86 139 5550 5678", "１３９５５５０５６７８",
        "110101199003074514", "33010219880912005X", "0571-87654321", "+44 20 7946 0958", "anna＠example.com",
    ],
    False: [
        "anna", "c000039", "20240118001", "12345678901", "139555056", "110101199003074515", "990101199003074514", "123456789012345678",
        "1000001-13512345678-pv-1511544070", "4200001234202401051234567890", "550e8400-e29b-41d4-a716-446655440000", "#1001", "", "@", "a@b",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "is_personal"), [(value, is_one) for is_one, values in IDS.items() for value in values]
)
def test_an_id_that_stands_for_a_person_is_told_hashed_and_found(value: str, is_personal: bool, tmp_path: Path) -> None:
    (tmp_path / "hash.key").write_text("the key of a test")
    with connected(b"the key of a test") as connection:
        ((told, stored, hashed_value),) = connection.execute(
            f"SELECT {looks_personal('$value')}, own_id($value), keyed_hash($value)", {"value": value}
        ).fetchall()
    assert told == is_personal
    assert stored == (hashed_value if is_personal else value)
    assert account_id(value, tmp_path / "hash.key") == stored


@given(
    st.from_regex(
        r"\A(1[1-5]|3[1-7]|99)\d{4}(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9])\d{3}[0-9X]\Z",
        alphabet="0123456789X",
    )
)
@settings(max_examples=200, deadline=None)
def test_identity_numbers_are_told_alike_in_sql_and_in_python(number: str) -> None:
    if not 1900 <= int(number[6:10]) <= 2099 or number[10:14] == "0229":
        return
    with duckdb.connect() as connection:
        ((told,),) = connection.execute(f"SELECT {looks_personal('$number')}", {"number": number}).fetchall()
    assert told == is_identity_number(number)


def test_the_key_is_made_once_for_its_owner_only(tea_house: Bench) -> None:
    path = tea_house.place / "hash.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) == 64
    assert hash_key(path) == path.read_text().encode()


def test_a_key_from_the_environment_is_used_and_not_stored(unrun: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIKE_HASH_KEY", "from the vault: 1")
    assert unrun.run("raw/links").success
    assert not (unrun.place / "hash.key").exists()
    stored = {row[0] for row in unrun.query("SELECT key_value FROM raw.links WHERE key_type = 'email'")}
    assert stored == {python_s(b"from the vault: 1", "cara@example.com")}


def test_what_is_stored_of_people_is_hashed_or_masked(tea_house: Bench) -> None:
    key = (tea_house.place / "hash.key").read_bytes()
    assert tea_house.query("SELECT DISTINCT email, phone FROM clean.customers WHERE customer_id = 'anna'") == [
        (python_s(key, EMAIL), python_s(key, "13800138000"))
    ]
    assert tea_house.query("SELECT query FROM raw.events WHERE event_id = 'e5'") == [("tea for *** or *** 杯子***",)]


def test_plain_values_are_nowhere_in_the_home(tea_house: Bench) -> None:
    """Neither in a table nor in a byte of any file of the shop's home: not in the log, not in the free blocks."""
    plain = {
        str(row[name]) for rows in CUSTOMERS.values() for row in rows for name in ("email", "phone") if row.get(name)
    }
    plain |= {row["key_value"].strip() for rows in LINKS.values() for row in rows}
    plain |= {"13800138000", "87654321"}
    tables = tea_house.query(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    )
    assert len(tables) > 10
    texts = "\n".join(str(row) for (table,) in tables for row in tea_house.rows(table))
    assert "anna" in texts
    assert not [value for value in plain if value.lower() in texts.lower()]
    for path in tea_house.place.rglob("*"):
        content = path.read_bytes().lower() if path.is_file() else b""
        assert not [value for value in plain if value.lower().encode() in content], path


def test_personal_columns_of_quarantined_rows_are_masked(tea_house: Bench) -> None:
    rows = tea_house.query(
        "SELECT row->>'birth_year', row->>'customer_id', row->>'email' FROM clean.quarantine WHERE source_table = 'customers'"
    )
    assert rows == [("•••", "cara", None)]


def opened(bench: Bench) -> None:
    with bench.warehouse().opened():
        pass


def said(bench: Bench) -> str:
    with pytest.raises(ZhikeError) as error:
        opened(bench)
    return str(error.value)


def test_a_lost_or_another_key_is_refused_and_the_right_one_taken_again(
    spoilt: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = spoilt.place / "hash.key"
    key = path.read_text()
    assert key not in (spoilt.place / "shop.json").read_text()
    path.write_text("0" * 64)
    assert "not the one that this home's hashes were made with" in said(spoilt)
    path.unlink()
    assert "is lost" in said(spoilt)
    assert "ZHIKE_HASH_KEY" in said(spoilt)
    assert not path.exists(), "no other key is made in its place"
    monkeypatch.setenv("ZHIKE_HASH_KEY", "a key of another shop")
    assert "not the one" in said(spoilt)
    monkeypatch.setenv("ZHIKE_HASH_KEY", key)
    opened(spoilt)


@pytest.mark.parametrize("content", ["", "\n", "short"])
def test_an_empty_or_short_key_is_refused(spoilt: Bench, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (spoilt.place / "hash.key").write_text(content)
    assert re.search(r"empty|only 5 bytes", said(spoilt))
    monkeypatch.setenv("ZHIKE_HASH_KEY", content.strip())
    assert "the environment variable ZHIKE_HASH_KEY" in said(spoilt)


def test_a_home_of_an_earlier_release_notes_the_key_that_it_has(spoilt: Bench) -> None:
    path = spoilt.place / "shop.json"
    noted = json.loads(path.read_text())
    check = noted.pop("key_check")
    path.write_text(json.dumps(noted))
    opened(spoilt)
    assert json.loads(path.read_text())["key_check"] == check


def test_a_key_whose_writing_was_cut_off_is_no_key(unrun: Bench) -> None:
    open_home(unrun.shop, unrun.home)
    (unrun.place / f"hash.key.{os.getpid()}.tmp").write_text("half a k")
    opened(unrun)
    assert len((unrun.place / "hash.key").read_text()) == 64
    assert not list(unrun.place.glob("*.tmp"))


def test_what_an_earlier_release_stored_plain_is_brought_to_the_rules_once(spoilt: Bench) -> None:
    key = (spoilt.place / "hash.key").read_bytes()
    address, before = python_s(key, EMAIL), spoilt.rows("clean.orders")
    with spoilt.warehouse().opened() as warehouse:
        connection = warehouse.connection
        for table in ("raw.orders", "clean.orders", "features.customer_days", "features.customers"):
            name = "person_id" if table == "features.customers" else "customer_id"
            connection.execute(f"UPDATE {table} SET {name} = '{EMAIL}' WHERE {name} = 'anna'")
        connection.execute("UPDATE raw.products SET title = 'Tea, ask 110101199003074514' WHERE product_id = 'tea'")
        write_marker(spoilt.place, {name: value for name, value in marker_of(spoilt.place).items() if name != "masks"})
        mask_stored(connection, spoilt.place)
        connection.execute("UPDATE raw.products SET title = 'Cup 13955505678' WHERE product_id = 'cup'")
        mask_stored(connection, spoilt.place)
    for table in ("raw.orders", "clean.orders", "features.customer_days"):
        assert spoilt.query(f"SELECT DISTINCT customer_id FROM {table} WHERE length(customer_id) = 64") == [(address,)]
    assert spoilt.query("SELECT DISTINCT person_id FROM features.customers WHERE length(person_id) = 64") == [
        (address,)
    ]
    assert spoilt.query("SELECT DISTINCT title FROM raw.products WHERE product_id = 'tea'") == [("Tea, ask ***",)]
    assert ("Cup 13955505678",) in spoilt.query("SELECT title FROM raw.products"), (
        "what is new comes in masked: one look is enough"
    )
    assert len(spoilt.rows("clean.orders")) == len(before)


def open_to_others(folder: Path) -> list[Path]:
    return [path for path in (folder, *folder.rglob("*")) if not path.is_symlink() and path.stat().st_mode & 0o077]


def test_everything_in_a_home_is_its_owner_s(spoilt: Bench) -> None:
    before = os.umask(0o022)
    try:
        for path in (spoilt.place, *spoilt.place.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
        opened(spoilt)
        assert open_to_others(spoilt.place) == [], "an older home is closed when it is opened"
        os.umask(0o022)
        assert spoilt.run("raw/links", "clean/links").success
        assert open_to_others(spoilt.place) == [], "and what is written from then on"
    finally:
        os.umask(before)
