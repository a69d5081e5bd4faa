"""Conversations of a small shop, written by hand, from delivery to the weekly tables of contacts: every row counted by hand."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import Bench, complaint, line, write_rows, write_store

WEEK = date(2024, 2, 5)
STORE = """
name: {zh: 茶馆, en: Tea house}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: 2024-02-04
end: 2024-02-04
sources:
  lines: [{path: orders.csv, history: true}]
  talks: [{path: messages.csv, history: true}]
  entries: [{path: answers.csv, history: true}]
  keys: [{path: links.csv, history: true}]
tables:
  orders: SELECT * FROM lines
  messages: SELECT * FROM talks
  answers: SELECT * FROM entries
  links: SELECT * FROM keys
limits: {quarantine_share: 0.9, unknown_share: 0.9}
"""
ORDERS = [
    line("o20240120-1", "anna", "2024-01-20 10:00:00"),
    line("o20240130-1", "anna", "2024-01-30 10:00:00", product_id="cup"),
    line("o20240130-1", "anna", "2024-01-30 10:00:00", product_id="pot", line_no=2),
    line("o20240201-1", "bob", "2024-02-01 10:00:00", product_id="pot"),
]


def said(
    talk: str, customer: str, sender: str, at: str, text: str, intent: str = "", channel: str = "app"
) -> dict[str, Any]:
    return {
        "message_id": f"{talk} {at}", "conversation_id": talk, "customer_id": customer, "sender": sender, "text": text, "sent_at": at,
        "channel": channel, "intent": intent,
    }  # fmt: skip


MESSAGES = [
    # Four weeks before with one question about invoices each: what is usual.
    *(
        said(f"t0{n}", "cara", "customer", f"2024-01-{day:02d} 09:00:00", "能开发票吗", "发票")
        for n, day in enumerate((1, 10, 17, 24))
    ),
    # anna says her earlier order; the bot answers after 30 s, and no person is asked for a day.
    said("t1", "anna", "customer", "2024-01-31 09:00:00", "订单o20240120-1怎么还没到", "物流查询"),
    said("t1", "anna", "bot", "2024-01-31 09:00:30", "正在派送"),
    # anna says no order: the first line of her latest one. The bot answers, a person follows.
    said("t2", "anna", "customer", "2024-02-01 12:00:00", "我要投诉，杯子是坏的", "投诉"),
    said("t2", "anna", "bot", "2024-02-01 12:01:00", "很抱歉"),
    said("t2", "anna", "agent", "2024-02-01 12:10:00", "马上为您换新"),
    # bob is answered by the bot, and asks a person in another conversation within a day.
    said("t3", "bob", "customer", "2024-02-01 13:00:00", "杯子可以刻字吗", "商品咨询", channel="web"),
    said("t3", "bob", "bot", "2024-02-01 13:02:00", "请稍等", channel="web"),
    said("t4", "bob", "customer", "2024-02-02 12:00:00", "可以刻字吗", "商品咨询"),
    said("t4", "bob", "agent", "2024-02-02 12:10:00", "可以刻四个字，订单o20240201-1已备注"),
    # Too late for a day to have passed; bob's other account.
    said("t5", "rob", "customer", "2024-02-04 20:00:00", "怎么申请退货", "退换货"),
    said("t5", "rob", "bot", "2024-02-04 20:00:20", "签收后七天内可以"),
    # dora asks for a person, and none comes.
    said("t7", "dora", "customer", "2024-02-01 15:00:00", "转人工", "转人工", channel="wechat"),
    said("t7", "dora", "bot", "2024-02-01 15:00:10", "已为您转接", channel="wechat"),
    # Nobody answers a guest.
    said("t6", "", "customer", "2024-02-03 08:00:00", "在吗", "其他"),
]
ANSWERS = [
    {
        "answer_id": "k1",
        "intent": "退换货",
        "question": "怎么申请退货？",
        "answer": "签收后七天内可以。",
        "locale": "zh",
    },
    {"answer_id": "k2", "intent": "账户", "question": "如何注销账号", "answer": "在设置里注销。", "locale": "zh"},
]
LINKS = [{"customer_id": name, "key_type": "device", "key_value": "d1"} for name in ("bob", "rob")]
TABLES = ("contact_reasons", "service_quality", "contacts", "unanswered_questions", "answer_use")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(tmp_path_factory.mktemp("contacts"))
    write_store(bench.store, STORE)
    for name, rows in (("orders", ORDERS), ("messages", MESSAGES), ("answers", ANSWERS), ("links", LINKS)):
        write_rows(bench.store / f"{name}.csv", dict.fromkeys(key for row in rows for key in row), rows)
    assets = build_assets(Calendar.of(bench.shop))
    stages = [f"{stage}/{name}" for stage in ("raw", "clean") for name in ("orders", "messages", "answers", "links")]
    result = bench.run(
        *stages,
        "features/customer_days",
        "insights/message_intents",
        first=date(2024, 2, 4),
        last=date(2024, 2, 4),
        assets=assets,
    )
    assert result.success, complaint(result)
    weekly = [f"insights/{name}" for name in TABLES]
    result = bench.run(
        "features/identities", "features/customers", *weekly, first=WEEK - timedelta(days=7), last=WEEK, assets=assets
    )
    assert result.success, complaint(result)
    yield bench


def rows(shop: Bench, table: str, columns: str) -> list[tuple[Any, ...]]:
    return shop.query(f"SELECT {columns} FROM insights.{table} WHERE as_of = DATE '{WEEK}' ORDER BY ALL NULLS FIRST")


def test_reasons_are_counted_by_product_and_in_all(shop: Bench) -> None:
    found = rows(shop, "contact_reasons", "product_id, intent, conversation_count, said_count, order_count")
    assert found == [
        (None, "其他", 1, 0, 2),
        (None, "发票", 0, 0, 2),
        (None, "商品咨询", 2, 1, 2),
        (None, "投诉", 1, 0, 2),
        (None, "物流查询", 1, 1, 2),
        (None, "转人工", 1, 0, 2),
        (None, "退换货", 1, 0, 2),
        ("cup", "投诉", 1, 0, 1),
        ("pot", "商品咨询", 2, 1, 2),
        ("tea", "物流查询", 1, 1, 0),
    ]


def test_the_usual_is_that_of_the_weeks_since_messages_began(shop: Bench) -> None:
    columns = "intent, week_count, usual_count, usual_count_low, usual_count_high, is_unusual"
    usual = {
        row[0]: row[1:]
        for row in shop.query(
            f"SELECT {columns} FROM insights.contact_reasons WHERE as_of = DATE '{WEEK}' AND product_id IS NULL ORDER BY intent"
        )
    }
    # Poisson of mean 1, and the error of the mean of four weeks: 1.96 * sqrt(1 * (1 + 1/4)).
    assert usual["发票"] == (4, 1.0, 0.0, 3.1913, False)
    assert usual["商品咨询"] == (4, 0.0, 0.0, 1.96, False)


def test_quality_counts_who_was_answered_by_whom_and_how_fast(shop: Bench) -> None:
    columns = "channel, conversation_count, replied_count, first_reply_median_seconds, first_reply_p90_seconds, person_count, handed_over_count"
    assert rows(shop, "service_quality", columns) == [
        # 10, 20, 30, 60, 120, 600 seconds.
        (None, 7, 6, 30, 600, 2, 1),
        ("app", 5, 4, 30, 600, 2, 1),
        ("web", 1, 1, 120, 120, 0, 0),
        ("wechat", 1, 1, 10, 10, 0, 0),
    ]
    # All but t5 are settled; a person followed t2 at once and t3 in another conversation, and t7 asked for one.
    assert rows(shop, "service_quality", "channel, bot_count, settled_count, deflected_count, resolved_count") == [
        (None, 5, 4, 1, 6),
        ("app", 3, 2, 1, 4),
        ("web", 1, 1, 0, 1),
        ("wechat", 1, 1, 0, 1),
    ]


def test_contacts_of_accounts_of_one_person_are_theirs_together(shop: Bench) -> None:
    columns = "person_id, contacts_90d, complaints_90d, last_contact_on, last_contact_reason_zh"
    assert rows(shop, "contacts", columns) == [
        ("anna", 2, 1, date(2024, 2, 1), "投诉"),
        ("bob", 3, 0, date(2024, 2, 4), "退换货"),
        ("cara", 4, 0, date(2024, 1, 24), "发票"),
        ("dora", 1, 0, date(2024, 2, 1), "转人工"),
    ]


def test_what_no_entry_answers_is_drafted_for_the_editor(shop: Bench) -> None:
    columns = "question, variants, intent, conversation_count, last_asked_on, reply"
    assert rows(shop, "unanswered_questions", columns) == [
        ("可以刻字吗", ["杯子可以刻字吗"], "商品咨询", 2, date(2024, 2, 2), "可以刻四个字，订单{order_id}已备注"),
        ("能开发票吗", [], "发票", 3, date(2024, 1, 24), None),
    ]


def test_entries_are_found_or_never(shop: Bench) -> None:
    assert rows(shop, "answer_use", "answer_id, found_count, is_never_found") == [("k1", 1, False), ("k2", 0, True)]


def test_a_week_alone_gives_what_a_range_gives(shop: Bench, tmp_path: Path) -> None:
    again = shop.copy(tmp_path)
    weekly = [f"insights/{name}" for name in TABLES]
    result = again.run(*weekly, first=WEEK, last=WEEK, assets=build_assets(Calendar.of(again.shop)))
    assert result.success, complaint(result)
    for table in TABLES:
        assert again.rows(f"insights.{table}") == shop.rows(f"insights.{table}"), table
