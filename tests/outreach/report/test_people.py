"""What the report says of classes, of who is leaving, and of lists, by tables of cases in both languages."""

from datetime import date
from typing import Any

import pytest

from assets.outreach.report.methods import leaving, lists, who
from tests.outreach.report.told import MONDAY, MONDAYS, STEADY, texts


def rfm_class(zh: str, en: str, customers: int, share: float, spend: float) -> dict[str, Any]:
    return {
        "position": 0, "name_zh": zh, "name_en": en, "meaning_zh": "条件", "meaning_en": "what it takes", "customer_count": customers,
        "customer_share": share, "spend_share": spend, "spend_90d": 5,
    }  # fmt: skip


def move(direction: str, customers: int, spend: float, as_of: date = MONDAY, is_refit: bool = False) -> dict[str, Any]:
    return {
        "as_of": as_of, "from_zh": "甲", "from_en": "A", "to_zh": "乙", "to_en": "B", "customer_count": customers, "spend_90d": spend,
        "is_refit": is_refit, "direction": direction,
    }  # fmt: skip


CLASSES = [
    rfm_class("重要价值客户", "Key customers to cherish", 1, 0.05, 0.62),
    rfm_class("一般挽留客户", "Regular customers to win back", 19, 0.95, 0.38),
]


def test_who_matters_and_who_moved() -> None:
    assert texts(who.section(CLASSES, [move("up", 1, 80), move("down", 7, 1500)], MONDAY, "CNY")) == [
        (
            "最重要的是重要价值客户：1 位，占客户的 5.0%，贡献了累计消费的 62%。",
            "Most revenue comes from “Key customers to cherish”: 1 customer, 5.0% of all, with 62% of all spend.",
        ),
        (
            "本周 1 位客户上升到更活跃的分组，近 90 天消费 80 元。",
            "1 customer moved up to a more active group, who spent CNY 80 in the last 90 days.",
        ),
        (
            "7 位客户下滑到更沉寂的分组，近 90 天消费 1,500 元。",
            "7 customers moved down to a quieter group, who spent CNY 1,500 in the last 90 days.",
        ),
    ]


@pytest.mark.parametrize(
    ("now", "zh", "en"),
    [
        (100, "（人数正常）", " (as many as usual)"),
        (200, "（多于正常）", " (more than usual)"),
        (3, "（少于正常）", " (fewer than usual)"),
    ],
)
def test_moves_are_held_against_those_of_the_weeks_before(now: int, zh: str, en: str) -> None:
    before = [move("down", count, 1, day) for count, day in zip(STEADY, MONDAYS, strict=False)]
    _, _, down = texts(who.section(CLASSES, [*before, move("down", now, 1)], MONDAY, None))
    assert down == (f"{now} 位客户下滑到更沉寂的分组{zh}。", f"{now} customers moved down to a quieter group{en}.")


def test_a_refit_is_told_where_it_moved_customers() -> None:
    section = who.section(CLASSES, [move("up", 3, 9, is_refit=True)], MONDAY, "CNY")
    assert section
    assert who.REFIT in section.rules


def test_without_prices_the_largest_class_is_named() -> None:
    section = who.section(CLASSES, [], MONDAY, None)
    assert texts(section) == [
        (
            "人数最多的是一般挽留客户：19 位，占客户的 95%。",
            "The largest class is “Regular customers to win back”: 19 customers, 95% of all.",
        )
    ]


def one(person: str = "c1", **own: Any) -> dict[str, Any]:
    return {
        "as_of": MONDAY, "person_id": person, "p_churn": 0.81, "horizon_days": 77, "worth": 300.0, "worth_column": "clv_12m", "is_margin": True,
        "spend_365d": 900, "purchases_365d": 4, "label_zh": "常客", "label_en": "Regulars",
        "reasons_zh": "↓ 已 90 天没有下单；↑ 累计消费 5,351", "reasons_en": "↓ no order for 90 days; ↑ spent 5,351 so far",
    } | own  # fmt: skip


def leaving_week(customers: int = 12, as_of: date = MONDAY) -> dict[str, Any]:
    return {"as_of": as_of, "customers": customers, "worth": 3600.0, "spend_365d": 9000, "spend_share": 0.17}


REASONS = [
    {"zh": "已 90 天没有下单", "en": "no order for 90 days", "customers": 5},
    {"zh": "已 120 天没有下单", "en": "no order for 120 days", "customers": 3},
    {"zh": "近 30 天没有来访", "en": "no visit in the last 30 days", "customers": 4},
    {"zh": "近 90 天消费仅 8", "en": "spent only 8 in the last 90 days", "customers": 1},
]


def test_who_is_leaving_why_and_what_it_costs() -> None:
    section = leaving.section([leaving_week()], [one()], REASONS, MONDAY, 77, True, "CNY")
    assert texts(section) == [
        (
            "12 位高价值客户在 77 天内可能不再下单；未来 12 个月预计能带来的 3,600 元有落空的风险。",
            "12 valuable customers will probably not order within 77 days; the CNY 3,600 that they are expected to bring within 12 months is at risk.",
        ),
        (
            "这些客户近一年消费 9,000 元，占全店的 17%。",
            "In the last year they spent CNY 9,000, 17% of the shop's whole.",
        ),
        (
            "最常见的迹象是“已 … 天没有下单”（8 位），其次是“近 30 天没有来访”（4 位）。",
            "The reasons named most are “no order for … days” (8) and “no visit in the last 30 days” (4).",
        ),
    ]
    assert section
    assert leaving.MARGIN in section.rules
    (row,) = section.grids[1].rows
    assert (row[0], tuple(row[-1])) == ("c1", ("已 90 天没有下单", "no order for 90 days")), (
        "what speaks for staying is no reason to leave"
    )


@pytest.mark.parametrize(
    ("before", "zh", "en"),
    [
        (12, "可能不再下单（人数正常）；", "within 77 days (as many as usual);"),
        (3, "可能不再下单（多于正常）；", "within 77 days (more than usual);"),
    ],
)
def test_their_number_is_held_against_the_weeks_before(before: int, zh: str, en: str) -> None:
    rows = [leaving_week(before, day) for day in MONDAYS[:-1]] + [leaving_week()]
    said = texts(leaving.section(rows, [one()], [], MONDAY, 77, True, "CNY"))[0]
    assert (zh in said[0], en in said[1]) == (True, True)


def test_without_prices_they_are_counted_by_orders() -> None:
    section = leaving.section([leaving_week(1)], [one(worth_column="")], REASONS[:1], MONDAY, 30, True, None)
    assert texts(section) == [
        ("1 位高价值客户在 30 天内可能不再下单。", "1 valuable customer will probably not order within 30 days."),
        ("主要迹象是“已 90 天没有下单”（5 位）。", "The reason named is “no order for 90 days” (5)."),
    ]
    assert section
    assert "leaving.purchases_365d" in section.queries


def test_nobody_leaving_and_nothing_predicted() -> None:
    assert texts(leaving.section([], [], [], MONDAY, 77, True, "CNY")) == [
        ("本周没有高价值客户有流失风险。", "No valuable customer is about to leave this week.")
    ]
    assert leaving.section([], [], [], MONDAY, 77, False, "CNY") is None


def test_lists_say_how_many_may_be_reached() -> None:
    rows = [{"list": "second", "customers": 9, "reachable": 6}, {"list": "keep", "customers": 1, "reachable": 0}]
    assert texts(lists.section(rows, 77, True, True)) == [
        (
            "本周有 2 份名单可以行动：挽留高价值客户 1 位（可触达 0 位）、促成新客第二单 9 位（可触达 6 位）。",
            "Lists to act on: Keep valuable customers: 1 (0 may be reached); Bring new customers to a second order: 9 (6 may be reached).",
        )
    ]


def test_without_consents_nobody_is_said_to_be_reachable() -> None:
    section = lists.section([{"list": "rebuy", "customers": 2, "reachable": 0}], 77, False, True)
    assert texts(section) == [
        (
            "本周有 1 份名单可以行动：提醒该复购的客户 2 位。",
            "Lists to act on: Remind those who are due to buy again: 2.",
        )
    ]
    assert section
    assert lists.UNKNOWN in section.rules
    assert lists.section([], 77, True, True) is None
