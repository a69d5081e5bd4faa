"""Keys of advertising platforms on the tea house: made when customers and links arrive, for the platforms that are named, and nothing plain beside them."""

import hashlib
from pathlib import Path

from tests.shop_builder import EMAIL, PHONE, Bench

ARRIVALS = ("raw/customers", "raw/links")
HELD = "SELECT count(*) FROM clean.platform_keys"
PLAIN = [EMAIL, PHONE, "13800138000", "8613800138000", "cara@example.com", "0571-87654321", "057187654321"]


def test_keys_are_made_on_arrival_for_the_platforms_that_are_named(delivered: Bench, tmp_path: Path) -> None:
    bench = delivered.copy(tmp_path)
    for name in ARRIVALS:
        assert bench.run(name).success
    tables = bench.query("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'platform_keys'")
    assert tables == [(0,)]

    # Opted in, what was read before is read again: nothing plain was kept of it.
    store = bench.store / "store.yaml"
    before = store.read_text("utf-8")
    store.write_text(before + "platforms: {names: [google, tencent]}\n", "utf-8")
    for name in ARRIVALS:
        assert bench.run(name).success
    found = set(
        bench.query(
            "SELECT customer_id, platform, key_type, key_value FROM clean.platform_keys WHERE key_value IS NOT NULL"
        )
    )
    mobile = hashlib.sha256(b"13800138000").hexdigest()
    google = hashlib.sha256(b"+8613800138000").hexdigest()
    md5 = hashlib.md5(b"13800138000").hexdigest()  # noqa: S324
    expected = {
        ("anna", "google", "email_sha256", hashlib.sha256(EMAIL.encode()).hexdigest()),
        *(("cara", "google", "email_sha256", hashlib.sha256(b"cara@example.com").hexdigest()),),
        *(("dora", "google", "email_sha256", hashlib.sha256(b"cara@example.com").hexdigest()),),
    }
    for name in ("anna", "aaron"):
        expected |= {
            (name, "google", "phone_sha256", google),
            (name, "tencent", "phone_sha256", mobile),
            (name, "tencent", "phone_md5", md5),
        }
    # The desk's phone is no mobile number of a person.
    assert found == expected
    count = bench.query(HELD)
    for name in ARRIVALS:
        assert bench.run(name).success
    assert bench.query(HELD) == count
    columns = bench.query(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = 'platform_keys' AND data_type = 'VARCHAR'"
    )
    for (column,) in columns:
        for plain in PLAIN:
            assert bench.query(f"SELECT count(*) FROM clean.platform_keys WHERE contains({column}, '{plain}')") == [
                (0,)
            ]
    content = (bench.place / "warehouse.duckdb").read_bytes()
    assert not [plain for plain in (EMAIL, PHONE, "13800138000", "057187654321") if plain.encode() in content]

    # A platform that is no longer named loses its keys, all of them lose theirs without the setting.
    store.write_text(before + "platforms: {names: [google]}\n", "utf-8")
    for name in ARRIVALS:
        assert bench.run(name).success
    assert set(bench.query("SELECT DISTINCT platform FROM clean.platform_keys")) == {("google",)}
    store.write_text(before, "utf-8")
    for name in ARRIVALS:
        assert bench.run(name).success
    assert bench.query(HELD) == [(0,)]
