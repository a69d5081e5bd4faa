"""Personal values on arrival: a keyed hash in place of addresses and numbers, masks inside text.

The hash is HMAC-SHA256 (RFC 2104) in SQL, so that rows never leave the engine; masks need check digits, so the few texts
that may hold a personal value go through Python. Without the key the hashes cannot be matched to a list of numbers.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import duckdb

from resources import reading
from resources.check_digits import PROVINCE
from resources.contract import CONTRACT
from resources.hash_key import hash_key as hash_key
from resources.home import marker_of, write_marker
from resources.masks import HINTS, masked

BLOCK = 64
# The function that a column's `arrival` names.
ARRIVAL = {"hash": "keyed_hash", "id": "own_id", "code": "code_id", "mask": "masked", "figure": "masked_figure"}
# Raised with every change of what is masked or hashed on arrival.
RULES = 2
_D = "[0-9０-９]"
# What stands for a person in a column of ids: an e-mail address anywhere in it, or a number as a whole.
_EMAIL = r"[^\s@＠﹫]+[@＠﹫][^\s@＠﹫]+[.．][A-Za-zＡ-Ｚａ-ｚ]{2,}"
_MOBILE = r"[(（]?(?:[+＋]|[0０]{2})?(?:[8８][6６])?[)）]?[ 　.-]{0,2}[0０]?[1１][3-9３-９]D[ 　.－-]?D{4}[ 　.－-]?D{4}".replace(
    "D", _D
)
_LANDLINE = r"[(（]?[0０](?:[1１][0０]|[2２]D|[3-9３-９]D{2})[)）]?[ －-]D{7,8}".replace("D", _D)
_ABROAD = r"[+＋]D[D ()-]{6,}D".replace("[D ", "[0-9０-９ ").replace("D", _D)
_IDENTITY = rf"{PROVINCE}\d{{4}}(?:19|20)\d{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx]"
_NUMBER = rf"\s*(?:{_MOBILE}|{_LANDLINE}|{_ABROAD}|{_IDENTITY})\s*"
# No number or time of a shop holds these; times that begin with their year are not even looked at.
_NO_FIGURE = rf"{_D}{{11}}|[@＠]|1[3-9]{_D}[ .-]{_D}{{4}}[ .-]{_D}{{4}}|[A-Za-z]{{6}}|[信微扣]"
_PERSON = f"{_EMAIL}|^{_NUMBER}$"
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "　﹫"
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + " @"


def looks_personal(sql: str) -> str:
    """A predicate in SQL: the text is an e-mail address or holds one, or is a telephone or identity number."""
    weights = [2 ** (17 - at) % 11 for at in range(17)]
    weighted = f"list_sum(list_transform({weights}, lambda weight, place: weight * TRY_CAST(substr(trim({sql}), place, 1) AS INTEGER)))"
    is_identity = f"substr('10X98765432', CAST({weighted} % 11 + 1 AS INTEGER), 1) = upper(right(trim({sql}), 1))"
    return (
        f"(({_holds_at(sql)} OR (strlen({sql}) > 10 AND ({sql} < ':' OR {sql} > '~'))) AND regexp_matches({sql}, '{_PERSON}') "
        f"AND CASE WHEN regexp_full_match(trim({sql}), '{_IDENTITY}') THEN {is_identity} ELSE true END)"
    )


def _holds_at(sql: str) -> str:
    # Cheaper than an expression that nearly no id fits.
    return f"(contains({sql}, '@') OR contains({sql}, '＠') OR contains({sql}, '﹫'))"


def register(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Makes the functions of arrival; none of them, and not the key, is stored.

    - `keyed_hash(value)`: the hash, alike for all spellings of one number or address; NULL for nothing.
    - `masked(words)`: the words with personal values replaced by ***.
    - `own_id(value)`: an id, or its hash where it looks personal; `code_id(value)` leaves numbers, which name things there.
    """
    padded = (hashlib.sha256(key).digest() if len(key) > BLOCK else key).ljust(BLOCK, b"\0")
    inner = bytes(byte ^ 0x36 for byte in padded).hex()
    outer = bytes(byte ^ 0x5C for byte in padded).hex()
    # One number is one key however it is written: digits only, without the prefix of mainland China.
    wide = f"translate(trim(value), '{_WIDE}', '{_NARROW.replace(chr(39), chr(39) * 2)}')"
    folded = f"CASE WHEN strlen(value) = length(value) THEN trim(value) ELSE {wide} END"
    plain = (
        f"CASE WHEN regexp_full_match({folded}, '[+0-9 ()-]{{7,}}') OR regexp_full_match({folded}, '{_MOBILE}') "
        f"THEN regexp_replace(regexp_replace({folded}, '[^0-9]', '', 'g'), '^(?:(?:00)?86|0)(1[3-9][0-9]{{9}})$', '\\1') "
        f"ELSE lower({folded}) END"
    )
    # Eleven digits of which one is Chinese take 13 bytes.
    hints = f"regexp_matches(words, '{HINTS[0]}') OR (strlen(words) > 12 AND regexp_matches(words, '{HINTS[1]}'))"
    connection.create_function("mask_personal", masked, ["VARCHAR"], "VARCHAR")  # pyright: ignore[reportArgumentType]
    for macro in (
        "keyed_hash(value) AS CASE WHEN nullif(trim(value), '') IS NOT NULL THEN "
        f"sha256(unhex('{outer}') || unhex(sha256(unhex('{inner}') || encode({plain})))) END",
        f"masked(words) AS CASE WHEN strlen(words) > 5 AND ({hints}) THEN mask_personal(words) ELSE words END",
        f"masked_figure(words) AS CASE WHEN strlen(words) > 10 AND (NOT starts_with(words, '20') OR contains(words, '@')) "
        f"AND regexp_matches(words, '{_NO_FIGURE}') THEN mask_personal(words) ELSE words END",
        f"own_id(value) AS CASE WHEN {looks_personal('value')} THEN keyed_hash(value) ELSE value END",
        f"code_id(value) AS CASE WHEN {_holds_at('value')} AND regexp_matches(value, '{_EMAIL}') THEN keyed_hash(value) ELSE value END",
    ):
        connection.execute(f"CREATE TEMP MACRO {macro}")


def account_id(typed: str, key: Path) -> str:
    """The id under which an account is stored that its shop, or whoever asks, calls `typed`: the keyed hash where that is an address or
    a number, else what is typed without blanks and wrapping, as ids are read. Raises ZhikeError where the key at `key` is needed and is not the home's."""
    return account_ids([typed], key)[typed]


def account_ids(typed: Iterable[str], key: Path) -> dict[str, str]:
    """The same of many, by what was typed."""
    found = {each: each for each in typed}
    # What cannot look personal (see looks_personal) and has nothing around it (see as_id) needs no engine.
    odd = [each for each in found if each and (_may_be_personal(each) or _may_be_wrapped(each))]
    if not odd:
        return found
    # A bound parameter would make the engine import pandas.
    asked = ", ".join(
        f"({number}, decode(from_hex('{each.encode(errors='replace').hex()}')))" for number, each in enumerate(odd)
    )
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE asked AS FROM (VALUES {asked}) AS t(number, asked)")
        reading.register(connection, "UTC")
        stored = "asked"
        if connection.execute(f"SELECT 1 FROM asked WHERE {looks_personal('asked')} LIMIT 1").fetchall():
            register(connection, hash_key(key))
            stored = "own_id(asked)"
        read = connection.execute(f"SELECT number, coalesce(as_id({stored}), '') FROM asked").fetchall()
    return found | {odd[number]: value for number, value in read}


def _may_be_personal(typed: str) -> bool:
    return any(sign in typed for sign in "@＠﹫") or (_is_long(typed) and not ":" <= typed <= "~")


def _may_be_wrapped(typed: str) -> bool:
    return not (typed.isascii() and typed[0] >= "0" and typed[-1] >= "0")


def _is_long(typed: str) -> bool:
    return len(typed.encode(errors="replace")) > 10


def mask_stored(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Brings what an earlier release stored in the home `folder` to the rules of arrival, once: else a customer whose id is an address would be
    one person before the upgrade and another after it. All of it or nothing."""
    noted = marker_of(folder)
    if noted.get("masks") == RULES:
        return
    arrivals = {f.name: f.arrival for table in CONTRACT.values() for f in table.fields}
    ids = {"person_id", *(name for name, arrival in arrivals.items() if arrival == "id")}
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
        "WHERE database_name = current_database() AND data_type = 'VARCHAR' AND schema_name IN ('raw', 'clean', 'features', 'insights')"
    ).fetchall()
    connection.execute("BEGIN TRANSACTION")
    try:
        for schema, table, column in columns:
            is_delivered = schema in ("raw", "clean") and table in CONTRACT
            arrival = "id" if column in ids else arrivals.get(column, "hash") if is_delivered else "hash"
            if arrival != "hash":  # these are hashed already, and others are none of the shop's words
                now = f'{ARRIVAL[arrival]}("{column}")'
                connection.execute(f'UPDATE {schema}."{table}" SET "{column}" = {now} WHERE {now} <> "{column}"')
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    write_marker(folder, noted | {"masks": RULES})
