"""What each platform is told of ten awkward numbers and ten awkward addresses: written by hand, as its own pages say."""

import pytest

from resources.audiences import Platform
from resources.platform_keys import KEY_TYPES, KeyType, address, number, written

# As told; in E.164; as the platforms in mainland China know it.
NUMBERS = [
    (" 138 0013 8000 ", "+8613800138000", "13800138000"),
    ("+86 138-0013-8000", "+8613800138000", "13800138000"),
    ("008613800138001", "+8613800138001", "13800138001"),
    ("86-13800138002", "+8613800138002", "13800138002"),
    ("１３８００１３８００３", "+8613800138003", "13800138003"),
    ("013800138004", "+8613800138004", "13800138004"),
    ("+44 (0)20 7183 8750", "+442071838750", None),
    ("0049 151 23456789", "+4915123456789", None),
    ("0571-87654321", None, None),
    ("call me: 13800138000", None, None),
]
# As told; as Google, Meta and TikTok write it.
ADDRESSES = [
    (" Anna@Example.COM ", "anna@example.com", "anna@example.com", "anna@example.com"),
    ("an.na+tea@gmail.com", "anna@gmail.com", "an.na+tea@gmail.com", "an.na@gmail.com"),
    ("A.N.N.A@GoogleMail.com", "anna@googlemail.com", "a.n.n.a@googlemail.com", "a.n.n.a@googlemail.com"),
    ("bob.lee+x@example.com", "bob.lee+x@example.com", "bob.lee+x@example.com", "bob.lee@example.com"),
    ("ｃａｒａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "cara@example.com", "cara@example.com", "cara@example.com"),
    ("dora @ example.cn", "dora@example.cn", "dora@example.cn", "dora@example.cn"),
    ("e@mail.example.co.uk", "e@mail.example.co.uk", "e@mail.example.co.uk", "e@mail.example.co.uk"),
    ("+x@example.com", "+x@example.com", "+x@example.com", None),
    ("nobody@example", None, None, None),
    ("n/a", None, None, None),
]


def key(platform: Platform, of: str) -> KeyType:
    return next(each for each in KEY_TYPES[platform] if each.of == of)


@pytest.mark.parametrize(("told", "international", "mainland"), NUMBERS)
def test_a_number_is_written_as_each_platform_writes_it(
    told: str, international: str | None, mainland: str | None
) -> None:
    digits = international[1:] if international else None
    expected = {
        "google": international, "meta": digits, "tiktok": digits, "tencent": mainland, "oceanengine": mainland
    }  # fmt: skip
    assert {name: written(key(name, "phone"), told) for name in KEY_TYPES} == expected


@pytest.mark.parametrize(("told", "google", "meta", "tiktok"), ADDRESSES)
def test_an_address_is_written_as_each_platform_writes_it(
    told: str, google: str | None, meta: str | None, tiktok: str | None
) -> None:
    found = [written(key(name, "email"), told) for name in ("google", "meta", "tiktok")]
    assert found == [google, meta, tiktok]


@pytest.mark.parametrize(
    ("told", "calling_code", "expected"),
    [
        ("(657)777-0000", "1", "+16577770000"),
        ("1-657-777-0000", "1", "+16577770000"),
        ("020 7183 8750", "44", "+442071838750"),
        ("06 1234 5678", "39", "+390612345678"),
        ("138 0013 8000", "44", "+4413800138000"),
        ("12345", "1", None),
        ("+1234567890123456", "86", None),
        ("+8612345678901", "86", None),
    ],
)
def test_a_number_without_a_country_is_of_the_shops(told: str, calling_code: str, expected: str | None) -> None:
    assert number(told, calling_code) == expected


@pytest.mark.parametrize(
    "told", ["a@b@example.com", "a..b@example.com", "@example.com", "a@-x.com", "a@x.c", "<a@x.com>"]
)
def test_what_is_no_address_is_none(told: str) -> None:
    assert address(told) is None
