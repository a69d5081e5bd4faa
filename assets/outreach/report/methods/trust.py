"""How right earlier predictions were, and how far the data can be trusted."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods.parts import Cell, Grid, Section, Sentence, count, money, noun, percent, say, share
from resources.catalogue import in_words
from resources.words import NOTHING, Words

REASONS_SHOWN, REFUSED_SHOWN = 8, 10
SERIES = {"revenue": Words("销售额", "revenue"), "orders": Words("订单数", "orders")}
TABLES = {
    "orders": Words("订单", "orders"), "events": Words("行为", "events"), "reviews": Words("评价", "reviews"),
    "messages": Words("客服消息", "messages"), "outcomes": Words("触达结果", "outcomes"), "customers": Words("客户", "customers"),
    "products": Words("商品", "products"), "links": Words("账号关联", "links"), "answers": Words("知识库", "answers"),
}  # fmt: skip
MODELS = {
    "purchase": Words("复购与流失概率", "Who buys again, who leaves"),
    "clv": Words("客户未来价值", "What customers are worth"),
    "forecast": Words("销售预测", "Forecast of sales"),
    "recommendations": Words("商品推荐", "Recommendations"),
    "session_propensity": Words("本次访问会不会下单", "Whether a visit ends in an order"),
    "sentiment": Words("评价的态度", "What reviews say"),
    "sentiment_installed": Words("评价的态度（随软件自带）", "What reviews say (as installed)"),
    "segments": Words("客群", "Segments"),
    "rfm": Words("RFM 分档", "RFM classes"),
    "uplift": Words("营销动作对谁有效", "Whom actions change"),
    "propensity": Words("首次购买的概率", "Who buys for the first time"),
}
RULES = (
    Words(
        "“每日误差”为每天误差的绝对值之和占实际值的比例；好的区间应有约 80% 的日子落在其中。",
        "“Daily error” is the sum of each day's absolute error as a share of what happened; of a good 80% interval about four days in five lie inside.",
    ),
    Words(
        "读不懂或不可能的记录放进隔离区并写明原因，不进入任何数字；没有通过检查的日期或周保留上一次的好数据。",
        "Records that cannot be read or cannot be true are kept apart with the reason, and are in no figure; a day or week that fails a check keeps its last good rows.",
    ),
)


def section(
    predicted: Sequence[Mapping[str, Any]],
    forecasts: Sequence[Mapping[str, Any]],
    quarantined: Sequence[Mapping[str, Any]],
    refused: Sequence[Mapping[str, Any]],
    currency: str | None,
) -> Section:
    """The section: the newest closed predictions and forecasts, and what was kept out this week."""
    by_series = {row["series"]: row for row in forecasts}
    shown = [by_series[name] for name in SERIES if name in by_series and (currency or name != "revenue")]
    sentences = [told(row, currency) for row in shown]
    sentences += [purchases(row) for row in predicted]
    if not sentences:
        sentences = [say("还没有到期的预测可以对照。", "No prediction has come due yet.")]
    sentences += [kept_out(quarantined), refusals(refused)]
    grids = [of_reasons(quarantined)] if quarantined else []
    grids += [of_refused(refused)] if refused else []
    return Section(
        "trust",
        Words("预测准不准，数据可不可信", "How right predictions were, and how far to trust the data"),
        sentences,
        grids=grids,
        rules=RULES,
    )


def told(row: Mapping[str, Any], currency: str | None) -> Sentence:
    """A forecast against what happened: level, daily error, days within the interval."""
    series = row["series"]
    is_money = series == "revenue"

    def figure(column: str) -> Any:
        query = f"trust.{series}_{column}"
        return money(row[column], currency, query) if is_money else count(row[column], query)

    inside = NOTHING
    if row["covered_80_count"] is not None:
        inside = say(
            "，{days} 天中有 {covered} 天落在 80% 区间内",
            "; {covered} of {days} days lay inside the 80% interval",
            days=count(row["day_count"], f"trust.{series}_days"),
            covered=count(row["covered_80_count"], f"trust.{series}_covered"),
        )
    return say(
        "{day} 作出的{name}预测：预计 {forecast}，实际 {actual}，{level}；每日误差 {wape}{inside}。",
        "The forecast of {name} made on {day}: {forecast} expected, {actual} came, {level}; daily error {wape}{inside}.",
        day=row["forecast_as_of"].isoformat(),
        name=SERIES[series],
        forecast=figure("forecast"),
        actual=figure("actual"),
        level=level(row["level"]),
        wape=share(row["wape"], f"trust.{series}_wape"),
        inside=inside,
    )


def level(ratio: float) -> Words:
    """Forecast as a multiple of what happened, in words: too high, too low, or right to one in a hundred."""
    off = ratio - 1
    if abs(off) < 0.01:
        return Words("总量误差不到 1%", "right to within 1%")
    shown = percent(abs(off))
    return (
        Words(f"总量高估 {shown}", f"{shown} too high") if off > 0 else Words(f"总量低估 {shown}", f"{shown} too low")
    )


def purchases(row: Mapping[str, Any]) -> Sentence:
    """The purchase predictions whose window closed: expected and real buyers, and how well they were told apart."""
    return say(
        "{day} 对 {customers} 位客户的复购预测：预计 {predicted} 在 {days} 天内下单，实际 {realised}；把会买的排在不会买的前面，{auc} 的情况是对的（随机猜测为 50%）。",
        "Of {customers} customers scored on {day}, {predicted} were expected to order within {days} days, and {realised} did; a buyer was ranked above a non-buyer {auc} of the time (50% is guessing).",
        day=row["scored_as_of"].isoformat(),
        customers=count(row["customer_count"], "trust.scored"),
        predicted=share(row["mean_score"], "trust.predicted"),
        days=str(row["horizon_days"]),
        realised=share(row["realised_rate"], "trust.realised"),
        auc=share(row["auc"], "trust.auc") if row["auc"] is not None else "–",
    )


def kept_out(quarantined: Sequence[Mapping[str, Any]]) -> Sentence:
    total = sum(row["row_count"] for row in quarantined)
    if not total:
        return say("本周交来的数据没有一条需要隔离。", "No record of the week's deliveries had to be kept apart.")
    return say(
        "本周交来的数据中有 {records} 条读不懂或不可能，已隔离。",
        "{records} {noun} of the week's deliveries could not be believed and {verb} kept apart.",
        records=count(total, "trust.quarantined"),
        noun=noun(total, "record"),
        verb=noun(total, "was", "were"),
    )


def refusals(refused: Sequence[Mapping[str, Any]]) -> Sentence:
    if not refused:
        return say("没有数据因未通过检查而停留在旧版本。", "No day or week is kept back by a check.")
    parts = len({(row["table_name"], row["partition_key"]) for row in refused})
    return say(
        "有 {parts} 份数据没有通过检查，用的还是之前的版本：请转告数据负责人。",
        "{parts} {noun} failed a check and {verb} still what came before: tell whoever runs the data.",
        parts=count(parts, "trust.refused"),
        noun=noun(parts, "part of the data", "parts of the data"),
        verb=noun(parts, "is", "are"),
    )


def of_reasons(quarantined: Sequence[Mapping[str, Any]]) -> Grid:
    rows: list[list[Cell]] = [
        [
            TABLES.get(row["source_table"], Words(row["source_table"], row["source_table"])),
            in_words(row["reason"]),
            count(row["row_count"], "trust.quarantined_reason", f"{row['source_table']}: {row['reason']}"),
        ]
        for row in quarantined[:REASONS_SHOWN]
    ]
    columns = (Words("数据", "Data"), Words("原因", "Reason"), Words("条数", "Records"))
    return Grid(Words("本周隔离的记录", "Records kept apart this week"), columns, rows)


def of_refused(refused: Sequence[Mapping[str, Any]]) -> Grid:
    rows = [
        (row["table_name"], row["partition_key"], row["check_name"].replace("_", " "))
        for row in refused[:REFUSED_SHOWN]
    ]
    columns = (Words("表", "Table"), Words("日期或周", "Day or week"), Words("没有通过的检查", "Check that failed"))
    return Grid(Words("没有通过检查的数据", "What failed a check"), columns, rows)
