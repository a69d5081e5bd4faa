"""Voice: what customers say in their reviews, how it changes, in their own words, and which products they blame."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assets.outreach.report.methods.parts import (
    Cell,
    Chart,
    Grid,
    Quote,
    Ranges,
    Section,
    Sentence,
    Trend,
    count,
    noun,
    say,
    share,
)
from assets.outreach.report.reads import Reads
from resources.words import Words
from serving.console.parts import FIGURES, Row, between, product, rows
from serving.console.visit import Page, Room, Visit

TITLE = Words("口碑", "Voice")
# A line of fewer weeks is none.
FEWEST_WEEKS = 3
WARNED = Words(
    "预警的条件：近四周和之前十二周各至少 20 次提及，且好评率的降幅超过三个标准误（偶然约为千分之一）。",
    "A warning takes 20 mentions each in the last four weeks and in the twelve before, and a fall of praise by more than three standard errors (by chance about one in a thousand).",
)


def page(visit: Visit) -> Page:
    """The report's section with its aspects drawn, the trend by week, warnings, quotes, and the products that are blamed."""
    spoken = [
        replace(section, charts=visit.held("voice aspects", _aspects), quotes=[]) for section in visit.sections("voice")
    ]
    return Page(TITLE, {"sections": [*spoken, *visit.held("voice", _sections)]})


def _sections(reads: Reads) -> list[Section]:
    aspects = rows(reads, "voice_aspects")
    found = [
        _warning(rows(reads, "voice_warnings")) if aspects else None,
        _trend(rows(reads, "voice_weeks")),
        _quotes(aspects),
        _products(rows(reads, "voice_products")),
    ]
    return [section for section in found if section]


def _aspects(reads: Reads) -> list[Chart]:
    found = rows(reads, "voice_aspects")
    if not found:
        return []
    caption = Words(
        "各方面的好评率：近四周（圆点）及其 95% 区间（色条），和之前十二周（橙色短线）",
        "Praise of each aspect: in the last four weeks (dots) with its 95% interval (bars), and in the twelve before (orange)",
    )
    names = [Words(row["aspect_zh"], row["aspect_en"]) for row in found]
    values = [
        (row["praised_share"], row["praised_share_low"], row["praised_share_high"], row["praised_share_before"])
        for row in found
    ]
    cells: list[list[Cell]] = []
    for name, row in zip(names, found, strict=True):
        key, before = row["aspect"], row["praised_share_before"]
        ends = (share(row[f"praised_share_{end}"], f"voice.aspect_{end}", key) for end in ("low", "high"))
        cells.append(
            [
                name,
                share(row["praised_share"], "voice.praised_share", key),
                between(*ends),
                share(before, "voice.praised_share_before", key) if before is not None else None,
            ]
        )
    columns = (
        Words("方面", "Aspect"),
        Words("好评率（近四周）", "Praise in four weeks"),
        Words("95% 区间", "95% interval"),
        Words("好评率（之前）", "Praise before"),
    )
    return [Chart(caption, Ranges(names, values, is_share=True), Grid(caption, columns, cells))]


def _warning(found: Sequence[Row]) -> Section:
    """What fell by more than noise; or that nothing did."""
    sentences = [_warned(row) for row in found] or [
        say("没有预警：没有哪个方面的好评率降到异常。", "No warning: no aspect's praise fell by more than noise.")
    ]
    return Section("warning", Words("预警", "Warnings"), sentences, rules=(WARNED,))


def _warned(row: Row) -> Sentence:
    key = f"{row['aspect']} {row['product_id']}" if row["product_id"] else row["aspect"]
    about: Sentence | Words = Words("全店", "the whole shop")
    if row["product_id"]:
        about = say("「{title}」", "“{title}”", title=row["title"] or row["product_id"])
    return say(
        "{about}的{aspect}：好评率从 {before} 降到 {share}（近四周 {mentions} 次提及）。",
        "{aspect} of {about}: praise fell from {before} to {share} ({mentions} mentions in four weeks).",
        about=about,
        aspect=Words(row["aspect_zh"], row["aspect_en"]),
        before=share(row["praised_share_before"], "voice.warned_before", key),
        share=share(row["praised_share"], "voice.warned_share", key),
        mentions=count(row["mention_count"], "voice.warned_mentions", key),
    )


def _trend(weeks: Sequence[Row]) -> Section | None:
    if len(weeks) < FEWEST_WEEKS:
        return None
    caption = Words(
        "每周评价的好评率（线）和 95% 区间（色带）",
        "Praise in the reviews of each week (line) with its 95% interval (band)",
    )
    cells: list[list[Cell]] = []
    for row in weeks:
        day = row["week"].isoformat()
        ends = (share(row[end], f"voice.week_{end}", day) for end in ("low", "high"))
        cells.append(
            [
                day,
                count(row["reviews"], "voice.week_reviews", day),
                share(row["share"], "voice.week_share", day),
                between(*ends),
            ]
        )
    columns = (
        Words("周一", "Monday"),
        Words("评价", "Reviews"),
        Words("好评率", "Praise"),
        Words("95% 区间", "95% interval"),
    )
    points = [(row["week"].isoformat(), row["share"], row["low"], row["high"]) for row in weeks]
    lowest, highest = max(row["low"] for row in weeks), min(row["high"] for row in weeks)
    is_steady = lowest <= highest
    sentence = say(
        "近 {weeks} 周的好评率：{verdict}。",
        "Praise in the last {weeks} weeks: {verdict}.",
        weeks=str(len(weeks)),
        verdict=Words(
            "各周的区间都有重叠，起伏不超过抽样误差",
            "the intervals of all weeks overlap, it moves no more than sampling does",
        )
        if is_steady
        else Words("有些周之间的差别大于抽样误差", "some weeks differ by more than the error of sampling"),
    )
    return Section(
        "trend",
        Words("走势", "Trend"),
        [sentence],
        charts=[Chart(caption, Trend(points), Grid(caption, columns, cells))],
    )


def _quotes(aspects: Sequence[Row]) -> Section | None:
    """What was blamed, aspect by aspect, the most blamed first."""
    blamed = sorted((row for row in aspects if row["quotes"]), key=lambda row: (-row["blamed_count"], row["aspect"]))
    quotes = [Quote(Words(row["aspect_zh"], row["aspect_en"]), text) for row in blamed for text in row["quotes"]]
    if not quotes:
        return None
    lead = say(
        "近四周批评得最重的原话，个人信息已隐去。",
        "What blames most in the last four weeks, personal details masked.",
    )
    return Section("quotes", Words("原话", "In their own words"), [lead], quotes=quotes)


def _products(found: Sequence[Row]) -> Section | None:
    if not found:
        return None
    total = found[0]["negative_count"]
    sentence = say(
        "近四周有 {negative} 条差评说到商品；下面是差评最多的商品。",
        "{negative} {noun} of the last four weeks blame a product; these are blamed most.",
        negative=count(total, "voice.negative"),
        noun=noun(total, "review"),
    )
    cells: list[list[Any]] = []
    for row in found:
        key, quotes = row["product_id"], row["quotes"] or []
        cells.append(
            [
                product(key, row["title"]),
                count(row["negative"], "voice.product_negative", key),
                count(row["reviews"], "voice.product_reviews", key),
                Words(row["aspect_zh"], row["aspect_en"]) if row["aspect_en"] else None,
                quotes[0] if quotes else None,
            ]
        )
    columns = (
        Words("商品", "Product"),
        Words("差评", "Blame"),
        Words("评价", "Reviews"),
        Words("批评最多", "Most blamed"),
        Words("原话", "In their own words"),
    )
    return Section(
        "products",
        Words("差评最多的商品", "The products that are blamed most"),
        [sentence],
        grids=[Grid(Words("近四周的差评", "Blame in the last four weeks"), columns, cells)],
    )


ROOM = Room(
    "voice",
    TITLE,
    {"": page},
    needs=("insights.review_scores",),
    figures=FIGURES / "voice.sql",
)
