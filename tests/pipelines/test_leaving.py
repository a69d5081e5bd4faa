"""A person who leaves is nowhere in the home any more: not in any format of it, not after all days are read again; what was sold stays to the cent."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import pipelines.cli_erase  # noqa: F401  its command joins the others
from resources import proofs, wishes
from resources.home import Home
from resources.privacy import account_id
from serving.service import keeping
from tests.pipelines.corner import BUYERS, STORE, open_corner, zhike
from tests.serving.api import Api, served
from tests.serving.service.shop import Talk
from tests.serving.test_console import Visitor
from tests.shop_builder import Bench, event, line, write_store
from tests.traces import found, free_blocks

MORE = """
sources:
  actions: {path: events.csv}
  notes: {path: reviews.csv}
  talks: {path: messages.csv}
  accounts: {path: customers.csv}
  keys: {path: links.csv}
  decisions: {path: consents.csv}
tables:
  events: SELECT * FROM actions
  reviews: SELECT * FROM notes
  messages: SELECT * FROM talks
  customers: SELECT * FROM accounts
  links: SELECT * FROM keys
  consents: SELECT * FROM decisions
"""
DAY = "2024-01-25"
EMAIL, PHONE = "Leaver@Planted.example", "13955507701"
LEAVES = ("leaver-7701", "leaver-7702", EMAIL)
# One of each in every table: an id, and what somebody wrote.
IDS = ("ORD-L1-9901", "ORD-L2-9902", "EVT-9903", "REV-9904", "MSG-9905", "TALK-9906", "EVT-9907", "TALK-9908")
WORDS = (
    "寻找麒麟纹盖碗",
    "鹧鸪斑茶盏裂了一道口",
    "我姓欧阳阿尔法",
    "蓬莱阁旁边那个县",
    "在线说的琥珀色的话",
    "proof-of-ouyang-55",
)
STAYS = "c07"
TABLES = ("orders", "events", "reviews", "messages", "customers", "links", "consents")
# What reads files, what is made of it first, and what is published.
AGAIN = (
    *(f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES), "features/customer_days", "features/identities", "features/customers",
    "outreach/snapshot",
)  # fmt: skip


@dataclass(frozen=True)
class Shop:
    bench: Bench
    api: Api
    traces: tuple[str, ...]
    """All that names the person, with the hashes by which the home knows them."""

    sold: list[tuple[object, ...]]

    def left(self) -> dict[str, set[str]]:
        return found(self.bench.place, self.traces)

    def run(self, *options: str) -> str:
        said = zhike(self.bench, "run", "--store", str(self.bench.store), *options)
        assert said.code == 0, said.err
        return said.out + said.err


def write(bench: Bench, table: str, *rows: Mapping[str, object]) -> None:
    with (bench.store / f"{table}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def plant(bench: Bench) -> None:
    # One week is enough.
    write_store(
        bench.store,
        STORE.replace("weeks: 3", "weeks: 1")
        .replace("sources:", MORE.partition("tables:")[0].strip())
        .replace(
            "tables: {orders: SELECT * FROM order_lines}",
            f"tables:\n  orders: SELECT * FROM order_lines{MORE.partition('tables:')[2]}",
        ),
    )
    first, second, email = LEAVES
    at = f"{DAY} 10:00:00"
    orders = bench.file("orders", DAY)
    planted = [
        line(IDS[0], first, at, 2, "33.33"),
        line(IDS[1], second, at, 1, "77.77"),
        line("ORD-E", email, at, 1, 5),
    ]
    with orders.open("a", newline="", encoding="utf-8") as file:
        csv.DictWriter(file, orders.read_text("utf-8").splitlines()[0].split(",")).writerows(planted)
    write(
        bench,
        "events",
        event(IDS[2], first, "search", at, query=WORDS[0]),
        event("e-stays", STAYS, "search", at, query="杯子"),
    )
    review = {
        "review_id": IDS[3],
        "customer_id": second,
        "product_id": "tea",
        "rating": 1,
        "text": f"{WORDS[1]}，物流太慢了",
        "reviewed_at": at,
    }
    write(bench, "reviews", review, review | {"review_id": "r-stays", "customer_id": STAYS, "text": "很好喝"})
    message = {
        "message_id": IDS[4],
        "conversation_id": IDS[5],
        "customer_id": email,
        "sender": "customer",
        "text": WORDS[2],
        "sent_at": at,
    }
    agent = message | {
        "message_id": "m-agent",
        "customer_id": "",
        "sender": "agent",
        "text": f"{WORDS[2]}，您好",
        "sent_at": f"{DAY} 10:01:00",
    }
    write(
        bench,
        "messages",
        message,
        agent,
        message | {"message_id": "m-stays", "conversation_id": "t", "customer_id": STAYS, "text": "你好"},
    )
    people = [
        {"customer_id": each, "region": WORDS[3], "phone": PHONE, "email": EMAIL, "known_on": "2024-01-02"}
        for each in LEAVES
    ]
    write(
        bench,
        "customers",
        *people,
        *({"customer_id": f"c{n:02}", "region": "杭州", "known_on": "2024-01-02"} for n in range(BUYERS)),
    )
    write(
        bench,
        "links",
        *({"customer_id": each, "key_type": "phone", "key_value": PHONE, "known_on": "2024-01-02"} for each in LEAVES),
    )
    decision = {
        "consent_id": "D-9910",
        "customer_id": first,
        "purpose": "marketing",
        "is_given": "true",
        "decided_at": at,
        "proof": WORDS[5],
    }
    write(bench, "consents", decision, decision | {"consent_id": "d-stays", "customer_id": STAYS, "proof": "p"})


def use(api: Api, shop: str) -> None:
    """What a shop does with a customer: talks, hands over, exports, receives."""
    first, second, email = LEAVES
    talk = Talk(api, IDS[7], shop=shop)
    talk.say(f"{WORDS[4]}，你好")
    talk.customer = first
    talk.say(f"人工！{WORDS[4]}")
    row = api.ask("/queue", "service").json()["queue"][0]
    api.ask(f"/queue/{row['handover_id']}", "service", method="POST", json={"step": "answer", "text": WORDS[4]})
    posted = [event(IDS[6], account, "search", "2024-01-29T09:00:00Z", query=WORDS[0]) for account in (email,)]
    assert api.ask("/events", method="POST", json={"events": posted}).json()["accepted"] == 1
    visitor = Visitor(api).log_in()
    for kind in ("csv", "xlsx"):
        assert visitor.see(f"/console/segments/list/{kind}").status_code == 200
    assert visitor.see(f"/console/customers/{first}").status_code == 200


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The shop after a run, served and used; the person is everywhere."""
    bench = open_corner(tmp_path_factory.mktemp("leaving"))
    plant(bench)
    said = zhike(bench, "run", "--store", str(bench.store))
    assert said.code == 0, said.err
    home = Home(bench.place)
    hashes = (
        account_id(EMAIL, home.key),
        *(value for (value,) in bench.query("SELECT DISTINCT key_value FROM raw.links")),
    )
    with served(bench.store, home) as api:
        use(api, bench.store.name)
        yield Shop(bench, api, (*LEAVES, EMAIL.lower(), PHONE, *IDS, *WORDS, *hashes), sold(bench))


def sold(bench: Bench) -> list[tuple[object, ...]]:
    return bench.query(
        "SELECT ordered_on, count(*), sum(sign * quantity * unit_price), count(DISTINCT order_id) FROM clean.orders GROUP BY 1 ORDER BY 1"
    )


def test_who_leaves_is_nowhere_and_stays_away(shop: Shop) -> None:
    bench, home = shop.bench, Home(shop.bench.place)
    places = shop.left()
    files = {Path(place.partition("#")[0].partition(" ")[0]).parts[0] for place in places}
    assert {"warehouse.duckdb", "snapshot", "landing", "exports.db"} <= files, files
    known = set.union(*places.values())
    assert known >= {*LEAVES[:2], *IDS, *WORDS}, {*LEAVES[:2], *IDS, *WORDS} - known

    made = shop.api.ask("/erasures", "privacy", method="POST", json={"customer_id": LEAVES[1]}).json()
    # The next run of anything erases them first, while the shop is served.
    shop.run("--from", "2024-01-28", "--select", "raw/orders")
    assert shop.left() == {}
    assert free_blocks(home.warehouse) == 0
    assert shop.api.ask(f"/erasures/{made['erasure_id']}", "privacy").json()["state"] == "done"
    (proof,) = proofs.listed(home, 9)
    assert (proof.account_count, len(proof.exports)) == (3, 2)
    assert shop.api.ask(f"/customers/{STAYS}").status_code == 200
    assert shop.api.ask(f"/customers/{LEAVES[0]}").status_code == 404
    assert sold(bench) == shop.sold

    # All days again, from the shop's own files, in which they still are.
    shop.run("--from", "2024-01-17", "--to", "2024-01-28", *(word for name in AGAIN for word in ("--select", name)))
    assert shop.left() == {}
    assert sold(bench) == shop.sold
    assert bench.query(f"SELECT count(*) FROM clean.orders WHERE customer_id = '{STAYS}'")[0][0] > 0

    again = zhike(bench, "erase", LEAVES[0], "--yes", "--store", str(bench.store))
    assert again.code == 0
    assert len(proofs.listed(home, 9)) == 1
    assert wishes.waiting(home) == []
    assert keeping.forget(home, LEAVES) == 0
