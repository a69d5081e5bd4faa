"""What sold, and what will sell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Days,
    Figure,
    Grid,
    Section,
    Sentence,
    count,
    listed,
    money,
    noun,
    say,
    share,
)
from assets.outreach.report.methods.usual import Usual, place, usual, verdict
from resources.words import NOTHING, Words

# Categories in the table, and named in a sentence.
SHOWN, NAMED = 15, 5
SERIES = {"revenue": Words("销售额", "revenue"), "orders": Words("订单数", "orders")}
RULES = (
    Words("销量和金额都不扣退货。", "Pieces and money are before returns."),
    Words(
        "合计的区间由过去同样天数合计的误差得出：五次中约有四次，实际值落在区间内。",
        "The range of a sum comes from the errors of past sums of as many days: about four in five lay within theirs.",
    ),
)
VISITS = Words(
    "一次访问是同一个人中间没有长时间停顿的一串行为；先浏览、再加购、再下单才算走到下单。",
    "A visit is what a person does without a long pause; it comes to the order by a view, then the cart, then the order.",
)


@dataclass(frozen=True)
class Category:
    """What a category sold in the week, in pieces, and what is usual."""

    name: str
    pieces: float
    range: Usual | None


def section(
    products: Sequence[Mapping[str, Any]],
    categories: Sequence[Mapping[str, Any]],
    demand: Sequence[Mapping[str, Any]],
    happened: Sequence[Mapping[str, Any]],
    expected: Sequence[Mapping[str, Any]],
    totals: Sequence[Mapping[str, Any]],
    as_of: date,
    currency: str | None,
    funnel: Sequence[Mapping[str, Any]] = (),
) -> Section | None:
    """The section; None in a week without a sale and without a forecast."""
    main = "revenue" if currency else "orders"
    coming = [row for row in expected if row["series"] == main]
    if not products and not coming:
        return None
    sentences = [best(products[0], currency)] if products else []
    sold = by_category(categories, as_of)
    if any(category.range for category in sold):
        sentences.append(moving(sold))
    visits = converted(funnel, as_of)
    sentences += [visits] if visits else []
    if coming:
        whole = next((row for row in totals if row["series"] == main), None)
        sentences.insert(0, ahead(coming, whole, main, currency))
        sentences += [known(coming)] if any(row["event_en"] for row in coming) else []
    grids = [of_products(products, currency)] if products else []
    grids += [of_categories(sold, demand)] if sold else []
    grids += [of_weeks(expected, currency)] if coming else []
    return Section(
        "sold",
        Words("卖了什么，接下来会卖什么", "What sold, and what will sell"),
        sentences,
        charts=[chart(happened, coming, main, currency)] if coming else [],
        grids=grids,
        rules=[*(RULES if coming else RULES[:1]), *([VISITS] if visits else [])],
    )


def ahead(
    coming: Sequence[Mapping[str, Any]], whole: Mapping[str, Any] | None, series: str, currency: str | None
) -> Sentence:
    """The forecast of the coming days in sum, with the range of the sum where there is one."""
    first, last = coming[0]["forecast_on"], coming[-1]["forecast_on"]
    fields = {
        "name": SERIES[series],
        "first": first.isoformat(),
        "last": last.isoformat(),
        "mean": _figure(sum(row["mean"] for row in coming), series, currency, f"sold.{series}_mean"),
    }
    if whole is None or whole["low"] is None:
        return say(
            "预计 {first} 至 {last} {name}共 {mean}。",
            "Expected from {first} to {last}: {name} {mean}.",
            **fields,
        )
    return say(
        "预计 {first} 至 {last} {name}共 {mean}（{low} – {high}）。",
        "Expected from {first} to {last}: {name} {mean} ({low} to {high}).",
        **fields,
        low=_figure(whole["low"], series, currency, f"sold.{series}_low"),
        high=_figure(whole["high"], series, currency, f"sold.{series}_high"),
    )


def best(row: Mapping[str, Any], currency: str | None) -> Sentence:
    """The product that sold best."""
    fields: dict[str, Figure | Words | str] = {
        "title": row["title"] or row["product_id"],
        "pieces": count(row["pieces"], "sold.pieces", row["product_id"]),
        "noun": noun(row["pieces"], "piece"),
    }
    if not currency:
        return say("本周卖得最多的是「{title}」：{pieces} 件。", "“{title}” sold best: {pieces} {noun}.", **fields)
    return say(
        "本周销售额最高的是「{title}」：{pieces} 件，{revenue}。",
        "“{title}” brought most: {pieces} {noun}, {revenue}.",
        **fields,
        revenue=money(row["revenue"], currency, "sold.revenue", row["product_id"]),
    )


def by_category(categories: Sequence[Mapping[str, Any]], as_of: date) -> list[Category]:
    """The categories, what sold most first."""
    weeks: dict[str, list[tuple[date, float]]] = {}
    for row in categories:
        weeks.setdefault(row["category"], []).append((row["as_of"], float(row["pieces"])))
    found = [
        Category(
            name,
            sum(pieces for week, pieces in pairs if week == as_of),
            usual([pieces for week, pieces in sorted(pairs) if week < as_of]),
        )
        for name, pairs in weeks.items()
    ]
    return sorted(found, key=lambda category: (-category.pieces, category.name))


def moving(categories: Sequence[Category]) -> Sentence:
    """Which categories sold otherwise than usual, beside how many do so by chance."""
    unusual = [each for each in categories if place(each.pieces, each.range) in ("above", "below")]
    if not unusual:
        return say("各品类的销量都在正常区间内。", "Every category sold within the usual.")
    parts = []
    for category in unusual[:NAMED]:
        said = verdict(category.pieces, category.range)
        parts.append(Words(f"{category.name}（{said.zh}）", f"{category.name} ({said.en})"))
    return say(
        "{all} 个品类中有 {some} 个的销量不在正常区间（按偶然也约有五分之一）：{parts}{more}。",
        "Of {all} {noun}, {some} sold outside the usual (about one in five does by chance): {parts}{more}.",
        all=str(len(categories)),
        some=str(len(unusual)),
        noun=noun(len(categories), "category", "categories"),
        parts=listed(parts),
        more=Words("等", " and others") if len(unusual) > NAMED else NOTHING,
    )


def converted(funnel: Sequence[Mapping[str, Any]], as_of: date) -> Sentence | None:
    """How many visits came to an order, and whether that is usual; None in a week without a visit."""
    now = next((row for row in funnel if row["as_of"] == as_of and row["visits"]), None)
    if now is None:
        return None
    before = [row["conversion"] for row in funnel if row["as_of"] < as_of and row["visits"]]
    return say(
        "本周 {visits} 次浏览了商品的访问中，{carted} 次加购，{ordered} 次下单：转化率 {conversion}，{verdict}。",
        "Of {visits} {noun} with a product view {carted} came to the cart and {ordered} to an order: a conversion of {conversion}, {verdict}.",
        visits=count(now["visits"], "sold.visits"),
        noun=noun(now["visits"], "visit"),
        carted=count(now["carted"], "sold.carted"),
        ordered=count(now["ordered"], "sold.ordered"),
        conversion=share(now["conversion"], "sold.conversion"),
        verdict=verdict(now["conversion"], usual(before)),
    )


def known(coming: Sequence[Mapping[str, Any]]) -> Sentence:
    """The known events among the coming days."""
    names: dict[str, Words] = {}
    for row in coming:
        if row["event_en"]:
            names.setdefault(row["event_en"], Words(row["event_zh"], row["event_en"]))
    return say(
        "其中有{events}，预测已计入。",
        "These days hold {events}, which the forecast takes into account.",
        events=listed(list(names.values())),
    )


def _figure(value: float, series: str, currency: str | None, query: str, row: object = "") -> Figure:
    return money(value, currency, query, row) if series == "revenue" else count(value, query, row)


def of_products(products: Sequence[Mapping[str, Any]], currency: str | None) -> Grid:
    columns = [Words("商品", "Product"), Words("品类", "Category"), Words("件数", "Pieces")]
    rows: list[list[Cell]] = []
    for row in products:
        key = row["product_id"]
        cells: list[Cell] = [row["title"] or key, row["category"] or "–", count(row["pieces"], "sold.pieces", key)]
        rows.append(cells + ([money(row["revenue"], currency, "sold.revenue", key)] if currency else []))
    return Grid(
        Words("本周卖得最好的商品", "What sold best this week"),
        columns + ([Words("销售额", "Revenue")] if currency else []),
        rows,
    )


def of_categories(categories: Sequence[Category], demand: Sequence[Mapping[str, Any]]) -> Grid:
    coming = {row["category"]: row for row in demand}
    days = max((row["day_count"] for row in demand), default=0)
    columns = [
        Words("品类", "Category"),
        Words("本周件数", "Pieces this week"),
        Words("正常区间", "Usual range"),
        Words("判断", "Verdict"),
    ]
    rows: list[list[Cell]] = []
    for category in categories[:SHOWN]:
        name, range_ = category.name, category.range
        ends = f"{range_.low:,.0f} – {range_.high:,.0f}" if range_ else "–"
        said = verdict(category.pieces, range_)
        cells: list[Cell] = [name, count(category.pieces, "sold.category", name), Words(ends, ends), said]
        if coming:
            cells.append(count(coming[name]["pieces"], "sold.demand", name) if name in coming else None)
        rows.append(cells)
    if coming:
        columns.append(Words(f"未来 {days} 个营业日预计件数", f"Pieces expected in {days} trading days"))
    return Grid(Words("各品类销量", "Pieces by category"), columns, rows)


def of_weeks(expected: Sequence[Mapping[str, Any]], currency: str | None) -> Grid:
    """The forecast by week, from the as-of day on."""
    shown = [series for series in SERIES if currency or series != "revenue"]
    weeks: dict[date, dict[str, list[Mapping[str, Any]]]] = {}
    for row in expected:
        monday = row["forecast_on"] - timedelta(days=row["forecast_on"].weekday())
        weeks.setdefault(monday, {}).setdefault(row["series"], []).append(row)
    rows: list[list[Cell]] = []
    for monday, of_week in sorted(weeks.items()):
        cells: list[Cell] = [monday.isoformat()]
        for series in shown:
            cells.append(_week(of_week.get(series, []), series, currency, monday))
        rows.append(cells)
    columns = [Words("周一", "Monday"), *(Words(SERIES[series].zh, SERIES[series].en.capitalize()) for series in shown)]
    return Grid(Words("按周预测", "The forecast by week"), columns, rows)


def _week(days: Sequence[Mapping[str, Any]], series: str, currency: str | None, monday: date) -> Cell:
    if not days:
        return None
    return _figure(sum(row["mean"] for row in days), series, currency, f"sold.{series}_week", monday)


def chart(
    happened: Sequence[Mapping[str, Any]], coming: Sequence[Mapping[str, Any]], series: str, currency: str | None
) -> Chart:
    caption = Words(
        f"每天的{SERIES[series].zh}：过去 28 天的实际值（实线），和未来的预测（虚线）及 80% 区间（色带）",
        f"{SERIES[series].en.capitalize()} by day: the last 28 days (line), and the forecast (dashes) with its 80% interval (band)",
    )
    past = [(row["day"].isoformat(), float(row[series])) for row in happened]
    future = [
        (
            row["forecast_on"].isoformat(),
            row["mean"],
            row["mean"] if row["low"] is None else row["low"],
            row["mean"] if row["high"] is None else row["high"],
        )
        for row in coming
    ]
    rows: list[list[Cell]] = [
        [day, _figure(value, series, currency, f"sold.day_{series}", day), NOTHING] for day, value in past
    ]
    rows += [
        [day, NOTHING, _figure(mean, series, currency, f"sold.expected_{series}", day)] for day, mean, _, _ in future
    ]
    grid = Grid(caption, (Words("日期", "Day"), Words("实际", "Happened"), Words("预测", "Forecast")), rows)
    return Chart(caption, Days(past, future), grid)
