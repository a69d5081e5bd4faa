"""Personal values on arrival: a keyed hash in place of addresses and numbers, masks inside free text.

The hash is HMAC-SHA256 (RFC 2104) in SQL, so that rows never leave the engine. Its key is made on first use, readable
by its owner only, or comes from ZHIKE_HASH_KEY; without the key the hashes cannot be matched to a list of numbers.
"""

import hashlib
import os
import secrets
from pathlib import Path

import duckdb

BLOCK = 64
MASK = "***"
# RE2 has no look-around, and \b is a boundary between a digit and a Chinese character too.
EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"
PHONE = (
    r"\+\d[\d ()-]{6,}\d"
    r"|\b(?:86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}\b"
    r"|\b0\d{2,3}-\d{7,8}\b"
    r"|\(\d{3}\) ?\d{3}-\d{4}\b|\b\d{3}-\d{3}-\d{4}\b"
)


def hash_key(path: Path) -> bytes:
    """The shop's key: from the environment, else from `path`, where it is made on first use with mode 0600."""
    given = os.environ.get("ZHIKE_HASH_KEY")
    if given:
        return given.encode()
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text().strip().encode()


def register(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Makes the temporary macros `keyed_hash(value)` and `masked(text)`; neither they nor the key are stored."""
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner = bytes(byte ^ 0x36 for byte in padded).hex()
    outer = bytes(byte ^ 0x5C for byte in padded).hex()
    # One number is one key however it is written: digits only, without the prefix of mainland China.
    plain = (
        "CASE WHEN regexp_full_match(trim(value), '[+0-9 ()-]{7,}') "
        "THEN regexp_replace(regexp_replace(value, '[^0-9]', '', 'g'), '^(00)?86(1[0-9]{10})$', '\\2') "
        "ELSE lower(trim(value)) END"
    )
    connection.execute(
        f"CREATE TEMP MACRO keyed_hash(value) AS CASE WHEN nullif(trim(value), '') IS NOT NULL THEN "
        f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({plain})))) END"
    )
    connection.execute(
        f"CREATE TEMP MACRO masked(words) AS "
        f"regexp_replace(regexp_replace(words, '{EMAIL}', '{MASK}', 'g'), '{PHONE}', '{MASK}', 'g')"
    )
