"""Products: what sells beside the usual, how satisfied reviews are with it, what goes with what."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import RedirectResponse, Response

from assets.outreach.report.methods import sold
from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Figure,
    Grid,
    Ranges,
    Section,
    Sentence,
    count,
    money,
    noun,
    say,
    share,
)
from assets.outreach.report.methods.usual import usual, verdict
from assets.outreach.report.reads import Reads
from resources.words import Words
from serving.console.parts import FIGURES, Find, Link, Row, between, chosen, head, product, rows
from serving.console.rooms import funnel
from serving.console.rooms import product as one
from serving.console.visit import Page, Room, Visit

TITLE = Words("商品", "Products")
SHOWN, DRAWN = 15, 10
LONGEST = 200
# By the key of a section: what its table may be sorted by, as rows are compared; the first unless the address says otherwise.
SOLD = {
    "revenue": lambda row: -row["revenue"],
    "pieces": lambda row: -row["pieces"],
    "rising": lambda row: -(row["change"] or 0),
    "falling": lambda row: row["change"] or 0,
}
JUDGED = {
    "poor": lambda row: row["positive_share_high"],
    "reviews": lambda row: -row["review_count"],
    "negative": lambda row: -row["negative_count"],
}
TOGETHER = {
    "orders": lambda row: -row["order_count"],
    "confidence": lambda row: -row["confidence_share"],
    "lift": lambda row: -row["lift"],
}
FIND = Words("查找商品", "Find a product")
FIND_HINT = Words("输入商品 ID 的开头，或标题中的几个字。", "The first signs of an id, or a part of the title.")
FOUND = Words("ID 以“{0}”开头或标题含有“{0}”的商品", "Products whose id begins with “{0}” or whose title holds it")
NONE = Words("没有找到“{asked}”。请核对商品 ID 或标题。", "No product is called “{asked}”. Check its id or title.")
MOST_FOUND = 50
SOLD_RULES = (
    *sold.RULES[:1],
    Words(
        "“平时”为此前最多 13 周每周件数的中位数；正常区间是五周中约有四周落在其中的范围，所以按偶然也约有五分之一的商品在区间之外。",
        "“Usual” is the median of the pieces of up to 13 weeks before; about four weeks in five lie within the usual range, so that by chance about one product in five lies outside.",
    ),
)
JUDGED_RULES = (
    Words(
        "好评率：能看出态度的评价中赞扬的占比；没有文字的按星级。区间（95%）反映评价多少：评价越少，区间越宽。",
        "Praise is the share of praising reviews among those with an opinion, by stars where nobody wrote. The interval (95%) says how many reviews there are: the fewer, the wider.",
    ),
    Words(
        "“批评最多”只看近 90 天。按整个区间都低于全店平均的程度排序：这样的商品最有把握是差的。",
        "“Most blamed” is of the last 90 days. First come those whose whole interval lies lowest: of these it is most certain.",
    ),
)
TOGETHER_RULES = (
    Words(
        "“也买”：买了前一件商品的订单中，同时买了后一件的占比。“倍数”：这两件一起出现的次数，是互不相干时的多少倍。",
        "“Also bought”: of the orders with the first product, those with the second. “Times chance”: how many times as often as if the two had nothing to do with each other.",
    ),
)


def page(visit: Visit) -> Page | Response:
    """The tables of all products, each sorted as the address says; or the products that are called what was asked."""
    asked = visit.asked.get("find", "").strip()[:LONGEST]
    if asked:
        return _found(visit, asked)
    currency = visit.serving.shop.currency
    orders = [*SOLD] if currency else [key for key in SOLD if key != "revenue"]
    found = [
        _sold(
            visit.held("products sold", lambda reads: rows(reads, "products_sold")),
            chosen(visit.asked, orders, "sold"),
            currency,
        ),
        visit.held("products categories", _categories),
        visit.held("products funnel", funnel.section),
        _judged(
            visit.held("products satisfaction", lambda reads: rows(reads, "products_satisfaction")),
            chosen(visit.asked, [*JUDGED], "satisfaction"),
        ),
        _together(
            visit.held("products together", lambda reads: rows(reads, "products_together")),
            chosen(visit.asked, [*TOGETHER], "together"),
        ),
    ]
    return Page(TITLE, {"find": find(""), "sections": [section for section in found if section]})


def find(value: str) -> Find:
    return Find("/console/products", "find", value, FIND, FIND_HINT)


def _found(visit: Visit, asked: str) -> Page | Response:
    found = rows(visit.reads, "products_found", asked=asked)
    if len(found) == 1 or (found and found[0]["product_id"] == asked):
        return RedirectResponse(product(found[0]["product_id"], None).address, 303)
    caption = FOUND.format(asked)
    columns = (Words("商品", "Product"), Words("品类", "Category"), Words("商品 ID", "Id"))
    cells: list[list[Any]] = [
        [product(row["product_id"], row["title"]), row["category"], row["product_id"]] for row in found[:MOST_FOUND]
    ]
    more = Words(
        f"只显示前 {MOST_FOUND} 个，请输入得更具体些。", f"Only the first {MOST_FOUND} are shown: ask for less."
    )
    lead = Sentence(NONE, {"asked": asked}) if not found else Sentence(more) if len(found) > MOST_FOUND else None
    section = Section("found", FIND, [lead] if lead else [], grids=[Grid(caption, columns, cells)] if cells else [])
    return Page(TITLE, {"find": find(asked), "sections": [section]})


def _sold(found: Sequence[Row], order: str, currency: str | None) -> Section | None:
    if not found:
        return None
    shown = sorted(found, key=SOLD[order])[:SHOWN]
    weeks = len(found[0]["before"] or ())
    best = max(found, key=lambda row: (row["revenue"] if currency else 0, row["pieces"]))
    sentences = [sold.best(best, currency)] if best["pieces"] > 0 else []
    sentences += [
        say(
            "本周有 {products} 个商品卖出。",
            "{products} {noun} sold this week.",
            products=count(found[0]["sold_count"], "products.sold"),
            noun=noun(found[0]["sold_count"], "product"),
        )
    ]
    columns = [
        Words("商品", "Product"),
        Words("品类", "Category"),
        head(Words("本周件数", "Pieces this week"), "pieces", order, name="sold"),
        Words("平时", "Usual"),
        head(Words("增减", "More or less"), "rising", order, "falling", name="sold")
        if weeks
        else Words("增减", "More or less"),
        Words("判断", "Verdict"),
        *([head(Words("销售额", "Revenue"), "revenue", order, name="sold")] if currency else []),
    ]
    grid = Grid(
        Words("本周各商品，点列名可换排序", "The products of the week; a column's name sorts by it"),
        columns,
        [_sold_row(row, currency) for row in shown],
    )
    return Section("sold", Words("本周卖得怎样", "What sold this week"), sentences, grids=[grid], rules=SOLD_RULES)


def _sold_row(row: Row, currency: str | None) -> list[Any]:
    key, pieces = row["product_id"], row["pieces"]
    range_ = usual([float(value) for value in row["before"] or ()])
    cells: list[Any] = [
        product(key, row["title"]),
        row["category"],
        count(pieces, "products.pieces", key),
        one.usually(range_.median, key) if range_ else None,
        _signed(row["change"]) if range_ else None,
        verdict(pieces, range_),
    ]
    return cells + ([money(row["revenue"], currency, "products.revenue", key)] if currency else [])


def _signed(value: float) -> Words:
    shown = f"{float(value):+,.1f}".removesuffix(".0") if value else "0"
    return Words(shown, shown)


def _categories(reads: Reads) -> Section | None:
    """The report's words and table of categories, with what is forecast of them."""
    found = sold.by_category(reads.rows("categories"), reads.as_of)
    if not found:
        return None
    return Section(
        "categories",
        Words("各品类，以及接下来的需求", "Categories, and the demand to come"),
        [sold.moving(found)] if any(category.range for category in found) else [],
        grids=[sold.of_categories(found, reads.rows("demand"))],
        rules=sold.RULES[:1],
    )


def _judged(found: Sequence[Row], order: str) -> Section | None:
    if not found:
        return None
    first = found[0]
    sentence = say(
        "{judged} 个商品有评价，好评占 {share}；其中 {poor} 个明显低于平均：整个 95% 区间都在平均之下{more}。",
        "{judged} {noun} been reviewed, with {share} praise; {poor} lie clearly below: their whole 95% interval does{more}.",
        judged=count(first["judged_count"], "products.judged"),
        noun=noun(first["judged_count"], "product has", "products have"),
        share=share(first["shop_share"], "products.shop_praise"),
        poor=count(first["poor_count"], "products.poor"),
        more=Words("（按偶然约有四十分之一）", " (by chance about one in forty would)"),
    )
    columns = (
        Words("商品", "Product"),
        head(Words("评价", "Reviews"), "reviews", order, name="satisfaction"),
        Words("平均星级", "Mean stars"),
        head(Words("差评", "Blame"), "negative", order, name="satisfaction"),
        head(Words("好评率", "Praise"), "", order, "poor", name="satisfaction"),
        Words("95% 区间", "95% interval"),
        Words("近 90 天好评率", "Praise in 90 days"),
        Words("批评最多", "Most blamed"),
    )
    grid = Grid(
        Words("各商品的满意度", "How satisfied reviews are"),
        columns,
        [_judged_row(row) for row in sorted(found, key=JUDGED[order])[:SHOWN]],
    )
    return Section(
        "satisfaction",
        Words("满意度", "Satisfaction"),
        [sentence],
        charts=[_poor(sorted(found, key=JUDGED["poor"])[:DRAWN])],
        grids=[grid],
        rules=JUDGED_RULES,
    )


def _judged_row(row: Row) -> list[Any]:
    key = row["product_id"]
    return [
        product(key, row["title"]),
        count(row["review_count"], "products.reviews", key),
        stars(row["rating"], key),
        count(row["negative_count"], "products.negative", key),
        share(row["positive_share"], "products.praise", key),
        praise_between(row),
        share(row["positive_share_90d"], "products.praise_90d", key) if row["positive_share_90d"] is not None else None,
        one.blamed(row),
    ]


def stars(rating: float | None, key: str) -> Figure | None:
    if rating is None:
        return None
    shown = f"{rating:.1f}"
    return Figure(float(rating), Words(shown, shown), "products.rating", key)


def praise_between(row: Row) -> Sentence:
    low, high = (
        share(row[f"positive_share_{end}"], f"products.praise_{end}", row["product_id"]) for end in ("low", "high")
    )
    return between(low, high)


def _poor(found: Sequence[Row]) -> Chart:
    caption = Words(
        "好评率最低的商品：好评率（圆点）、95% 区间（色条）和全部商品的平均（橙色短线）",
        "The products that are praised least: their praise (dots), its 95% interval (bars), and that of all products (orange)",
    )
    names = [Words(row["title"] or row["product_id"], row["title"] or row["product_id"]) for row in found]
    values = [
        (row["positive_share"], row["positive_share_low"], row["positive_share_high"], row["shop_share"])
        for row in found
    ]
    cells: list[list[Cell]] = [
        [
            row["title"] or row["product_id"],
            share(row["positive_share"], "products.praise", row["product_id"]),
            praise_between(row),
        ]
        for row in found
    ]
    columns = (Words("商品", "Product"), Words("好评率", "Praise"), Words("95% 区间", "95% interval"))
    return Chart(caption, Ranges(names, values, is_share=True), Grid(caption, columns, cells))


def _together(found: Sequence[Row], order: str) -> Section | None:
    if not found:
        return None
    sentence = say(
        "{pairs} 对商品在同一订单中出现得明显多于偶然：适合做搭配、放在一起陈列。",
        "{pairs} {noun} of products stand in one order clearly more often than by chance: fit for bundles and for showing side by side.",
        pairs=count(found[0]["pair_count"], "products.pairs"),
        noun=noun(found[0]["pair_count"], "pair"),
    )
    columns = (
        Words("买了", "Bought"),
        Words("也买", "Also bought"),
        head(Words("一起买的订单", "Orders with both"), "orders", order, name="together"),
        Words("占全部订单", "Of all orders"),
        head(Words("“也买”占比", "Share also bought"), "confidence", order, name="together"),
        head(Words("倍数", "Times chance"), "lift", order, name="together"),
    )
    cells: list[list[Link | Cell]] = []
    for row in sorted(found, key=TOGETHER[order])[:SHOWN]:
        key = f"{row['product_id']} + {row['other_product_id']}"
        cells.append(
            [
                product(row["product_id"], row["title"]),
                product(row["other_product_id"], row["other_title"]),
                count(row["order_count"], "products.orders_with", key),
                share(row["support_share"], "products.support", key),
                share(row["confidence_share"], "products.confidence", key),
                one.times(row["lift"], key),
            ]
        )
    grid: Any = Grid(Words("经常一起买的商品", "Products bought together"), columns, cells)
    return Section("together", Words("一起买的商品", "Bought together"), [sentence], grids=[grid], rules=TOGETHER_RULES)


ROOM = Room(
    "products",
    TITLE,
    {"": page, "/{product_id:path}": one.page},
    ("read", "marketing"),
    needs=("clean.orders",),
    figures=FIGURES / "products.sql",
)
