"""What is worked out between two runs is what the run works out of the same events, column by column."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from resources.home import Home
from resources.inbox import Inbox
from resources.overlay import Rebuilt
from resources.snapshot import current
from serving.recent import scores
from serving.recent.rebuild import Recent
from tests.insights.demo_bench import NEWEST, SPINE, Demo

TODAY = date(2026, 1, 18)
AS_OF = TODAY + timedelta(days=1)
DELIVERED = date(2026, 1, 13)
SCORED = ("insights/session_propensity", "insights/customer_opinions", "insights/predictions")


def post(home: Home, zone: str, day: date, events: list[dict[str, Any]]) -> None:
    """Events that came on a day."""
    with closing(sqlite3.connect(home.landing / "inbox.db", isolation_level=None)) as connection:
        inbox = Inbox(home, zone)
        inbox.add("events", events)
        inbox.close()
        ids = json.dumps([event["event_id"] for event in events])
        connection.execute(
            "UPDATE events SET received_on = ? WHERE event_id IN (SELECT value FROM json_each(?))",
            (day.isoformat(), ids),
        )


def actions(customers: list[str], products: list[str]) -> list[dict[str, Any]]:
    """A visit of everybody on the day before, and one or two today, over midnight too, some with a cart."""
    found: list[dict[str, Any]] = []
    for number, customer in enumerate(customers):
        for step in range(3 + number % 4):
            product = products[(7 * number + step) % len(products)]
            kind = "cart" if step == 2 and number % 2 else "view"
            # Every third begins before midnight of the shop's clocks, which is 16:00 UTC.
            began = pd.Timestamp("2026-01-17 15:50") if number % 3 == 0 else pd.Timestamp("2026-01-18 03:00")
            at = began + pd.Timedelta(minutes=6 * step + (90 if step > 3 else 0))
            found.append(
                {
                    "event_id": f"new-{number}-{step}",
                    "customer_id": customer,
                    "event_type": kind,
                    "product_id": product,
                    "occurred_at": f"{at.isoformat()}Z",
                    "channel": "app" if number % 2 else "web",
                }
            )
    return found


@pytest.fixture(scope="module")
def ticked(backfilled: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Recent, Rebuilt]]:
    """A shop with a snapshot of the newest week, days later a tick on a Sunday, then the run of the days since and of its Monday."""
    demo = backfilled.copy(tmp_path_factory.mktemp("between"))
    store = demo.bench.store / "store.yaml"
    text = store.read_text("utf-8").replace(f"end: {DELIVERED}", f"end: {TODAY}")
    store.write_text(text.replace("parquet'}", "parquet', optional: true}"), "utf-8")
    demo.run("outreach/snapshot", first=NEWEST, last=NEWEST)
    shop, home = demo.bench.shop, Home(demo.bench.place)
    accounts = [
        row[0]
        for row in demo.query("SELECT person_id FROM features.customers_latest ORDER BY hash(person_id) LIMIT 40")
    ]
    linked = [
        row[0]
        for row in demo.query(
            "SELECT customer_id FROM features.identities_latest WHERE customer_id <> person_id LIMIT 5"
        )
    ]
    products = [row[0] for row in demo.query("SELECT DISTINCT product_id FROM clean.products ORDER BY 1")]
    events = actions([*accounts, *linked, "nobody-known"], products)
    early = [event for event in events if event["occurred_at"] < "2026-01-17T16"]
    home.landing.mkdir(exist_ok=True)
    Inbox(home, shop.time_zone).close()
    post(home, shop.time_zone, TODAY - timedelta(days=1), early)
    post(home, shop.time_zone, TODAY, [event for event in events if event not in early])
    recent = Recent(shop, home)
    snapshot = current(home.snapshot)
    assert snapshot
    rebuilt = recent.rebuild(snapshot.folder, TODAY)
    demo.run(*demo.daily, first=DELIVERED + timedelta(days=1), last=TODAY)
    demo.run(*SPINE, *SCORED, first=AS_OF, last=AS_OF)
    yield demo, recent, rebuilt


def batch(demo: Demo, table: str, persons: set[str], week: date = AS_OF) -> pd.DataFrame:
    with demo.bench.warehouse().opened() as warehouse:
        found = warehouse.select(f"SELECT * FROM {table} WHERE as_of = $week", None, {"week": week})
    return found[found["person_id"].isin(persons)]


def same(mine: pd.DataFrame, theirs: pd.DataFrame, key: list[str]) -> None:
    """Equal in every column that both have, to the last digit that is stored."""
    columns = [name for name in theirs if name in mine]
    assert len(theirs) > 20
    one, other = (f[columns].sort_values(key).reset_index(drop=True) for f in (mine, theirs))
    pd.testing.assert_frame_equal(one, other, check_dtype=False, check_exact=False, rtol=0, atol=1e-6)


def test_customers_are_as_the_run_has_them(ticked: tuple[Demo, Recent, Rebuilt]) -> None:
    demo, recent, rebuilt = ticked
    theirs = batch(demo, "features.customers", set(rebuilt.people))
    assert len(theirs) == len(rebuilt.people) > 40
    assert set(theirs) <= set(scores.customers(recent.tables))
    same(scores.customers(recent.tables), theirs, ["person_id"])


def test_visits_and_what_they_lead_to_are_as_the_run_has_them(ticked: tuple[Demo, Recent, Rebuilt]) -> None:
    demo, recent, rebuilt = ticked
    mine = scores.visits(recent.tables, recent.models, TODAY)
    theirs = batch(demo, "insights.session_propensity", set(rebuilt.people))
    assert theirs["cart_count"].sum() > 10
    same(mine[mine["customer_id"].isin(theirs["customer_id"])], theirs, ["customer_id", "started_at"])
    newest = theirs.sort_values("started_at").groupby("person_id").last()
    shown = {person: fresh.today["visit"]["p_purchase"] for person, fresh in rebuilt.people.items()}
    assert shown == pytest.approx(newest["p_purchase"].to_dict(), abs=1e-6)


def test_predictions_are_as_the_run_has_them(ticked: tuple[Demo, Recent, Rebuilt]) -> None:
    demo, recent, rebuilt = ticked
    mine = scores.purchases(recent.tables, recent.models, scores.customers(recent.tables), demo.bench.shop)
    theirs = batch(demo, "insights.predictions", set(rebuilt.people))
    same(mine, theirs, ["person_id"])
    before = batch(demo, "insights.predictions", set(rebuilt.people), NEWEST).set_index("person_id")["p_purchase"]
    now = {person: fresh.today["p_purchase"] for person, fresh in rebuilt.people.items() if person in before}
    assert now == pytest.approx(theirs.set_index("person_id")["p_purchase"].to_dict(), abs=1e-6)
    assert sum(now[person] != before[person] for person in now) > 20


def test_what_they_did_today_is_counted_by_the_shops_clocks(ticked: tuple[Demo, Recent, Rebuilt]) -> None:
    demo, _, rebuilt = ticked
    counted = demo.query(
        "SELECT coalesce(i.person_id, d.customer_id), CAST(sum(view_count) AS BIGINT), CAST(sum(cart_count) AS BIGINT), "
        "CAST(sum(session_count) AS BIGINT) FROM features.customer_days AS d LEFT JOIN features.identities_latest AS i USING (customer_id) "
        f"WHERE active_on = DATE '{TODAY}' GROUP BY ALL"
    )
    theirs = {person: tuple(counts) for person, *counts in counted if person in rebuilt.people}
    names = ("view_count", "cart_count", "session_count")
    mine = {person: tuple(fresh.today[name] for name in names) for person, fresh in rebuilt.people.items()}
    assert mine == theirs
    assert "nobody-known" not in mine


def test_lists_are_of_products_new_to_their_customer_and_name_what_they_looked_at(
    ticked: tuple[Demo, Recent, Rebuilt],
) -> None:
    demo, _, rebuilt = ticked
    before = {
        (person, product)
        for person, product in demo.query(
            f"SELECT person_id, product_id FROM insights.recommendations WHERE as_of = DATE '{NEWEST}' AND list = 'discover'"
        )
    }
    bought = set(
        demo.query(
            "SELECT coalesce(i.person_id, o.customer_id), product_id FROM clean.orders AS o "
            "LEFT JOIN features.identities_latest AS i USING (customer_id) WHERE quantity > 0 AND cancelled_at IS NULL "
            "GROUP BY ALL HAVING sum(sign) > 0"
        )
    )
    lists = {person: fresh.recommendations for person, fresh in rebuilt.people.items()}
    assert all(lists.values())
    discover = {(p, row["product_id"]) for p, rows in lists.items() for row in rows or () if row["list"] == "discover"}
    assert not discover & bought
    # The taste of who has a long history is moved by a visit, not turned over.
    assert 0.3 < len(discover & before) / len(discover) < 0.97


def test_an_event_that_is_sent_again_changes_nothing_and_a_new_one_its_customer_alone(
    ticked: tuple[Demo, Recent, Rebuilt],
) -> None:
    demo, recent, rebuilt = ticked
    shop, home = demo.bench.shop, Home(demo.bench.place)
    person = sorted(rebuilt.people)[0]
    folder = recent.folder
    assert folder
    again = {"event_id": "new-0-0", "customer_id": person, "event_type": "view", "occurred_at": "2026-01-18T02:00:00Z"}
    post(home, shop.time_zone, TODAY, [again])
    assert recent.rebuild(folder, TODAY).people == {}
    post(home, shop.time_zone, TODAY, [again | {"event_id": "another", "event_type": "favorite"}])
    (changed,) = recent.rebuild(folder, TODAY).people.items()
    assert changed[0] == person
    assert changed[1].today["favorite_count"] == 1
    assert changed[1].event_count == rebuilt.people[person].event_count + 1
