"""From the files that a known system exports to a shop that runs: `zhike init` alone, with nothing written by hand."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.clean.typing import typed
from pipelines.onboarding.init import Made, make_shop
from resources.privacy import register
from resources.reader import arriving, bind, date_orders, deliveries, mapped_columns
from resources.reading import register as register_reading
from tests.pipelines.corner import run, zhike
from tests.shop_builder import Bench
from tests.stores.exports import EXPORTS, orders, value

SOLD = orders()
THREE = {"orders", "customers", "products"}
# Of each export: what it is taken for, the zone, the currency, and the tables that it gives.
TOLD = {
    "shopify": ("Shopify orders", "America/New_York", "USD", THREE),
    "woocommerce": ("WooCommerce orders", "Europe/London", "GBP", THREE),
    "taobao": ("Taobao and Tmall orders", "Asia/Shanghai", "CNY", THREE),
    "taobao_old": ("Taobao and Tmall orders", "Asia/Shanghai", "CNY", THREE),
    "youzan": ("Youzan orders", "Asia/Shanghai", "CNY", THREE),
    "jd": ("JD orders", "Asia/Shanghai", "CNY", THREE),
}


@dataclass
class Shop:
    """A shop made of an export, with all its rows typed as the run would."""

    made: Made
    connection: duckdb.DuckDBPyConnection

    def one(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchall()[0][0]


@pytest.fixture(scope="module", params=EXPORTS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp(request.param)
    made = make_shop(EXPORTS[request.param](folder, SOLD), folder / request.param, "zh")
    with duckdb.connect() as connection:
        connection.execute(f"SET TimeZone = '{made.shop.time_zone}'")
        register(connection, b"key of a test")
        register_reading(connection, made.shop.time_zone, decimal_comma=made.shop.has_decimal_comma)
        connection.execute("CREATE SCHEMA raw; CREATE SCHEMA clean")
        for table in [*made.shop.facts, *made.shop.changes]:
            (delivery,) = deliveries(made.shop, table, [])
            bind(connection, delivery)
            columns = mapped_columns(connection, made.shop, table)
            select = arriving(
                made.shop, table, delivery, columns, orders=date_orders(connection, made.shop, table, delivery, columns)
            )
            connection.execute(table.raw.create_sql(f"raw.{table.name}"))
            connection.execute(f"INSERT INTO raw.{table.name} {select}")
            connection.execute(f"CREATE TABLE clean.{table.name} AS {typed(table, made.shop, f'raw.{table.name}')}")
        yield Shop(made, connection)


def test_the_export_is_recognised(shop: Shop) -> None:
    name, zone, currency, tables = TOLD[shop.made.shop.folder.name]
    said = shop.made.shop
    assert (shop.made.draft.name.en, said.time_zone, said.currency, said.declared) == (name, zone, currency, tables)
    assert (str(said.start), str(said.end)) == ("2025-06-02", "2025-12-01")
    assert shop.made.draft.missing and shop.made.draft.took


def test_a_check_finds_nothing_to_mend(shop: Shop) -> None:
    assert [finding for finding in shop.made.findings if finding.level == "error"] == []


def test_no_row_would_go_to_quarantine(shop: Shop) -> None:
    for table in shop.made.shop.declared:
        assert shop.connection.execute(f"SELECT DISTINCT reason FROM clean.{table}").fetchall() == [(None,)], table


def test_every_line_is_there_once_and_sales_come_to_what_was_sold(shop: Shop) -> None:
    assert shop.one("SELECT count(*) FROM clean.orders") == sum(len(order.lines) for order in SOLD)
    assert shop.one("SELECT count(DISTINCT (order_id, line_no)) FROM clean.orders") == sum(
        len(order.lines) for order in SOLD
    )
    net = "sum(quantity * unit_price - coalesce(discount, 0))"
    assert shop.one(f"SELECT {net} FROM clean.orders WHERE cancelled_at IS NULL") == value(SOLD)
    assert shop.one("SELECT count(DISTINCT order_id) FROM clean.orders WHERE cancelled_at IS NULL") == sum(
        o.is_sale for o in SOLD
    )


def test_an_order_is_of_the_right_person_and_moment(shop: Shop) -> None:
    assert shop.one("SELECT count(DISTINCT customer_id) FROM clean.orders") == len({order.buyer for order in SOLD})
    assert shop.one("SELECT count(DISTINCT ordered_on) FROM clean.orders") == len({order.at.date() for order in SOLD})
    assert shop.one("SELECT count(DISTINCT product_id) FROM clean.orders") == 12


def test_nothing_personal_is_in_the_rows_or_in_what_was_written(shop: Shop) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in shop.made.shop.folder.iterdir())
    stored = "".join(
        str(shop.connection.execute(f"SELECT * FROM raw.{table}").fetchall()) for table in shop.made.shop.declared
    )
    for word in ("example.com", "Somebody", "1212555", "1380013"):
        assert word not in written + stored + str(shop.made.findings)


# The whole way by the command, for one export; ZHIKE_MATRIX=1 goes it for all.
WHOLE = list(EXPORTS) if os.environ.get("ZHIKE_MATRIX") else ["shopify"]


@pytest.mark.parametrize("name", WHOLE)
def test_from_an_export_to_published_segments(name: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    files = EXPORTS[name](tmp_path, SOLD)
    said = zhike(bench, "init", *map(str, files), "--into", str(bench.store), "--lang", "en")
    assert said.code == 0, said.out + said.err
    assert f"Taken for: {TOLD[name][0]}" in said.out
    with (bench.store / "store.yaml").open("a", encoding="utf-8") as file:
        file.write("retention: {weeks: 2}\n")
    ran = run(bench, "--json", *([] if os.environ.get("ZHIKE_MATRIX") else select(bench)))
    assert ran.code == 0, ran.out + ran.err
    assert ran.json["failures"] == []
    buyers = len({order.buyer for order in SOLD if order.is_sale})
    snapshot = str(bench.place / "snapshot" / "current" / "zhike.duckdb")
    with duckdb.connect(snapshot, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM segments_latest").fetchall() == [(buyers,)]
    if name == "shopify":
        assert zhike(bench, "customer", "Buyer1@Example.com", "--store", str(bench.store)).code == 0


def select(bench: Bench) -> list[str]:
    """What leads to segments, and nothing else."""
    shop = bench.shop
    steps = [f"{stage}/{table}" for stage in ("raw", "clean") for table in shop.tables]
    steps += ["features/customer_days", "features/customers", "insights/segments", "outreach/snapshot"]
    return [argument for step in steps for argument in ("--select", step)]
