"""Keys by which advertising platforms know a customer: each platform's own way to write a number or an address, hashed, made on arrival, because plain
values are never stored.

An unsalted hash of a telephone number is undone in minutes, so a key is as personal as the number: it stands in a table of its own, is published
nowhere, and is made for the platforms alone that store.yaml names.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from resources.audiences import Platform
from resources.quoting import literal
from resources.shop import Shop
from resources.tables import Column, Table

PLATFORM_KEYS = Table(
    schema="clean",
    name="platform_keys",
    description="By which keys the advertising platforms that the shop names know its customers. Personal: a hash of a number is undone in minutes.",
    partitioning="none",
    key=(),
    columns=(
        Column("customer_id", "VARCHAR", "The customer's account."),
        Column("platform", "VARCHAR", "google, meta, tiktok, tencent or oceanengine."),
        Column("key_type", "VARCHAR", "email_sha256, phone_sha256 or phone_md5."),
        Column("key_value", "VARCHAR", "The key, in lower case; empty where none was told, or what was is none.", personal=True),
        Column("known_on", "DATE", "The day from which it holds."),
        Column("delivered_on", "DATE", "The day on which the shop handed it over."),
        Column("source_table", "VARCHAR", "customers, whose newest row holds, or links, which all hold."),
    ),
)  # fmt: skip
SOURCES = ("customers", "links")
GMAIL = ("gmail.com", "googlemail.com")
FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFE6B: 0x40}
ADDRESS = re.compile(
    r"[^\s@,;:<>()\[\]\"']+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\.[a-z]{2,}"
)
# What people put between digits; letters or anything else make it no number.
BETWEEN = re.compile(r"[\s().\-–—/]")
CHINA, CHINESE_MOBILE = "86", re.compile(r"1[3-9]\d{9}")
# The countries that write the 0 of a national number abroad too.
KEEPS_ZERO = ("39",)
LEAST_DIGITS, MOST_DIGITS = 8, 15


@dataclass(frozen=True)
class KeyType:
    """A key: of an address or a number, how the platform writes it, and the function of the engine that hashes it."""

    name: str
    of: str
    written: Callable[[str], str | None]
    hashed: str


def address(text: str) -> str | None:
    """An e-mail address in lower case without spaces; None for what is none."""
    found = "".join(text.translate(FULL_WIDTH).split()).lower()
    return found if ADDRESS.fullmatch(found) and ".." not in found and len(found) <= 254 else None


def number(text: str, calling_code: str = CHINA) -> str | None:
    """A telephone number in E.164 (+8613800138000); None for what is none. One that names no country is of `calling_code`; of China mobile numbers
    alone are numbers of a person."""
    # +44 (0)20 … is dialled with the 0 at home only.
    found = BETWEEN.sub("", text.translate(FULL_WIDTH).replace("(0)", ""))
    if found.startswith("+"):
        digits = found[1:]
    elif found.startswith("00"):
        digits = found[2:]
    else:
        national = found if calling_code in KEEPS_ZERO else found.removeprefix("0")
        # Of these two a number shows by its length that it names its country.
        says_country = {CHINA: r"861[3-9]\d{9}", "1": r"1\d{10}"}.get(calling_code)
        digits = national if says_country and re.fullmatch(says_country, national) else calling_code + national
    if not (digits.isascii() and digits.isdecimal()) or digits.startswith("0"):
        return None
    if digits.startswith(CHINA):
        return f"+{digits}" if CHINESE_MOBILE.fullmatch(digits.removeprefix(CHINA)) else None
    return f"+{digits}" if LEAST_DIGITS <= len(digits) <= MOST_DIGITS else None


def _google_address(written: str) -> str:
    local, _, domain = written.partition("@")
    if domain in GMAIL:
        local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def _tiktok_address(written: str) -> str:
    local, _, domain = written.partition("@")
    return f"{local.partition('+')[0]}@{domain}" if local.partition("+")[0] else ""


def _as_it_is(written: str) -> str:
    return written


def _digits(written: str) -> str:
    return written.removeprefix("+")


def _mainland(written: str) -> str | None:
    """The eleven digits of a number in mainland China, of which alone the platforms there know."""
    return written.removeprefix(f"+{CHINA}") if written.startswith(f"+{CHINA}") else None


KEY_TYPES: dict[Platform, tuple[KeyType, ...]] = {
    "google": (
        KeyType("email_sha256", "email", _google_address, "sha256"),
        KeyType("phone_sha256", "phone", _as_it_is, "sha256"),
    ),
    "meta": (
        KeyType("email_sha256", "email", _as_it_is, "sha256"),
        KeyType("phone_sha256", "phone", _digits, "sha256"),
    ),
    "tiktok": (
        KeyType("email_sha256", "email", _tiktok_address, "sha256"),
        KeyType("phone_sha256", "phone", _digits, "sha256"),
    ),
    "tencent": (
        KeyType("phone_md5", "phone", _mainland, "md5"),
        KeyType("phone_sha256", "phone", _mainland, "sha256"),
    ),
    "oceanengine": (KeyType("phone_sha256", "phone", _mainland, "sha256"),),
}


def written(key: KeyType, text: str, calling_code: str = CHINA) -> str | None:
    """A number or an address as a platform writes it before it is hashed; None for what is none there."""
    plain = address(text) if key.of == "email" else number(text, calling_code)
    return (key.written(plain) or None) if plain else None


def mark(shop: Shop, table: str) -> str:
    """What tells deliveries of a table that were read for other platforms: they are read again. Empty where none is named."""
    platforms = shop.platforms
    if not platforms or table not in SOURCES:
        return ""
    return f";platforms={','.join(sorted(platforms.names))}+{platforms.calling_code}"


def keys_of(connection: duckdb.DuckDBPyConnection, shop: Shop, table: str, arrived: str) -> str:
    """The select of the keys of rows of `customers` or `links` that arrived, of a relation with plain values, and whether one was told (is_told)."""
    platforms = shop.platforms
    assert platforms
    selects: list[str] = []
    for platform in sorted(set(platforms.names)):
        for key in KEY_TYPES[platform]:
            function = f"as_{platform}_{key.name}"
            _register(connection, function, key, platforms.calling_code)
            value, where = f'"{key.of}"', "true"
            if table == "links":
                value, where = "key_value", f"lower(trim(key_type)) IN ({_spellings(key.of)})"
            told = f"nullif(trim({value}), '') IS NOT NULL"
            plain = f"CASE WHEN {told} THEN nullif({function}({value}), '') END"
            selects.append(
                f"SELECT as_id(own_id(customer_id)) AS customer_id, {literal(platform)} AS platform, {literal(key.name)} AS key_type, "
                f"{key.hashed}({plain}) AS key_value, known_on, delivered_on, {literal(table)} AS source_table, "
                f"{told} AS is_told FROM {arrived} WHERE {where}"
            )
    return " UNION ALL ".join(selects)


def _register(connection: duckdb.DuckDBPyConnection, function: str, key: KeyType, calling_code: str) -> None:
    there = f"SELECT count(*) FROM duckdb_functions() WHERE function_name = {literal(function)}"
    if not connection.execute(there).fetchall()[0][0]:

        def as_written(text: str) -> str:
            # The engine takes no NULL from a function of values alone.
            return written(key, text, calling_code) or ""

        connection.create_function(function, as_written, ["VARCHAR"], "VARCHAR")  # pyright: ignore[reportArgumentType]


def _spellings(of: str) -> str:
    names: dict[str, Sequence[str]] = {
        "email": ("email", "e-mail", "mail", "邮箱", "电子邮箱"),
        "phone": ("phone", "mobile", "tel", "telephone", "手机", "手机号", "电话"),
    }
    return ", ".join(map(literal, names[of]))
