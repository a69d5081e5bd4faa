"""What was said live is read by the next run beside the shop's own messages, once, and as everything that arrives."""

import sqlite3
from pathlib import Path

from resources.home import open_home
from tests.serving.api import served
from tests.serving.service.shop import Talk, publish_service
from tests.shop_builder import Bench, write_store

STORE = """
name: {zh: 街角小店, en: Corner shop}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
end: 2024-01-31
sources: {order_lines: {path: "orders/{date}.csv", optional: true}, talks: {path: "messages/{date}.csv", optional: true}}
tables: {orders: SELECT * FROM order_lines, messages: SELECT * FROM talks}
"""
DAY = "2024-01-18"


def test_conversations_are_messages_of_the_day_on_which_they_came(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    write_store(bench.store, STORE)
    home = open_home(bench.shop, bench.home)
    publish_service(home, customers=10)
    (bench.store / "messages").mkdir()
    own = f"message_id,conversation_id,customer_id,sender,text,sent_at\nm1,own,c00000001,customer,你好,{DAY} 10:00:00\n"
    bench.file("messages", DAY).write_text(own, encoding="utf-8")
    with served(bench.store, home) as api:
        Talk(api, "live", "c00000004", shop=bench.store.name).say("人工，我的电话是13800138000")
        number = api.ask("/queue", "service").json()["queue"][0]["handover_id"]
        api.ask(f"/queue/{number}", "service", method="POST", json={"step": "answer", "text": "您好，请讲。"})
    with sqlite3.connect(home.landing / "inbox.db") as inbox:
        # The shop's calendar has no today.
        inbox.execute("UPDATE messages SET received_on = ?", (DAY,))
        inbox.execute(
            f"UPDATE messages SET row = json_set(row, '$.sent_at', '{DAY}T09:00:0' || rowid_of || 'Z') FROM (SELECT message_id AS id, row_number() OVER (ORDER BY received_at) AS rowid_of FROM messages) WHERE message_id = id"
        )
    for _ in range(2):
        assert bench.run("raw/messages", "clean/messages", first=DAY).success
        rows = bench.query(
            "SELECT conversation_id, customer_id, sender, text, channel FROM clean.messages WHERE conversation_id = 'live' ORDER BY sent_at"
        )
        assert [row[2] for row in rows] == ["customer", "bot", "agent"]
        assert rows[0][:2] == ("live", "c00000004")
        assert rows[0][3:] == ("人工，我的电话是***", "zhike")
        assert rows[2][3] == "您好，请讲。"
        assert bench.query("SELECT count(*) FROM clean.messages") == [(4,)]
