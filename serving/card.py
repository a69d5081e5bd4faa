"""What a shop's people want to know of one customer, as a card in one language: who, worth, risk with its reasons, last orders, what to do next."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from resources.home import Home
from resources.money import amount
from resources.quoting import literal
from resources.shop import Shop
from resources.snapshot import Reader, opened
from resources.words import Words, language_of
from serving.customers import known

LAST_ORDERS, SHOWN_PRODUCTS = 3, 3
Row = dict[str, Any]

WHO, WORTH, RISK = Words("是谁", "Who"), Words("价值", "Worth"), Words("流失风险", "Risk")
SAID, ORDERS, NEXT = Words("评价", "Opinion"), Words("最近订单", "Last orders"), Words("下一步", "Next")
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
COMPLAINTS = Words(
    "近 90 天有 {count} 条差评：先联系客户，解决问题",
    "{count} bad reviews in 90 days: get in touch and put it right first",
)
REBUY = Words("提醒复购：{title}", "remind of: {title}")
DUE = Words("提醒复购：{title}（预计 {due} 前后再买）", "remind of: {title} (due around {due})")
SHOW = Words("推荐：{title}", "show: {title}")


@dataclass(frozen=True)
class Card:
    """The lines of a card by heading, in one language."""

    title: str
    parts: tuple[tuple[str, tuple[str, ...]], ...]


def card(home: Home, shop: Shop, person: str) -> Card:
    """The card of one person or account in the shop's language. Raises ZhikeError for one that the newest week does not know."""
    with opened(home) as reader:
        person_id, found = known(reader, home, person)
        orders = list(_orders(reader, shop, person_id))
    rows = {table: of_table[0] for table, of_table in found.items()}
    lists = found.get("recommendations", [])
    parts = {
        WHO: _who(rows),
        WORTH: _worth(rows, shop),
        RISK: _risk(rows),
        SAID: _said(rows),
        ORDERS: orders,
        NEXT: _next(rows, lists),
    }
    language = language_of(shop.locale)

    def read(words: Words) -> str:
        return getattr(words, language)

    as_of = max((row["as_of"] for row in rows.values()), default="")
    title = f"{person_id} · {read(shop.name)} · {as_of}"
    kept = ((heading, [line for line in lines if line]) for heading, lines in parts.items())
    return Card(title, tuple((read(heading), tuple(map(read, lines))) for heading, lines in kept if lines))


def _who(rows: dict[str, Row]) -> list[Words]:
    customer, segment, rfm = (rows.get(table) for table in ("customers", "segments", "rfm"))
    said = [GROUP.format(group=_named(rfm, "group"), kind=_named(rfm, "class"))] if rfm else []
    said += [_named(segment, "label")] if segment else []
    if customer and customer["frequency"]:
        past = {"first": customer["first_purchase_on"], "last": customer["last_purchase_on"]}
        said.append(PAST.format(**past, count=customer["frequency"], days=customer["recency_days"]))
    elif customer:
        said.append(NEVER)
    return said


def _named(row: Row, what: str) -> Words:
    return Words(row[f"{what}_zh"], row[f"{what}_en"])


def _worth(rows: dict[str, Row], shop: Shop) -> list[Words]:
    customer, clv = rows.get("customers"), rows.get("clv")
    if not shop.has_prices:
        return []
    said = []
    if customer and customer["frequency"]:
        said.append(SPEND.format(spend=_money(customer["spend"], shop), mean=_money(customer["monetary_value"], shop)))
    if clv and clv["clv_12m"] is not None:
        low, value, high = (_money(clv[name] or 0, shop) for name in ("clv_low_12m", "clv_12m", "clv_high_12m"))
        what = REVENUE if clv["margin_share"] is None else MARGIN
        purchases = f"{clv['expected_purchases_12m']:.1f}"
        said.append(VALUE.format(what=what, clv=value, low=low, high=high, count=purchases))
    return said


def _money(value: Any, shop: Shop) -> Words:
    return amount(float(value), shop.currency)


def _risk(rows: dict[str, Row]) -> list[Words]:
    found = rows.get("predictions")
    if not found:
        return []
    shares = {"buys": f"{found['p_purchase']:.0%}", "leaves": f"{found['p_churn']:.0%}"}
    said = [CHANCE.format(days=found["horizon_days"], as_of=found["as_of"], **shares), _named(found, "reasons")]
    clv = rows.get("clv") or {}
    if clv.get("next_order_on"):
        low, high = clv["next_order_low_on"], clv["next_order_high_on"]
        said.append(NEXT_ORDER.format(on=clv["next_order_on"], low=low, high=high))
    return said


def _said(rows: dict[str, Row]) -> list[Words]:
    found = rows.get("customer_opinions")
    if not found or not found["review_count"] or found["review_rating"] is None:
        return []
    return [REVIEWS.format(count=found["review_count"], rating=f"{found['review_rating']:.1f}")]


def _next(rows: dict[str, Row], lists: list[Row]) -> list[Words]:
    """First what went wrong, then what is used up, then what is new."""
    complaints = (rows.get("customer_opinions") or {}).get("negative_review_count_90d")
    said = [COMPLAINTS.format(count=complaints)] if complaints else []
    # By the day on which each is due, whatever its place on the list.
    dated = sorted(lists, key=lambda row: (str(row.get("due_on") or ""), row["position"]))
    for name in ("rebuy", "discover"):
        for row in [row for row in dated if row["list"] == name][:SHOWN_PRODUCTS]:
            words = SHOW if name == "discover" else DUE if row.get("due_on") else REBUY
            because = (
                Words(f" — {row['because_zh']}", f" — {row['because_en']}") if name == "discover" else Words("", "")
            )
            said.append(words.format(title=row["title"] or row["product_id"], due=row.get("due_on")) + because)
    return said


def _orders(reader: Reader, shop: Shop, person_id: str) -> Iterator[Words]:
    """The newest orders that were not taken back, where the snapshot holds orders."""
    published = reader.snapshot.row_counts
    if "clean.orders" not in published:
        return
    accounts = [row["customer_id"] for row in reader.rows("identities", person_id=person_id)] or [person_id]
    money = "sum(o.sign * (o.quantity * o.unit_price - coalesce(o.discount, 0)))" if shop.has_prices else "NULL"
    titles = "SELECT product_id, arg_max(title, known_on) AS title FROM clean.products GROUP BY product_id"
    named = f"LEFT JOIN ({titles}) AS p USING (product_id)" if "clean.products" in published else ""
    title = "coalesce(p.title, o.product_id)" if named else "o.product_id"
    found = reader.connection.execute(
        f"""
        SELECT o.order_id, min(o.ordered_on) AS day, {money} AS spend, string_agg(DISTINCT {title}, '、' ORDER BY {title}) AS titles
        FROM clean.orders AS o {named}
        WHERE o.customer_id IN ({", ".join(map(literal, accounts))}) AND o.cancelled_at IS NULL
            AND coalesce(o.line_type, 'product') = 'product' AND o.quantity > 0
        GROUP BY o.order_id HAVING sum(o.sign) > 0 ORDER BY day DESC, o.order_id LIMIT {LAST_ORDERS}
        """
    ).fetchall()
    for order_id, day, spend, titles_of in found:
        plain = Words(*[f"{day}  {order_id}"] * 2)
        paid = [_money(spend, shop)] if spend is not None else []
        yield Words.join([plain, *paid, Words(titles_of, titles_of)], Words("  ", "  "))
