"""The ledger: whatever is delivered when, sums give the newest version of every key, and every past day stays what it was.

One case by hand stands in test_rows; here deliveries are drawn at random, and the rows are booked by the asset's own function
without the machinery around it, so that many sequences can be tried.
"""

import shutil
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.clean.assets import fact_rows
from data_checks.gate.rows import Work
from resources import privacy, reading
from resources.contract import CONTRACT
from resources.shop import Shop, load_shop
from resources.warehouse import Warehouse
from tests.shop_builder import CHANGES, FACTS, FIRST, LAST, ORDERS_SQL, STORE, Bench, write_store

START = date(2024, 1, 17)
KEYS, VERSIONS = ["a", "b", "c"], [10, 11, 12]

# A delivery is a list of (key, version); a sequence one of four days, the first the history.
Delivery = list[tuple[str, int]]
SEQUENCES = st.lists(
    st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VERSIONS)), max_size=5), min_size=4, max_size=4
)
# Where the range of four days is cut into runs.
SPLITS = st.sets(st.integers(1, 3))


class Ledger:
    """A warehouse with the raw rows of some deliveries, in memory."""

    def __init__(self, shop: Shop, table: str, deliveries: list[Delivery]):
        self.table = CONTRACT[table]
        self.connection = duckdb.connect()
        privacy.register(self.connection, b"the key of a test")
        reading.register(self.connection, shop.time_zone)
        self.connection.execute("SET TimeZone = 'Asia/Shanghai'")
        for schema in ("raw", "clean"):
            self.connection.execute(f"CREATE SCHEMA {schema}")
        self.connection.execute(self.table.raw.create_sql())
        self.warehouse = Warehouse(store=str(shop.folder), home="")
        self.warehouse._shop, self.warehouse._connection = shop, self.connection
        for number, delivery in enumerate(deliveries):
            for row_no, (key, version) in enumerate(delivery, 1):
                self._deliver(START + timedelta(days=number), row_no, key, version)

    def _deliver(self, day: date, row_no: int, key: str, version: int) -> None:
        values: dict[str, Any] = {"delivered_on": day, "row_no": row_no, "customer_id": "anna", "product_id": "tea"}
        # The version moves the price and, with it, the day it happened: a correction may move a line to another day.
        at = f"2024-01-{version - 5:02d} 10:00:00"
        values |= (
            {"order_id": key, "line_no": 1, "quantity": 1, "unit_price": version, "ordered_at": at}
            if self.table.name == "orders"
            else {"event_id": key, "event_type": "view", "occurred_at": "2024-01-05 10:00:00"}
        )
        marks = ", ".join("?" * len(values))
        self.connection.execute(
            f"INSERT INTO raw.{self.table.name} ({', '.join(values)}) VALUES ({marks})", list(values.values())
        )

    def book(self, first: int, last: int) -> None:
        """What the clean asset would publish for a range of days."""
        keys = tuple(START + timedelta(days=n) for n in range(first, last + 1))
        self.connection.execute("CREATE OR REPLACE TEMP TABLE asked (delivered_on DATE)")
        self.connection.executemany("INSERT INTO asked VALUES (?)", [[key] for key in keys])
        rows = fact_rows(self.table, Work(self.warehouse, keys))
        columns = ", ".join(self.table.clean.column_names)
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE stage AS SELECT {columns} FROM ({rows.relation})")
        self.connection.execute(f"DELETE FROM clean.{self.table.name} WHERE delivered_on IN (FROM asked)")
        self.connection.execute(f"INSERT INTO clean.{self.table.name} ({columns}) SELECT {columns} FROM stage")

    def rows(self) -> list[tuple[Any, ...]]:
        return self.connection.execute(f"SELECT * FROM clean.{self.table.name} ORDER BY ALL").fetchall()

    def net(self, known_before: date) -> dict[str, int]:
        """What the rows known before a day sum up to, by key."""
        query = "SELECT order_id, sum(sign), sum(sign * unit_price) FROM clean.orders WHERE known_on < ? GROUP BY 1"
        found = self.connection.execute(query, [known_before]).fetchall()
        assert {count for _, count, _ in found} <= {0, 1}
        return {key: int(worth) for key, count, worth in found if count}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("ledger") / "tea_house"
    return load_shop(str(write_store(folder, STORE, orders=ORDERS_SQL)))


def newest(deliveries: list[Delivery]) -> dict[str, int]:
    return {key: version for delivery in deliveries for key, version in delivery}


@given(deliveries=SEQUENCES)
@settings(max_examples=10, deadline=None)
def test_the_net_of_every_key_is_its_newest_version_after_every_delivery(
    shop: Shop, deliveries: list[Delivery]
) -> None:
    ledger = Ledger(shop, "orders", deliveries)
    ledger.book(0, 3)
    for number in range(4):
        assert ledger.net(START + timedelta(days=number + 1)) == newest(deliveries[: number + 1])


@given(deliveries=SEQUENCES, cuts=SPLITS, table=st.sampled_from(["orders", "events"]))
@settings(max_examples=10, deadline=None)
def test_any_split_of_the_range_gives_the_same_table(
    shop: Shop, deliveries: list[Delivery], cuts: set[int], table: str
) -> None:
    whole, split = Ledger(shop, table, deliveries), Ledger(shop, table, deliveries)
    whole.book(0, 3)
    edges = [0, *sorted(cuts), 4]
    for first, after in zip(edges, edges[1:], strict=False):
        split.book(first, after - 1)
    assert split.rows() == whole.rows()


@given(deliveries=SEQUENCES, again=st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted))
@settings(max_examples=10, deadline=None)
def test_a_range_done_again_gives_the_same_table(shop: Shop, deliveries: list[Delivery], again: list[int]) -> None:
    ledger = Ledger(shop, "orders", deliveries)
    ledger.book(0, 3)
    before = ledger.rows()
    ledger.book(*again)
    assert ledger.rows() == before


@given(history=st.lists(st.tuples(st.just("a"), st.sampled_from(VERSIONS)), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_weeks_inside_a_history_see_one_version_and_none_before_it_happened(shop: Shop, history: Delivery) -> None:
    """Versions 10, 11, 12 happened on the 5th, 6th, 7th, and may follow each other in any order."""
    ledger = Ledger(shop, "orders", [history, [], [], []])
    ledger.book(0, 0)
    assert ledger.connection.execute("SELECT count(*) FROM clean.orders WHERE known_on < ordered_on").fetchall() == [
        (0,)
    ]
    for version in VERSIONS:
        told = [
            given for _, given in history[: next((n for n, (_, v) in enumerate(history) if v > version), len(history))]
        ]
        assert ledger.net(date(2024, 1, version - 4)) == ({"a": told[-1]} if told else {})


def test_days_run_in_pieces_give_the_tables_of_the_range(tea_house: Bench, unrun: Bench) -> None:
    """Through the assets themselves, with the book: every table, every row, every checksum."""
    unrun.place.mkdir(parents=True)
    shutil.copy(tea_house.place / "hash.key", unrun.place)
    assert unrun.run(*(f"{stage}/{name}" for name in CHANGES for stage in ("raw", "clean"))).success
    assert unrun.run(*(f"raw/{name}" for name in FACTS), first=FIRST, last=LAST).success
    for first, last in ((17, 21), (22, 22), (23, 25), (26, 35)):
        pieces = [date(2024, 1, 1) + timedelta(days=day - 1) for day in (first, last)]
        assert unrun.run(
            "clean/orders", "clean/events", "features/customer_days", first=pieces[0], last=pieces[1]
        ).success
    for table in (
        "raw.orders",
        "raw.events",
        "clean.orders",
        "clean.events",
        "clean.quarantine",
        "clean.customers",
        "features.customer_days",
    ):
        assert unrun.rows(table) == tea_house.rows(table), table
    book = "SELECT table_name, partition_key, row_count, figures FROM ops.windows WHERE table_name IN ({}) ORDER BY ALL"
    book = book.format("'clean.orders', 'clean.events', 'features.customer_days'")
    assert unrun.query(book) == tea_house.query(book)
