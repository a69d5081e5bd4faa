"""Decisions on their way from files and the inbox to what holds of each account."""

import json
import sqlite3
from contextlib import closing

import pytest

from assets.outreach.snapshot.parts import decided
from resources.home import Home
from resources.inbox import Inbox
from tests.shop_builder import STORE, Bench, write_rows, write_store

DAY, LAST = "2024-01-19", "2024-01-20"
COLUMNS = ("consent_id", "customer_id", "purpose", "is_given", "channel", "decided_at", "how", "proof")
ROWS = {
    # Older than the shop, and still the customer's word.
    "c1": ("anna", "marketing", "true", "", "2019-05-01 09:00:00", "paper", "archive 13800138000"),
    "c2": ("anna", "marketing", "no", "SMS", "2024-01-19 08:00:00", "unsubscribe link", ""),
    "c3": ("bob", "personalisation", "0", "", "2024-01-19 08:00:00", "form", ""),
    "q1": ("bob", "newsletter", "1", "", "2024-01-19 08:00:00", "form", ""),
    "q2": ("bob", "marketing", "perhaps", "", "2024-01-19 08:00:00", "form", ""),
    "q3": ("bob", "marketing", "", "", "2024-01-19 08:00:00", "form", ""),
    "q4": ("", "marketing", "1", "", "2024-01-19 08:00:00", "form", ""),
    "q5": ("bob", "marketing", "1", "", "2024-01-20 08:00:00", "form", "13800138000"),
}
REASONS = {
    "q1": "purpose is none of marketing/personalisation",
    "q2": "is_given cannot be read as BOOLEAN",
    "q3": "is_given is missing",
    "q4": "customer_id is missing",
    "q5": "it happened after its delivery",
}


@pytest.fixture
def bench(unrun: Bench) -> Bench:
    """The tea house with a file of decisions, and one that waits in the inbox."""
    said = '  said: {path: "consents/{date}.csv", optional: true}\ntables:\n  consents: SELECT * FROM said\n'
    write_store(unrun.store, STORE.replace("tables:\n", said))
    write_rows(
        unrun.file("consents", DAY),
        list(COLUMNS),
        [dict(zip(COLUMNS, (name, *values), strict=True)) for name, values in ROWS.items()],
    )
    inbox = Inbox(Home(unrun.place), unrun.shop.time_zone)
    row = {"consent_id": "i1", "customer_id": "bob", "purpose": "marketing", "is_given": True}
    inbox.add("consents", [row | {"decided_at": "2024-01-20T08:00:00Z"}])
    inbox.close()
    with closing(sqlite3.connect(unrun.place / "landing" / "inbox.db", isolation_level=None)) as connection:
        # The shop's calendar has no today.
        connection.execute("UPDATE consents SET received_on = ?", [LAST])
    return unrun


def test_decisions_are_believed_or_kept_aside_and_the_last_ones_hold(bench: Bench) -> None:
    result = bench.run("raw/consents", "clean/consents", "raw/customers", "clean/customers", first=DAY, last=LAST)
    assert result.success
    found = bench.query("SELECT row->>'consent_id', reason, row FROM clean.quarantine WHERE source_table = 'consents'")
    assert {name: reason for name, reason, _ in found} == REASONS
    assert {json.loads(row)["proof"] for *_, row in found} == {None, "•••"}
    assert bench.query("SELECT consent_id, proof FROM clean.consents WHERE proof IS NOT NULL") == [
        ("c1", "archive ***")
    ]
    known = bench.query("SELECT consent_id, CAST(known_on AS VARCHAR) FROM clean.consents ORDER BY 1")
    assert known == [("c1", DAY), ("c2", DAY), ("c3", DAY), ("i1", LAST)]
    with bench.warehouse().opened() as warehouse:
        (part,) = decided(warehouse, ["clean.customers", "clean.consents"])
        held = warehouse.connection.execute(
            f"SELECT customer_id, purpose, channel, is_given FROM ({part.select}) WHERE customer_id IN ('anna', 'bob') ORDER BY ALL"
        ).fetchall()
    assert held == [
        ("anna", "marketing", "", True),
        ("anna", "marketing", "sms", False),
        ("bob", "marketing", "", True),
        ("bob", "personalisation", "", False),
    ]
