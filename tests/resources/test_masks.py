"""Masks: what people write of themselves is found, and numbers of things stay; alike in SQL and in Python."""

import unicodedata

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.check_digits import is_identity_number
from resources.masks import masked
from resources.privacy import register
from tests.resources.written_by_people import KEPT, PERSONAL, UNSEEN


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    register(connection, b"the key of a test")
    return connection


def in_sql(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    return connection.execute("SELECT masked($text)", {"text": text}).fetchall()[0][0]


@pytest.mark.parametrize(("text", "left"), PERSONAL)
def test_what_people_write_of_themselves_is_masked(text: str, left: str) -> None:
    assert masked(text) == left


@pytest.mark.parametrize("text", UNSEEN)
def test_a_value_is_found_in_sentences_that_the_rules_were_not_made_for(text: str) -> None:
    assert "***" in masked(text)


@pytest.mark.parametrize("text", KEPT)
def test_numbers_of_things_stay(text: str) -> None:
    assert masked(text) == text


def test_sql_masks_as_python_does(connection: duckdb.DuckDBPyConnection) -> None:
    """Where they differ, the hints keep a text in the engine that the rules would change."""
    texts = [*(text for text, _ in PERSONAL), *UNSEEN, *KEPT]
    found = connection.execute(
        "SELECT text, masked(text) FROM (SELECT unnest($texts) AS text)", {"texts": texts}
    ).fetchall()
    assert found == [(text, masked(text)) for text in texts]
    assert connection.execute("SELECT masked(NULL)").fetchall() == [(None,)]


@pytest.mark.parametrize(("text", "left"), PERSONAL)
def test_a_masked_text_stays_as_it_is_also_after_folding(text: str, left: str) -> None:
    """Later steps fold texts: nothing may come out of it that the mask would have found."""
    assert masked(left) == left
    folded = unicodedata.normalize("NFKC", left)
    assert masked(folded) == folded


@given(st.text("0138５一〇 .-—@＠＃#加微信qQｑvxVＸ:：at点comwxidor\u200b(（+卡号", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_masked_alike_in_sql_and_in_python(connection: duckdb.DuckDBPyConnection, text: str) -> None:
    assert in_sql(connection, text) == masked(text)


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_is_too_odd_for_it(text: str) -> None:
    assert masked(text) == text or "***" in masked(text)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Nd", "Nl", "No"]), max_size=30), st.booleans())
@settings(max_examples=200, deadline=None)
def test_a_mobile_number_is_found_between_any_words(words: str, is_wide: bool) -> None:
    number = "13955505678"
    if is_wide:
        number = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    text = f"{words}，{number}。{words}"
    assert number not in masked(text)


@pytest.mark.parametrize(
    ("number", "is_one"),
    [
        ("110101199003074514", True),
        ("33010219880912005X", True),
        ("33010219880912005x", True),
        ("110101199003074515", False),  # the check character
        ("110101199002304514", False),  # 30 February
        ("990101199003074514", False),  # no province
        ("11010119900307451", False),
    ],
)
def test_an_identity_number_has_a_province_a_date_and_a_check_character(number: str, is_one: bool) -> None:
    assert is_identity_number(number) == is_one
