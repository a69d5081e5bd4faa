"""What is usual, and what the report says of the week, by tables of cases in both languages."""

from datetime import date, timedelta
from typing import Any

import pytest

from assets.outreach.report.methods import usual, week
from tests.outreach.report.told import MONDAY, MONDAYS, STEADY, texts


def weeks(newest: float, before: "list[int] | None" = None, **own: float) -> list[dict[str, Any]]:
    """Weeks that are alike in every measure but for the newest."""
    shown = [*(STEADY if before is None else before), newest]
    days = MONDAYS[-len(shown) :]
    rows = [
        dict.fromkeys([m.column for m in week.MEASURES], value) | {"as_of": day}
        for day, value in zip(days, shown, strict=True)
    ]
    rows[-1] |= own
    return rows


def test_of_weeks_that_are_alike_one_in_five_lies_outside() -> None:
    """By counting: each of fourteen different weeks is left out in turn, and judged by the others."""
    values = [float(n * n) for n in range(1, 15)]
    outside = [v for v in values if usual.place(v, usual.usual([other for other in values if other != v])) != "within"]
    assert len(outside) / len(values) == pytest.approx(0.2, abs=0.06)


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [
        (100, STEADY, ("正常", "within the usual")),
        (109.5, STEADY, ("偏高", "above the usual")),
        (94.5, STEADY, ("偏低", "below the usual")),
        (111, STEADY, ("13 周来最高", "the highest in 13 weeks")),
        (93, STEADY, ("13 周来最低", "the lowest in 13 weeks")),
        (5, STEADY[:7], ("历史不足，暂不判断", "too little history to tell")),
        (0, [0] * 8, ("正常", "within the usual")),
        (1, [0] * 8, ("8 周来最高", "the highest in 8 weeks")),
    ],
)
def test_the_verdict_on_a_figure(value: float, before: list[float], said: tuple[str, str]) -> None:
    assert tuple(usual.verdict(value, usual.usual(before))) == said


def test_only_the_last_thirteen_weeks_say_what_is_usual() -> None:
    assert usual.usual([1_000_000.0] * 5 + [float(v) for v in STEADY]) == usual.usual([float(v) for v in STEADY])


def test_weeks_compared_are_whole_and_have_every_delivery() -> None:
    start, lost = MONDAY - timedelta(days=33), MONDAY - timedelta(days=10)
    assert week.weeks_compared(MONDAY, start, []) == MONDAYS[-4:]
    assert week.weeks_compared(MONDAY, start, [lost]) == [*MONDAYS[-4:-2], MONDAY]
    assert week.weeks_compared(MONDAY, date(2020, 1, 1), []) == MONDAYS


def test_a_quiet_week_says_so() -> None:
    said = texts(week.section(weeks(100), [], "CNY"))
    assert said[0] == (
        "本周平稳：订单数、销售额、下单客户数、新客数、客单价、退款额都在正常区间内，没有需要解释的变化。",
        "A quiet week: orders, revenue, customers who ordered, new customers, revenue per customer, refunds all lie within the usual; nothing needs explaining.",
    )
    assert said[1:] == [
        (
            "订单数 100，在正常区间内（近 13 周的 80% 落在 95 – 109）。",
            "Orders: 100, within the usual: four in five of the last 13 weeks lie between 95 and 109.",
        ),
        (
            "销售额 100 元，在正常区间内（近 13 周的 80% 落在 95 元 – 109 元）。",
            "Revenue: CNY 100, within the usual: four in five of the last 13 weeks lie between CNY 95 and CNY 109.",
        ),
    ]


def test_a_week_without_an_order_is_not_called_quiet() -> None:
    said = texts(week.section(weeks(0, [0] * 13), [], "CNY"))
    assert said[0] == ("本周没有一笔订单。", "Not one order came this week.")


def test_what_left_the_usual_is_named_with_its_base() -> None:
    assert texts(week.section(weeks(100, new_customers=130, returned=94.5), [], "CNY")) == [
        (
            "本周超出正常区间的是新客数（13 周来最高）、退款额（偏低）；其余指标正常。",
            "Outside the usual this week: new customers (the highest in 13 weeks), refunds (below the usual); the rest is within it.",
        ),
        (
            "新客数 130，比近 13 周的中位数（100）高 30%，超出正常区间（95 – 109）。",
            "New customers: 130, 30% above the median of the last 13 weeks (100), outside the usual 95 to 109.",
        ),
        (
            "退款额 94 元，比近 13 周的中位数（100 元）低 5.5%，超出正常区间（95 元 – 109 元）。",
            "Refunds: CNY 94, 5.5% below the median of the last 13 weeks (CNY 100), outside the usual CNY 95 to CNY 109.",
        ),
    ]


def test_the_events_of_the_week_are_named() -> None:
    events = [{"event_zh": "春节", "event_en": "Spring Festival"}, {"event_zh": "年货节", "event_en": "New Year sale"}]
    assert texts(week.section(weeks(100), events, None))[-1] == (
        "本周有春节、年货节。",
        "The week held Spring Festival, New Year sale.",
    )


def test_a_young_shop_is_told_that_nothing_is_usual_yet() -> None:
    first, *rest = texts(week.section(weeks(50, [1, 2, 3]), [], "CNY"))
    assert first == (
        "完整的历史不足 8 周，本周的变化还无法判断是否正常。",
        "There are fewer than 8 whole weeks before this one: nothing can be said yet of what is usual.",
    )
    assert rest[0] == (
        "订单数 50；历史不足，暂不判断是否正常。",
        "Orders: 50; too little history to tell whether that is usual.",
    )


def test_without_prices_a_week_has_no_money() -> None:
    section = week.section(weeks(100), [], None)
    assert texts(section)[0] == (
        "本周平稳：订单数、下单客户数、新客数都在正常区间内，没有需要解释的变化。",
        "A quiet week: orders, customers who ordered, new customers all lie within the usual; nothing needs explaining.",
    )
    assert section.queries == ["week.orders", "week.customers", "week.new_customers"]


def test_the_week_before_is_beside_the_week() -> None:
    (grid,) = week.section(weeks(110, orders=150), [], "CNY").grids
    figures = [getattr(cell, "text", cell) for cell in grid.rows[0]][1:4]
    assert [tuple(cell) for cell in figures] == [("150", "150"), ("100", "100"), ("+50%", "+50%")]
