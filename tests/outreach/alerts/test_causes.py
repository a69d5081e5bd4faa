"""outreach/alerts over tables written by hand: of each cause who is warned of and who is not, and that nothing is told twice."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.features.tables import CUSTOMERS
from assets.insights.clv.tables import CLV
from assets.insights.predictions.model import MODEL as PURCHASE
from assets.insights.predictions.tables import PREDICTIONS
from assets.insights.rfm.model import MODEL as CLASSES
from assets.insights.rfm.tables import PROFILES, RFM
from assets.insights.sentiment.tables import ASPECT_TRENDS, REVIEW_SCORES
from assets.insights.service.contacts.tables import CONTACT_REASONS
from assets.insights.service.intents.tables import MESSAGE_INTENTS
from assets.outreach.alerts.assets import build
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel, keep_newest
from resources.tables import Table
from resources.warehouse import Warehouse
from tests.shop_builder import Bench, complaint, write_store

STORE = """
name: {zh: 茶馆, en: Tea house}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2025-01-01
end: 2026-01-18
settings: {fits: quarterly}
sources: {source: {path: "{table}/{date}.csv"}}
tables: {orders: FROM source, customers: FROM source, products: FROM source, reviews: FROM source, messages: FROM source}
"""
BEFORE, WEEK, AFTER = date(2026, 1, 5), date(2026, 1, 12), date(2026, 1, 19)
FIT_DAY = date(2026, 1, 5)
CLEAN = {name: CONTRACT[name].clean for name in ("orders", "customers", "products", "messages")}

Row = dict[str, Any]

# Of each person what they are worth, and the probability that they leave, a week each.
PEOPLE = {
    "anna": (1000, 0.4, 0.6, 0.65),
    "bob": (1000, 0.6, 0.7, 0.7),
    "cara": (10, 0.4, 0.9, 0.9),
    "dora": (2000, 0.4, 0.6, 0.6),
    "emil": (900, 0.3, 0.4, 0.4),
    "finn": (950, 0.2, 0.2, 0.2),
    "gina": (5, 0.2, 0.2, 0.2),
}


def day(number: int) -> date:
    return WEEK + timedelta(days=number)


def people(week: date) -> tuple[list[Row], list[Row], list[Row], list[Row]]:
    """Rows of customers, predictions, values and classes of a week."""
    at = (BEFORE, WEEK, AFTER).index(week)
    found: tuple[list[Row], list[Row], list[Row], list[Row]] = [], [], [], []
    for person, (worth, *risks) in PEOPLE.items():
        mine: Row = {"as_of": week, "person_id": person}
        has_slipped = person == "emil" and week >= WEEK
        group = ("需关注客户", "Need attention") if has_slipped else ("忠诚客户", "Loyal")
        found[0].append(
            mine | {"frequency": 3, "recency_days": 50, "last_purchase_on": day(-60), "spend_365d": worth / 2}
        )
        reasons = {"reasons_zh": "↓ 很久没来；↑ 常客", "reasons_en": "↓ no visit for long; ↑ a regular"}
        found[1].append(mine | {"p_churn": risks[at], "p_purchase": 1 - risks[at], **reasons, "fitted_as_of": FIT_DAY})
        found[2].append(mine | {"clv_12m": worth, "clv_3m": worth / 4, "margin_share": 0.3})
        found[3].append(
            mine
            | {"r_score": 3 if has_slipped else 4, "group_zh": group[0], "group_en": group[1], "fitted_as_of": FIT_DAY}
        )
    return found


def review(review_id: str, customer: str, known_on: date, p_negative: float | None, rating: int = 1, **own: Any) -> Row:
    label = None if p_negative is None else "negative" if p_negative > 0.5 else "positive"
    return {
        "delivered_on": known_on, "row_no": 1, "known_on": known_on, "review_id": review_id, "customer_id": customer, "product_id": "tea",
        "reviewed_on": known_on, "rating": rating, "label": label, "p_negative": p_negative,
    } | own  # fmt: skip


def said(message_id: str, customer: str, sent_on: date, intent: str | None) -> Row:
    return {
        "message_id": message_id, "conversation_id": f"talk {message_id}", "customer_id": customer, "sender": "customer", "text": "?",
        "sent_at": sent_on, "sent_on": sent_on, "intent": intent, "delivered_on": sent_on, "row_no": int(message_id[1:]), "known_on": sent_on, "sign": 1,
    }  # fmt: skip


def sold(number: int, product: str) -> Row:
    return {
        "order_id": f"o{number}", "line_no": "1", "customer_id": "bob", "product_id": product, "quantity": 1, "unit_price": 100, "ordered_at": day(-3),
        "ordered_on": day(-3), "delivered_on": day(-3), "row_no": number, "known_on": day(-3), "sign": 1,
    }  # fmt: skip


def trend(week: date, product: str | None, aspect: str, is_drop: bool = True) -> Row:
    return {
        "as_of": week, "product_id": product, "aspect": aspect, "aspect_zh": "物流", "aspect_en": "Delivery", "mention_count": 40,
        "praised_share": 0.5, "praised_share_before": 0.9, "change": -0.4, "is_drop": is_drop,
    }  # fmt: skip


def asked(week: date, product: str | None, intent: str, count: int, usual: float, is_unusual: bool = True) -> Row:
    return {
        "as_of": week, "product_id": product, "intent": intent, "intent_zh": "退款", "intent_en": "Refund", "conversation_count": count,
        "usual_count": usual, "is_unusual": is_unusual,
    }  # fmt: skip


REVIEWS = [
    review("r1", "dora", day(-4), 0.95, aspects=[{"aspect": "logistics", "p_praised": 0.1, "clause": "慢"}]),
    review("r2", "gina", day(-4), 0.95),
    # Blamed weeks ago, and was changed now.
    review("r3", "bob", day(-40), 0.95),
    review("r3", "bob", day(-3), 0.95),
    # Nobody can say from its words; its stars can.
    review("r4", "emil", day(-2), None, rating=2),
    review("r5", "anna", day(-2), 0.1, rating=5),
    # Told after the week.
    review("r6", "anna", day(0), 0.95),
]
MESSAGES = [
    said("m1", "finn", day(-5), "complaint"),
    said("m2", "bob", day(-12), "complaint"),
    said("m3", "anna", day(-5), "refund"),
]
TRENDS = [
    trend(WEEK, "tea", "quality"),
    # Falls for the third week.
    *(trend(week, "cup", "quality") for week in (day(-14), BEFORE, WEEK)),
    # Of all that the shop sells: the product's own is the same cause.
    *(trend(WEEK, product, "logistics") for product in (None, "tea")),
    trend(WEEK, "pot", "quality", is_drop=False),
    *(trend(AFTER, product, aspect) for product, aspect in (("tea", "quality"), (None, "logistics"))),
]
CONTACTS = [
    asked(WEEK, "tea", "refund", 12, 3),
    asked(WEEK, "cup", "refund", 1, 9),
    asked(WEEK, None, "other", 40, 5),
    asked(WEEK, None, "refund", 14, 12, is_unusual=False),
]


def insert(warehouse: Warehouse, table: Table, rows: Sequence[Row], keys: Sequence[date | str]) -> None:
    """Rows of a table, and what the book would say of it."""
    connection = warehouse.connection
    warehouse.ensure(table)
    for row in rows:
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join(f"${place}" for place in range(1, len(row) + 1))
        connection.execute(f"INSERT INTO {table.qualified} ({names}) VALUES ({marks})", list(row.values()))
    connection.execute(
        "INSERT INTO ops.windows (table_name, partition_key, row_count, sequence, is_stale) SELECT $table, unnest($keys), 1, 1, false",
        {"table": table.qualified, "keys": [str(key) for key in keys]},
    )


def fitted(warehouse: Warehouse, model: RoomModel, table: Table) -> None:
    """A fit in force, by which the stored rows of its table were made."""
    fit = Fitted(model.name, FIT_DAY, "by hand", {}, Metrics("a test's"), True)
    keep_newest(warehouse.connection, model, fit)
    warehouse.connection.execute(f"UPDATE {table.qualified} SET model_version = $version", {"version": fit.version})


def written(bench: Bench) -> None:
    weeks = [BEFORE, WEEK, AFTER]
    days = [day(number) for number in range(-400, 7)]
    quiet = [day(-7 * number) for number in range(1, 5)]
    with bench.warehouse().opened() as warehouse:
        rows = [people(week) for week in weeks]
        for at, table in enumerate((CUSTOMERS, PREDICTIONS, CLV, RFM)):
            insert(warehouse, table, [row for of_week in rows for row in of_week[at]], weeks)
        named = [
            {"as_of": week, "kind": "group", "position": position, "name_en": name}
            for week in weeks
            for position, name in enumerate(("Loyal", "Need attention"))
        ]
        insert(warehouse, PROFILES, named, weeks)
        insert(warehouse, CLEAN["orders"], [sold(number, "tea") for number in range(10)], days)
        refusal = {"customer_id": "dora", "personalisation_refused": True, "known_on": day(-30)}
        insert(warehouse, CLEAN["customers"], [refusal], ["all"])
        insert(
            warehouse, CLEAN["products"], [{"product_id": "tea", "title": "Green tea", "known_on": day(-300)}], ["all"]
        )
        insert(warehouse, REVIEW_SCORES, REVIEWS, days)
        insert(warehouse, CLEAN["messages"], MESSAGES, days)
        insert(warehouse, MESSAGE_INTENTS, [], days)
        for table, of_products in ((ASPECT_TRENDS, TRENDS), (CONTACT_REASONS, CONTACTS)):
            insert(warehouse, table, of_products, [*quiet, WEEK, AFTER])
        fitted(warehouse, PURCHASE, PREDICTIONS)
        fitted(warehouse, CLASSES, RFM)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """The shop with both weeks warned of. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("alerts"))
    write_store(bench.store, STORE)
    written(bench)
    run(bench)
    yield bench


def run(bench: Bench) -> None:
    result = bench.run("outreach/alerts", assets=build(Calendar.of(bench.shop)), first=WEEK, last=AFTER)
    assert result.success, complaint(result)


def found(bench: Bench, week: date) -> dict[tuple[str, str | None], Row]:
    """The alerts of a week by cause and what they are about."""
    rows = bench.rows("outreach.alerts", f"as_of = '{week}'")
    return {(row["cause"], row["person_id"] or row["product_id"]): row for row in rows}


def test_of_each_cause_those_are_warned_of_whom_it_concerns(shop: Bench) -> None:
    assert set(found(shop, WEEK)) == {
        ("complained", "dora"), ("complained", "finn"), ("complained", "emil"), ("entered_risk", "anna"), ("moved_down", "emil"),
        ("aspect_falling", "tea"), ("aspect_falling", None), ("unusual_contacts", "tea"),
    }  # fmt: skip


def test_what_is_at_stake_and_why_is_said_in_both_languages(shop: Bench) -> None:
    alerts = found(shop, WEEK)
    said = {
        key: (row["urgency"], row["at_stake"], row["stake_en"], row["reasons_zh"], row["reasons_en"])
        for key, row in alerts.items()
    }
    assert said["entered_risk", "anna"] == (
        2, 600, "60% likely to leave × CNY 1,000 of margin expected within 12 months", "流失概率从 40% 升到 60%；很久没来",
        "60% likely to leave, 40% a week before; no visit for long",
    )  # fmt: skip
    assert said["moved_down", "emil"][1:3] == (
        360,
        "40% likely to leave × CNY 900 of margin expected within 12 months",
    )
    assert said["moved_down", "emil"][3:] == (
        "从「忠诚客户」降到「需关注客户」，已 50 天没有购买",
        "from Loyal to Need attention, no purchase for 50 days",
    )
    assert said["complained", "finn"][:2] == (3, 950)
    assert said["complained", "finn"][3:] == ("一周内向客服投诉 1 次", "1 complaint to service within the week")
    assert said["aspect_falling", "tea"][1:3] == (400, "CNY 1,000 sold in 28 days × 40 points of praise lost")
    assert said["unusual_contacts", "tea"][1:3] == (900, "9 conversations more than usual × CNY 100 an average order")
    assert alerts["aspect_falling", "tea"]["title"] == "Green tea"


def test_of_who_refuses_only_the_complaint_is_told_and_nothing_that_is_predicted(shop: Bench) -> None:
    alerts = found(shop, WEEK)
    assert ("entered_risk", "dora") not in alerts
    row = alerts["complained", "dora"]
    assert (row["at_stake"], row["stake_zh"]) == (1000, "近一年消费 1,000 元")
    assert row["reasons_zh"] == "一周内写了 1 条差评，不满意：物流"


def test_the_first_are_the_most_urgent_and_then_those_with_the_most_at_stake(shop: Bench) -> None:
    rows = sorted(found(shop, WEEK).values(), key=lambda row: row["place"])
    assert [row["place"] for row in rows] == list(range(1, 9))
    weights = [(-row["urgency"], -row["at_stake"]) for row in rows]
    assert weights == sorted(weights)


def test_a_week_later_only_what_is_new_is_told(shop: Bench) -> None:
    assert set(found(shop, AFTER)) == {("complained", "anna")}


def test_the_same_alert_has_the_same_name_whenever_the_week_is_run_again(shop: Bench, tmp_path: Path) -> None:
    before = shop.rows("outreach.alerts")
    again = shop.copy(tmp_path)
    run(again)
    assert again.rows("outreach.alerts") == before


def test_the_number_and_the_causes_are_the_shops(shop: Bench, tmp_path: Path) -> None:
    bench = shop.copy(tmp_path)
    write_store(bench.store, STORE + "alerts: {most_a_week: 2, causes: [moved_down, entered_risk], least_worth: 8}\n")
    run(bench)
    assert list(found(bench, WEEK)) == [("entered_risk", "anna"), ("entered_risk", "cara")]
