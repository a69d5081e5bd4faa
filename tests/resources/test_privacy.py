"""Personal values: the keyed hash is HMAC-SHA256, texts are masked, and nothing plain is stored anywhere."""

import hashlib
import hmac
import stat

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.privacy import hash_key, register
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
    "written", ["13800138000", PHONE, "+8613800138000", "0086 138 0013 8000", "8613800138000", " 138-0013-8000"]
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
    ("text", "masked"),
    [
        (f"write to {EMAIL}, thanks", "write to ***, thanks"),
        ("我的手机13800138000，谢谢", "我的手机***，谢谢"),
        (f"call {PHONE}.", "call ***."),
        ("0571-87654321 or (212) 555-0199", "*** or ***"),
        # No numbers of people: an order, a price, a date.
        ("order 20240118001 of 2024-01-18 for 1380.50", "order 20240118001 of 2024-01-18 for 1380.50"),
    ],
)
def test_addresses_and_numbers_in_texts_are_masked(text: str, masked: str) -> None:
    with connected(b"key") as connection:
        assert connection.execute("SELECT masked(?)", [text]).fetchall() == [(masked,)]


def test_the_key_is_made_once_for_its_owner_only(tea_house: Bench) -> None:
    path = tea_house.place / "hash.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(path.read_text()) == 64
    assert hash_key(path) == path.read_text().encode()


def test_a_key_from_the_environment_is_used_and_not_stored(unrun: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIKE_HASH_KEY", "from the vault")
    assert unrun.run("raw/links").success
    assert not (unrun.place / "hash.key").exists()
    stored = {row[0] for row in unrun.query("SELECT key_value FROM raw.links WHERE key_type = 'email'")}
    assert stored == {python_s(b"from the vault", "cara@example.com")}


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
