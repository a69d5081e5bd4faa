"""What is said of a text: a verdict, or the reason why there is none; never an exception."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.insights.sentiment.methods.aspect_words import aspect_lists
from assets.insights.sentiment.methods.aspects import Mention, mentions
from assets.insights.sentiment.methods.scoring import Engine, Verdict, verdicts
from assets.insights.sentiment.methods.snownlp_scores import Snownlp, scores
from resources.settings import AspectWords
from resources.text import normalised

WORDS = {name: aspect.words for name, aspect in aspect_lists({}).items()}


def said(engine: Engine, text: str | None) -> Verdict:
    return verdicts([text], engine, WORDS)[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "empty"),
        ("", "empty"),
        (" \n ", "empty"),
        ("\x00\x07", "empty"),
        ("\ud83d", "empty"),
        ("系统默认好评", "template"),
        ("👍👍👍", "no_words"),
        ("12345", "no_words"),
        ("！！！", "no_words"),
        ("the quality is great", "other_script"),
        ("정말 좋아요", "other_script"),
        ("очень плохо", "other_script"),
    ],
)
def test_a_text_that_cannot_be_judged_says_why(installed: Engine, text: str | None, reason: str) -> None:
    found = said(installed, text)
    assert found.reason == reason
    assert (found.label, found.p_positive, found.p_negative, found.aspects) == (None, None, None, [])


@pytest.mark.parametrize("text", ["好" * 100_000, "质量\x00很\ud83d差", "ok 很好 👍", "很", "\u202e不好用"])
def test_an_awkward_text_with_words_has_a_verdict(installed: Engine, text: str) -> None:
    found = said(installed, text)
    assert found.reason is None
    assert found.p_positive is not None and found.p_negative is not None
    assert found.p_positive + found.p_negative == pytest.approx(1, abs=1e-3)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    texts=st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("很好不差快慢，。!👍 ", max_size=20)), max_size=5)
)
def test_any_texts_have_a_verdict_or_a_reason_each(installed: Engine, texts: list[str | None]) -> None:
    found = verdicts(texts, installed, WORDS)
    assert len(found) == len(texts)
    assert all((verdict.label is None) == (verdict.reason is not None) for verdict in found)
    assert found == [said(installed, text) for text in texts]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("质量很好，物流也快，非常满意", "positive"),
        ("質量很好，物流也快，非常滿意", "positive"),
        ("质量太差了，用了三天就坏了，差评", "negative"),
        ("一点也不好用，不会再买了", "negative"),
        ("一般般，还行吧", "neutral"),
        ("刚收到，还没用，用了再来追评", "neutral"),
    ],
)
def test_plain_praise_blame_and_neither_are_told_apart_as_installed(installed: Engine, text: str, label: str) -> None:
    assert said(installed, text).label == label


def test_a_negation_is_heard_and_named_with_what_it_negates(installed: Engine) -> None:
    praise, blame = said(installed, "这个很好用"), said(installed, "这个不好用")
    assert praise.p_positive is not None and blame.p_positive is not None
    assert praise.p_positive > 0.5 > blame.p_positive
    assert any(word.startswith("不") for word in blame.words_against)
    assert not any(word.startswith("不") for word in praise.words_against)


def test_each_aspect_is_judged_by_what_is_said_of_it(installed: Engine) -> None:
    found = {
        entry["aspect"]: entry for entry in said(installed, "物流太慢了，等了半个月，但是质量很好，做工精细").aspects
    }
    assert found["logistics"]["p_praised"] < found["quality"]["p_praised"] - 0.2
    assert found["logistics"]["clause"] == "物流太慢了"


def test_as_installed_a_clause_is_judged_alike_alone_and_in_a_review(installed: Engine) -> None:
    """It was trained on reviews of other shops, whose length and endings say nothing of these."""
    texts = ["物流太慢了", "质量很好"]
    alone, inside = (installed.probabilities(installed.documents(texts, is_whole=whole)) for whole in (True, False))
    assert alone == pytest.approx(inside)


def test_keywords_come_with_their_tags(installed: Engine) -> None:
    found = said(installed, "快递的包装很结实")
    assert found.keywords == ["快递", "包装", "结实"]
    assert len(found.tags) == len(found.keywords)


def test_mentions_are_those_of_plain_search() -> None:
    clauses = ["物流很快", "客服说快递丢了", "", "价格比物流公司贵", "nothing"]
    found = mentions(clauses, {"service": ["客服", "快递"], "logistics": ["物流", "快递"], "price": ["价格", "贵"]})
    assert found == [
        Mention(0, "logistics"),
        Mention(1, "service"),
        Mention(1, "logistics"),
        Mention(3, "logistics"),
        Mention(3, "price"),
    ]
    plain = {
        (n, name)
        for n, clause in enumerate(clauses)
        for name, words in WORDS.items()
        if any(w in clause for w in words)
    }
    assert {tuple(mention) for mention in mentions(clauses, WORDS)} == plain


def test_a_shop_replaces_adds_and_takes_away_lists() -> None:
    lists = aspect_lists(
        {
            "quality": AspectWords(zh="品质", en="Quality", words=["品质"]),
            "smell": AspectWords(zh="气味", en="Smell", words=["香", "SMELL"]),
            "size": AspectWords(zh="尺寸", en="Size"),
        }
    )
    assert lists["quality"].words == ["品质"]
    assert lists["smell"].words == ["smell", "香"]
    assert "size" not in lists
    assert "logistics" in lists


def test_snownlp_is_an_engine_of_its_own() -> None:
    texts = ["质量很好", "", "质量太差了", "good"]
    found = verdicts(texts, Snownlp(), WORDS)
    assert [verdict.reason for verdict in found] == [None, "empty", None, "other_script"]
    own = scores([normalised(text) for text in texts])
    assert [verdict.p_positive for verdict in found] == [own[0], None, own[2], None]
    assert [verdict.label for verdict in found] == ["positive", None, "negative" if own[2] < 0.5 else "positive", None]
