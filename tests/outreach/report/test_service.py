"""What the report says of conversations with service, by tables of cases in both languages."""

from typing import Any

from assets.outreach.report.methods import service
from tests.outreach.report.told import texts


def quality(**own: Any) -> dict[str, Any]:
    return {
        "conversation_count": 40,
        "first_reply_median_seconds": 45,
        "settled_count": 20,
        "deflected_share": 0.75,
    } | own


def reason(intent: str = "invoice", **own: Any) -> dict[str, Any]:
    return {
        "intent": intent, "intent_zh": "发票", "intent_en": "Invoice", "conversation_count": 6, "usual_count": 5.0, "usual_count_low": 2.0,
        "usual_count_high": 8.0, "is_unusual": False,
    } | own  # fmt: skip


GAP = {
    "place": 1,
    "question": "可以刻字吗",
    "conversation_count": 7,
    "intent_zh": "商品咨询",
    "intent_en": "Product question",
}


def test_a_usual_week_says_so() -> None:
    section = service.section([quality()], [reason()], [GAP])
    assert texts(section) == [
        (
            "本周 40 次会话，一半在 45 秒内得到首次回复；机器人回复过的 20 次里，75% 没有再找人工。",
            "40 conversations this week, half of them answered within 45 seconds; of 20 that the bot answered, 75% needed no person.",
        ),
        ("各类问题的次数都在正常范围内。", "Every reason to ask is within the usual."),
        (
            "知识库还答不了的问题里，四周内问得最多的是“可以刻字吗”，7 次。",
            "Of the questions that no answer is there for, “可以刻字吗” was asked most in four weeks: 7 times.",
        ),
    ]
    assert section and [quote.text for quote in section.quotes] == ["可以刻字吗"]
    assert section.queries == [
        "service.conversations", "service.first_reply", "service.settled", "service.deflected", "service.gap", "service.reason",
        "service.reason_usual",
    ]  # fmt: skip


def test_what_moved_is_told_with_its_usual_and_no_bot_is_not_spoken_of() -> None:
    rows = [
        reason(conversation_count=20, is_unusual=True),
        reason("other", conversation_count=0, usual_count=9.25, is_unusual=True),
    ]
    section = service.section(
        [quality(settled_count=0, deflected_share=None, first_reply_median_seconds=300)], rows, []
    )
    assert texts(section) == [
        (
            "本周 40 次会话，一半在 5 分钟内得到首次回复。",
            "40 conversations this week, half of them answered within 5 minutes.",
        ),
        (
            "“发票”明显增多：20 次，平时每周约 5.0 次。",
            "Invoice: far more than usual, 20 against about 5.0 a week usually.",
        ),
        (
            "“发票”明显减少：0 次，平时每周约 9.2 次。",
            "Invoice: far fewer than usual, 0 against about 9.2 a week usually.",
        ),
    ]


def test_without_conversations_there_is_no_section_and_of_few_weeks_nothing_is_said() -> None:
    assert service.section([], [], []) is None
    unknown = reason(usual_count=None, usual_count_low=None, usual_count_high=None)
    assert len(texts(service.section([quality()], [unknown], []))) == 1
