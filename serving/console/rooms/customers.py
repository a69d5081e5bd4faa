"""Customers: found by their id, each with a card."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, RedirectResponse, Response

from assets.outreach.report.methods.parts import Cell, Figure, Grid, Section, Sentence, count, money, say, share
from resources.errors import ZhikeError
from resources.money import amount
from resources.words import Words
from serving import consents
from serving.activity import TODAY, told
from serving.answers import NO_CUSTOMER, Refused
from serving.card import (
    CONTACTS,
    NEXT,
    RISK,
    SAID,
    TASTE,
    WHO,
    WORTH,
    Person,
    dated,
    figure,
    kind_of_value,
    parts,
    person_of,
)
from serving.console.parts import LISTS, SORTED
from serving.console.visit import Page, Room, Tile, Visit

TITLE = Words("客户", "Customers")
PAGE, SUGGESTED, LONGEST = 20, 8, 200
Row = Mapping[str, Any]

COLUMNS = {
    "customer": Words("客户 ID", "Customer"),
    "group": Words("生命周期分组", "Group"),
    "frequency": Words("购买次数", "Purchases"),
    "spend": SORTED["spend"],
    "clv_12m": SORTED["clv_12m"],
    "p_churn": SORTED["p_churn"],
    "recency_days": Words("距上次购买（天）", "Days since the last"),
}
FOUND = Words("ID 以“{0}”开头的客户", "Customers whose id begins with “{0}”")
FOUND_INSIDE = Words("ID 含有“{0}”的客户", "Customers whose id holds “{0}”")
TOP = Words("按{0}排在前面的客户", "The first customers by {0}")
ITEMS = (
    Words("商品", "Product"),
    Words("推荐到", "List"),
    Words("可以对客户说", "What to tell the customer"),
    Words("预计再买", "Due"),
)
ORDERED = (Words("日期", "Day"), Words("订单", "Order"), Words("商品", "Products"), Words("金额", "Paid"))
ORDERS_HELD = Words(
    "最近订单（不含已取消和全部退回的）", "Last orders, without those that were cancelled or taken back"
)
RECOMMENDED = Words("给这位客户看什么", "What to show this customer")
SINCE = Words("{0} 起", "since {0}")
WORDS = {
    "find": Words("查找客户", "Find a customer"),
    "hint": Words(
        "输入客户 ID 的开头几位，或完整的账号、手机号、邮箱。按 / 可直接跳到这里。",
        "The first signs of an id, or a whole account, phone number or e-mail. The key / brings you here.",
    ),
    "search": Words("查找", "Find"),
    "none": Words(
        "没有找到“{0}”。请核对后重试；未登录的访客没有卡片。",
        "Nobody is called “{0}”. Check it and try again; guests have no card.",
    ),
    "sort": Words("排序", "Sort by"),
    "more": Words("下一页", "Next page"),
    "first": Words("回到第一页", "Back to the first page"),
    "path": Words("分组变化", "Path through the groups"),
    "accounts": Words("名下账号", "Accounts"),
    "back": Words("所有客户", "All customers"),
}


def search(visit: Visit) -> Page | Response:
    """Who is called what was typed: one who is found alone is shown at once. Without anything typed, the first by value."""
    if "suggest" in visit.asked:
        found = visit.cards.search(visit.asked["suggest"].strip()[:LONGEST], SUGGESTED)
        return JSONResponse([account for account, _ in found])
    typed = visit.asked.get("q", "").strip()[:LONGEST]
    if not typed:
        return _first(visit)
    after = visit.asked.get("after", "")[:LONGEST]
    known = visit.serving.account(visit.cards, typed)
    found = visit.cards.search(typed, PAGE + 1, after)
    alone = (
        known if visit.cards.has(visit.cards.person(known)) else found[0][0] if len(found) == 1 and not after else None
    )
    if alone:
        return RedirectResponse(address(alone), 303)
    last = found[PAGE - 1][0] if len(found) > PAGE else None
    said = visit.serving.asked.of(visit.cards)
    found = [(account, consents.without_scores(row) if said.refuses([account]) else row) for account, row in found]
    begins = not found or found[0][0].startswith(typed)
    caption = (FOUND if begins else FOUND_INSIDE).format(typed)
    return _list(visit, caption, found[:PAGE], typed=typed, following={"q": typed, "after": last} if last else None)


def _first(visit: Visit) -> Page:
    cards = visit.cards
    sorts = [sort for sort in SORTED if sort in cards.sorts()]
    sort = visit.asked.get("sort", "")
    sort = sort if sort in sorts else sorts[0]
    said = visit.serving.asked.of(cards)
    rows = consents.listed(cards.page(sort, PAGE, None, None).rows, said, sort, None)
    is_whole = sort == sorts[0] and "insights.predictions" in visit.snapshot.row_counts
    sections, leaving = _parted(visit.sections("leaving") if is_whole else [])
    leaving = [
        replace(grid, rows=[row for row in grid.rows if row[0] not in cards.gone and not said.refuses([str(row[0])])])
        for grid in leaving
    ]
    caption = TOP.format(Words(SORTED[sort].zh, SORTED[sort].en.lower()))
    return _list(
        visit,
        caption,
        [(row["person_id"], row) for row in rows],
        sorts=sorts,
        sort=sort,
        sections=sections,
        leaving=leaving,
    )


def _parted(sections: list[Section]) -> tuple[list[Section], list[Grid]]:
    """Sections without their tables of customers, and those tables, whose ids lead to cards."""
    people = [grid for section in sections for grid in section.grids if grid.columns[0].en == "Customer"]
    return [
        replace(section, grids=[grid for grid in section.grids if grid not in people]) for section in sections
    ], people


def _list(visit: Visit, caption: Words, found: list[tuple[str, Row]], **content: Any) -> Page:
    nothing = {"typed": "", "following": None, "sorts": [], "sort": "", "sections": [], "leaving": []}
    shop, columns = visit.serving.shop, _columns(visit)
    rows = [[account, *(_cell(row, name, shop.currency) for name in columns[1:])] for account, row in found]
    grid = Grid(caption, [COLUMNS[name] for name in columns], rows)
    content = nothing | content | {"grid": grid, "say": WORDS, "sorted_by": SORTED, "address": address}
    return Page(TITLE, content, "customers.html.j2")


def _columns(visit: Visit) -> list[str]:
    held = visit.cards.columns
    return ["customer", *(name for name in COLUMNS if ("group_en" if name == "group" else name) in held)]


def _cell(row: Row, name: str, currency: str | None) -> Cell:
    if name == "group":
        return Words(row["group_zh"], row["group_en"]) if row["group_en"] else None
    value, query, who = row[name], f"customers.{name}", row["person_id"]
    if value is None:
        return None
    if name in ("spend", "clv_12m"):
        return money(float(value), currency, query, who)
    return (share if name == "p_churn" else count)(value, query, who)


def address(account: str) -> str:
    """Where the card of an account stands."""
    return f"/console/customers/{quote(account, safe='')}"


def card(visit: Visit) -> Page:
    """The card of one customer. Raises Refused (404) where the newest week knows none of the name."""
    typed, serving = visit.path["account"], visit.serving
    account = serving.account(visit.cards, typed)
    if not visit.cards.has(visit.cards.person(account)):
        raise Refused(404, NO_CUSTOMER)
    try:
        person = person_of(visit.reader, serving.home, serving.shop, account)
    except ZhikeError:
        raise Refused(404, NO_CUSTOMER) from None
    # The cards know what happened since the snapshot.
    row = consents.card(visit.cards, visit.serving.asked.of(visit.cards), account) or {}
    said = consents.recommendations(visit.cards, visit.serving.asked.of(visit.cards), account)
    person = replace(person, lists=said or [])
    said = parts(person, serving.shop)
    headings = (WHO, WORTH, RISK, TASTE, SAID, CONTACTS)
    content = {
        "person": person,
        "tags": _tags(person),
        "tiles": _tiles(person, serving.shop.currency),
        "next": (NEXT, said[NEXT]),
        "said": [(heading, said[heading]) for heading in headings if said[heading]],
        "orders": _orders(person, serving.shop.currency),
        "items": _items(person),
        "accounts": row.get("customer_ids"),
        "today": (TODAY, told(row["today"], serving.shop.time_zone) if row.get("today") else []),
        "since": SINCE,
        "say": WORDS,
    }
    return Page(Words(f"客户 {person.person_id}", f"Customer {person.person_id}"), content, "customer.html.j2")


def _tags(person: Person) -> list[Words]:
    named = (("rfm", "group"), ("rfm", "class"), ("segments", "segment"))
    rows = ((person.rows.get(table), what) for table, what in named)
    return [Words(row[f"{what}_zh"], row[f"{what}_en"]) for row, what in rows if row and row.get(f"{what}_en")]


def _tiles(person: Person, currency: str | None) -> list[Tile]:
    customer, clv, predicted = (person.rows.get(table) for table in ("customers", "clv", "predictions"))
    tiles: list[Tile] = []
    if customer and customer["frequency"]:
        orders = figure(person, "frequency", customer["frequency"])
        if currency:
            note = say("共购买 {count} 次", "in {count} purchases", count=orders)
            tiles.append(Tile(SORTED["spend"], figure(person, "spend", customer["spend"], "money", currency), note))
        else:
            tiles.append(Tile(COLUMNS["frequency"], orders))
        days = figure(person, "recency_days", customer["recency_days"])
        last = str(customer["last_purchase_on"])
        tiles.append(Tile(SORTED["recency_days"], say("{days} 天前", "{days} days ago", days=days), last))
    if clv and currency and clv["clv_12m"] is not None:
        ends = {name: amount(float(clv[f"clv_{name}_12m"] or 0), currency) for name in ("low", "high")}
        name = Words("未来 12 个月的{0}", "{0} expected in 12 months").format(kind_of_value(clv))
        value = figure(person, "clv_12m", clv["clv_12m"], "money", currency)
        note = say("{low} 至 {high}", "{low} to {high}", **ends)
        tiles.append(Tile(Words(name.zh, name.en[:1].upper() + name.en[1:]), value, note))
    if predicted:
        buys = figure(person, "p_purchase", predicted["p_purchase"], "share")
        note = say(
            "{days} 天内再次购买 {buys}",
            "buys again in {days} days: {buys}",
            days=str(predicted["horizon_days"]),
            buys=buys,
        )
        tiles.append(Tile(SORTED["p_churn"], figure(person, "p_churn", predicted["p_churn"], "share"), note))
    return tiles


def _orders(person: Person, currency: str | None) -> Grid | None:
    if not person.orders:
        return None
    rows: list[list[Cell]] = []
    for order in person.orders:
        paid: list[Figure] = (
            [money(float(order.spend), currency, "customers.order", order.order_id)] if order.spend is not None else []
        )
        rows.append([str(order.ordered_on), order.order_id, order.titles, *paid])
    return Grid(ORDERS_HELD, ORDERED if currency else ORDERED[:-1], rows)


def _items(person: Person) -> Grid | None:
    """What is recommended, what is due first."""
    rows: list[list[Cell]] = []
    columns = ITEMS
    for name in LISTS:
        for row in (row for row in dated(person.lists) if row["list"] == name):
            because = Sentence(
                Words("{said}", "{said}"), {"said": Words(row["because_zh"] or "", row["because_en"] or "")}
            )
            rows.append(
                [row["title"] or row["product_id"], LISTS[name], because, str(row["due_on"]) if row["due_on"] else None]
            )
    if not any(row[-1] for row in rows):
        rows, columns = [row[:-1] for row in rows], ITEMS[:-1]
    return Grid(RECOMMENDED, columns, rows) if rows else None


ROOM = Room(
    "customers",
    TITLE,
    {"": search, "/{account:path}": card},
    needs=("insights.customer_360",),
    figures=Path(__file__).parent.parent / "figures" / "customers.sql",
)
