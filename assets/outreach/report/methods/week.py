"""What changed this week, and whether that is more than chance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from assets.outreach.report.methods.parts import (
    Chart,
    Figure,
    Grid,
    Section,
    Sentence,
    Weeks,
    count,
    listed,
    money,
    say,
)
from assets.outreach.report.methods.usual import FEWEST, MOST, Usual, against, beside, place, usual, verdict
from resources.money import amount
from resources.words import Words


@dataclass(frozen=True)
class Measure:
    """A figure of a week: its column, its name, whether it is money."""

    column: str
    name: Words
    is_money: bool = False

    def figure(self, row: Mapping[str, Any], currency: str | None) -> Figure:
        value = float(row[self.column] or 0)
        query = f"week.{self.column}"
        return money(value, currency, query, row["as_of"]) if self.is_money else count(value, query, row["as_of"])

    def shown(self, value: float, currency: str | None) -> Words:
        whole = f"{value:,.0f}"
        return amount(round(value), currency) if self.is_money else Words(whole, whole)


ORDERS = Measure("orders", Words("订单数", "orders"))
REVENUE = Measure("revenue", Words("销售额", "revenue"), is_money=True)
CUSTOMERS = Measure("customers", Words("下单客户数", "customers who ordered"))
NEW = Measure("new_customers", Words("新客数", "new customers"))
BASKET = Measure("per_customer", Words("客单价", "revenue per customer"), is_money=True)
RETURNED = Measure("returned", Words("退款额", "refunds"), is_money=True)
MEASURES = (ORDERS, REVENUE, CUSTOMERS, NEW, BASKET, RETURNED)

RULES = (
    Words(
        f"“正常”指落在之前 {FEWEST}–{MOST} 周的 80% 区间内。即使一切照旧，单项指标平均每五周也有一周落在区间外，所以单独一项略高或略低不必急着找原因。",
        f"“Usual” is the range in which four in five of the {FEWEST} to {MOST} weeks before lie. Even if nothing changed, a figure leaves it about one week in five: a single one slightly outside needs no explanation.",
    ),
    Words(
        "每周按周一到周日统计，只算到当周结束时已知的数据，因此各周可比。同一个人的多个账号算一位客户；没有账号的散客不计入客户数。",
        "Weeks run from Monday to Sunday and count what was known when they ended, so that they compare. Accounts of one person are one customer; guests without an account are in no count of customers.",
    ),
)
PRICED = Words(
    "销售额为商品折后实付，不扣退款；退款额按退货当天单列。客单价 = 有账号客户的销售额 ÷ 下单客户数。",
    "Revenue is what was paid for goods after discount, before refunds; refunds count on the day of the return. Revenue per customer leaves guests out.",
)


def weeks_compared(as_of: date, start: date, lost_days: Sequence[date]) -> list[date]:
    """The Mondays that end the week of the report and those before it, the newest last: whole weeks of the shop, with no lost delivery."""
    found = []
    for back in range(MOST, -1, -1):
        end = as_of - timedelta(days=7 * back)
        first = end - timedelta(days=7)
        is_whole = first >= start and not any(first <= day < end for day in lost_days)
        if is_whole or end == as_of:
            found.append(end)
    return found


def section(rows: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], currency: str | None) -> Section:
    """The section of `rows`: one a week, `as_of` and the columns of MEASURES, the newest last; and of the known events of the week."""
    measures = [measure for measure in MEASURES if currency or not measure.is_money]
    now, before = rows[-1], rows[:-1]
    ranges = {m.column: usual([float(row[m.column] or 0) for row in before]) for m in measures}
    outside = [m for m in measures if place(float(now[m.column] or 0), ranges[m.column]) in ("above", "below")]
    sentences = [headline(measures, outside, ranges, now)]
    sentences += [told(m, m.figure(now, currency), ranges[m.column], currency) for m in outside]
    if not outside:
        sentences += [told(m, m.figure(now, currency), ranges[m.column], currency) for m in measures[:2]]
    if events:
        names = listed([Words(row["event_zh"], row["event_en"]) for row in events])
        sentences.append(say("本周有{names}。", "The week held {names}.", names=names))
    main = [REVENUE, ORDERS] if currency else [ORDERS, CUSTOMERS]
    rules = (*RULES, PRICED) if currency else RULES
    return Section(
        "week",
        Words("本周有什么变化", "What changed this week"),
        sentences,
        charts=[chart(m, rows, ranges[m.column], currency) for m in main],
        grids=[table(measures, ranges, now, before[-1] if before else None, currency)],
        rules=rules,
    )


def headline(
    measures: Sequence[Measure],
    outside: Sequence[Measure],
    ranges: Mapping[str, Usual | None],
    now: Mapping[str, Any],
) -> Sentence:
    """The week in one sentence: a quiet week says so, and so does one without an order."""
    if not now["orders"]:
        return say("本周没有一笔订单。", "Not one order came this week.")
    if not any(ranges.values()):
        return say(
            f"完整的历史不足 {FEWEST} 周，本周的变化还无法判断是否正常。",
            f"There are fewer than {FEWEST} whole weeks before this one: nothing can be said yet of what is usual.",
        )
    names = listed([measure.name for measure in measures])
    if not outside:
        return say(
            "本周平稳：{names}都在正常区间内，没有需要解释的变化。",
            "A quiet week: {names} all lie within the usual; nothing needs explaining.",
            names=names,
        )
    parts = []
    for measure in outside:
        value, range_ = float(now[measure.column] or 0), ranges[measure.column]
        said = verdict(value, range_)
        parts.append(Words(f"{measure.name.zh}（{said.zh}）", f"{measure.name.en} ({said.en})"))
    if len(outside) == len(measures):
        return say(
            "本周各项指标都超出正常区间：{parts}。", "Every figure left the usual: {parts}.", parts=listed(parts)
        )
    return say(
        "本周超出正常区间的是{parts}；其余指标正常。",
        "Outside the usual this week: {parts}; the rest is within it.",
        parts=listed(parts),
    )


def told(measure: Measure, figure: Figure, range_: Usual | None, currency: str | None) -> Sentence:
    """A figure of the week with its base: the range and the median of the weeks before."""
    if range_ is None:
        return say(
            "{name} {figure}；历史不足，暂不判断是否正常。",
            "{name}: {figure}; too little history to tell whether that is usual.",
            name=upper(measure.name),
            figure=figure,
        )
    fields = {
        "name": upper(measure.name),
        "figure": figure,
        "weeks": str(range_.week_count),
        "low": measure.shown(range_.low, currency),
        "high": measure.shown(range_.high, currency),
        "median": measure.shown(range_.median, currency),
        "change": beside(figure.value, range_.median),
    }
    if place(figure.value, range_) == "within":
        return say(
            "{name} {figure}，在正常区间内（近 {weeks} 周的 80% 落在 {low} – {high}）。",
            "{name}: {figure}, within the usual: four in five of the last {weeks} weeks lie between {low} and {high}.",
            **fields,
        )
    return say(
        "{name} {figure}，比近 {weeks} 周的中位数（{median}）{change}，超出正常区间（{low} – {high}）。",
        "{name}: {figure}, {change} the median of the last {weeks} weeks ({median}), outside the usual {low} to {high}.",
        **fields,
    )


def table(
    measures: Sequence[Measure],
    ranges: Mapping[str, Usual | None],
    now: Mapping[str, Any],
    last: Mapping[str, Any] | None,
    currency: str | None,
) -> Grid:
    rows = []
    for measure in measures:
        figure, range_ = measure.figure(now, currency), ranges[measure.column]
        before = measure.figure(last, currency) if last else None
        ends = (
            say(
                "{low} – {high}",
                "{low} – {high}",
                low=measure.shown(range_.low, currency),
                high=measure.shown(range_.high, currency),
            )
            if range_
            else None
        )
        change = against(figure.value, before.value) if before else None
        rows.append((upper(measure.name), figure, before, change, ends, verdict(figure.value, range_)))
    return Grid(
        Words("本周与上周、与正常区间对比", "This week against the last, and against the usual"),
        (
            Words("指标", "Figure"),
            Words("本周", "This week"),
            Words("上周", "Last week"),
            Words("环比", "Change"),
            Words("正常区间", "Usual range"),
            Words("判断", "Verdict"),
        ),
        rows,
    )


def chart(measure: Measure, rows: Sequence[Mapping[str, Any]], range_: Usual | None, currency: str | None) -> Chart:
    monday = [row["as_of"] - timedelta(days=7) for row in rows]
    points = [(day.isoformat(), float(row[measure.column] or 0)) for day, row in zip(monday, rows, strict=True)]
    band = Words("；色带为正常区间", "; the band is the usual range") if range_ else Words("", "")
    unit = amount(0, currency) if measure.is_money else Words("", "")
    unit = Words(unit.zh.replace("0", "").strip(), unit.en.replace("0", "").strip())
    caption = Words(
        f"近 {len(rows)} 周{measure.name.zh}{f'（{unit.zh}）' if unit.zh else ''}，横轴为每周的周一{band.zh}",
        f"{upper(measure.name).en}{f' ({unit.en})' if unit.en else ''} of the last {len(rows)} weeks, by the Monday on which they begin{band.en}",
    )
    cells = [(day.isoformat(), measure.figure(row, currency)) for day, row in zip(monday, rows, strict=True)]
    grid = Grid(caption, (Words("周一", "Monday"), upper(measure.name)), cells)
    ends = (range_.low, range_.high) if range_ else (None, None)
    return Chart(caption, Weeks(points, *ends), grid)


def upper(words: Words) -> Words:
    """With a capital where a sentence or a table begins."""
    return Words(words.zh, words.en[:1].upper() + words.en[1:])
