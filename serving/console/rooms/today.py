"""Today: what changed, what to do, what else is worth knowing, how far to trust it."""

from collections.abc import Sequence
from datetime import date, timedelta

from assets.outreach.report.methods.parts import Cell, Figure, Section, Sentence
from resources.words import Words
from serving.console.visit import Page, Room, Tile, Visit

TITLE = Words("今日", "Today")
WEEK = Words("本周：{0} 至 {1}（周一至周日）", "The week of {0} to {1}, Monday to Sunday")
COMPARED = Words("环比 {change}，{verdict}", "{change} on the week before, {verdict}")
# Where more is said of a section of the report.
ROOMS = {"alerts": "alerts", "who": "segments", "leaving": "customers", "sold": "products", "voice": "voice"}
TRUSTED = 3
# What the report says of it points to the section before.
KEEP = Words(
    "有流失风险、价值高于平均的客户。先人工联系，或给专属权益。",
    "About to leave and worth more than the average. Call them, or give them something of their own.",
)
REACHABLE = Words("可触达 {count} 位", "{count} may be reached")
SAID = {
    "glance": Words("还要知道的", "Worth knowing"),
    "customers": Words("位客户", "customers"),
    "open": Words("打开名单", "Open the list"),
    "compared": Words("与上周、与正常区间对比", "Against the week before and the usual"),
    "health": Words("查看数据健康", "See data health"),
}


def page(visit: Visit) -> Page:
    """The week in short: tiles and sentences of the report, lists to act on, and a sentence of each other section."""
    found = {section.key: section for section in visit.sections("week", "lists", *ROOMS, "trust")}
    as_of = date.fromisoformat(visit.cards.as_of)
    lists = found.get("lists")
    content = {
        "lead": WEEK.format(as_of - timedelta(days=7), as_of - timedelta(days=1)),
        "week": found["week"],
        "tiles": _tiles(found["week"]),
        "lists": lists,
        "todo": [_list(row) for row in lists.grids[0].rows] if lists else [],
        "glance": [(found[key].title, ROOMS[key], found[key].sentences[0]) for key in ROOMS if key in found],
        "trust": found["trust"].title,
        "trusted": found["trust"].sentences[:TRUSTED],
        "said": SAID,
    }
    return Page(TITLE, content, "today.html.j2")


def _tiles(week: Section) -> list[Tile]:
    """The figures of the week with what they are beside: the rows of the section's table."""
    tiles = []
    for name, figure, _, change, _, verdict in week.grids[0].rows:
        compared = Sentence(COMPARED, {"change": change, "verdict": verdict}) if change else verdict
        tiles.append(Tile(name, figure, compared))
    return tiles


def _list(row: Sequence[Cell]) -> dict[str, Cell]:
    """A list to act on by its row: name, who is on it, how many, and how many may be reached where the shop says."""
    name, what, customers, *reachable = row
    assert isinstance(customers, Figure)
    key = customers.query.removeprefix("lists.")
    return {
        "key": key,
        "name": name,
        "what": KEEP if key == "keep" else what,
        "customers": customers,
        "reachable": Sentence(REACHABLE, {"count": reachable[0]}) if reachable else None,
    }


ROOM = Room("today", TITLE, {"": page})
