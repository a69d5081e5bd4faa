"""Words of customers before anything is learnt from them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resources import text


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        (None, ""),
        ("", ""),
        (" \n\t ", ""),
        ("\ufeff质量很好！", "质量很好!"),
        ("ＡＢＣ１２３", "abc123"),
        ("快遞很慢，品質很差", "快递很慢,品质很差"),
        ("不  是\x00很\x07好", "不 是 很 好"),
        ("半个\ud83d字符", "半个 字符"),
        ("好用👍👍", "好用👍👍"),
        ("第一行\r\n\r\n第二行", "第一行\n第二行"),
    ],
)
def test_a_text_is_scored_in_one_form(given_text: str | None, kept: str) -> None:
    assert text.normalised(given_text) == kept


def test_a_very_long_text_is_cut() -> None:
    assert len(text.normalised("好" * 100_000)) == text.LONGEST


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(max_size=60))
def test_any_text_is_normalised_once_for_all(any_text: str) -> None:
    once = text.normalised(any_text)
    assert text.normalised(once) == once
    assert "".join(text.segmented([once])[0]) == "".join(once.split())
    assert [word for word, _ in text.tagged(once)] == text.segmented([once])[0]


@pytest.mark.parametrize(
    "template",
    ["此用户没有填写评价。", "系统默认好评", "用户未及时做出评价，系统默认好评！", "好评！", "15天内买家未作出评价"],
)
def test_what_platforms_put_where_nobody_wrote_is_told_apart(template: str) -> None:
    assert text.is_template(text.normalised(template))


@pytest.mark.parametrize("written", ["没有任何问题，好评", "好评，下次还来", "没有填写地址就发货了"])
def test_what_customers_wrote_is_not(written: str) -> None:
    assert not text.is_template(text.normalised(written))


def test_keywords_leave_out_what_says_nothing_and_scored_words_keep_negations() -> None:
    words = text.tagged("物流真的不是很快，包装也没有破损")
    assert [word for word, _ in text.keywords(words)] == ["物流", "很快", "包装", "破损"]
    assert {"不是", "没有"} <= {word for word, _ in words}
    assert dict(words)["物流"] == "n"


def test_words_of_other_languages_are_whole() -> None:
    assert text.segmented(["não chegou, atenção!"]) == [["não", "chegou", ",", "atenção", "!"]]


def test_clauses_end_at_marks_and_before_what_turns_them() -> None:
    said = text.clauses("物流很快,客服也好但是质量太差。用了2.5天就坏了!")
    assert said == ["物流很快", "客服也好", "但是质量太差", "用了2.5天就坏了"]
