"""Segments: who the customers are, how they move, and the lists of them, page by page or whole as a file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

from starlette.responses import Response

from assets.outreach.report.methods import lists
from assets.outreach.report.methods.parts import Cell, Chart, Figure, Grid, Pairs, Section, count, money, say, share
from assets.outreach.report.methods.who import CUSTOMERS
from assets.outreach.report.reads import Reads
from resources.cards import Cards, Row
from resources.money import amount
from resources.words import Words
from serving import consents, exports, paging
from serving.answers import Refused, Said
from serving.console.parts import SORTED, sent
from serving.console.visit import Page, Room, Visit

TITLE = Words("客群", "Segments")
ROWS_A_PAGE = 50
ALL, NOBODY = Words("全部客户", "All customers"), Words("这份名单上没有客户。", "Nobody is on this list.")
SEGMENT, SHARE, SPENT = Words("客群", "Segment"), Words("占客户", "Of customers"), Words("占消费", "Of spend")
FROM, NEW = Words("一周前", "A week before"), Words("首次购买", "First purchase")
WHO_THEY_ARE = Words("各客群的样子", "What each segment is like")
AVERAGES = Words("各客群的平均客户，以及全部消费", "The mean customer of each segment, and what all of them spent")
PROFILE = {
    "recency_days": (Words("平均 {0} 天前", "{0} days ago on average"), Words("最近购买", "Last purchase")),
    "frequency": (Words("{0} 天", "{0} days"), Words("平均购买天数", "Days with a purchase")),
}
MONETARY = Words("平均每次消费", "Spend a purchase")
SPENT_90D = Words("近 90 天消费合计", "Spent in 90 days, all together")
RULES = (
    Words(
        "客群由购买行为自动划分；名称里的每个说法，至少五分之四的成员都符合。",
        "Segments are found from how customers buy. Whatever a name says is true of at least four in five of its members.",
    ),
    Words(
        "流向表：行是一周前的客群，列是现在的客群。对角线上的是没有变动的客户。",
        "The table of moves: a row is the segment a week before, a column the segment now; on the diagonal are those who stayed.",
    ),
)
REFIT = Words(
    "本周客群重新划分过，部分变动来自划分而非客户。",
    "The segments were found anew this week: part of the moves are theirs, not the customers'.",
)
BY = {
    "segment": Words("按客群", "By segment"),
    "class": Words("按 RFM 类别", "By RFM class"),
    "group": Words("按生命周期", "By lifecycle group"),
}
LISTS_OF_THE_WEEK = Words("本周行动", "To act on this week")
NO_LIST = Said(
    Words("没有这份名单", "There is no such list"),
    Words("请从客群页面选择一份名单。", "Choose a list on the page of segments."),
)


def page(visit: Visit) -> Page:
    """The segments, the moves between them, the classes of the report, and the lists that there are."""
    own = visit.held("segments", section)
    found = [own] if own else []
    of_the_week = [(lists.NAMES[name], f"?list={name}") for name in visit.held("lists of the week", _of_the_week)]
    found_lists = [(LISTS_OF_THE_WEEK, of_the_week), (ALL, [(ALL, "")])]
    for by, name in BY.items():
        values = visit.cards.values(by)
        found_lists.append((name, [(_named(each), f"?{by}={quote(str(each['value']))}") for each in values]))
    content = {"sections": [*found, *visit.sections("who")], "lists": [each for each in found_lists if each[1]]}
    return Page(TITLE, content, "segments.html.j2")


def section(reads: Reads) -> Section | None:
    """Who is in each segment and who moved; None where the shop has no segments yet."""
    profiles, moves = reads.rows("segment_profiles"), reads.rows("segment_moves")
    if not profiles:
        return None
    currency = reads.shop.currency if reads.shop.has_prices else None
    largest = profiles[0]
    sentence = say(
        "共有 {number} 个客群，最大的是{name}：{customers} 位，占客户的 {share}。",
        "There are {number} segments. The largest is “{name}”: {customers} customers, {share} of all.",
        number=count(len(profiles), "segments.number"),
        name=_name(largest),
        customers=count(largest["customer_count"], "segments.customers", largest["segment_id"]),
        share=share(largest["customer_share"], "segments.customer_share", largest["segment_id"]),
    )
    is_refit = any(row["is_refit"] for row in moves)
    return Section(
        "segments",
        WHO_THEY_ARE,
        [sentence],
        charts=[_shares(profiles)] if currency else [],
        grids=[_profiles(profiles, currency), *([_moves(profiles, moves)] if moves else [])],
        rules=(*RULES, REFIT) if is_refit else RULES,
    )


def _name(row: Mapping[str, Any], of: str = "segment") -> Words:
    return Words(row[f"{of}_zh"], row[f"{of}_en"])


def _shares(profiles: list[Row]) -> Chart:
    grid = Grid(
        Words("各客群占客户和消费的比例", "Share of customers and of spend, by segment"),
        (SEGMENT, SHARE, SPENT),
        [
            (
                _name(row),
                share(row["customer_share"], "segments.customer_share", row["segment_id"]),
                share(row["spend_share"] or 0, "segments.spend_share", row["segment_id"]),
            )
            for row in profiles
        ],
    )
    values = [(row["customer_share"], row["spend_share"] or 0) for row in profiles]
    return Chart(grid.caption, Pairs([_name(row) for row in profiles], (SHARE, SPENT), values), grid)


def _profiles(profiles: list[Row], currency: str | None) -> Grid:
    columns = [SEGMENT, CUSTOMERS, *(heading for _, heading in PROFILE.values())]
    rows: list[list[Cell]] = []
    for row in profiles:
        cells: list[Cell] = [_name(row), count(row["customer_count"], "segments.customers", row["segment_id"])]
        cells += [_mean(row, name, words) for name, (words, _) in PROFILE.items()]
        if currency:
            cells += [
                money(row[name], currency, f"segments.{name}", row["segment_id"])
                for name in ("monetary_value", "spend_90d")
            ]
        rows.append(cells)
    return Grid(AVERAGES, columns + ([MONETARY, SPENT_90D] if currency else []), rows)


def _mean(row: Row, name: str, words: Words) -> Cell:
    shown = f"{row[name]:,.0f}" if row[name] >= 10 else f"{row[name]:.1f}"
    return Figure(float(row[name]), words.format(shown), f"segments.{name}", str(row["segment_id"]))


def _moves(profiles: list[Row], moves: list[Row]) -> Grid:
    """From which segment to which: a row a segment of the week before, a column a segment of now."""
    ids = [row["segment_id"] for row in profiles]
    counts = {(row["from_segment_id"], row["to_segment_id"]): row["customer_count"] for row in moves}
    before = {row["from_segment_id"]: _name(row, "from_segment") for row in moves if row["from_segment_id"] is not None}
    rows: list[list[Cell]] = []
    for origin in [*sorted(before, key=lambda each: (each not in ids, ids.index(each) if each in ids else each)), None]:
        cells: list[Cell] = [before[origin] if origin is not None else NEW]
        for now in ids:
            moved = counts.get((origin, now))
            pair = f"{'' if origin is None else origin}>{now}"
            cells.append(count(moved, "segments.moved", pair) if moved else None)
        rows.append(cells)
    return Grid(Words("本周客群流向（客户数）", "Moves of the week (customers)"), [FROM, *map(_name, profiles)], rows)


def _of_the_week(reads: Reads) -> list[str]:
    found = {row["list"] for row in reads.rows("lists") if row["customers"]}
    return [name for name in lists.NAMES if name in found]


def _named(value: Row) -> Words:
    return Words(value["zh"], value["en"])


def listed(visit: Visit) -> Page:
    """A list, page by page; one of the week by its first customers."""
    members, name = _members(visit)
    sorts, said = visit.cards.sorts(), visit.serving.asked.of(visit.cards)
    sort = visit.asked.get("sort", sorts[0])
    if sort not in sorts:
        raise Refused(404, NO_LIST)
    if members.by == "list":
        rows = [row for row in _first(visit.reads, visit.cards, members) if not said.refuses([row["person_id"]])]
        following = None
    else:
        after = visit.asked.get("after")
        by = None if members.by == "all" else (members.by, members.value)
        found = visit.cards.page(sort, ROWS_A_PAGE, by, paging.place(after) if after else None)
        rows, following = consents.listed(found.rows, said, sort, by), paging.next_of(found.last)
    kept = {} if members.by == "all" else {members.by: str(members.value)}
    content = {
        "rows": rows,
        # What all on the list share is in its name.
        "columns": [
            column
            for column in _columns(visit)
            if rows and column[0] in rows[0] and column[0] != f"{members.by}_{visit.language}"
        ],
        "kept": kept,
        "sort": sort,
        "sorts": [] if members.by == "list" else [(each, SORTED[each]) for each in sorts],
        "next": {**kept, "sort": sort, "after": following} if following else None,
        "is_first": members.by == "list",
        "most": ROWS_A_PAGE,
        "nobody": NOBODY,
    }
    return Page(name, content, "customer_list.html.j2")


def _first(reads: Reads, cards: Cards, members: exports.Members) -> list[Row]:
    cursor = reads.reader.connection.execute(
        f"SELECT c.* FROM insights.customer_360 AS c WHERE c.as_of = getvariable('as_of') AND {members.condition()} AND c.person_id {cards.not_gone} "
        f"ORDER BY {'clv_12m DESC NULLS LAST,' if 'clv_12m' in reads.columns('insights.customer_360') else ''} person_id LIMIT {ROWS_A_PAGE}"
    )
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _columns(visit: Visit) -> list[tuple[str, Words, Callable[[Any], Words], bool]]:
    """What a list shows beside the customer: the column of a card, its heading, how its values read, and whether they are numbers."""

    def as_money(value: Any) -> Words:
        return amount(float(value), visit.serving.shop.currency)

    def as_share(value: Any) -> Words:
        return Words(f"{value:.0%}", f"{value:.0%}")

    def as_is(value: Any) -> Words:
        return Words(str(value), str(value))

    language = visit.language
    return [
        (f"segment_{language}", SEGMENT, as_is, False),
        (f"class_{language}", Words("RFM 类别", "RFM class"), as_is, False),
        ("clv_12m", SORTED["clv_12m"], as_money, True),
        ("spend", SORTED["spend"], as_money, True),
        ("p_churn", SORTED["p_churn"], as_share, True),
        ("last_purchase_on", SORTED["recency_days"], as_is, True),
    ]


def _members(visit: Visit) -> tuple[exports.Members, Words]:
    """Who is asked for, and what the list is called. Raises Refused (404) for a list that there is none of."""
    asked = {by: visit.asked[by] for by in ("list", *paging.NAMES) if by in visit.asked}
    if not asked:
        return exports.Members("all"), ALL
    by, value = next(iter(asked.items()))
    if len(asked) > 1:
        raise Refused(404, NO_LIST)
    if by == "list":
        if value not in visit.held("lists of the week", _of_the_week):
            raise Refused(404, NO_LIST)
        return exports.Members("list", value), lists.NAMES[value]
    _, known = paging.chosen(visit.cards, by, value)
    name = next(_named(each) for each in visit.cards.values(by) if each["value"] == known)
    return exports.Members(by, known), name


def download(visit: Visit) -> Response:
    """A whole list as a file, whatever its length. Raises Refused (404) for a list or a kind of file that there is none of."""
    kind = visit.path["kind"]
    if kind not in get_args(exports.Kind):
        raise Refused(404, NO_LIST)
    members, name = _members(visit)
    serving = visit.serving
    called = getattr(name, visit.language)
    file, _ = exports.export(
        visit.snapshot, serving.home, serving.shop, members, kind, visit.language, what=called, who=visit.who
    )
    return sent(file, f"customers.{kind}", f"{called} {visit.snapshot.as_of}.{kind}", exports.MEDIA[kind])


ROOM = Room(
    "segments",
    TITLE,
    {"": page, "/list": listed},
    ("read", "marketing"),
    needs=("insights.customer_360",),
    figures=Path(__file__).parents[1] / "figures" / "segments.sql",
    files={"/list/{kind}": download},
)
