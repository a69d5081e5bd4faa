"""What a shop's description gets wrong is said: what, where, and what to do."""

from pathlib import Path

import pytest

from resources.errors import ZhikeError
from resources.reader import deliveries
from resources.shop import load_shop
from tests.shop_builder import FIRST, ORDERS_SQL, STORE, Bench, complaint, write_store


def refused(folder: Path, text: str) -> ZhikeError:
    write_store(folder / "shop", text, orders=ORDERS_SQL)
    with pytest.raises(ZhikeError) as caught:
        load_shop(str(folder / "shop"))
    assert caught.value.where == str(folder / "shop" / "store.yaml")
    assert caught.value.remedy
    assert "\n  where: " in str(caught.value)
    assert "\n  what to do: " in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        (
            "time_zone: Asia/Shanghai",
            "time_zone: Beijing",
            "time_zone: unknown time zone 'Beijing': use a name such as Asia/Shanghai",
        ),
        (
            "currency: CNY",
            "currency: [CNY, USD]",
            "currency: 2 currencies ['CNY', 'USD']: a shop has one; convert the others",
        ),
        (
            "currency: CNY",
            "currency: CNY\nowners: [anna]",
            "owners: owner 'anna' is neither an e-mail address nor team:name, such as team:analytics",
        ),
        ("currency: CNY", "currency: yuan", "currency 'yuan' is no ISO code such as CNY"),
        (
            "  orders: orders.sql\n",
            "",
            "tables: `orders` is missing; it is the one table that every shop must hand over",
        ),
        ("  events: SELECT", "  clicks: SELECT", "tables: clicks not in the contract, which has orders, events"),
        ("end: 2024-02-04", "end: 2023-02-04", "end 2023-02-04 lies before start 2024-01-01"),
        ("history_on: 2024-01-17\n", "", "history_on is missing: the day as of which the history was handed over"),
        (
            "history_on: 2024-01-17",
            "history_on: 2024-03-17",
            "history_on 2024-03-17 lies outside start 2024-01-01 to end 2024-02-04",
        ),
        ("history/orders.parquet", '"history/{date}.parquet"', "`history: true` and {date} exclude each other"),
        ("start: 2024-01-01", "start: soon", "start: Input should be a valid date"),
        ("time_zone:", "timezone:", "timezone: Extra inputs are not permitted"),
        (
            "limits:",
            "settings: {events: [{name: {zh: 店庆, en: Anniversary}}]}\nlimits:",
            "settings.events.0: event Anniversary: give either `month_day` or `dates`",
        ),
        (
            "limits:",
            "settings: {events: [{name: {zh: 店庆, en: Anniversary}, month_day: 02-30}]}\nlimits:",
            "settings.events.0: day",
        ),
        ("quarantine_share", "quarantine_shar", "limits.quarantine_shar: Extra inputs are not permitted"),
    ],
)
def test_what_does_not_hold_together_is_named(tmp_path: Path, good: str, bad: str, said: str) -> None:
    assert good in STORE
    assert said in refused(tmp_path, STORE.replace(good, bad, 1)).what


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: {zh: 茶馆", "store.yaml is not valid YAML"),
        ("", "store.yaml is empty"),
        ("- a list", "store.yaml is empty"),
        (STORE.replace("start: 2024-01-01", "start: 2024-02-30"), "day is out of range for month"),
        ("name:\n\tzh: 茶馆", "found character '\\t'"),
    ],
)
def test_what_is_no_description_is_said(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(tmp_path, text).what


def test_an_unknown_shop_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(ZhikeError, match="there is no shop 'teashop'") as caught:
        load_shop("teashop")
    assert "online_retail" in caught.value.remedy


def test_a_variable_that_is_not_set_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEA_FILES", raising=False)
    store = write_store(
        tmp_path / "shop", STORE.replace("history/orders.parquet", '"${TEA_FILES}/orders.parquet"'), orders=ORDERS_SQL
    )
    shop = load_shop(str(store))
    with pytest.raises(ZhikeError, match=r"uses \$\{TEA_FILES\}, which is not set") as caught:
        deliveries(shop, shop.facts[0], [FIRST])
    assert "store.yaml" in caught.value.where
    assert "export TEA_FILES=" in caught.value.remedy


def test_a_mapping_that_is_not_there_is_named(tmp_path: Path) -> None:
    shop = load_shop(str(write_store(tmp_path / "shop", STORE)))
    with pytest.raises(ZhikeError, match="the mapping of orders cannot be read: No such file") as caught:
        shop.mapping("orders")
    assert caught.value.where.endswith("orders.sql")


def test_a_mapping_without_a_source_is_named(tmp_path: Path) -> None:
    shop = load_shop(str(write_store(tmp_path / "shop", STORE, orders="-- order_lines\nSELECT 1 AS order_id")))
    with pytest.raises(ZhikeError, match="the mapping of orders names no source"):
        deliveries(shop, shop.facts[0], [FIRST])


@pytest.mark.parametrize(
    ("select", "said"),
    [
        (
            "SELECT * EXCLUDE (quantity, ordered_at) FROM order_lines",
            "required columns are not mapped: quantity, ordered_at",
        ),
        ("SELECT *, 1 AS colour FROM order_lines", "the contract has no column colour"),
        ("SELECT *, size FROM order_lines", "the mapping does not fit the files: Binder Error"),
        ("SELECT FROM WHERE order_lines", "the mapping of orders is not valid SQL: Parser Error"),
    ],
)
def test_a_mapping_that_does_not_fit_is_said_before_anything_is_stored(unrun: Bench, select: str, said: str) -> None:
    (unrun.store / "orders.sql").write_text(select)
    result = unrun.run("raw/orders", first=FIRST)
    assert said in complaint(result)
    assert "orders.sql" in complaint(result)
    assert unrun.windows() == []


def test_without_prices_there_is_no_money_and_without_events_nothing_of_them(unrun: Bench) -> None:
    text = STORE.replace("currency: CNY\n", "").replace("  events: SELECT * FROM actions\n", "")
    text = text.replace("  links: SELECT * FROM keys\n", "")
    columns = "order_id, line_no, customer_id, product_id, quantity, ordered_at, cancelled_at, channel, line_type"
    write_store(unrun.store, text, orders=f"SELECT {columns} FROM order_lines")
    unrun.deliver("products", "history", {"product_id": "tea", "category": "drinks"})
    (unrun.store / "products" / "2024-01-30.csv").unlink()
    text = text.replace("SELECT * FROM goods", "SELECT product_id, title, category FROM goods")
    write_store(unrun.store, text)
    assert unrun.run("raw/orders", "raw/products", "raw/customers", first=FIRST).success
    assert unrun.run("clean/orders", "clean/products", "clean/customers", "features/customer_days", first=FIRST).success
    assert unrun.run("features/customers", first="2024-01-15").success
    found = {
        row[0]
        for row in unrun.query(
            "SELECT column_name FROM information_schema.columns WHERE table_schema IN ('clean', 'features')"
        )
    }
    assert not found & {"unit_price", "discount", "gross", "returned", "spend", "spend_7d", "monetary_value"}
    assert not found & {"session_count", "view_count", "visit_recency_days"}
    keys = {asset.key.to_user_string() for asset in unrun.assets()}
    assert not keys & {"raw/events", "clean/events", "features/identities"}
    assert unrun.query("SELECT person_id, frequency FROM features.customers ORDER BY 1") == [
        ("anna", 2),
        ("bob", 1),
        ("cara", 1),
    ]


def test_a_description_in_another_encoding_is_said(tmp_path: Path) -> None:
    write_store(tmp_path / "shop", STORE, orders=ORDERS_SQL)
    (tmp_path / "shop" / "store.yaml").write_bytes(STORE.encode("gbk"))
    with pytest.raises(ZhikeError, match="store.yaml is not UTF-8") as caught:
        load_shop(str(tmp_path / "shop"))
    assert "GBK" in caught.value.remedy
