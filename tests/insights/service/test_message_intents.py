"""Messages of the demo shop from delivery to intents: every one of a customer, by the model in force when it was known, the same
whichever days were run."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.shop import STORES
from stores.demo.generate import generate
from tests.shop_builder import Bench, complaint, write_store

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 13)
STORE = f"""
name: {{zh: 演示商店, en: Demo shop}}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: {FIRST}
end: {LAST}
settings: {{fits: quarterly}}
sources:
"""
INTENTS = "SELECT * EXCLUDE (fitted_as_of, model_version) FROM insights.message_intents ORDER BY delivered_on, row_no"


def run(bench: Bench, *selection: str, first: date, last: date) -> None:
    result = bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(bench.shop)))
    assert result.success, complaint(result)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    generate(folder, seed=3, customers=300, days=14)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIKE_DEMO", str(folder / "source"))
        yield folder


@pytest.fixture(scope="module")
def unread(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The demo shop's messages, cleaned, not read. Not to be changed."""
    bench = Bench(tmp_path_factory.mktemp("unread"))
    text = STORE
    for table in ("orders", "messages"):
        text += f"  {table}:\n    - {{path: '${{ZHIKE_DEMO}}/history/{table}.parquet', history: true}}\n"
        text += f"    - {{path: '${{ZHIKE_DEMO}}/days/{{date}}/{table}.parquet'}}\n"
    text += "tables: {orders: orders.sql, messages: messages.sql}\n"
    selects = {table: (STORES / "demo" / f"{table}.sql").read_text("utf-8") for table in ("orders", "messages")}
    write_store(bench.store, text, **selects)
    run(bench, "raw/messages", "clean/messages", first=FIRST, last=LAST)
    return bench


@pytest.fixture(scope="module")
def shop(unread: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """All days read at once. Not to be changed."""
    bench = unread.copy(tmp_path_factory.mktemp("read"))
    run(bench, "insights/message_intents", first=FIRST, last=LAST)
    return bench


def test_every_message_of_a_customer_has_an_intent(shop: Bench) -> None:
    written = "SELECT message_id FROM clean.messages WHERE sign = 1 AND sender = 'customer' ORDER BY ALL"
    assert shop.query("SELECT message_id FROM insights.message_intents ORDER BY ALL") == shop.query(written)
    columns = {name for name, *_ in shop.query("DESCRIBE insights.message_intents")}
    assert "text" not in columns
    assert shop.query("SELECT count(*) FROM insights.message_intents WHERE intent IN (second, third)") == [(0,)]


def test_the_model_as_installed_reads_until_there_are_labels_enough(shop: Bench) -> None:
    """The small shop has fewer than 200 labelled messages."""
    assert shop.query("SELECT name, in_force FROM models.registry") == [("intents_installed", True)]
    read = "SELECT i.intent FROM insights.message_intents AS i JOIN clean.messages USING (delivered_on, row_no) WHERE text = $1"
    assert set(shop.query(read, ["我的快递到哪里了？"])) == {("logistics",)}
    assert set(shop.query(read, ["能开发票吗？"])) == {("invoice",)}


def test_days_one_by_one_give_what_all_at_once_gave(
    unread: Bench, shop: Bench, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench = unread.copy(tmp_path_factory.mktemp("one_by_one"))
    run(bench, "insights/message_intents", first=LAST, last=LAST)
    run(bench, "insights/message_intents", first=FIRST, last=date(2026, 1, 12))
    assert bench.query(INTENTS) == shop.query(INTENTS)
