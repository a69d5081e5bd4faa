"""The page of one product: how it sells, what is said of it, what goes with it."""

from collections.abc import Sequence
from typing import Any

from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Figure,
    Grid,
    Quote,
    Section,
    Sentence,
    Weeks,
    count,
    money,
    say,
    share,
)
from assets.outreach.report.methods.usual import usual, verdict
from assets.outreach.report.reads import Reads
from resources.words import Words
from serving.answers import Refused, Said, filled
from serving.console.parts import Row, between, product, rows
from serving.console.visit import Page, Tile, Visit

NO_PRODUCT = Said(
    Words("没有商品“{0}”", "There is no product “{0}”"),
    Words("请核对商品 ID，或在商品页按标题查找。", "Check its id, or look for its title in Products."),
)
IN_STOCK = {True: Words("有货", "in stock"), False: Words("缺货", "out of stock")}
SOURCES = {
    "customers": Words("喜欢它的客户也喜欢", "liked by the same customers"),
    "content": Words("描述相近", "described alike"),
}


def page(visit: Visit) -> Page:
    """One product. Raises Refused (404) for one that the shop neither lists nor sold."""
    product_id = visit.path["product_id"]
    title, content = visit.held(f"product {product_id}", lambda reads: _content(reads, product_id))
    if content is None:
        raise Refused(404, filled(NO_PRODUCT, (product_id,)))
    return Page(title, content)


def _content(reads: Reads, product_id: str) -> tuple[Words, dict[str, Any] | None]:
    found = rows(reads, "product_known", asked=product_id)
    if not found:
        return Words("", ""), None
    known, currency = found[0], reads.shop.currency
    weeks = rows(reads, "product_weeks", asked=product_id)
    judged = rows(reads, "product_satisfaction", asked=product_id)
    sections = [
        _sold(weeks, product_id),
        _said(judged, rows(reads, "product_aspects", asked=product_id)),
        _together(rows(reads, "product_together", asked=product_id), product_id),
        _similar(rows(reads, "product_similar", asked=product_id), product_id),
    ]
    title = known["title"] or product_id
    content = {
        "lead": _about(known, product_id),
        "tiles": _tiles(known, weeks[-1], judged, product_id, currency),
        "sections": [section for section in sections if section],
    }
    return Words(title, title), content


def _about(known: Row, product_id: str) -> Sentence:
    """Its id, category, brand, whether it is in stock, and since when it sells."""
    parts: dict[str, Cell] = {"product_id": product_id}
    zh, en = ["商品 ID {product_id}"], ["Id {product_id}"]
    for name in ("category", "brand"):
        if known[name]:
            parts[name] = known[name]
            zh.append(f"{{{name}}}")
            en.append(f"{{{name}}}")
    if known["in_stock"] is not None:
        zh.append(IN_STOCK[known["in_stock"]].zh)
        en.append(IN_STOCK[known["in_stock"]].en)
    if known["first_on"]:
        zh.append(f"{known['first_on']} 起有售出")
        en.append(f"sold since {known['first_on']}")
    return Sentence(Words(" · ".join(zh), " · ".join(en)), parts)


def _tiles(known: Row, week: Row, judged: Sequence[Row], key: str, currency: str | None) -> list[Tile]:
    tiles = [Tile(Words("本周件数", "Pieces this week"), count(week["pieces"], "products.pieces", key))]
    if currency:
        tiles.append(
            Tile(Words("本周销售额", "Revenue this week"), money(week["revenue"], currency, "products.revenue", key))
        )
        if known["price"] is not None:
            tiles.append(Tile(Words("售价", "Price"), money(known["price"], currency, "products.price", key)))
    if judged:
        row = judged[0]
        note = say(
            "{reviews} 条评价，全部商品平均 {shop}",
            "{reviews} reviews; all products {shop}",
            reviews=count(row["review_count"], "products.reviews", key),
            shop=share(row["shop_share"], "products.shop_praise"),
        )
        tiles.append(Tile(Words("好评率", "Praise"), share(row["positive_share"], "products.praise", key), note))
    return tiles


def _sold(weeks: Sequence[Row], key: str) -> Section | None:
    if not any(row["pieces"] for row in weeks):
        return None
    *before, newest = weeks
    range_ = usual([float(row["pieces"]) for row in before])
    sentence = (
        say(
            "本周卖出 {pieces} 件，平时为 {usual} 件：{verdict}。",
            "{pieces} pieces this week, {usual} in a usual one: {verdict}.",
            pieces=count(newest["pieces"], "products.pieces", key),
            usual=usually(range_.median, key),
            verdict=verdict(newest["pieces"], range_),
        )
        if range_
        else say(
            "本周卖出 {pieces} 件；{verdict}。",
            "{pieces} pieces this week; {verdict}.",
            pieces=count(newest["pieces"], "products.pieces", key),
            verdict=verdict(newest["pieces"], None),
        )
    )
    caption = Words(
        "每周件数；橙点为本周，色带为正常区间（五周中约有四周）",
        "Pieces a week; the orange dot is this week, the band the usual range (about four weeks in five)",
    )
    points = [(row["as_of"].isoformat(), float(row["pieces"])) for row in weeks]
    cells: list[list[Cell]] = [[day, count(value, "products.week_pieces", f"{day} {key}")] for day, value in points]
    grid = Grid(caption, (Words("周末后的周一", "Monday after the week"), Words("件数", "Pieces")), cells)
    picture = Weeks(points, range_.low if range_ else None, range_.high if range_ else None)
    return Section("sold", Words("卖得怎样", "How it sells"), [sentence], charts=[Chart(caption, picture, grid)])


def usually(median: float, key: str) -> Figure:
    """The pieces of a usual week."""
    shown = f"{median:,.1f}".removesuffix(".0")
    return Figure(float(median), Words(shown, shown), "products.usual", key)


def _said(judged: Sequence[Row], aspects: Sequence[Row]) -> Section | None:
    if not judged:
        return None
    row = judged[0]
    key = row["product_id"]
    low, high = (share(row[f"positive_share_{end}"], f"products.praise_{end}", key) for end in ("low", "high"))
    is_poor, is_good = row["positive_share_high"] < row["shop_share"], row["positive_share_low"] > row["shop_share"]
    sentences = [
        say(
            "{reviews} 条评价中好评占 {share}（95% 区间 {ends}）：{verdict}。",
            "{share} of {reviews} reviews praise it (95% interval {ends}): {verdict}.",
            reviews=count(row["review_count"], "products.reviews", key),
            share=share(row["positive_share"], "products.praise", key),
            ends=between(low, high),
            verdict=Words("明显低于全部商品的平均", "clearly below all products")
            if is_poor
            else Words("明显高于全部商品的平均", "clearly above all products")
            if is_good
            else Words("与全部商品的平均没有明显差别", "no clear difference from all products"),
        )
    ]
    if row["positive_share_90d"] is not None:
        sentences.append(
            say(
                "近 90 天 {reviews} 条，好评占 {share}。",
                "In the last 90 days: {reviews} reviews, {share} praise.",
                reviews=count(row["review_count_90d"], "products.reviews_90d", key),
                share=share(row["positive_share_90d"], "products.praise_90d", key),
            )
        )
    quotes = [
        Quote(Words(each["aspect_zh"], each["aspect_en"]), text) for each in aspects for text in each["quotes"] or ()
    ]
    return Section(
        "said",
        Words("客户怎么说", "What customers say"),
        sentences,
        grids=[_aspects(aspects, key)] if aspects else [],
        quotes=quotes,
    )


def _aspects(aspects: Sequence[Row], product_id: str) -> Grid:
    columns = (
        Words("方面", "Aspect"),
        Words("近四周提及", "Mentions in four weeks"),
        Words("好评", "Praise"),
        Words("批评", "Blame"),
        Words("之前十二周提及", "Mentions in the twelve weeks before"),
        Words("之前好评率", "Praise before"),
    )
    cells: list[list[Cell]] = []
    for row in aspects:
        key, before = f"{row['aspect']} {product_id}", row["praised_share_before"]
        cells.append(
            [
                Words(row["aspect_zh"], row["aspect_en"]),
                count(row["mention_count"], "products.mentions", key),
                count(row["praised_count"], "products.praised", key),
                count(row["blamed_count"], "products.blamed", key),
                count(row["mention_count_before"], "products.mentions_before", key),
                share(before, "products.praise_before", key) if before is not None else None,
            ]
        )
    return Grid(Words("评价里说到的方面", "What its reviews speak of"), columns, cells)


def blamed(row: Row) -> Cell:
    """The aspect that is blamed most, and how often."""
    if not row["worst_aspect"]:
        return None
    return say(
        "{aspect}（{count} 条）",
        "{aspect} ({count})",
        aspect=Words(row["aspect_zh"] or row["worst_aspect"], row["aspect_en"] or row["worst_aspect"]),
        count=count(row["worst_aspect_count"], "products.worst", row["product_id"]),
    )


def _together(found: Sequence[Row], product_id: str) -> Section | None:
    if not found:
        return None
    cells: list[list[Any]] = []
    for row in found:
        key = f"{product_id} + {row['other_product_id']}"
        cells.append(
            [
                product(row["other_product_id"], row["other_title"]),
                count(row["order_count"], "products.orders_with", key),
                share(row["confidence_share"], "products.confidence", key),
                times(row["lift"], key),
            ]
        )
    columns = (
        Words("商品", "Product"),
        Words("一起买的订单", "Orders with both"),
        Words("买它的订单中的占比", "Of the orders with it"),
        Words("倍数（与偶然相比）", "Times chance"),
    )
    lead = say("适合做搭配，或在它的详情页上展示。", "Fit for a bundle with it, or for its page in the shop.")
    return Section(
        "together",
        Words("和它一起买的", "Bought with it"),
        [lead],
        grids=[Grid(Words("同一订单里的商品", "Products of the same orders"), columns, cells)],
    )


def times(lift: float, key: str) -> Figure:
    """How many times as often as by chance."""
    shown = f"{lift:,.1f}"
    return Figure(float(lift), Words(f"{shown} 倍", f"{shown}×"), "products.lift", key)


def _similar(found: Sequence[Row], product_id: str) -> Section | None:
    if not found:
        return None
    cells: list[list[Any]] = [
        [
            product(row["other_product_id"], row["other_title"]),
            share(row["score"], "products.similarity", f"{product_id} + {row['other_product_id']}"),
            SOURCES.get(row["source"], Words(row["source"], row["source"])),
        ]
        for row in found
    ]
    columns = (Words("商品", "Product"), Words("相似度", "Likeness"), Words("依据", "By what"))
    lead = say("缺货时可以换成这些，或放进“看了又看”。", "To show in its place when it is out of stock, or beside it.")
    return Section(
        "similar",
        Words("相似的商品", "Like it"),
        [lead],
        grids=[Grid(Words("相似的商品，最像的在前", "Like it, the closest first"), columns, cells)],
    )
