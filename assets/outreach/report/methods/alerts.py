"""What the week warns of, by cause."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods.parts import Cell, Grid, Section, Sentence, count, money, noun, say
from resources.words import NOTHING, Words

RULE = Words(
    "每条预警只说一次：同一位客户在情况没有变化之前不再重复。面临风险的金额等于客户价值乘以流失概率，或商品销售额乘以变化幅度。",
    "Each alert is told once: of a customer nothing more is told until something changes. What is at stake is a customer's worth times the probability of "
    "leaving, or a product's sales times the change.",
)


def section(rows: Sequence[Mapping[str, Any]], currency: str | None) -> Section | None:
    """The section of the causes that the week warns of; None where it warns of nothing."""
    if not rows:
        return None
    cells: list[list[Cell]] = []
    for row in rows:
        name, cause = Words(row["cause_zh"], row["cause_en"]), row["cause"]
        cells.append([name, count(row["alerts"], "alerts.of_cause", cause)])
        if currency:
            cells[-1].append(money(row["at_stake"] or 0, currency, "alerts.of_cause_at_stake", cause))
    columns = [Words("预警", "Alert"), Words("条数", "Alerts")]
    columns += [Words("面临风险的金额", "At stake")] if currency else []
    return Section(
        "alerts",
        Words("预警", "Alerts"),
        [lead(rows, currency)],
        grids=[Grid(Words("本周预警，按原因", "Alerts of the week by cause"), columns, cells)],
        rules=[RULE] if currency else [],
    )


def lead(rows: Sequence[Mapping[str, Any]], currency: str | None) -> Sentence:
    alerts = sum(row["alerts"] for row in rows)
    at_stake = sum(row["at_stake"] or 0 for row in rows)
    stake = (
        say(
            "，面临风险的金额合计 {money}",
            ", with {money} at stake in all",
            money=money(at_stake, currency, "alerts.at_stake"),
        )
        if currency
        else NOTHING
    )
    return say(
        "本周有 {alerts} 条预警{stake}。",
        "There {verb} {alerts} {noun} this week{stake}.",
        verb=noun(alerts, "is", "are"),
        alerts=count(alerts, "alerts.count"),
        noun=noun(alerts, "alert"),
        stake=stake,
    )
