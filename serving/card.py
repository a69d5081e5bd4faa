"""What a shop's people want to know of one customer: who, worth, risk with its reasons, taste, contacts, last orders, what to do next.

Terminal and console show the same sentences; each of their figures names its query in the console's `figures/customers.sql`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from assets.outreach.report.methods.parts import Figure, Sentence, count, money, noun, share
from resources.cards import Cards
from resources.consents import Consents
from resources.home import Home
from resources.quoting import literal
from resources.shop import Shop
from resources.snapshot import Reader, opened
from resources.values import named
from resources.words import NOTHING, Words, language_of
from serving.consents import REFUSED
from serving.customers import known

LAST_ORDERS, SHOWN_PRODUCTS, RECENT_DAYS = 5, 3, 90
Row = dict[str, Any]

AS_SAID = Words("{said}", "{said}")
WHO, WORTH, RISK = Words("是谁", "Who"), Words("价值", "Worth"), Words("流失风险", "Risk")
SAID, ORDERS, NEXT = Words("评价", "Opinion"), Words("最近订单", "Last orders"), Words("下一步", "Next")
TASTE, CONTACTS = Words("偏好", "Taste"), Words("联系", "Contacts")
GROUP = Words("{group}（RFM：{kind}）", "{group} (RFM: {kind})")
PAST = Words(
    "自 {first} 起购买 {count} 次，最近一次 {last}（{days} 天前）",
    "{count} purchases since {first}, the latest on {last} ({days} days ago)",
)
NEVER = Words("还没有购买过", "has not bought yet")
SPEND = Words("累计消费 {spend}，平均每次 {mean}", "spent {spend} so far, {mean} a purchase")
VALUE = Words(
    "未来 12 个月的{what}预计 {clv}（{low} 至 {high}），预计购买 {count} 次",
    "{what} expected in 12 months: {clv} ({low} to {high}), from {count} purchases",
)
MARGIN, REVENUE = Words("毛利", "margin"), Words("收入", "revenue")
NEXT_ORDER = Words("预计下次下单在 {on} 前后（{low} 至 {high}）", "next order expected around {on} ({low} to {high})")
CHANCE = Words(
    "{days} 天内再次购买的概率 {buys}，流失概率 {leaves}（截至 {as_of}）",
    "buys again within {days} days: {buys}, does not: {leaves} (as of {as_of})",
)
REVIEWS = Words("{count} 条评价，平均 {rating} 星", "{count} reviews, {rating} stars on average")
LIKES = Words(
    "最关注{category}（占其关注的 {share}）{second}", "mostly looks at {category} ({share} of the interest){second}"
)
SECOND = Words("，其次是{0}", ", then at {0}")
BRAND = Words("最常看的品牌：{brand}（{share}）", "favourite brand: {brand} ({share})")
PRICES = Words(
    "价位：在同品类商品中高于 {share} 的商品", "prices: above {share} of the products of the same categories"
)
AGREES = Words("同意接收营销信息", "agreed to marketing")
REFUSES = Words(
    "没有同意接收营销信息：不要群发，只在来访时提示",
    "did not agree to marketing: do not write, show it when they visit",
)
ASKED = Words("联系过客服 {count} 次，最近一次 {on}{via}", "{count} {noun} with service, the latest on {on}{via}")
VIA = Words("（{0}）", ", via {0}")
LATEST = Words("最近一次的问题：{reason}", "the latest about: {reason}")
COMPLAINED = Words("近 90 天投诉 {count} 次", "complaints in 90 days: {count}")
MOVED = Words("{since} 起由{before}变为{now}", "{now} since {since}, {before} before")
SENT = Words(
    "近 90 天收到 {delivered} 次营销信息，点击 {clicked} 次，因此下单 {converted} 次",
    "{delivered} messages of ours in 90 days, {clicked} clicked, {converted} led to an order",
)
COMPLAINTS = Words(
    "近 90 天有 {count} 条差评：先联系客户，解决问题",
    "{count} bad reviews in 90 days: get in touch and put it right first",
)
REBUY = Words("提醒复购：{title}", "remind of: {title}")
DUE = Words("提醒复购：{title}（预计 {due} 前后再买）", "remind of: {title} (due around {due})")
SHOW = Words("推荐：{title}", "show: {title}")
# The reason of a recommendation speaks to the customer.
BECAUSE = Words("（可以对客户说：{because}）", " (what to tell them: {because})")


@dataclass(frozen=True)
class Order:
    """An order that was not taken back. `spend` is None in a shop without prices."""

    order_id: str
    ordered_on: Any
    spend: Any
    titles: str


@dataclass(frozen=True)
class Step:
    """An RFM group, and the week since which somebody was in it."""

    since: date
    group: Words


@dataclass(frozen=True)
class Person:
    """What the newest week says of a person: their row of each weekly table, their lists, and what the shop delivered of them."""

    person_id: str
    rows: dict[str, Row]
    lists: list[Row]
    orders: list[Order]
    contacts: Row
    path: list[Step]
    refuses: bool = False

    @property
    def as_of(self) -> Any:
        return max((row["as_of"] for row in self.rows.values()), default="")


@dataclass(frozen=True)
class Card:
    """The lines of a card by heading, in one language."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def card(home: Home, shop: Shop, typed: str) -> Card:
    """The card of one person or account in the shop's language. Raises ZhikeError for one that the newest week does not know."""
    with opened(home) as reader:
        person = person_of(reader, home, shop, typed)
    said = parts(person, shop) | {ORDERS: [_line(order, person, shop) for order in person.orders]}
    language = language_of(shop.locale)

    def read(words: Words) -> str:
        return getattr(words, language)

    title = f"{person.person_id} · {read(shop.name)} · {person.as_of}"
    order = (WHO, WORTH, RISK, TASTE, SAID, CONTACTS, ORDERS, NEXT)
    return Card(
        title,
        tuple((read(heading), tuple(read(line.plain) for line in said[heading])) for heading in order if said[heading]),
    )


def person_of(reader: Reader, home: Home, shop: Shop, typed: str) -> Person:
    """What is known of one person or account. Raises ZhikeError for one that the newest week does not know."""
    person_id, found = known(reader, home, typed)
    accounts = [row["customer_id"] for row in reader.rows("identities", person_id=person_id)] or [person_id]
    rows = {table: of_table[0] for table, of_table in found.items()}
    orders = _orders(reader, shop, accounts)
    said = Consents(home, reader.snapshot)
    contacts = _contacts(reader, accounts) | {"consents": said.agrees(accounts)}
    if said.refuses(accounts):
        selling = Cards.of(reader.snapshot.folder).selling()
        return Person(person_id, rows, selling, orders, contacts, [], refuses=True)
    lists = found.get("recommendations", [])
    return Person(person_id, rows, lists, orders, contacts, _path(reader, person_id))


def parts(person: Person, shop: Shop) -> dict[Words, list[Sentence]]:
    """What is said of a person by heading; of what nothing is known, nothing."""
    return {
        WHO: _who(person),
        WORTH: _worth(person, shop),
        RISK: _risk(person),
        TASTE: _taste(person),
        SAID: _said(person),
        CONTACTS: _reached(person),
        NEXT: _next(person),
    }


def figure(person: Person, name: str, value: Any, kind: str = "count", currency: str | None = None) -> Figure:
    """A figure of a person by its column: a count, a share, money, or a decimal."""
    query = f"customers.{name}"
    if kind == "money":
        return money(float(value), currency, query, person.person_id)
    if kind == "decimal":
        return Figure(float(value), Words(*[f"{value:.1f}"] * 2), query, person.person_id)
    return (share if kind == "share" else count)(value, query, person.person_id)


def _who(person: Person) -> list[Sentence]:
    customer, segment, rfm = (person.rows.get(table) for table in ("customers", "segments", "rfm"))
    said = [Sentence(REFUSED)] if person.refuses else []
    said += [Sentence(GROUP, {"group": _named(rfm, "group"), "kind": _named(rfm, "class")})] if rfm else []
    if len(person.path) > 1:
        before, now = person.path[-2:]
        said.append(Sentence(MOVED, {"since": now.since.isoformat(), "before": before.group, "now": now.group}))
    said += [Sentence(AS_SAID, {"said": _named(segment, "label")})] if segment else []
    if customer and customer["frequency"]:
        past = {
            "first": str(customer["first_purchase_on"]),
            "last": str(customer["last_purchase_on"]),
            "count": figure(person, "frequency", customer["frequency"]),
            "days": figure(person, "recency_days", customer["recency_days"]),
        }
        said.append(Sentence(PAST, past))
    elif customer:
        said.append(Sentence(NEVER))
    return said


def _named(row: Row, what: str) -> Words:
    return Words(row[f"{what}_zh"], row[f"{what}_en"])


def _worth(person: Person, shop: Shop) -> list[Sentence]:
    customer, clv = person.rows.get("customers"), person.rows.get("clv")
    if not shop.has_prices:
        return []
    said = []
    if customer and customer["frequency"]:
        spent = {
            "spend": figure(person, "spend", customer["spend"], "money", shop.currency),
            "mean": figure(person, "monetary_value", customer["monetary_value"], "money", shop.currency),
        }
        said.append(Sentence(SPEND, spent))
    if clv and clv["clv_12m"] is not None:
        value = {
            name: figure(person, column, clv[column] or 0, "money", shop.currency)
            for name, column in (("low", "clv_low_12m"), ("clv", "clv_12m"), ("high", "clv_high_12m"))
        }
        purchases = figure(person, "expected_purchases_12m", clv["expected_purchases_12m"], "decimal")
        said.append(Sentence(VALUE, {"what": kind_of_value(clv), "count": purchases, **value}))
    return said


def kind_of_value(clv: Row) -> Words:
    return REVENUE if clv["margin_share"] is None else MARGIN


def _risk(person: Person) -> list[Sentence]:
    found = person.rows.get("predictions")
    if not found:
        return []
    shares = {
        "days": str(found["horizon_days"]),
        "as_of": str(found["as_of"]),
        "buys": figure(person, "p_purchase", found["p_purchase"], "share"),
        "leaves": figure(person, "p_churn", found["p_churn"], "share"),
    }
    said = [Sentence(CHANCE, shares), Sentence(AS_SAID, {"said": _named(found, "reasons")})]
    clv = person.rows.get("clv") or {}
    if clv.get("next_order_on"):
        days = {"on": "next_order_on", "low": "next_order_low_on", "high": "next_order_high_on"}
        said.append(Sentence(NEXT_ORDER, {name: str(clv[column]) for name, column in days.items()}))
    return said


def _taste(person: Person) -> list[Sentence]:
    found = person.rows.get("profiles") or {}
    said = []
    if found.get("category"):
        second = SECOND.format(found["second_category"]) if found.get("second_category") else NOTHING
        likes = figure(person, "category_share", found["category_share"], "share")
        said.append(Sentence(LIKES, {"category": found["category"], "share": likes, "second": second}))
    if found.get("brand"):
        likes = figure(person, "brand_share", found["brand_share"], "share")
        said.append(Sentence(BRAND, {"brand": found["brand"], "share": likes}))
    if found.get("price_level") is not None:
        said.append(Sentence(PRICES, {"share": figure(person, "price_level", found["price_level"], "share")}))
    return said


def _said(person: Person) -> list[Sentence]:
    found = person.rows.get("customer_opinions")
    if not found or not found["review_count"] or found["review_rating"] is None:
        return []
    reviews = {
        "count": figure(person, "review_count", found["review_count"]),
        "rating": figure(person, "review_rating", found["review_rating"], "decimal"),
    }
    return [Sentence(REVIEWS, reviews)]


def _reached(person: Person) -> list[Sentence]:
    found = person.contacts
    said = []
    if found.get("consents") is not None:
        said.append(Sentence(AGREES if found["consents"] else REFUSES))
    if found.get("talks"):
        talks = figure(person, "talks", found["talks"])
        via = VIA.format(named(found["channel"])) if found["channel"] else NOTHING
        said.append(
            Sentence(
                ASKED, {"count": talks, "noun": noun(found["talks"], "talk"), "on": str(found["talked_on"]), "via": via}
            )
        )
    asked = person.rows.get("contacts")
    if asked:
        said.append(Sentence(LATEST, {"reason": _named(asked, "last_contact_reason")}))
        if asked["complaints_90d"]:
            name = "complaints_90d"
            said.append(Sentence(COMPLAINED, {"count": figure(person, name, asked[name])}))
    if found.get("delivered"):
        sent = {name: figure(person, name, found[name]) for name in ("delivered", "clicked", "converted")}
        said.append(Sentence(SENT, sent))
    return said


def _next(person: Person) -> list[Sentence]:
    """First what went wrong, then what is used up, then what is new."""
    complaints = (person.rows.get("customer_opinions") or {}).get("negative_review_count_90d")
    name = "negative_review_count_90d"
    said = [Sentence(COMPLAINTS, {"count": figure(person, name, complaints)})] if complaints else []
    for name in ("rebuy", "discover"):
        for row in [row for row in dated(person.lists) if row["list"] == name][:SHOWN_PRODUCTS]:
            words = SHOW if name == "discover" else DUE if row.get("due_on") else REBUY
            fields = {"title": row["title"] or row["product_id"], "due": str(row.get("due_on"))}
            if name == "discover":
                words, fields["because"] = words + BECAUSE, Words(row["because_zh"], row["because_en"])
            said.append(Sentence(words, fields))
    return said


def dated(lists: Sequence[Row]) -> list[Row]:
    """What is recommended by the day on which each is due, whatever its place on the list."""
    return sorted(lists, key=lambda row: (str(row.get("due_on") or ""), row["position"]))


def _orders(reader: Reader, shop: Shop, accounts: Sequence[str]) -> list[Order]:
    """The newest orders that were not taken back, where the snapshot holds orders."""
    published = reader.snapshot.row_counts
    if "clean.orders" not in published:
        return []
    money_of = "sum(o.sign * (o.quantity * o.unit_price - coalesce(o.discount, 0)))" if shop.has_prices else "NULL"
    titles = "SELECT product_id, arg_max(title, known_on) AS title FROM clean.products GROUP BY product_id"
    joined = f"LEFT JOIN ({titles}) AS p USING (product_id)" if "clean.products" in published else ""
    title = "coalesce(p.title, o.product_id)" if joined else "o.product_id"
    found = reader.connection.execute(
        f"""
        SELECT o.order_id, min(o.ordered_on) AS day, {money_of} AS spend, string_agg(DISTINCT {title}, '、' ORDER BY {title}) AS titles
        FROM clean.orders AS o {joined}
        WHERE o.customer_id IN ({", ".join(map(literal, accounts))}) AND o.cancelled_at IS NULL
            AND coalesce(o.line_type, 'product') = 'product' AND o.quantity > 0
        GROUP BY o.order_id HAVING sum(o.sign) > 0 ORDER BY day DESC, o.order_id LIMIT {LAST_ORDERS}
        """
    ).fetchall()
    return [Order(*row) for row in found]


def _line(order: Order, person: Person, shop: Shop) -> Sentence:
    paid = (
        money(float(order.spend), shop.currency, "customers.order", order.order_id) if order.spend is not None else None
    )
    day = f"{order.ordered_on}  {order.order_id}"
    words = (
        Words("{day}  {paid}  {titles}", "{day}  {paid}  {titles}")
        if paid
        else Words("{day}  {titles}", "{day}  {titles}")
    )
    return Sentence(words, {"day": day, "titles": order.titles} | ({"paid": paid} if paid else {}))


def _contacts(reader: Reader, accounts: Sequence[str]) -> Row:
    """What was said between the shop and a person, where the snapshot holds it: talks with service, messages of ours."""
    published, who = reader.snapshot.row_counts, ", ".join(map(literal, accounts))
    as_of = f"DATE '{reader.snapshot.as_of}'"
    selects = {
        "clean.messages": f"""
            SELECT count(DISTINCT conversation_id) AS talks, max(sent_on) AS talked_on, arg_max(channel, (sent_at, message_id)) AS channel
            FROM (FROM clean.messages WHERE customer_id IN ({who}) AND known_on < {as_of} QUALIFY sum(sign) OVER (PARTITION BY message_id) > 0)
        """,
        "clean.outcomes": f"""
            SELECT {", ".join(f"coalesce(sum(sign) FILTER (outcome = '{what}'), 0) AS {what}" for what in ("delivered", "clicked", "converted"))}
            FROM clean.outcomes
            WHERE customer_id IN ({who}) AND known_on < {as_of} AND occurred_on >= {as_of} - {RECENT_DAYS}
        """,
    }
    found: Row = {}
    for table, select in selects.items():
        if published.get(table):
            cursor = reader.connection.execute(select)
            names = [column[0] for column in cursor.description or []]
            found |= dict(zip(names, cursor.fetchall()[0], strict=True))
    return found


def _path(reader: Reader, person_id: str) -> list[Step]:
    """The RFM groups of a person, the newest last; weeks in the same group are one step."""
    if not reader.snapshot.row_counts.get("insights.rfm"):
        return []
    found = reader.connection.execute(
        f"""
        SELECT as_of, group_zh, group_en FROM insights.rfm WHERE person_id = {literal(person_id)}
        QUALIFY group_en IS DISTINCT FROM lag(group_en) OVER (ORDER BY as_of) ORDER BY as_of
        """
    ).fetchall()
    return [Step(since, Words(zh, en)) for since, zh, en in found]
