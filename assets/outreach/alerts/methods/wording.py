"""Alerts in words: what each cause is called, why it is told of this customer or product, and how the money at stake is worked out."""

from collections.abc import Callable, Mapping
from typing import Any

from resources.money import amount
from resources.words import LOWERS, SEMICOLON, Words

CAUSES = {
    "complained": Words("重要客户投诉", "A valuable customer complained"),
    "entered_risk": Words("新增流失风险", "Newly at risk of leaving"),
    "moved_down": Words("客户分层下降", "Moved down a group"),
    "aspect_falling": Words("口碑下滑", "Praise is falling"),
    "unusual_contacts": Words("咨询异常增多", "Service is asked more than usual"),
}
URGENCIES = {
    3: Words("今天处理", "today"),
    2: Words("本周处理", "this week"),
    1: Words("留意即可", "keep an eye on it"),
}
COMMA, AND = Words("，", ", "), Words("、", ", ")
RISK = Words("流失概率从 {before} 升到 {now}", "{now} likely to leave, {before} a week before")
DOWN = Words("从「{origin}」降到「{target}」", "from {origin} to {target}")
SILENT = Words("已 {days} 天没有购买", "no purchase for {days} days")
REVIEWS = Words("一周内写了 {count} 条差评", "{count} bad {noun} within the week")
CONVERSATIONS = Words("一周内向客服投诉 {count} 次", "{count} {noun} to service within the week")
BLAMED = Words("不满意：{aspects}", "blamed: {aspects}")
FELL = Words(
    "「{aspect}」的好评率从 {before} 降到 {now}（近 28 天 {count} 条评价提到）",
    "praise of {aspect} fell from {before} to {now} ({count} reviews of 28 days mention it)",
)
ASKED = Words(
    "一周内有 {count} 次「{intent}」咨询，平常每周约 {usual} 次",
    "{count} conversations about {intent} within the week, usually about {usual}",
)
WORTH = Words("未来 {months} 个月预计{what} {worth}", "{worth} of {what} expected within {months} months")
MARGIN, REVENUE = Words("毛利", "margin"), Words("消费", "revenue")
SPENT = Words("近一年消费 {worth}", "{worth} spent in the last year")
RISKED = Words("流失概率 {p} × {worth}", "{p} likely to leave × {worth}")
FALL_STAKE = Words(
    "近 28 天销售额 {revenue} × 好评率下降 {points} 个百分点",
    "{revenue} sold in 28 days × {points} points of praise lost",
)
ASKED_STAKE = Words(
    "比平常多 {more} 次咨询 × 平均每单 {order}", "{more} conversations more than usual × {order} an average order"
)
# Aspects told of a customer's complaints, at most.
MOST_ASPECTS = 3

Row = Mapping[str, Any]


def reasons(cause: str, row: Row, aspects: Mapping[str, Words]) -> Words:
    """Why an alert is told. `aspects`: the names of what reviews speak of."""
    if cause == "entered_risk":
        said = RISK.format(before=f"{row['p_before']:.0%}", now=f"{row['p_churn']:.0%}")
        return Words.join([said, *_lowering(row)])
    if cause == "moved_down":
        origin, target = (Words(row[f"{end}_zh"], row[f"{end}_en"]) for end in ("from", "to"))
        said = [DOWN.format(origin=origin, target=target), SILENT.format(days=int(row["recency_days"]))]
        return Words.join(said, COMMA)
    if cause == "complained":
        return _complaints(row, aspects)
    if cause == "aspect_falling":
        return FELL.format(
            aspect=Words(row["aspect_zh"], row["aspect_en"]),
            before=f"{row['praised_share_before']:.0%}",
            now=f"{row['praised_share']:.0%}",
            count=int(row["mention_count"]),
        )
    return ASKED.format(
        count=int(row["conversation_count"]),
        intent=Words(row["intent_zh"], row["intent_en"]),
        usual=f"{row['usual_count']:.0f}",
    )


def _lowering(row: Row) -> list[Words]:
    """Those of the reasons of a score that lower it: what speaks for a customer warns of nothing."""
    texts = zip(
        *(
            (row[f"reasons_{language}"] or "").split(mark)
            for language, mark in zip(("zh", "en"), SEMICOLON, strict=True)
        ),
        strict=False,
    )
    lower = [Words(*text) for text in texts if text[0].startswith(LOWERS.zh)]
    return [Words(words.zh.removeprefix(LOWERS.zh), words.en.removeprefix(LOWERS.en)) for words in lower]


def _complaints(row: Row, aspects: Mapping[str, Words]) -> Words:
    parts: list[Words] = []
    for words, count, one, many in (
        (REVIEWS, int(row["review_count"]), "review", "reviews"),
        (CONVERSATIONS, int(row["conversation_count"]), "complaint", "complaints"),
    ):
        if count:
            parts.append(words.format(count=count, noun=one if count == 1 else many))
    blamed = [aspects[name] for name in row["aspects"] if name in aspects][:MOST_ASPECTS]
    if blamed:
        parts.append(BLAMED.format(aspects=Words.join(blamed, AND)))
    return Words.join(parts, COMMA)


def stake(cause: str, row: Row, currency: str | None) -> Words:
    """How the money at stake is worked out."""
    return _STAKES[cause](row, currency)


def _worth(row: Row, currency: str | None) -> Words:
    worth = amount(round(row["worth"], 2), currency)
    if not row["months"] or row["months"] != row["months"]:
        return SPENT.format(worth=worth)
    return WORTH.format(months=int(row["months"]), what=MARGIN if row["is_margin"] else REVENUE, worth=worth)


def _risked(row: Row, currency: str | None) -> Words:
    p_churn = row["p_churn"]
    known = _worth(row, currency)
    return known if p_churn is None or p_churn != p_churn else RISKED.format(p=f"{p_churn:.0%}", worth=known)


def _fallen(row: Row, currency: str | None) -> Words:
    return FALL_STAKE.format(revenue=amount(row["revenue"] or 0, currency), points=f"{-100 * row['change']:.0f}")


def _asked(row: Row, currency: str | None) -> Words:
    more = row["conversation_count"] - row["usual_count"]
    return ASKED_STAKE.format(more=f"{more:.0f}", order=amount(row["order_value"] or 0, currency))


_STAKES: dict[str, Callable[[Row, str | None], Words]] = {
    "complained": _worth,
    "entered_risk": _risked,
    "moved_down": _risked,
    "aspect_falling": _fallen,
    "unusual_contacts": _asked,
}
