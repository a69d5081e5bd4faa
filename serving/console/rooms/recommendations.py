"""Recommendations: how far the lists reach, what clicks say of them, which rules they keep to, and one customer's lists."""

from collections.abc import Sequence
from typing import Any

from assets.outreach.report.methods.parts import (
    Cell,
    Figure,
    Grid,
    Section,
    Sentence,
    count,
    noun,
    percent,
    say,
    share,
)
from assets.outreach.report.reads import Reads
from resources.money import amount
from resources.shop import Shop
from resources.words import NOTHING, Words
from serving import consents
from serving.console.parts import FIGURES, LISTS, Find, Row, between, product, rows
from serving.console.visit import Page, Room, Tile, Visit

TITLE = Words("推荐", "Recommendations")
LONGEST = 200
SOURCES = {
    "collaborative": Words("口味相近的客户也买", "Bought by customers of the same taste"),
    "content": Words("和买过的相近", "Like what they bought"),
    "group": Words("同类客户里热卖", "Sells among customers of their kind"),
    "holdout": Words("对照组：全店热卖", "Control group: what sells in the shop"),
    "random": Words("随机抽取，用来评估别的组合", "Drawn at random, to value other blends"),
    "rebuy": Words("用完该再买", "Used up by now"),
    "selling": Words("全店热卖", "Sells in the shop"),
}
EVENTS = {
    "view": Words("浏览", "a view"), "cart": Words("加购", "a cart"), "favorite": Words("收藏", "a favourite"),
    "click": Words("点击", "a click"), "purchase": Words("购买", "a purchase"),
}  # fmt: skip
FIND = Words("一位客户的推荐", "One customer's lists")
FIND_HINT = Words("输入客户 ID，或完整的账号、手机号、邮箱。", "An id, or a whole account, phone number or e-mail.")
FIND_BUTTON = Words("查看", "Show")
NONE = Words(
    "没有找到客户“{typed}”。请核对后重试；未登录的访客没有推荐列表。",
    "There is no customer “{typed}”. Check it and try again; guests have no lists.",
)
EMPTY = Words("“{typed}”还没有推荐列表。", "“{typed}” has no list yet.")
HEALTH_RULES = (
    Words(
        "点击率换算到第一位：排在后面的商品本来就少有人看到。“购买”：曝光后一周内买了这件商品。",
        "The click rate is that of the first position: what stands further down is seen by fewer. “Bought” is within a week of being shown.",
    ),
    Words(
        "“提升”与看到全店热卖的对照组相比；95% 区间不含 0 才算真的有差别。",
        "The lift is over the control group, which is shown what sells; only where its 95% interval does not hold 0 is there a difference.",
    ),
)


def page(visit: Visit) -> Page:
    """The lists of all customers; those of one first, where the address names one."""
    typed = visit.asked.get("customer", "").strip()[:LONGEST]
    content = visit.held("recommendations", _content)
    found, status = _customer(visit, typed) if typed else ([], 200)
    find = Find("/console/recommendations", "customer", typed, FIND, FIND_HINT, FIND_BUTTON)
    shown = {"find": find, "tiles": [] if typed else content["tiles"], "sections": [*found, *content["sections"]]}
    return Page(TITLE, shown, status=status)


def _customer(visit: Visit, typed: str) -> tuple[list[Section], int]:
    """The lists of the person who is called what was typed, and whether there is such a person."""
    cards = visit.cards
    account = visit.serving.account(cards, typed)
    lists = consents.recommendations(cards, visit.serving.asked.of(cards), account)
    person = cards.person(account)
    if not lists:
        said = Sentence(NONE if lists is None else EMPTY, {"typed": typed})
        return [Section("customer", FIND, [said])], 404 if lists is None else 200
    grids = [
        _list(LISTS.get(name, Words(name, name)), [row for row in lists if row["list"] == name], person)
        for name in dict.fromkeys(row["list"] for row in lists)
    ]
    lead = say("给 {person} 看的商品，最合适的在前。", "What to show {person}, the best first.", person=person)
    refused = [Sentence(consents.REFUSED)] if visit.serving.asked.of(cards).refuses([account]) else []
    return [Section("customer", FIND, [lead, *refused], grids=grids)], 200


def _list(name: Words, found: Sequence[Row], person: str) -> Grid:
    is_dated = any(row["due_on"] for row in found)
    is_scored = any(row["score"] is not None for row in found)
    cells: list[list[Any]] = []
    for row in found:
        one: list[Any] = [
            product(row["product_id"], row["title"]),
            Words(row["because_zh"] or "", row["because_en"] or ""),
            SOURCES.get(row["source"], Words(row["source"], row["source"])),
        ]
        if is_scored:
            key = f"{person} {row['product_id']}"
            one.append(share(row["score"], "recommendations.score", key) if row["score"] is not None else None)
        if is_dated:
            one.append(row["due_on"])
        cells.append(one)
    columns = [
        Words("商品", "Product"),
        Words("可以对客户说", "What to tell the customer"),
        Words("来源", "Source"),
        *([Words("再买的概率", "Probability")] if is_scored else []),
        *([Words("预计再买", "Due")] if is_dated else []),
    ]
    return Grid(name, columns, cells)


def _content(reads: Reads) -> dict[str, Any]:
    cover, sources = rows(reads, "recommendations_cover"), rows(reads, "recommendations_sources")
    found = [_health(sources), _reach(cover, bool(reads.columns("clean.products"))), _rules(reads.shop)]
    return {"tiles": _tiles(cover), "sections": [section for section in found if section]}


def _tiles(cover: Sequence[Row]) -> list[Tile]:
    tiles = []
    for row in cover:
        name, key = LISTS[row["list"]], row["list"]
        note = (
            say(
                "占全部客户的 {share}",
                "{share} of all customers",
                share=share(row["customers"] / row["all_customers"], "recommendations.customer_share", key),
            )
            if row["all_customers"]
            else None
        )
        label = Words(f"有“{name.zh}”列表的客户", f"Customers with a list “{name.en}”")
        tiles.append(Tile(label, count(row["customers"], "recommendations.customers", key), note))
    discover = next((row for row in cover if row["list"] == "discover"), None)
    if discover:
        note = (
            say(
                "在售 {all} 个", "of {all} on sale", all=count(discover["all_products"], "recommendations.all_products")
            )
            if discover["all_products"]
            else None
        )
        label = Words("“可能喜欢”里的商品", "Products in “May like”")
        tiles.append(Tile(label, count(discover["products"], "recommendations.products", "discover"), note))
    return tiles


def _health(sources: Sequence[Row]) -> Section | None:
    if not sources:
        return None
    shown = sum(row["impression_count"] or 0 for row in sources)
    has_feedback = shown > 0
    if has_feedback:
        sentences = [_lift(sources, shown)]
    else:
        sentences = [
            say(
                "还没有收到推荐列表的曝光和点击，所以还不知道客户买不买账：请让店铺系统在展示时带上列表的 list_id。",
                "No impression or click of these lists was delivered yet, so nothing is known of how they do: have the shop's pages send back each list's list_id.",
            )
        ]
    columns = [
        Words("来源", "Source"),
        Words("列表", "List"),
        Words("推荐条数", "Items"),
        Words("客户", "Customers"),
        *(
            [
                Words("曝光", "Shown"),
                Words("点击", "Clicks"),
                Words("点击率（换算到第一位）", "Click rate at the first position"),
                Words("购买", "Bought"),
            ]
            if has_feedback
            else []
        ),
    ]
    grid = Grid(Words("各来源", "By source"), columns, [_source(row, has_feedback) for row in sources])
    return Section(
        "health",
        Words("推荐得怎样", "How the lists do"),
        sentences,
        grids=[grid],
        rules=HEALTH_RULES if has_feedback else (),
    )


def _lift(sources: Sequence[Row], shown: int) -> Sentence:
    impressions = count(shown, "recommendations.all_impressions")
    row = next((row for row in sources if row["lift"] is not None), None)
    if row is None:
        return say(
            "收到 {shown} 次曝光，还不足以与对照组比较。",
            "{shown} impressions came back, too few to compare with the control group.",
            shown=impressions,
        )
    key = row["list"]
    ends = (_signed(row[f"lift_{end}"], f"recommendations.lift_{end}", key) for end in ("low", "high"))
    verdict = (
        Words("确实更好", "they do better")
        if row["lift_low"] > 0
        else Words("确实更差", "they do worse")
        if row["lift_high"] < 0
        else Words("还看不出差别", "no difference can be seen yet")
    )
    return say(
        "{shown} 次曝光里，个性化推荐的点击率比对照组 {lift}（95% 区间 {ends}）：{verdict}。",
        "Of {shown} impressions, the click rate of these lists lies {lift} from the control group's (95% interval {ends}): {verdict}.",
        shown=impressions,
        lift=_signed(row["lift"], "recommendations.lift", key),
        ends=between(*ends),
        verdict=verdict,
    )


def _signed(value: float, query: str, key: str) -> Figure:
    shown = f"{'+' if value > 0 else ''}{percent(value)}"
    return Figure(float(value), Words(shown, shown), query, key)


def _source(row: Row, has_feedback: bool) -> list[Cell]:
    key = f"{row['list']} {row['source']}"
    cells: list[Cell] = [
        SOURCES.get(row["source"], Words(row["source"], row["source"])),
        LISTS.get(row["list"], Words(row["list"], row["list"])),
        count(row["items"], "recommendations.items", key) if row["items"] else None,
        count(row["customers"], "recommendations.source_customers", key) if row["customers"] else None,
    ]
    if has_feedback:
        is_known = row["impression_count"] is not None
        cells += [
            count(row["impression_count"], "recommendations.impressions", key) if is_known else None,
            count(row["click_count"], "recommendations.clicks", key) if is_known else None,
            share(row["click_rate"], "recommendations.click_rate", key) if row["click_rate"] is not None else None,
            count(row["purchase_count"], "recommendations.purchases", key) if is_known else None,
        ]
    return cells


def _reach(cover: Sequence[Row], has_products: bool) -> Section | None:
    """Whether the lists show the assortment, or the same few products to everybody."""
    if not cover:
        return None
    row = next((row for row in cover if row["list"] == "discover"), cover[0])
    sentences = [
        say(
            "“{list}”里有 {products} 个不同的商品；出现最多的十个占了 {most}。",
            "The lists “{list}” hold {products} different {noun}; the ten that are shown most take {most}.",
            list=LISTS[row["list"]],
            products=count(row["products"], "recommendations.products", row["list"]),
            noun=noun(row["products"], "product"),
            most=share(row["most_share"], "recommendations.most_share", row["list"]),
        )
    ]
    if has_products:
        sentences.append(
            say(
                "近四周上新 {new} 个商品，占“{list}”推荐的 {share}。",
                "{new} {noun} came new in four weeks and {verb} {share} of “{list}”.",
                new=count(row["new_products"], "recommendations.new_products"),
                noun=noun(row["new_products"], "product"),
                verb=noun(row["new_products"], "takes", "take"),
                list=LISTS[row["list"]],
                share=share(row["new_share"], "recommendations.new_share", row["list"]),
            )
        )
    return Section("reach", Words("覆盖了多少商品", "How much of the assortment they show"), sentences)


def _rules(shop: Shop) -> Section:
    """The settings of store.yaml, as a marketer says them."""
    lead = say(
        "现在执行的规则；要改，请数据负责人修改 store.yaml 的 recommendations。",
        "The rules in force; whoever runs the data changes them under recommendations in store.yaml.",
    )
    columns = (Words("规则", "Rule"), Words("现在", "In force"))
    return Section(
        "rules",
        Words("推荐规则", "Rules"),
        [lead],
        grids=[Grid(Words("每条规则现在的设置", "What each rule says now"), columns, _in_force(shop))],
    )


def _in_force(shop: Shop) -> list[list[Cell]]:
    rules = shop.recommendations
    nothing = Words("无", "none")
    held = f"{rules.holdout_share:.0%}"
    least = Words("不限", "any price") if not rules.least_price else amount(rules.least_price, shop.currency)
    found: list[tuple[Words, Words]] = [
        (Words("“可能喜欢”列表", "List “May like”"), Words(f"每人 {rules.length} 个没买过的商品", f"{rules.length} products new to each customer")),
        (Words("“该复购了”列表", "List “Due to buy again”"), Words(f"每人最多 {rules.rebuy_length} 个买过的商品", f"up to {rules.rebuy_length} that they bought before")),
        (Words("同一品类", "Of one category"), Words(f"一个列表里最多 {rules.a_category} 个", f"at most {rules.a_category} in a list")),
        (Words("看了不点", "Passed over"), Words(f"每次让得分降为 {rules.ignored:.0%}", f"each time keeps {rules.ignored:.0%} of the score")),
        (Words("最低价格", "Least price"), least),
        (Words("不推荐的品类", "Categories not shown"), _names(rules.hidden_categories) or nothing),
        (Words("不推荐的商品", "Products not shown"), _names(rules.hidden_products) or nothing),
        (Words("对照组", "Control group"), Words(f"{held} 的客户看到全店热卖，用来衡量推荐的效果", f"{held} of customers are shown what sells, to measure the lists against")),
        (Words("行为的分量", "What counts how much"), _worths(shop)),
    ]  # fmt: skip
    return [[name, value] for name, value in found]


def _names(names: Sequence[str]) -> Words:
    return Words("、".join(names), ", ".join(names)) if names else NOTHING


def _worths(shop: Shop) -> Words:
    worths = shop.recommendations.event_worths
    if worths is None:
        return Words("按本店以往的数据自动选定", "chosen on the shop's own past")
    return Words.join(
        (
            Words(f"{EVENTS[name].zh} {worth:g}", f"{EVENTS[name].en} {worth:g}")
            for name, worth in ({"purchase": 1.0} | worths).items()
        ),
        Words("、", ", "),
    )


ROOM = Room(
    "recommendations",
    TITLE,
    {"": page},
    needs=("insights.recommendations",),
    figures=FIGURES / "recommendations.sql",
)
