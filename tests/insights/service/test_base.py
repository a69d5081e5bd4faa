"""The knowledge base and its gaps: what is found, what is not, and what is drafted."""

import pytest

from assets.insights.service.methods.base import KnowledgeBase
from assets.insights.service.methods.entries import Entry, entries_of
from assets.insights.service.methods.gaps import Asked, gaps

ENTRIES = [
    Entry("where", "物流", "我的快递到哪里了？", ("包裹走到哪了",), "在路上。"),
    Entry("return", "退货", "怎么申请退货？", (), "在订单里申请。"),
    Entry("refund", "退款", "退款多久到账？", (), "三天内。"),
    Entry("close", "账户", "如何注销账号", (), "在设置里注销。"),
    Entry("english", "refund", "How do I get a refund?", (), "Within three days."),
    Entry("marks", "其他", "？？", (), "…"),
]


@pytest.fixture(scope="module")
def base() -> KnowledgeBase:
    return KnowledgeBase(ENTRIES)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("怎么申请退货", "return"),
        ("如何申请退货呢", "return"),
        # A variant, traditional characters, full width.
        ("包裹走到哪了", "where"),
        ("我的快遞到哪裡了", "where"),
        ("退款多久到账？？？😡", "refund"),
        ("怎样注销账号", "close"),
        ("how do i get a REFUND", "english"),
    ],
)
def test_the_entry_that_asks_the_same_is_found_first(base: KnowledgeBase, text: str, found: str) -> None:
    first = base.search(text)[0]
    assert first.answer_id == found
    assert 0 < first.p_right < 1


@pytest.mark.parametrize("text", ["", "   ", "？？！", "👍", "xyzzy", "\ud800"])
def test_what_shares_nothing_with_any_entry_finds_nothing(base: KnowledgeBase, text: str) -> None:
    assert base.search(text) == []


def test_each_entry_is_found_once_best_first_and_no_more_than_asked_for(base: KnowledgeBase) -> None:
    found = base.search("怎么申请退货退款多久到账", k=2)
    assert len({each.answer_id for each in found}) == 2
    assert found[0].score >= found[1].score


def test_a_text_of_5_000_characters_is_searched_like_any_other(base: KnowledgeBase) -> None:
    assert base.search("怎么申请退货？" * 700)[0].answer_id == "return"


def test_the_likely_intents_decide_between_entries_that_are_near(base: KnowledgeBase) -> None:
    assert base.search("退", {"退款": 0.98, "退货": 0.02})[0].answer_id == "refund"
    assert base.search("退", {"退货": 0.98, "退款": 0.02})[0].answer_id == "return"


def test_a_base_without_entries_finds_nothing() -> None:
    assert KnowledgeBase([]).search("怎么申请退货") == []


def test_questions_that_ask_the_same_are_one_gap_however_they_come() -> None:
    asked = [
        Asked("t1", "可以刻字吗", 1.0),
        Asked("t2", "杯子可以刻字吗", 2.0, "商品咨询", "可以，订单o20260214-0013已备注"),
        Asked("t3", "可以刻字吗", 3.0, "商品咨询"),
        # Numbers of orders differ, the question is one; thanks ask nothing; what is asked once is no gap.
        Asked("t4", "订单o20260130-0011能开专票吗", 4.0),
        Asked("t5", "订单o20260221-0042能开专票吗", 5.0),
        Asked("t6", "谢谢", 6.0),
        Asked("t7", "谢谢", 7.0),
        Asked("t8", "你们招人吗", 8.0),
    ]
    found = gaps(asked)
    assert [(gap.question, gap.variants, gap.intent, gap.reply, len(gap.asked)) for gap in found] == [
        ("可以刻字吗", ("杯子可以刻字吗",), "商品咨询", "可以，订单{order_id}已备注", 3),
        ("订单{order_id}能开专票吗", (), None, None, 2),
    ]
    assert gaps(asked[::-1]) == found


def test_rows_with_one_answer_are_wordings_of_one_question_and_a_plain_row_is_one_of_its_answer() -> None:
    rows = [
        ("k1", "物流", "我的快递到哪里了", "订单{order_id}在路上。", None),
        ("k2", "物流", "包裹走到哪了", "订单{order_id}在路上。", "zh"),
        ("k3", "物流", "我的快递到哪里了", "一般三天。", None),
        ("k4", "售后", "包裹走到哪了", "订单{order_id}在路上。", None),
        ("k5", "物流", "where is my parcel", "订单{order_id}在路上。", "en"),
    ]
    first, *others = entries_of(rows, "zh")
    assert first == Entry(
        "k1", "物流", "我的快递到哪里了", ("包裹走到哪了",), "订单{order_id}在路上。", "zh", "一般三天。"
    )
    # Another intent, another language: another entry.
    assert [entry.answer_id for entry in others] == ["k4", "k5"]
