"""Public data of two real shops arrive whole and add up; their dirt ends where it can be seen."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from assets.clean.assets import build as clean
from assets.features.assets import build as features
from assets.raw.assets import build as raw
from pipelines.onboarding.check import check_store
from resources.arrival import arriving
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.privacy import register
from resources.reader import bind, deliveries, mapped_columns
from resources.reading import register as register_reading
from resources.shop import Shop, load_shop
from resources.warehouse import Warehouse

DATA = Path(os.environ.get("ZHIKE_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
# Dagster's own bookkeeping of 779 days would take most of a minute, so a month of Olist goes through the graph.
MONTH = (date(2017, 11, 1), date(2017, 11, 30))


@dataclass
class Run:
    """A shop whose days went through raw, clean and customer_days."""

    shop: Shop
    results: list[dg.ExecuteInProcessResult]
    warehouse: Warehouse

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self.warehouse.connection

    def one(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchall()[0][0]

    def columns(self, table: str) -> set[str]:
        return {row[0] for row in self.connection.execute(f"DESCRIBE {table}").fetchall()}

    def metadata(self, table: str) -> dict[str, Any]:
        schema, name = table.split(".")
        for result in self.results:
            for event in result.get_asset_materialization_events():
                if event.asset_key == dg.AssetKey([schema, name]) and event.materialization.metadata:
                    return {key: value.value for key, value in event.materialization.metadata.items()}
        return {}


def through_the_graph(store: str, home: Path, first: date, last: date) -> Run:
    shop = load_shop(store)
    calendar = Calendar.of(shop)
    assets = [*raw(calendar), *clean(calendar), *features(calendar)]
    warehouse = Warehouse(store=store, home=str(home))
    tags = {"dagster/asset_partition_range_start": f"{first}", "dagster/asset_partition_range_end": f"{last}"}
    stages = [
        [f"raw/{name}" for name in shop.tables],
        [f"clean/{name}" for name in shop.tables],
        ["features/customer_days"],
    ]
    results = [
        dg.materialize(assets, selection=stage, tags=tags, resources={"warehouse": warehouse}) for stage in stages
    ]
    return Run(shop, results, warehouse)


@pytest.fixture(scope="module", autouse=True)
def data() -> Iterator[None]:
    if not (DATA / "olist_sample").is_dir():
        pytest.skip(f"the public data are not at {DATA}: set ZHIKE_DATA to their folder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DATA", str(DATA))
        yield


@pytest.fixture(scope="module")
def taobao(data: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    shop = load_shop("taobao")
    assert shop.end is not None
    run = through_the_graph("taobao", tmp_path_factory.mktemp("taobao"), shop.start, shop.end)
    with run.warehouse.opened():
        yield run


@pytest.fixture(scope="module")
def olist(data: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = through_the_graph("olist", tmp_path_factory.mktemp("olist"), *MONTH)
    with run.warehouse.opened():
        yield run


def source(store: str, name: str) -> str:
    """A select over a source's file, with nothing of Zhike between."""
    (spec,) = load_shop(store).sources[name]
    return f"read_csv('{os.path.expandvars(spec.path)}', header = true, all_varchar = true)"


def whole(store: str, table: str) -> duckdb.DuckDBPyConnection:
    """A connection whose temporary table `arrived` holds all rows of the shop, as raw would have them."""
    shop = load_shop(store)
    connection = duckdb.connect()
    connection.execute(f"SET TimeZone = '{shop.time_zone}'")
    register(connection, b"key of a test")
    register_reading(connection, shop.time_zone, decimal_comma=shop.has_decimal_comma)
    (delivery,) = deliveries(shop, CONTRACT[table], [])
    bind(connection, delivery)
    select = arriving(shop, CONTRACT[table], delivery, mapped_columns(connection, shop, CONTRACT[table]))
    connection.execute(f"CREATE TEMP TABLE arrived AS {select}")
    return connection


@pytest.mark.parametrize("store", ["olist", "taobao"])
def test_a_check_finds_no_error(store: str):
    assert [finding for finding in check_store(load_shop(store)) if finding.level == "error"] == []


# Olist: several files to join, orders without items, reviews of several lines.


@pytest.mark.parametrize(
    ("table", "rows", "file"),
    [
        ("orders", 8365, "items"),
        ("reviews", 8225, "surveys"),
        ("customers", 8135, "accounts"),
        ("products", 5460, "assortment"),
    ],
)
def test_olist_arrives_row_for_row(table: str, rows: int, file: str):
    with whole("olist", table) as connection:
        (arrived,) = connection.execute("SELECT count(*) FROM arrived").fetchall()[0]
        (delivered,) = connection.execute(f"SELECT count(*) FROM {source('olist', file)}").fetchall()[0]
    assert arrived == delivered == rows


def test_every_real_of_olist_arrives():
    with whole("olist", "orders") as connection:
        (arrived,) = connection.execute("SELECT sum(CAST(unit_price AS DECIMAL(18, 4))) FROM arrived").fetchall()[0]
    assert arrived == Decimal("1093264.35")


def test_a_review_of_several_orders_is_one_review_an_order_and_keeps_its_lines():
    with whole("olist", "reviews") as connection:
        figures = "count(DISTINCT review_id), count(*) FILTER (contains(text, chr(10))), count(text)"
        keys, of_several_lines, with_text = connection.execute(f"SELECT {figures} FROM arrived").fetchall()[0]
        written = "count(*) FILTER (contains(review_comment_message, chr(10)) OR review_comment_title IS NOT NULL AND "
        written += "review_comment_message IS NOT NULL OR contains(review_comment_title, chr(10)))"
        ((lines,),) = connection.execute(f"SELECT {written} FROM {source('olist', 'surveys')}").fetchall()
    assert keys == 8225
    assert of_several_lines == lines > 436
    assert with_text >= 4113


def test_olist_says_how_many_orders_without_items_its_mapping_leaves_out(olist: Run):
    assert olist.metadata("raw.orders")["dropped_by_the_mapping"] == 775


def test_a_month_of_olist_is_booked_to_the_cent(olist: Run):
    first, last = MONTH
    ordered = f"""
        SELECT count(*), sum(CAST(price AS DECIMAL(18, 4)))
        FROM {source("olist", "items")} JOIN {source("olist", "orders")} USING (order_id)
        WHERE CAST(order_purchase_timestamp AS DATE) BETWEEN DATE '{first}' AND DATE '{last}'
    """
    delivered = duckdb.execute(ordered).fetchall()[0]
    booked = "SELECT count(*), sum(quantity * unit_price) FROM clean.orders WHERE sign = 1"
    assert delivered[0] > 400
    assert olist.connection.execute(booked).fetchall()[0] == delivered
    assert olist.one("SELECT count(*) FROM raw.orders") == delivered[0]
    assert olist.one("SELECT count(*) FROM clean.quarantine") == 0


def test_days_of_olist_are_days_in_brazil(olist: Run):
    beside = "SELECT count(*) FROM clean.orders WHERE ordered_on <> CAST(ordered_at AS DATE)"
    assert olist.one(beside) > 0, "evenings in Brazil are the next day in UTC"
    wrong = "SELECT count(*) FROM clean.orders WHERE ordered_on <> delivered_on OR known_on <> ordered_on"
    assert olist.one(wrong) == 0


def test_cancelled_orders_of_olist_are_no_sales(olist: Run):
    kept = "customer_id IS NOT NULL AND cancelled_at IS NULL"
    assert olist.one("SELECT count(*) FROM clean.orders WHERE cancelled_at IS NOT NULL") > 0
    sold = olist.one(f"SELECT sum(quantity * unit_price) FROM clean.orders WHERE {kept}")
    assert olist.one("SELECT sum(gross) FROM features.customer_days") == sold


def test_a_customer_of_olist_is_the_person_and_known_from_the_first_order(olist: Run):
    assert olist.one("SELECT count(DISTINCT customer_id) FROM clean.customers") == 8016
    unknown = """
        SELECT count(*) FROM clean.orders AS o
        WHERE NOT EXISTS (FROM clean.customers AS c WHERE c.customer_id = o.customer_id AND c.known_on <= o.known_on)
    """
    assert olist.one(unknown) == 0


def test_products_of_olist_are_known_from_the_start_under_english_categories(olist: Run):
    known = olist.connection.execute("SELECT DISTINCT known_on FROM clean.products").fetchall()
    assert known == [(olist.shop.start,)]
    assert olist.one("SELECT count(*) FROM clean.products WHERE category IS NULL") == 111
    assert olist.one("SELECT count(*) FROM clean.products WHERE category = 'health_beauty'") > 0


# Taobao: events in unix seconds, no prices, rows outside the nine days.


def test_taobao_arrives_row_for_row(taobao: Run):
    arrived = taobao.one("SELECT (SELECT count(*) FROM raw.events) + (SELECT count(*) FROM raw.orders)")
    assert arrived == taobao.one(f"SELECT count(*) FROM {source('taobao', 'behaviour')}") == 84475
    assert taobao.one("SELECT count(*) FROM raw.orders") == 1750


@pytest.mark.parametrize("table", ["orders", "events"])
def test_every_row_of_taobao_is_booked_or_in_quarantine(taobao: Run, table: str):
    counts = f"""
        SELECT delivered_on, count(*) FROM (
            SELECT delivered_on FROM clean.{table}
            UNION ALL SELECT delivered_on FROM clean.quarantine WHERE source_table = '{table}'
        ) GROUP BY delivered_on
    """
    raw_counts = f"SELECT delivered_on, count(*) FROM raw.{table} GROUP BY delivered_on"
    booked = dict(taobao.connection.execute(counts).fetchall())
    assert booked == dict(taobao.connection.execute(raw_counts).fetchall())
    assert len(booked) == 9


def test_rows_before_the_nine_days_are_in_quarantine_of_the_first(taobao: Run):
    query = "SELECT source_table, delivered_on, reason, count(*) FROM clean.quarantine GROUP BY ALL"
    reason = "it happened before the shop's start"
    assert taobao.connection.execute(query).fetchall() == [("events", date(2017, 11, 25), reason, 35)]


def test_days_of_taobao_are_days_in_china(taobao: Run):
    (first, last) = taobao.connection.execute("SELECT min(occurred_on), max(occurred_on) FROM clean.events").fetchall()[
        0
    ]
    assert (first, last) == (taobao.shop.start, taobao.shop.end)
    assert str(taobao.one("SELECT min(occurred_at) FROM clean.events")).startswith("2017-11-24 16:0")


def test_a_shop_without_prices_has_no_money_columns(taobao: Run):
    assert taobao.columns("clean.orders").isdisjoint({"unit_price", "discount"})
    assert taobao.columns("clean.products").isdisjoint({"price", "cost"})
    days = taobao.columns("features.customer_days")
    assert days.isdisjoint({"gross", "returned"})
    assert {"view_count", "cart_count", "favorite_count", "item_count"} <= days


def test_what_taobao_customers_did_is_counted(taobao: Run):
    figures = "sum(line_count), sum(view_count), sum(cart_count), sum(favorite_count), count(DISTINCT customer_id)"
    counted = taobao.connection.execute(f"SELECT {figures} FROM features.customer_days").fetchall()[0]
    assert counted == (1750, 75872 - 35, 4497, 2356, 815)


def test_a_product_of_two_categories_keeps_the_first(taobao: Run):
    assert taobao.one("SELECT count(*) FROM clean.products") == 55368
    assert taobao.one("SELECT count(*) - count(DISTINCT product_id) FROM clean.products") == 0
    categories = f"FROM {source('taobao', 'behaviour')} WHERE item_id = '2633450' ORDER BY timestamp::BIGINT"
    earliest = taobao.one(f"SELECT category_id {categories}")
    assert taobao.one("SELECT category FROM clean.products WHERE product_id = '2633450'") == earliest
