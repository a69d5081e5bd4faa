"""Who is about to leave, why, and what it would cost."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from assets.outreach.report.methods.parts import Cell, Figure, Grid, Section, Sentence, count, money, noun, say, share
from assets.outreach.report.methods.usual import compared, usual
from resources.words import NOTHING, Words

REASONS_SHOWN = 6
CUSTOMER = Words("客户", "Customer")
# A number that differs from one customer to the next; the days of a window ("in the last 90 days") do not.
NUMBER = r"(?<![\d,.])(?<!last )(?<!近 )\d[\d,.]*"
ANY_NUMBER = r"[0-9][0-9,.]*"
RULE = Words(
    "名单的口径：在未来 {days} 天内更可能不再下单（概率不低于 50%），并且预计价值高于全体客户平均值；按“流失概率 × 价值”排序。",
    "The list: customers who will probably not order within {days} days (probability of 50% or more) and are worth more than the average customer, ordered by probability times worth.",
)
MARGIN = Words("价值为扣除商品成本后的毛利（已折现）。", "Worth is margin after the cost of goods, discounted.")
REVENUE = Words("价值为预计收入（已折现）。", "Worth is expected revenue, discounted.")
MONTHS = {"clv_3m": 3, "clv_6m": 6, "clv_12m": 12}


@dataclass(frozen=True)
class Reason:
    """A reason with its changing numbers left open, how many customers it is named for, and the pattern that finds it."""

    words: Words
    customers: int
    pattern: str


def section(
    weeks: Sequence[Mapping[str, Any]],
    first: Sequence[Mapping[str, Any]],
    reasons: Sequence[Mapping[str, Any]],
    as_of: date,
    days: int,
    has_predictions: bool,
    currency: str | None,
) -> Section | None:
    """The section: `weeks` with counts and sums, the `first` of the list, the `reasons` as counted. None where nothing is predicted."""
    if not has_predictions:
        return None
    now = next((row for row in weeks if row["as_of"] == as_of), None)
    rule = RULE.format(days=days)
    title = Words("谁可能流失，为什么，代价多大", "Who is leaving, why, and what it would cost")
    if now is None or not first:
        nobody = say("本周没有高价值客户有流失风险。", "No valuable customer is about to leave this week.")
        return Section("leaving", title, [nobody], rules=[rule])
    worth_column = first[0]["worth_column"] if currency else ""
    before = [row["customers"] for row in weeks if row["as_of"] < as_of]
    sentences = [lead(now, before, days, worth_column, currency)]
    if currency:
        sentences.append(cost(now, currency))
    common = folded(reasons)[:REASONS_SHOWN]
    if common:
        sentences.append(why(common))
    rules = [rule, *([MARGIN if first[0]["is_margin"] else REVENUE] if worth_column else [])]
    return Section(
        "leaving",
        title,
        sentences,
        grids=[of_reasons(common), of_customers(first, worth_column, currency)],
        rules=rules,
    )


def lead(
    now: Mapping[str, Any], before: Sequence[float], days: int, worth_column: str, currency: str | None
) -> Sentence:
    customers = now["customers"]
    cost_ = (
        say(
            "；未来 {months} 个月预计能带来的 {worth}有落空的风险",
            "; the {worth} that they are expected to bring within {months} months is at risk",
            months=str(MONTHS[worth_column]),
            worth=money(now["worth"], currency, "leaving.worth"),
        )
        if worth_column
        else NOTHING
    )
    return say(
        "{customers} 位高价值客户在 {days} 天内可能不再下单{verdict}{cost}。",
        "{customers} valuable {noun} will probably not order within {days} days{verdict}{cost}.",
        customers=count(customers, "leaving.customers"),
        noun=noun(customers, "customer"),
        days=str(days),
        verdict=compared(customers, usual(before)),
        cost=cost_,
    )


def cost(now: Mapping[str, Any], currency: str) -> Sentence:
    """What they spent until now."""
    return say(
        "这些客户近一年消费 {spend}，占全店的 {share}。",
        "In the last year they spent {spend}, {share} of the shop's whole.",
        spend=money(now["spend_365d"], currency, "leaving.spend"),
        share=share(now["spend_share"] or 0, "leaving.spend_share"),
    )


def folded(reasons: Sequence[Mapping[str, Any]]) -> list[Reason]:
    """Reasons that differ by a number alone, taken together: a number that is the same in all of them stays, another is left open."""
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in reasons:
        groups[tuple(re.sub(NUMBER, "#", row[language]) for language in ("en", "zh"))].append(row)
    found = [_folded(rows) for rows in groups.values()]
    return sorted(found, key=lambda reason: (-reason.customers, reason.words.en))


def _folded(rows: Sequence[Mapping[str, Any]]) -> Reason:
    words = Words(*(_open([row[language] for row in rows]) for language in ("zh", "en")))
    pattern = f"(^|; )(↓ )?{re.escape(words.en).replace('…', ANY_NUMBER)}(; |$)"
    return Reason(words, sum(row["customers"] for row in rows), pattern)


def _open(texts: Sequence[str]) -> str:
    """The first of some texts that differ by numbers alone, with … for each number that is not the same in all."""
    numbers = [re.findall(NUMBER, text) for text in texts]
    shown = iter([place_[0] if len(set(place_)) == 1 else "…" for place_ in zip(*numbers, strict=True)])
    return re.sub(NUMBER, lambda _: next(shown), texts[0])


def why(common: Sequence[Reason]) -> Sentence:
    """The reason named most often, and the next."""
    first = common[0]
    fields: dict[str, Figure | Words | str] = {
        "first": first.words,
        "count": count(first.customers, "leaving.reason", first.pattern),
    }
    if len(common) == 1:
        return say("主要迹象是“{first}”（{count} 位）。", "The reason named is “{first}” ({count}).", **fields)
    second = common[1]
    return say(
        "最常见的迹象是“{first}”（{count} 位），其次是“{second}”（{next} 位）。",
        "The reasons named most are “{first}” ({count}) and “{second}” ({next}).",
        **fields,
        second=second.words,
        next=count(second.customers, "leaving.reason", second.pattern),
    )


def of_reasons(common: Sequence[Reason]) -> Grid:
    rows = [(reason.words, count(reason.customers, "leaving.reason", reason.pattern)) for reason in common]
    return Grid(
        Words(
            "最常见的流失迹象（每位客户最多三条；… 处各人不同）",
            "What speaks for leaving most often, up to three a customer (… differs from one to the next)",
        ),
        (Words("原因", "Reason"), Words("客户数", "Customers")),
        rows,
    )


def _against(reasons: str, between: str) -> str:
    """Those of some reasons that lower the chance of an order (an arrow down); all of them where none does."""
    parts = reasons.split(between)
    return between.join(part.removeprefix("↓ ") for part in parts if not part.startswith("↑")) or reasons


def of_customers(first: Sequence[Mapping[str, Any]], worth_column: str, currency: str | None) -> Grid:
    has_segments = any(row["label_en"] for row in first)
    columns = [CUSTOMER, *([Words("客群", "Segment")] if has_segments else [])]
    columns.append(Words("流失概率", "Probability"))
    if worth_column:
        months = MONTHS[worth_column]
        columns.append(Words(f"未来 {months} 个月价值", f"Worth in {months} months"))
    columns += [
        Words("近一年消费", "Spent in a year") if currency else Words("近一年下单天数", "Days with an order in a year"),
        Words("原因", "Reasons"),
    ]
    rows = []
    for row in first:
        person = row["person_id"]
        cells: list[Cell] = [person]
        if has_segments:
            cells.append(Words(row["label_zh"], row["label_en"]) if row["label_en"] else None)
        cells.append(share(row["p_churn"], "leaving.p_churn", person))
        if worth_column:
            cells.append(money(row["worth"], currency, f"leaving.{worth_column}", person))
        if currency:
            cells.append(money(row["spend_365d"], currency, "leaving.spend_365d", person))
        else:
            cells.append(count(row["purchases_365d"], "leaving.purchases_365d", person))
        cells.append(Words(_against(row["reasons_zh"], "；"), _against(row["reasons_en"], "; ")))
        rows.append(cells)
    return Grid(Words("先联系这些客户", "Begin with these customers"), columns, rows)


def told_of(grid: Grid, may_be_told: Callable[[str], bool]) -> Grid:
    """A table without those of its customers who may not be told of; any other table as it is."""
    if grid.columns[0] != CUSTOMER:
        return grid
    return replace(grid, rows=[row for row in grid.rows if may_be_told(str(row[0]))])
