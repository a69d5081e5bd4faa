"""From the files that a known system exports to a shop that runs: `zhike init` alone, with nothing written by hand."""

import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.clean.typing import typed
from pipelines.onboarding.init import Made, make_shop
from pipelines.onboarding.presets import Preset, presets
from resources.arrival import arriving, date_orders, stored
from resources.privacy import register
from resources.reader import bind, deliveries, mapped_columns
from resources.reading import register as register_reading
from tests.pipelines.corner import run, zhike
from tests.shop_builder import Bench
from tests.stores import exports, exports_data, exports_zh
from tests.stores.exports import Order, orders, plain, value

THREE = {"orders", "customers", "products"}


@dataclass(frozen=True)
class Export:
    """How an export is written, what of the orders it says, and what is to be told of it."""

    write: Callable[[Path, Sequence[Order]], list[Path]]
    name: str
    time_zone: str
    currency: str
    tables: set[str]
    says: Callable[[Sequence[Order]], list[Order]] = list

    @property
    def sold(self) -> list[Order]:
        return self.says(orders())


TAOBAO = ("Taobao and Tmall orders", "Asia/Shanghai", "CNY", THREE)
EXPORTS = {
    "shopify": Export(exports.shopify, "Shopify orders", "America/New_York", "USD", THREE),
    "woocommerce": Export(exports.woocommerce, "WooCommerce orders", "Europe/London", "GBP", THREE),
    "taobao": Export(exports_zh.taobao, *TAOBAO),
    "taobao_old": Export(exports_zh.taobao_old, *TAOBAO),
    "youzan": Export(exports_zh.youzan, "Youzan orders", "Asia/Shanghai", "CNY", THREE),
    "jd": Export(exports_zh.jd, "JD orders", "Asia/Shanghai", "CNY", THREE),
    "ga4": Export(exports_data.ga4, "GA4 events from BigQuery", "UTC", "USD", THREE | {"events", "links"}, plain),
    "olist": Export(
        exports_data.olist, "Olist marketplace", "America/Sao_Paulo", "BRL", THREE | {"reviews"}, exports_data.single
    ),
    "uci": Export(exports_data.uci, "UCI Online Retail", "Europe/London", "GBP", THREE, plain),
}


@dataclass
class Shop:
    """A shop made of an export, with all its rows typed as the run would."""

    export: Export
    made: Made
    connection: duckdb.DuckDBPyConnection

    def one(self, sql: str) -> Any:
        return self.connection.execute(sql).fetchall()[0][0]


@contextmanager
def typed_rows(made: Made) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with all rows of a shop as they arrive (raw) and as they are typed (clean), a reason beside those that are not believed."""
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
            connection.execute(
                f"INSERT INTO raw.{table.name} BY NAME {stored(table, f'(SELECT *, NULL AS refused FROM ({select}))')}"
            )
            connection.execute(f"CREATE TABLE clean.{table.name} AS {typed(table, made.shop, f'raw.{table.name}')}")
        yield connection


@pytest.fixture(scope="module", params=EXPORTS)
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    export, folder = EXPORTS[request.param], tmp_path_factory.mktemp(request.param)
    made = make_shop(export.write(folder, orders()), folder / request.param, "zh")
    with typed_rows(made) as connection:
        yield Shop(export, made, connection)


def test_the_export_is_recognised(shop: Shop) -> None:
    export, said = shop.export, shop.made.shop
    assert (shop.made.draft.name.en, said.time_zone, said.currency) == (export.name, export.time_zone, export.currency)
    assert said.declared == export.tables
    assert (str(said.start), str(said.end)) == ("2025-06-02", "2025-12-01")
    assert shop.made.draft.missing and shop.made.draft.took


def test_a_check_finds_nothing_to_mend(shop: Shop) -> None:
    assert [finding for finding in shop.made.findings if finding.level == "error"] == []


def test_no_row_would_go_to_quarantine(shop: Shop) -> None:
    for table in shop.made.shop.declared:
        assert shop.connection.execute(f"SELECT DISTINCT reason FROM clean.{table}").fetchall() == [(None,)], table


def test_every_line_is_there_once_and_sales_come_to_what_was_sold(shop: Shop) -> None:
    sold = shop.export.sold
    goods = "clean.orders WHERE coalesce(line_type, 'product') = 'product'"
    bought = f"{goods} AND quantity > 0"
    assert shop.one(f"SELECT count(*) FROM {bought}") == sum(len(order.lines) for order in sold)
    assert shop.one(f"SELECT count(DISTINCT (order_id, line_no)) FROM {bought}") == sum(
        len(order.lines) for order in sold
    )
    net = "sum(quantity * unit_price - coalesce(discount, 0))"
    assert shop.one(f"SELECT {net} FROM {goods} AND cancelled_at IS NULL") == value(sold)
    assert shop.one(f"SELECT count(DISTINCT order_id) FROM {goods} AND cancelled_at IS NULL") == sum(
        o.is_sale for o in sold
    )


def test_a_woocommerce_refund_counts_on_its_own_day_where_the_export_tells_it(tmp_path: Path) -> None:
    header = (
        "order_id,order_date,paid_date,status,order_total,order_currency,billing_email,customer_id,refund_items,line_item_1,line_item_2"
        + ",x" * 20
    )
    items = "name:A|product_id:1|quantity:1|total:10.00|sub_total:10.00,name:B|product_id:2|quantity:2|total:20.00|sub_total:20.00"
    refunds = {
        "completed": "amount:10.01|reason:late|date:2025-03-09 10:00:00;amount:3.00|reason:|date:2025-03-12 10:00:00",
        "processing": "amount:-6.00|reason:",
        "refunded": "amount:5.00|reason:|date:2025-03-10 10:00:00;amount:30.00|reason:|date:2025-03-11 10:00:00",
        "wc-refunded": "",
    }
    rows = [
        f"{n},2025-03-02 10:00:00,,{state},30,GBP,a@b.example,0,{said},{items}{',' * 20}"
        for n, (state, said) in enumerate(refunds.items())
    ]
    (tmp_path / "orders.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    with typed_rows(make_shop([tmp_path / "orders.csv"], tmp_path / "shop", "en")) as connection:
        query = """
            SELECT order_id, strftime(ordered_on, '%m-%d'), sum(quantity * unit_price - coalesce(discount, 0)), bool_or(reason IS NOT NULL)
            FROM clean.orders WHERE cancelled_at IS NULL GROUP BY ALL ORDER BY ALL
        """
        found = [
            (order, day, float(amount))
            for order, day, amount, is_bad in connection.execute(query).fetchall()
            if not is_bad
        ]
    assert found == [
        ("0", "03-02", 30.0), ("0", "03-09", -10.01), ("0", "03-12", -3.0),
        ("1", "03-02", 24.0),
        ("2", "03-02", 30.0), ("2", "03-10", -5.0), ("2", "03-11", -25.0),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["shopify", "taobao", "taobao_old", "youzan", "jd"])
def test_two_equal_lines_are_two_and_an_order_in_two_exports_is_one(name: str, tmp_path: Path) -> None:
    sold = [replace(order, lines=[*order.lines, order.lines[0]]) for order in orders()[:40]]
    files = EXPORTS[name].write(tmp_path, sold)
    again = [shutil.copy(file, file.with_stem(f"{file.stem}_2")) for file in files]
    made = make_shop([*files, *again], tmp_path / "shop", "en")
    with typed_rows(made) as connection:
        net = "CAST(sum(quantity * unit_price - coalesce(discount, 0)) FILTER (cancelled_at IS NULL) AS DECIMAL(18, 2))"
        query = f"SELECT count(*), count(DISTINCT (order_id, line_no)), {net} FROM clean.orders"
        lines = sum(len(order.lines) for order in sold)
        assert connection.execute(query).fetchall() == [(lines, lines, value(sold))]


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.folder.name)
def test_the_comments_of_a_select_are_there_in_every_language(preset: Preset) -> None:
    for table in preset.tables:
        comments = {
            language: [text for text in preset.select(table, language).splitlines() if text.lstrip().startswith("--")]
            for language in ("zh", "en")
        }
        assert [len(texts) > 0 for texts in comments.values()] in ([True, True], [False, False]), (table, comments)
        assert not any(text.lstrip().startswith(("-- zh:", "-- en:")) for texts in comments.values() for text in texts)
        assert all(re.search("[一-龥]", text) for text in comments["zh"]), comments["zh"]


def test_an_order_is_of_the_right_person_and_moment(shop: Shop) -> None:
    sold = shop.export.sold
    assert shop.one("SELECT count(DISTINCT customer_id) FROM clean.orders") == len({order.buyer for order in sold})
    assert shop.one("SELECT count(DISTINCT ordered_on) FROM clean.orders WHERE quantity > 0") == len(
        {order.at.date() for order in sold}
    )
    # Every product and customer that is named is known.
    for table, key in (("products", "product_id"), ("customers", "customer_id")):
        known = f"SELECT {key} FROM clean.{table}"
        named = f"SELECT {key} FROM clean.orders WHERE coalesce(line_type, 'product') = 'product'"
        assert shop.one(f"SELECT count(*) FROM ({named} EXCEPT {known})") == 0


def test_nothing_personal_is_in_the_rows_or_in_what_was_written(shop: Shop) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in shop.made.shop.folder.iterdir())
    stored = "".join(
        str(shop.connection.execute(f"SELECT * FROM raw.{table}").fetchall()) for table in shop.made.shop.declared
    )
    for word in ("example.com", "Somebody", "1212555", "1380013"):
        assert word not in written + stored + str(shop.made.findings)


def test_returns_in_event_data_are_booked_on_their_own_day(tmp_path: Path) -> None:
    item = '"items": [{"item_id": "a", "price": 5.0, "quantity": "2"}, {"item_id": "b", "price": 3.0, "quantity": "1"}]'
    some = '"items": [{"item_id": "b", "price": 3.0, "quantity": "1"}]'
    sent = [
        ("purchase", 1, "t1", item),
        ("purchase", 2, "t2", item),
        ("refund", 3, "t1", some),
        ("refund", 4, "t2", '"items": []'),
    ]
    lines = [
        f'{{"event_date": "2025060{day}", "event_timestamp": "{1_748_736_000 + 86_400 * (day - 1)}000000", "event_name": "{name}", '
        f'"event_params": [], "user_pseudo_id": "v1", "ecommerce": {{"transaction_id": "{order}"}}, {goods}}}'
        for name, day, order, goods in sent
    ]
    (tmp_path / "events.json").write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = make_shop([tmp_path / "events.json"], tmp_path / "shop", "en")
    with typed_rows(made) as connection:
        query = "SELECT order_id, product_id, quantity, CAST(ordered_on AS VARCHAR) FROM clean.orders WHERE quantity < 0 ORDER BY ALL"
        assert connection.execute(query).fetchall() == [
            ("t1", "b", -1, "2025-06-03"), ("t2", "a", -2, "2025-06-04"), ("t2", "b", -1, "2025-06-04"),
        ]  # fmt: skip
        assert connection.execute("SELECT DISTINCT reason FROM clean.orders").fetchall() == [(None,)]


def test_the_docs_say_where_each_export_is_to_be_had() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "your-shop.md").read_text(encoding="utf-8")
    for preset in presets():
        for words in (preset.name, preset.export):
            assert words.zh in page
            assert words.en in page


# The whole way by the command, for one export; ZHIKE_MATRIX=1 goes it for all.
WHOLE = list(EXPORTS) if os.environ.get("ZHIKE_MATRIX") else ["shopify"]


@pytest.mark.parametrize("name", WHOLE)
def test_from_an_export_to_published_segments(name: str, tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    files = EXPORTS[name].write(tmp_path, orders())
    said = zhike(bench, "init", *map(str, files), "--into", str(bench.store), "--lang", "en")
    assert said.code == 0, said.out + said.err
    assert f"Taken for: {EXPORTS[name].name}" in said.out
    with (bench.store / "store.yaml").open("a", encoding="utf-8") as file:
        file.write("retention: {weeks: 2}\n")
    ran = run(bench, "--json", *([] if os.environ.get("ZHIKE_MATRIX") else select(bench)))
    assert ran.code == 0, ran.out + ran.err
    assert ran.json["failures"] == []
    buyers = len({order.buyer for order in EXPORTS[name].sold if order.is_sale})
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
