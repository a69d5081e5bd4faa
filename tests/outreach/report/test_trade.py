"""What the report says of sales, reviews and earlier predictions, by tables of cases in both languages."""

from datetime import date, timedelta
from typing import Any

import pytest

from assets.outreach.report.methods import sold, trust, voice
from resources.words import Words
from tests.outreach.report.told import MONDAY, MONDAYS, STEADY, texts


def product(**own: Any) -> dict[str, Any]:
    return {"product_id": "p1", "title": "绿茶", "category": "茶", "pieces": 1, "revenue": 35} | own


def coming(series: str = "revenue", low: "float | None" = 5.0, event: "str | None" = None) -> list[dict[str, Any]]:
    return [
        {"series": series, "forecast_on": MONDAY + timedelta(days=n), "mean": 10.0, "low": low, "high": low and 20.0, "event_zh": event, "event_en": event}
        for n in range(28)
    ]  # fmt: skip


def in_sum(series: str = "revenue", low: "float | None" = 240.0) -> list[dict[str, Any]]:
    return [{"series": series, "mean": 280.0, "low": low, "high": low and 320.0}]


def test_what_sold_and_what_will_sell() -> None:
    categories = [{"category": "茶", "as_of": day, "pieces": n} for day, n in zip(MONDAYS, [*STEADY, 150], strict=True)]
    happened = [{"day": MONDAY - timedelta(days=1), "orders": 1, "revenue": 10}]
    section = sold.section([product()], categories, [], happened, coming(event="618"), in_sum(), MONDAY, "CNY")
    assert texts(section) == [
        (
            "预计 2026-03-02 至 2026-03-29 销售额共 280 元（240 元 – 320 元）。",
            "Expected from 2026-03-02 to 2026-03-29: revenue CNY 280 (CNY 240 to CNY 320).",
        ),
        ("本周销售额最高的是「绿茶」：1 件，35 元。", "“绿茶” brought most: 1 piece, CNY 35."),
        (
            "1 个品类中有 1 个的销量不在正常区间（按偶然也约有五分之一）：茶（13 周来最高）。",
            "Of 1 category, 1 sold outside the usual (about one in five does by chance): 茶 (the highest in 13 weeks).",
        ),
        ("其中有618，预测已计入。", "These days hold 618, which the forecast takes into account."),
    ]


def test_without_prices_or_intervals() -> None:
    quiet = [{"category": "茶", "as_of": day, "pieces": n} for day, n in zip(MONDAYS, [*STEADY, 100], strict=True)]
    assert texts(
        sold.section(
            [product(pieces=3)], quiet, [], [], coming("orders", low=None), in_sum("orders", None), MONDAY, None
        )
    ) == [
        ("预计 2026-03-02 至 2026-03-29 订单数共 280。", "Expected from 2026-03-02 to 2026-03-29: orders 280."),
        ("本周卖得最多的是「绿茶」：3 件。", "“绿茶” sold best: 3 pieces."),
        ("各品类的销量都在正常区间内。", "Every category sold within the usual."),
    ]
    assert sold.section([], [], [], [], [], [], MONDAY, None) is None


@pytest.mark.parametrize(
    ("now", "weeks", "zh", "en"),
    [
        (0.1, 13, "正常", "within the usual"),
        (0.2, 13, "13 周来最高", "the highest in 13 weeks"),
        (0.05, 3, "历史不足，暂不判断", "too little history to tell"),
    ],
)
def test_visits_that_came_to_an_order_are_held_against_the_weeks_before(
    now: float, weeks: int, zh: str, en: str
) -> None:
    before = [
        {"as_of": day, "visits": 500, "carted": 90, "ordered": 50, "conversion": n / 1000}
        for day, n in zip(MONDAYS, STEADY, strict=False)
    ]
    funnel = [
        *before[-weeks:],
        {"as_of": MONDAY, "visits": 1000, "carted": 300, "ordered": 1000 * now, "conversion": now},
    ]
    orders = f"{1000 * now:.0f}"
    shown = {0.1: "10%", 0.2: "20%", 0.05: "5.0%"}[now]
    assert texts(sold.section([product()], [], [], [], [], [], MONDAY, "CNY", funnel))[1] == (
        f"本周 1,000 次浏览了商品的访问中，300 次加购，{orders} 次下单：转化率 {shown}，{zh}。",
        f"Of 1,000 visits with a product view 300 came to the cart and {orders} to an order: a conversion of {shown}, {en}.",
    )
    assert len(texts(sold.section([product()], [], [], [], [], [], MONDAY, "CNY", before))) == 1


def reviews(is_now: bool, positive: int, count: int = 100) -> dict[str, Any]:
    return {"is_now": is_now, "reviews": count, "positive": positive, "negative": count - positive}


def aspect(zh: str, en: str, z: "float | None", mentions: int = 50, blamed: int = 9) -> dict[str, Any]:
    return {
        "aspect": en.lower(), "aspect_zh": zh, "aspect_en": en, "mention_count": mentions, "praised_count": mentions - blamed,
        "blamed_count": blamed, "praised_share": 1 - blamed / mentions, "mention_count_before": 100, "praised_share_before": 0.9, "z": z,
        "quotes": [f"{zh}不好"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("now", "zh", "en"),
    [(72, "变化在正常波动内", "within the usual"), (50, "明显下降", "a clear fall"), (90, "明显上升", "a clear rise")],
)
def test_satisfaction_is_held_against_before(now: int, zh: str, en: str) -> None:
    assert texts(voice.section([reviews(True, now), reviews(False, 225, 300)], [])) == [
        (
            f"近四周 100 条评价，好评占 {now}%，之前为 75%：{zh}。",
            f"Of 100 reviews in four weeks, {now}% praise, against 75% before: {en}.",
        )
    ]


def test_aspects_that_rise_and_fall_and_the_one_that_is_blamed() -> None:
    aspects = [
        aspect("物流", "Delivery", -2.5, blamed=20),
        aspect("价格", "Price", 2.0),
        aspect("口味", "Taste", -5, mentions=3, blamed=2),
    ]
    section = voice.section([reviews(True, 70)], aspects)
    assert texts(section)[1:] == [
        ("好评率明显下降的方面：物流。", "Praised clearly less than before: Delivery."),
        ("好评率明显上升的方面：价格。", "Praised clearly more than before: Price."),
        (
            "批评最多的是物流：20 条，占提到它的 50 条中的 40%。",
            "Blamed most: Delivery, by 20 of the 50 that speak of it (40%).",
        ),
    ]
    assert section
    assert [(quote.about.en, quote.text) for quote in section.quotes] == [
        ("Delivery", "物流不好"),
        ("Price", "价格不好"),
        ("Taste", "口味不好"),
    ]


def test_quiet_aspects_and_no_reviews() -> None:
    assert texts(voice.section([reviews(True, 70)], [aspect("价格", "Price", 0.3, blamed=0)]))[1:] == [
        ("各方面的好评率都在正常波动内。", "The praise of every aspect is within the usual.")
    ]
    assert voice.section([reviews(False, 70)], []) is None


def forecast(series: str, level: float, covered: "int | None" = 20) -> dict[str, Any]:
    return {
        "series": series, "forecast_as_of": date(2026, 2, 2), "day_count": 28, "forecast": 480.0 * level, "actual": 480.0, "level": level,
        "wape": 0.22, "covered_80_count": covered,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.004, ("总量误差不到 1%", "right to within 1%")),
        (1.25, ("总量高估 25%", "25% too high")),
        (0.97, ("总量低估 3.0%", "3.0% too low")),
    ],
)
def test_how_far_a_forecast_was_off(ratio: float, said: tuple[str, str]) -> None:
    assert tuple(trust.level(ratio)) == said


def test_what_was_predicted_and_what_came() -> None:
    scored = {
        "scored_as_of": date(2025, 12, 15), "horizon_days": 77, "customer_count": 1654, "mean_score": 0.31, "realised_rate": 0.28, "auc": 0.84,
    }  # fmt: skip
    section = trust.section([scored], [forecast("orders", 1.25), forecast("revenue", 1.0, None)], [], [], "CNY")
    assert texts(section) == [
        (
            "2026-02-02 作出的销售额预测：预计 480 元，实际 480 元，总量误差不到 1%；每日误差 22%。",
            "The forecast of revenue made on 2026-02-02: CNY 480 expected, CNY 480 came, right to within 1%; daily error 22%.",
        ),
        (
            "2026-02-02 作出的订单数预测：预计 600，实际 480，总量高估 25%；每日误差 22%，28 天中有 20 天落在 80% 区间内。",
            "The forecast of orders made on 2026-02-02: 600 expected, 480 came, 25% too high; daily error 22%; 20 of 28 days lay inside the 80% interval.",
        ),
        (
            "2025-12-15 对 1,654 位客户的复购预测：预计 31% 在 77 天内下单，实际 28%；把会买的排在不会买的前面，84% 的情况是对的（随机猜测为 50%）。",
            "Of 1,654 customers scored on 2025-12-15, 31% were expected to order within 77 days, and 28% did; a buyer was ranked above a non-buyer 84% of the time (50% is guessing).",
        ),
        ("本周交来的数据没有一条需要隔离。", "No record of the week's deliveries had to be kept apart."),
        ("没有数据因未通过检查而停留在旧版本。", "No day or week is kept back by a check."),
    ]


def test_what_was_kept_out_is_told_with_its_reason() -> None:
    kept = [{"source_table": "orders", "reason": "quantity is 0", "row_count": 1}]
    refused = [
        {"table_name": "clean.orders", "partition_key": "2026-03-01", "check_name": name} for name in ("a_b", "c_d")
    ]
    section = trust.section([], [], kept, refused, "CNY")
    assert texts(section) == [
        ("还没有到期的预测可以对照。", "No prediction has come due yet."),
        (
            "本周交来的数据中有 1 条读不懂或不可能，已隔离。",
            "1 record of the week's deliveries could not be believed and was kept apart.",
        ),
        (
            "有 1 份数据没有通过检查，用的还是之前的版本：请转告数据负责人。",
            "1 part of the data failed a check and is still what came before: tell whoever runs the data.",
        ),
    ]
    assert section.grids[0].rows[0][:2] == [Words("订单", "orders"), Words("quantity 是 0", "quantity is 0")]
