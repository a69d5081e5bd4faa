"""What to do this week: lists of customers, each with how many may be written to."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods.parts import Cell, Grid, Section, Sentence, count, say
from resources.words import Words

# In the order in which they are worth the effort: the name, and what the list is.
NAMES = {
    "keep": Words("挽留高价值客户", "Keep valuable customers"),
    "win_back": Words("召回沉寂的大客户", "Win back big customers who fell silent"),
    "second": Words("促成新客第二单", "Bring new customers to a second order"),
    "rebuy": Words("提醒该复购的客户", "Remind those who are due to buy again"),
}
WHAT = {
    "keep": Words(
        "上一节名单中的客户：有流失风险、价值高于平均。先人工联系或给专属权益。",
        "Those of the section before: about to leave and worth more than the average. Call them, or give them something of their own.",
    ),
    "win_back": Words(
        "很久没买（R ≤ 2）但累计消费高（M ≥ 4），且不在上面名单里的客户。",
        "Silent for long (R of 2 or less), with high spend (M of 4 or more), and not on the list above.",
    ),
    "second": Words("只下过一次单，首单在 8 到 {days} 天前的客户。", "One order so far, placed 8 to {days} days ago."),
    "rebuy": Words(
        "买过的商品本周或之前已到复购时间，复购概率不低于 5% 的客户。",
        "A product that they bought is due this week or was before, with a probability of 5% or more.",
    ),
}
FREQUENT = Words(
    "很久没买（R ≤ 2）但以前常买（F ≥ 4），且不在上面名单里的客户。",
    "Silent for long (R of 2 or less), frequent before (F of 4 or more), and not on the list above.",
)
RULES = (
    Words(
        "“可触达”指客户同意接收营销信息：名下至少一个账号同意，且没有账号拒绝。其余客户只能在他们自己来访时提示，不要群发。",
        "“May be reached” are those who agreed to marketing: at least one account of theirs agrees, and none refuses. The others may be shown something when they visit, not be written to.",
    ),
    Words("一位客户可能同时在几份名单上。", "A customer may be on more than one list."),
)
UNKNOWN = Words(
    "本店没有提供营销同意（customers.marketing_consent 或 consents），可触达人数未知：发送前请先核对。",
    "The shop does not say who agreed to marketing (customers.marketing_consent or consents): check before you write to anyone.",
)


def section(rows: Sequence[Mapping[str, Any]], days: int, knows_consent: bool, has_prices: bool) -> Section | None:
    """The section of the lists that have somebody on them; None where none has."""
    found = {row["list"]: row for row in rows if row["customers"]}
    lists = [name for name in NAMES if name in found]
    if not lists:
        return None
    what = WHAT if has_prices else WHAT | {"win_back": FREQUENT}
    table: list[list[Cell]] = []
    for name in lists:
        cells: list[Cell] = [
            NAMES[name],
            what[name].format(days=days),
            count(found[name]["customers"], f"lists.{name}"),
        ]
        table.append(cells + ([count(found[name]["reachable"], f"lists.{name}_reachable")] if knows_consent else []))
    columns = [Words("名单", "List"), Words("口径", "Who is on it"), Words("客户数", "Customers")]
    return Section(
        "lists",
        Words("本周该做什么", "What to do this week"),
        [lead([told(name, found[name], knows_consent) for name in lists])],
        grids=[
            Grid(
                Words("行动名单", "Lists to act on"),
                columns + ([Words("可触达", "May be reached")] if knows_consent else []),
                table,
            )
        ],
        rules=RULES if knows_consent else (UNKNOWN, RULES[1]),
    )


def lead(lists: Sequence[Sentence]) -> Sentence:
    """The lists of the week one after the other."""
    names = [f"list_{place}" for place in range(len(lists))]
    fields = "、".join(f"{{{name}}}" for name in names), "; ".join(f"{{{name}}}" for name in names)
    return Sentence(
        Words(f"本周有 {len(lists)} 份名单可以行动：{fields[0]}。", f"Lists to act on: {fields[1]}."),
        dict(zip(names, lists, strict=True)),
    )


def told(name: str, row: Mapping[str, Any], knows_consent: bool) -> Sentence:
    """A list with its customers, and how many of them may be reached."""
    fields = {
        "name": NAMES[name],
        "customers": count(row["customers"], f"lists.{name}"),
    }
    if not knows_consent:
        return say("{name} {customers} 位", "{name}: {customers}", **fields)
    return say(
        "{name} {customers} 位（可触达 {reachable} 位）",
        "{name}: {customers} ({reachable} may be reached)",
        **fields,
        reachable=count(row["reachable"], f"lists.{name}_reachable"),
    )
