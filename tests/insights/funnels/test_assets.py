"""insights.funnels of two shops written by hand, whose visits are counted here, and of the demo shop."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.insights.demo_bench import WEEKS, Demo
from tests.shop_builder import Bench, complaint, days, event, failures, line, write_store

ASSET = "insights/funnels"
FIRST, LAST = date(2024, 1, 8), date(2024, 1, 21)
MONDAY, NEXT = date(2024, 1, 15), date(2024, 1, 22)
STORE = """
name: {zh: 茶馆, en: Tea house}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-08
end: 2024-01-21
sources:
  order_lines: {path: "orders/{date}.csv", optional: true}
  actions: {path: "events/{date}.csv", optional: true}
  goods: {path: "products/{date}.csv", optional: true}
  keys: {path: "links/{date}.csv", optional: true}
tables: {orders: SELECT * FROM order_lines, events: SELECT * FROM actions, products: SELECT * FROM goods, links: SELECT * FROM keys}
limits: {quarantine_share: 0.9, unknown_share: 0.9}
"""
PLAIN = """
name: {zh: 书店, en: Books}
time_zone: Europe/London
start: 2024-01-08
end: 2024-02-18
sources:
  order_lines: {path: "orders/{date}.csv", optional: true}
  actions: {path: "events/{date}.csv", optional: true}
tables:
  orders: SELECT order_id, line_no, customer_id, product_id, quantity, ordered_at FROM order_lines
  events: SELECT event_id, customer_id, event_type, product_id, occurred_at FROM actions
"""
# Visitor, channel, product and time of each action; an order has its own file.
ACTIONS = [
    # To the order, and what is returned of it later takes nothing back.
    ("anna", "app", "view", "tea", "2024-01-08 10:00:00"),
    ("anna", "app", "cart", "tea", "2024-01-08 10:05:00"),
    # The same person on another channel: a visit of its own, of two categories.
    ("anna", "web", "view", "cup", "2024-01-08 12:00:00"),
    ("anna", "web", "view", "tea", "2024-01-08 12:01:00"),
    ("anna", "web", "cart", "cup", "2024-01-08 12:02:00"),
    # A view without a product counts in the shop, in no category.
    ("bob", "app", "view", "", "2024-01-09 09:00:00"),
    ("bob", "app", "cart", "tea", "2024-01-09 09:01:00"),
    # Into the cart before it was looked at.
    ("cara", "app", "cart", "tea", "2024-01-10 10:00:00"),
    ("cara", "app", "view", "tea", "2024-01-10 10:05:00"),
    # A guest: nobody, so quarantined. Shown, not done: no visit.
    ("", "app", "view", "tea", "2024-01-10 11:00:00"),
    ("dora", "app", "impression", "tea", "2024-01-10 11:55:00"),
    # A visitor known by a link: looks on the web, and puts into the cart of the app once signed in.
    ("device-7", "web", "view", "tea", "2024-01-12 20:00:00"),
    ("erin", "app", "cart", "tea", "2024-01-12 20:10:00"),
    # Looks at tea and buys a cup.
    ("anna", "app", "view", "tea", "2024-01-12 11:00:00"),
    ("anna", "app", "cart", "tea", "2024-01-12 11:01:00"),
    # The order is cancelled a day later.
    ("bob", "app", "view", "cup", "2024-01-13 10:00:00"),
    ("bob", "app", "cart", "cup", "2024-01-13 10:01:00"),
    # The order comes 30 minutes after the last action, which ends the visit.
    ("cara", "app", "view", "tea", "2024-01-13 15:00:00"),
    ("cara", "app", "cart", "tea", "2024-01-13 15:01:00"),
    # A product without a category.
    ("anna", "web", "view", "mug", "2024-01-13 20:00:00"),
    # Begun in one week, put into the cart in the next.
    ("erin", "app", "view", "tea", "2024-01-14 23:50:00"),
    ("erin", "app", "cart", "tea", "2024-01-15 00:05:00"),
    ("dora", "app", "view", "tea", "2024-01-16 10:00:00"),
]
LATE = line("o5", "bob", "2024-01-13 10:05:00", product_id="cup")
ORDERS = [
    line("o1", "anna", "2024-01-08 10:20:00"),
    line("o2", "bob", "2024-01-09 09:10:00"),
    # Nobody looked before: ordered directly, and by a guest.
    line("o3", "dora", "2024-01-10 12:00:00"),
    line("o4", "", "2024-01-10 13:00:00", channel="store"),
    line("r1", "anna", "2024-01-11 10:00:00", -1),
    line("o6", "erin", "2024-01-12 20:15:00"),
    line("o7", "anna", "2024-01-12 11:10:00", product_id="cup"),
    LATE,
    line("o8", "cara", "2024-01-13 15:31:00"),
]  # fmt: skip
GOODS = [{"product_id": name, "category": kind} for name, kind in (("tea", "drinks"), ("cup", "ware"), ("mug", ""))]
KEYS = [{"customer_id": name, "key_type": "device", "key_value": "d7"} for name in ("device-7", "erin")]


def run(bench: Bench, first: date, last: date, week: date) -> Any:
    """The days of a shop and its funnels from a week on."""
    assets = build_assets(Calendar.of(bench.shop))
    tables = list(bench.shop.tables)
    daily = [*(f"{stage}/{table}" for stage in ("raw", "clean") for table in tables), "features/customer_days"]
    done = bench.run(*daily, first=first, last=last, assets=assets)
    assert done.success, complaint(done)
    result = bench.run(ASSET, first=week, last=last + timedelta(days=1), assets=assets)
    assert result.success, complaint(result)
    return result


def deliver(
    bench: Bench, actions: list[tuple[str, str, str, str, str]], orders: list[dict[str, Any]], last: date
) -> None:
    """A file a day of what happened on it."""
    events = [
        event(f"e{n}", who, kind, at, channel=channel, product_id=product)
        for n, (who, channel, kind, product, at) in enumerate(actions)
    ]
    for day in map(str, days(FIRST, last)):
        bench.deliver("events", day, *(row for row in events if row["occurred_at"][:10] == day))
        bench.deliver("orders", day, *(row for row in orders if row["ordered_at"][:10] == day))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two weeks of a tea house. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("funnels"))
    write_store(bench.store, STORE)
    deliver(bench, ACTIONS, ORDERS, LAST)
    bench.add("orders", "2024-01-14", LATE | {"cancelled_at": "2024-01-14 09:00:00"})
    bench.deliver("products", "2024-01-08", *GOODS)
    bench.deliver("links", "2024-01-12", *KEYS)
    run(bench, FIRST, LAST, MONDAY)
    return bench


def counts(bench: Bench, week: date, column: str = "visit_count") -> dict[tuple[str, str | None], list[int]]:
    """By cut and name the three steps."""
    query = (
        f"SELECT cut, name, list({column} ORDER BY step_no) FROM insights.funnels WHERE as_of = '{week}' GROUP BY ALL"
    )
    return {(cut, name): steps for cut, name, steps in bench.query(query)}


def test_the_visits_of_a_week_are_those_counted_by_hand(house: Bench) -> None:
    assert counts(house, MONDAY) == {
        ("shop", None): [10, 7, 4],
        ("channel", "app"): [7, 5, 3],
        ("channel", "web"): [3, 2, 1],
        ("category", "drinks"): [7, 4, 2],
        ("category", "ware"): [2, 2, 0],
    }


def test_what_happened_in_all_stands_beside_the_visits(house: Bench) -> None:
    """Carts without a view, orders without a visit and those of guests are counted, the cancelled one and the return are not."""
    found = counts(house, MONDAY, "action_count")
    assert found["shop", None] == [11, 8, 7]
    assert found["category", "ware"] == [2, 2, 1]
    assert found["channel", "web"] == [4, 1, 0]


def test_a_visit_is_that_of_the_week_in_which_it_begins(house: Bench) -> None:
    """The cart after midnight is none of the next week's visits."""
    assert counts(house, NEXT)["shop", None] == [1, 0, 0]
    assert counts(house, NEXT, "action_count")["shop", None] == [1, 1, 0]


def test_shares_have_their_interval_and_stand_against_the_weeks_before(house: Bench) -> None:
    """Seven of ten: Wilson's interval by any table of it. One week is too few for a drop."""
    columns = "share, share_low, share_high, view_share, week_count_before, share_before, change, z, is_drop"
    query = f"SELECT {columns} FROM insights.funnels WHERE cut = 'shop' AND as_of = '%s' AND step = '%s'"
    assert house.query(query % (MONDAY, "cart")) == [(0.7, 0.3968, 0.8922, 0.7, 0, None, None, None, False)]
    assert house.query(query % (MONDAY, "order"))[0][:4] == (0.5714, 0.2505, 0.8418, 0.4)
    # -0.7 / sqrt(7/11 * 4/11 * (1/1 + 1/10))
    assert house.query(query % (NEXT, "cart")) == [(0.0, 0.0, 0.7935, 0.0, 1, 0.7, -0.7, -1.387, False)]
    assert house.query(query % (NEXT, "view"))[0][:4] == (None, None, None, None)


def test_a_week_says_the_same_whether_the_weeks_before_are_stored_or_not(house: Bench, tmp_path: Path) -> None:
    expected = house.rows("insights.funnels", f"as_of = '{NEXT}'")
    alone = house.copy(tmp_path)
    with alone.warehouse().opened() as warehouse:
        for table, column in (("insights.funnels", "'insights.funnels'"), ("ops.windows", "table_name")):
            warehouse.connection.execute(f"DELETE FROM {table} WHERE {column} = 'insights.funnels'")
    assets = build_assets(Calendar.of(alone.shop))
    for week in (NEXT, MONDAY, NEXT):
        assert alone.run(ASSET, first=week, assets=assets).success
        assert alone.rows("insights.funnels", f"as_of = '{NEXT}'") == expected


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Any]:
    """A shop that says neither channel nor category: 40 visits a week, of which half put into the cart, in the last week two."""
    bench = Bench(tmp_path_factory.mktemp("plain"))
    write_store(bench.store, PLAIN)
    actions, orders = [], []
    for week in range(6):
        for n in range(40):
            day, who = FIRST + timedelta(days=7 * week + n % 7), f"c{n}"
            actions.append((who, "", "view", "book", f"{day} 10:00:00"))
            if n < (20 if week < 5 else 2):
                actions.append((who, "", "cart", "book", f"{day} 10:01:00"))
            if n < 20:
                # Orders that have only their day.
                orders.append(line(f"o{week}-{n}", who, f"{day} 00:00:00", product_id="book"))
    last = FIRST + timedelta(days=41)
    deliver(bench, actions, orders, last)
    return bench, run(bench, FIRST, last, FIRST + timedelta(days=7))


def test_without_channel_and_category_these_cuts_are_absent(plain: tuple[Bench, Any]) -> None:
    bench, _ = plain
    assert bench.query("SELECT DISTINCT cut, name FROM insights.funnels") == [("shop", None)]


def test_a_fall_by_more_than_noise_and_orders_that_follow_no_visit_are_told(plain: tuple[Bench, Any]) -> None:
    bench, result = plain
    last = "2024-02-19"
    found = failures(result)
    assert found[f"{ASSET}:no_step_has_fallen_by_more_than_noise"]["value"] == 1
    assert found[f"{ASSET}:orders_follow_visits"]["value"] == 0
    query = f"SELECT share, share_before, week_count_before, is_drop FROM insights.funnels WHERE as_of = '{last}' AND step = 'cart'"
    assert bench.query(query) == [(0.05, 0.5, 5, True)]


def test_the_demo_shops_channels_add_up_and_its_steps_narrow(backfilled: Demo) -> None:
    rows = backfilled.query(
        "SELECT as_of, step_no, sum(visit_count) FILTER (WHERE cut = 'shop'), sum(visit_count) FILTER (WHERE cut = 'channel'), "
        "count(DISTINCT name) FILTER (WHERE cut = 'category') FROM insights.funnels GROUP BY 1, 2 ORDER BY 1, 2"
    )
    assert [week for week, step, *_ in rows if step == 1] == WEEKS
    for (_, _, viewed, by_channel, categories), (_, _, carted, *_), (_, _, ordered, *_) in zip(
        rows[::3], rows[1::3], rows[2::3], strict=True
    ):
        assert viewed == by_channel > carted > ordered > 0
        assert categories > 3
