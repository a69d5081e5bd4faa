"""Forecast: what the next days are expected to bring, and how right such forecasts were."""

from collections.abc import Mapping, Sequence
from typing import Any

from assets.outreach.report.methods import trust
from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Days,
    Figure,
    Grid,
    Ranges,
    Section,
    Sentence,
    count,
    listed,
    money,
    say,
    share,
)
from assets.outreach.report.reads import Reads
from resources.words import NOTHING, Words
from serving.console.parts import FIGURES, Row, between, rows
from serving.console.visit import Page, Room, Tile, Visit

TITLE = Words("预测", "Forecast")
SERIES = {
    "revenue": Words("销售额", "Revenue"),
    "orders": Words("订单数", "Orders"),
    "customers": Words("下单客户数", "Customers who order"),
    "demand": Words("销售件数", "Pieces"),
}
SHOWN = ("revenue", "orders", "customers")
DAY_FIGURES = {"revenue": "sold.day_revenue", "orders": "sold.day_orders", "customers": "forecast.customers_then"}
MOST_CATEGORIES = 15
# Of what is expected of known customers: farther apart than this, the two ways of counting do not say the same.
NEAR = 0.15
RULES = (
    Words("预测的是营业日；金额和件数都不扣退货。", "Trading days are forecast; money and pieces are before returns."),
    Words(
        "80% 区间：五次中约有四次，实际值应落在其中。合计的区间由过去同样天数合计的误差得出，不是每天区间之和。",
        "An 80% interval should hold what happens about four times in five. That of a sum comes from the errors of past sums of as many days; it is not the sum of the daily ones.",
    ),
    Words(
        "“区间说对”数的是过去一年里已到期的预测，相邻两次的日期有重叠。",
        "“Interval held” counts the forecasts of the last year that came due; the days of neighbouring ones overlap.",
    ),
)


def page(visit: Visit) -> Page:
    """What is expected, day by day, in sum and by category; what came of earlier forecasts."""
    return Page(TITLE, visit.held("forecast", _content))


def _content(reads: Reads) -> dict[str, Any]:
    currency = reads.shop.currency
    totals = rows(reads, "forecast_totals")
    days = rows(reads, "forecast_days")
    shown = [name for name in SHOWN if currency or name != "revenue"]
    whole = [row for row in totals if row["category"] is None and row["series"] in shown]
    whole.sort(key=lambda row: shown.index(row["series"]))
    found = [
        _sums(whole, days, currency),
        _days(days, rows(reads, "forecast_happened"), shown, currency),
        _categories([row for row in totals if row["category"] is not None], rows(reads, "forecast_sold")),
        _before(rows(reads, "forecast_before"), reads.rows("forecast_then"), shown, currency),
        _agreement(rows(reads, "forecast_agreement"), currency),
    ]
    return {"tiles": _tiles(whole, currency), "sections": [section for section in found if section]}


def _figure(value: float, series: str, currency: str | None, query: str, row: object) -> Figure:
    return money(value, currency, query, row) if series == "revenue" else count(value, query, row)


def _key(row: Mapping[str, Any]) -> str:
    return f"{row['series']} {row['day_count']}"


def _interval(row: Mapping[str, Any], currency: str | None) -> Sentence | None:
    if row["low"] is None:
        return None
    low, high = (_figure(row[end], row["series"], currency, f"forecast.{end}", _key(row)) for end in ("low", "high"))
    return between(low, high)


def _tiles(whole: Sequence[Row], currency: str | None) -> list[Tile]:
    """The longest sum of each series."""
    longest: dict[str, Row] = {}
    for row in whole:
        longest[row["series"]] = row
    tiles = []
    for series, row in longest.items():
        days, interval = row["day_count"], _interval(row, currency)
        name = Words(f"未来 {days} 天{SERIES[series].zh}", f"{SERIES[series].en}, next {days} days")
        note = say("80% 区间 {ends}", "80% interval {ends}", ends=interval) if interval else None
        tiles.append(Tile(name, _figure(row["mean"], series, currency, "forecast.mean", _key(row)), note))
    return tiles


def _sums(whole: Sequence[Row], days: Sequence[Row], currency: str | None) -> Section | None:
    if not whole:
        return None
    judged = [row for row in whole if row["judged_count"]]
    sentences = [_held(max(judged, key=lambda row: row["day_count"]))] if judged else []
    return Section(
        "sums",
        Words("合计", "In sum"),
        [*sentences, _events(days)],
        grids=[_of_sums(whole, currency)],
        rules=RULES,
    )


def _held(row: Row) -> Sentence:
    return say(
        "区间靠得住吗：过去一年里，{days} 天{name}的 80% 区间在 {judged} 次中说对了 {covered} 次。",
        "How far to trust the intervals: in the last year, the 80% interval of {days} days' {name} held {covered} times of {judged}.",
        days=str(row["day_count"]),
        name=Words(SERIES[row["series"]].zh, SERIES[row["series"]].en.lower()),
        judged=count(row["judged_count"], "forecast.judged", _key(row)),
        covered=count(row["covered_count"], "forecast.covered", _key(row)),
    )


def _events(days: Sequence[Row]) -> Sentence:
    """The events ahead that are known, with their days."""
    dates: dict[Words, list[Any]] = {}
    for row in days:
        if row["event_en"]:
            dates.setdefault(Words(row["event_zh"], row["event_en"]), []).append(row["forecast_on"])
    if not dates:
        return say("这些天里没有已知的大促或节日。", "These days hold no sale or holiday that is known beforehand.")
    parts = [
        Words(f"{name.zh}（{min(found)} 至 {max(found)}）", f"{name.en} ({min(found)} to {max(found)})")
        for name, found in dates.items()
    ]
    return say(
        "这些天里有{events}，预测已按往年同一活动的涨幅计入。",
        "These days hold {events}; the forecast takes into account what they did in earlier years.",
        events=listed(parts),
    )


def _of_sums(whole: Sequence[Row], currency: str | None) -> Grid:
    columns = (
        Words("合计", "Sum"),
        Words("截至", "Until"),
        Words("预计", "Expected"),
        Words("80% 区间", "80% interval"),
        Words("区间说对", "Interval held"),
    )
    found: list[list[Cell]] = []
    for row in whole:
        name, key, days = SERIES[row["series"]], _key(row), row["day_count"]
        held = say(
            "{covered} / {judged}",
            "{covered} / {judged}",
            covered=count(row["covered_count"], "forecast.covered", key),
            judged=count(row["judged_count"], "forecast.judged", key),
        )
        found.append(
            [
                Words(f"{name.zh}，{days} 天", f"{name.en}, {days} days"),
                row["last_on"].isoformat(),
                _figure(row["mean"], row["series"], currency, "forecast.mean", key),
                _interval(row, currency),
                held if row["judged_count"] else None,
            ]
        )
    return Grid(Words("未来各段时间的合计", "Sums of the days to come"), columns, found)


def _days(days: Sequence[Row], happened: Sequence[Row], shown: Sequence[str], currency: str | None) -> Section | None:
    charts = []
    for series in shown:
        coming = [row for row in days if row["series"] == series]
        if coming:
            charts.append(_chart(series, coming, happened, currency))
    if not charts:
        return None
    lead = say(
        "实线是过去 28 天的实际值，虚线是预测，色带是每天的 80% 区间。",
        "Lines are what the last 28 days brought, dashes are the forecast, bands its 80% interval of each day.",
    )
    return Section("days", Words("逐日", "Day by day"), [lead], charts=charts)


def _chart(series: str, coming: Sequence[Row], happened: Sequence[Row], currency: str | None) -> Chart:
    name = SERIES[series]
    past = [(row["day"].isoformat(), float(row[series])) for row in happened]
    future = [(row["forecast_on"].isoformat(), row["mean"], row["low"], row["high"]) for row in coming]
    found: list[list[Cell]] = [
        [day, _figure(value, series, currency, DAY_FIGURES[series], day), None, None] for day, value in past
    ]
    for day, mean, low, high in future:
        key = f"{series} {day}"
        ends = (
            _figure(value, series, currency, f"forecast.{end}", key)
            for end, value in (("day_low", low), ("day_high", high))
        )
        found.append([day, None, _figure(mean, series, currency, "forecast.day", key), between(*ends)])
    caption = Words(f"每天的{name.zh}", f"{name.en} by day")
    columns = (
        Words("日期", "Day"),
        Words("实际", "Happened"),
        Words("预测", "Forecast"),
        Words("80% 区间", "80% interval"),
    )
    return Chart(caption, Days(past, future), Grid(caption, columns, found))


def _categories(totals: Sequence[Row], sold: Sequence[Row]) -> Section | None:
    """The longest sum of each category, the largest first, beside what the last 28 days sold."""
    longest = {row["category"]: row for row in totals}
    found = sorted(longest.values(), key=lambda row: (-row["mean"], row["category"]))[:MOST_CATEGORIES]
    if not found:
        return None
    days = found[0]["day_count"]
    before = {row["category"]: row["pieces"] for row in sold} if days == 28 else {}
    lead = say(
        "未来 {days} 天各品类预计卖出多少件；橙色短线是过去 28 天实际卖出的。"
        if before
        else "未来 {days} 天各品类预计卖出多少件。",
        "Pieces that each category is expected to sell in {days} days; the orange marks are what the last 28 days sold."
        if before
        else "Pieces that each category is expected to sell in {days} days.",
        days=str(days),
    )
    columns = [
        Words("品类", "Category"),
        Words("预计件数", "Pieces expected"),
        Words("80% 区间", "80% interval"),
        Words("区间说对", "Interval held"),
        *([Words("过去 28 天件数", "Pieces in the last 28 days")] if before else []),
    ]
    grid = Grid(
        Words(f"未来 {days} 天各品类件数", f"Pieces by category, next {days} days"),
        columns,
        [_category(row, before) for row in found],
    )
    values = [
        (row["mean"], *(row["mean"] if row[end] is None else row[end] for end in ("low", "high")), _mark(row, before))
        for row in found
    ]
    picture = Ranges([Words(row["category"], row["category"]) for row in found], values)
    caption = Words("预计件数（圆点）和 80% 区间（色条）", "Pieces expected (dots) and their 80% interval (bars)")
    return Section("categories", Words("分品类", "By category"), [lead], charts=[Chart(caption, picture, grid)])


def _mark(row: Row, before: Mapping[str, Any]) -> float | None:
    return float(before[row["category"]]) if row["category"] in before else None


def _category(row: Row, before: Mapping[str, Any]) -> list[Cell]:
    name, key = row["category"], f"{row['category']} {row['day_count']}"
    ends = (
        between(*(count(row[end], f"forecast.category_{end}", key) for end in ("low", "high")))
        if row["low"] is not None
        else None
    )
    held = (
        say(
            "{covered} / {judged}",
            "{covered} / {judged}",
            covered=count(row["covered_count"], "forecast.category_covered", key),
            judged=count(row["judged_count"], "forecast.category_judged", key),
        )
        if row["judged_count"]
        else None
    )
    cells: list[Cell] = [name, count(row["mean"], "forecast.category_mean", key), ends, held]
    if before:
        cells.append(count(before[name], "forecast.category_sold", name) if name in before else None)
    return cells


def _before(
    backtests: Sequence[Row], newest: Sequence[Row], shown: Sequence[str], currency: str | None
) -> Section | None:
    """What came of the newest forecasts that are over, beside repeating the week before them."""
    found = [row for row in backtests if row["series"] in (*shown, "demand")]
    if not found:
        return None
    then = {row["series"]: row for row in newest}
    sentences = [trust.told(then[name], currency) for name in shown if name in then]
    judged = [row for row in found if row["series"] == shown[0] and row["category"] is None and row["judged_count"]]
    sentences += [_nearer(row) for row in judged]
    columns = (
        Words("预测", "Forecast of"),
        Words("预计", "Expected"),
        Words("实际", "Happened"),
        Words("总量", "In sum"),
        Words("每日误差", "Daily error"),
        Words("与照搬上周相比", "Beside repeating last week"),
    )
    grid = Grid(
        Words(
            f"{found[0]['forecast_as_of']} 作出的预测与实际",
            f"The forecasts made on {found[0]['forecast_as_of']} and what happened",
        ),
        columns,
        [_compared(row, currency) for row in found],
    )
    return Section(
        "before",
        Words("上次预测得怎样", "How right the last forecast was"),
        sentences,
        grids=[grid],
        rules=(
            trust.RULES[0],
            Words(
                "“照搬上周”：把预测前一周每天的实际值当作之后各周同一天的预测。比它准，预测才有用。",
                "“Repeating last week” takes what each day of the week before brought for the same weekdays after it. A forecast is of use where it is nearer.",
            ),
        ),
    )


def _nearer(row: Row) -> Sentence:
    key = row["series"]
    return say(
        "近几个月到期的 {judged} 次{name}预测中，有 {nearer} 次比照搬上周更准。",
        "Of the {judged} forecasts of {name} that came due in the last months, {nearer} were nearer than repeating last week.",
        judged=count(row["judged_count"], "forecast.compared", key),
        nearer=count(row["nearer_count"], "forecast.nearer", key),
        name=Words(SERIES[key].zh, SERIES[key].en.lower()),
    )


def _compared(row: Row, currency: str | None) -> list[Cell]:
    series, category = row["series"], row["category"]
    key = f"{series} {category}" if category else series
    name = SERIES[series]
    beside: Cell = None
    if row["mase"] is not None and row["naive_mase"]:
        gain = 1 - row["mase"] / row["naive_mase"]
        words = ("误差小 {gain}", "{gain} nearer") if gain >= 0 else ("误差大 {gain}", "{gain} farther")
        shown = share(gain, "forecast.beside_naive", key)
        beside = say(*words, gain=Figure(gain, share(abs(gain), "").text, shown.query, key))
    return [
        Words(f"{category}（件数）", f"{category} (pieces)") if category else name,
        _figure(row["forecast"], series, currency, "forecast.then", key),
        _figure(row["actual"], series, currency, "forecast.came", key),
        trust.level(row["level"]),
        share(row["wape"], "forecast.wape", key) if row["wape"] is not None else None,
        beside,
    ]


def _agreement(found: Sequence[Row], currency: str | None) -> Section | None:
    """Whether what is expected customer by customer adds up to what is forecast for the shop."""
    if not found or not currency or found[0]["spend_to_known_revenue"] is None:
        return None
    row = found[0]
    ratio = row["spend_to_known_revenue"]
    verdict = (
        Words("两种算法说的是同一件事", "the two ways of counting say the same")
        if abs(ratio - 1) <= NEAR
        else Words("两种算法差得较多，用时请留意", "the two ways of counting lie apart: mind it when you use them")
    )
    sentences = [
        say(
            "逐个客户加总，老客户未来 {days} 天预计消费 {spend}；全店预测里老客户的部分是 {revenue}。前者是后者的 {ratio}：{verdict}。",
            "Customer by customer, those who bought before are expected to spend {spend} in {days} days; their part of the shop's forecast is {revenue}. The one is {ratio} of the other: {verdict}.",
            days=str(row["horizon_days"]),
            spend=money(row["expected_spend"], currency, "forecast.spend"),
            revenue=money(row["known_revenue"], currency, "forecast.known_revenue"),
            ratio=share(ratio, "forecast.agreement"),
            verdict=verdict,
        ),
        say(
            "其余来自第一次购买的客户（过去同样长的时间里占 {new}）{guests}。",
            "The rest comes from first purchases ({new} of as many days before){guests}.",
            new=share(row["new_share"], "forecast.new_share"),
            guests=say(
                "和未登录的顾客（{share}）",
                " and from guests ({share})",
                share=share(row["guest_share"], "forecast.guest_share"),
            )
            if row["guest_share"]
            else NOTHING,
        ),
    ]
    return Section("agreement", Words("两种算法对不对得上", "Do the two ways of counting agree"), sentences)


ROOM = Room(
    "forecast",
    TITLE,
    {"": page},
    ("read", "marketing"),
    needs=("insights.forecasts",),
    figures=FIGURES / "forecast.sql",
)
