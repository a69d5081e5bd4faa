"""Who matters: the RFM classes, and who moved up and down."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from assets.outreach.report.methods.parts import (
    Chart,
    Grid,
    Pairs,
    Section,
    Sentence,
    count,
    money,
    noun,
    say,
    share,
)
from assets.outreach.report.methods.usual import compared, usual
from resources.words import NOTHING, Words

MOVES_SHOWN = 8
SPEND_90D = Words("近 90 天消费", "Spent in 90 days")
CUSTOMERS = Words("客户数", "Customers")
RULES = (
    Words(
        "RFM 按最近一次购买（R）、购买次数（F）、累计消费（M）把客户分为八类；“重要”指消费高，“价值、发展、保持、挽留”依次对应：近期常买、近期少买、久未买但曾常买、久未买且少买。",
        "RFM sorts customers by how lately (R), how often (F) and for how much (M) they bought. “Key” means high spend; cherish, develop, keep and win back are: lately and often, lately and seldom, often but not lately, neither.",
    ),
    Words(
        "上升、下滑按生命周期分组的先后判断（核心客户最高，已流失客户最低）。金额为这些客户近 90 天的消费，可能因退货为负。",
        "Up and down go by the ladder of lifecycle groups, from champions to lost. The money is what these customers spent in the last 90 days; returns can make it negative.",
    ),
)
REFIT = Words(
    "本周更新了分组的分界点，部分变动来自分界点而非客户。",
    "The borders of the groups were renewed this week: part of the moves are theirs, not the customers'.",
)


def section(
    classes: Sequence[Mapping[str, Any]], moves: Sequence[Mapping[str, Any]], as_of: date, currency: str | None
) -> Section | None:
    """The section of the classes of the week and of the moves of the weeks; None where the shop has no classes yet."""
    if not any(row["customer_count"] for row in classes):
        return None
    now = [row for row in moves if row["as_of"] == as_of]
    rules = [*RULES, *([REFIT] if any(row["is_refit"] for row in now) else [])]
    sentences = [biggest(classes, currency)]
    sentences += [moved(moves, as_of, direction, currency) for direction in ("up", "down") if now]
    return Section(
        "who",
        Words("谁最重要", "Who matters"),
        sentences,
        charts=[shares(classes)] if currency else [],
        grids=[of_classes(classes, currency), *([of_moves(now, currency)] if now else [])],
        rules=rules,
    )


def biggest(classes: Sequence[Mapping[str, Any]], currency: str | None) -> Sentence:
    """The class that brings most of the revenue; without prices the one with the most customers."""
    column = "spend_share" if currency else "customer_share"
    row = max((row for row in classes if row["customer_count"]), key=lambda row: (row[column] or 0, -row["position"]))
    name = row["name_en"]
    fields = {
        "name": Words(row["name_zh"], name),
        "customers": count(row["customer_count"], "who.customers", name),
        "share": share(row["customer_share"], "who.customer_share", name),
        "noun": noun(row["customer_count"], "customer"),
    }
    if not currency:
        return say(
            "人数最多的是{name}：{customers} 位，占客户的 {share}。",
            "The largest class is “{name}”: {customers} {noun}, {share} of all.",
            **fields,
        )
    return say(
        "最重要的是{name}：{customers} 位，占客户的 {share}，贡献了累计消费的 {spend}。",
        "Most revenue comes from “{name}”: {customers} {noun}, {share} of all, with {spend} of all spend.",
        **fields,
        spend=share(row["spend_share"] or 0, "who.spend_share", name),
    )


def moved(moves: Sequence[Mapping[str, Any]], as_of: date, direction: str, currency: str | None) -> Sentence:
    """How many moved up or down, the money they stand for, and whether that is usual."""
    weeks = sorted({row["as_of"] for row in moves})
    sums = {
        week: sum(row["customer_count"] for row in moves if (row["as_of"], row["direction"]) == (week, direction))
        for week in weeks
    }
    spend = sum(row["spend_90d"] or 0 for row in moves if (row["as_of"], row["direction"]) == (as_of, direction))
    range_ = usual([sums[week] for week in weeks if week < as_of])
    fields = {
        "customers": count(sums.get(as_of, 0), f"who.{direction}"),
        "noun": noun(sums.get(as_of, 0), "customer"),
        "verdict": compared(sums.get(as_of, 0), range_),
        "money": say(
            "，近 90 天消费 {spend}",
            ", who spent {spend} in the last 90 days",
            spend=money(spend, currency, f"who.{direction}_spend"),
        )
        if currency
        else NOTHING,
    }
    if direction == "up":
        return say(
            "本周 {customers} 位客户上升到更活跃的分组{verdict}{money}。",
            "{customers} {noun} moved up to a more active group{verdict}{money}.",
            **fields,
        )
    return say(
        "{customers} 位客户下滑到更沉寂的分组{verdict}{money}。",
        "{customers} {noun} moved down to a quieter group{verdict}{money}.",
        **fields,
    )


def of_classes(classes: Sequence[Mapping[str, Any]], currency: str | None) -> Grid:
    columns = [Words("RFM 类别", "RFM class"), Words("入组条件", "What it takes"), CUSTOMERS, Words("占比", "Share")]
    if currency:
        columns += [Words("累计消费占比", "Share of spend"), SPEND_90D]
    rows = []
    for row in classes:
        name = row["name_en"]
        cells = [
            Words(row["name_zh"], name),
            Words(row["meaning_zh"], row["meaning_en"]),
            count(row["customer_count"], "who.customers", name),
            share(row["customer_share"] or 0, "who.customer_share", name),
        ]
        if currency:
            cells += [
                share(row["spend_share"] or 0, "who.spend_share", name),
                money(row["spend_90d"] or 0, currency, "who.spend_90d", name),
            ]
        rows.append(cells)
    return Grid(Words("RFM 各类客户", "The RFM classes"), columns, rows)


def of_moves(now: Sequence[Mapping[str, Any]], currency: str | None) -> Grid:
    arrows = {"up": Words("↑ 上升", "↑ up"), "down": Words("↓ 下滑", "↓ down")}
    rows = []
    for row in now[:MOVES_SHOWN]:
        key = f"{row['from_en']} > {row['to_en']}"
        cells = [
            Words(f"{row['from_zh']} → {row['to_zh']}", f"{row['from_en']} → {row['to_en']}"),
            arrows[row["direction"]],
            count(row["customer_count"], "who.moved", key),
        ]
        rows.append(cells + ([money(row["spend_90d"], currency, "who.moved_spend", key)] if currency else []))
    columns = [Words("从 → 到", "From → to"), Words("方向", "Direction"), CUSTOMERS]
    return Grid(
        Words("本周金额最大的变动", "The moves with the most money this week")
        if currency
        else Words("本周的变动", "The moves of this week"),
        columns + ([SPEND_90D] if currency else []),
        rows,
    )


def shares(classes: Sequence[Mapping[str, Any]]) -> Chart:
    caption = Words("各类客户占客户数与累计消费的比例", "Each class: its share of customers and of spend")
    series = (Words("客户数占比", "Share of customers"), Words("累计消费占比", "Share of spend"))
    names = [Words(row["name_zh"], row["name_en"]) for row in classes]
    values = [(row["customer_share"] or 0.0, row["spend_share"] or 0.0) for row in classes]
    rows = [
        (
            name,
            share(pair[0], "who.customer_share", name.en),
            share(pair[1], "who.spend_share", name.en),
        )
        for name, pair in zip(names, values, strict=True)
    ]
    return Chart(caption, Pairs(names, series, values), Grid(caption, (Words("RFM 类别", "RFM class"), *series), rows))
