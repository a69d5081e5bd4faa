"""Who wishes to be erased is unknown to all that is served from that moment on; what the server keeps forgets them, and goes on."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources import exports, wishes
from resources.erased import Tombstones
from resources.errors import ZhikeError
from resources.home import Home
from resources.privacy import account_id
from resources.settings import Retention
from serving.customers import customer, recommend
from serving.service import keeping
from tests.browser.browser import chromium, tab
from tests.serving.api import EMAIL, Api, make_shop, served
from tests.serving.service.shop import Talk, newest_order, publish_service, token
from tests.serving.test_console import Texts, Visitor
from tests.traces import found as traces_in

LEAVES, ACCOUNT, STAYS = "c00000020", "c00000020b", "c00000008"
MARKER = "欧阳阿尔法说的话"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    store, home = make_shop(tmp_path_factory.mktemp("leaving"))
    publish_service(home)
    with served(store, home) as running:
        yield running


def wish(api: Api, account: str, *scopes: str) -> dict[str, str]:
    answer = api.ask("/erasures", *(scopes or ("privacy",)), method="POST", json={"customer_id": account})
    assert answer.status_code == 202, answer.text
    return answer.json()


def view(account: str, name: str) -> dict[str, str]:
    return {
        "event_id": name,
        "customer_id": account,
        "event_type": "search",
        "query": name,
        "occurred_at": "2026-01-13T09:00:00Z",
    }


def send(api: Api, *events: dict[str, str]) -> int:
    return api.ask("/events", method="POST", json={"events": list(events)}).json()["accepted"]


def test_from_the_wish_on_nothing_served_knows_the_person_by_any_account(api: Api) -> None:
    order = newest_order(api.home, LEAVES)
    listed = f"/insights/customer_360?person_id={LEAVES}"
    assert api.ask(f"/customers/{LEAVES}").status_code == 200
    assert api.ask(f"/customers/{ACCOUNT}/recommendations").status_code == 200
    assert len(api.ask(listed).json()["rows"]) == 1
    made = wish(api, ACCOUNT)
    assert made["state"] == "waiting" and LEAVES not in str(made)
    assert wish(api, ACCOUNT)["erasure_id"] == made["erasure_id"]
    for account in (LEAVES, ACCOUNT):
        assert api.ask(f"/customers/{account}").status_code == 404
        assert api.ask(f"/customers/{account}/recommendations").status_code == 404
        with pytest.raises(ZhikeError, match="no customer"):
            customer(api.home, account)
        with pytest.raises(ZhikeError, match="no list"):
            recommend(api.home, account)
    assert api.ask(listed).json()["rows"] == []
    assert api.ask("/insights/identities?limit=1000").text.count(LEAVES) == 0
    pages, after = "", ""
    while after is not None:
        page = api.ask(f"/customers?limit=50{after and f'&after={after}'}").json()
        pages, after = pages + str(page["customers"]), page["next"]
    assert (STAYS in pages, LEAVES in pages) == (True, False)
    told = Talk(api, "left", LEAVES).say(order)
    assert "已发货" not in told["text"]
    assert api.ask(f"/customers/{STAYS}").status_code == 200


def test_wishes_are_for_who_may_and_told_by_their_id(api: Api) -> None:
    refused = api.ask("/erasures", "read", "service", method="POST", json={"customer_id": "c1"})
    assert refused.status_code == 403
    assert api.ask("/erasures", "privacy", method="POST", json={"customer": "c1"}).status_code == 422
    made = wish(api, "nobody knows them", "admin")
    assert api.ask(f"/erasures/{made['erasure_id']}", "privacy").json() == made
    assert api.ask("/erasures/none", "privacy").status_code == 404
    # Who is called by an address is kept by its hash, and in no log.
    wish(api, "Wished.Away@example.org")
    assert traces_in(api.home.folder, ["wished.away@example.org"]) == {}
    assert traces_in(api.home.folder, [account_id("Wished.Away@example.org", api.home.key)]) != {}


def test_the_inbox_forgets_a_person_while_it_is_served_from(api: Api) -> None:
    home = api.home
    accounts = ["anna-leaves-1", "anna-leaves-2"]
    assert send(api, view(accounts[0], f"{MARKER}1"), view(EMAIL, "kept event")) == 2
    # What names nobody is of the conversation's customer.
    talk = Talk(api, "theirs")
    talk.say(f"{MARKER}，你好")
    talk.customer = accounts[1]
    talk.say(f"人工！{MARKER}")
    Talk(api, "another's", STAYS).say("人工！请留下")
    number = next(
        row["handover_id"] for row in api.ask("/queue", "service").json()["queue"] if row["conversation_id"] == "theirs"
    )
    answer = {"step": "answer", "text": f"{MARKER}，您好"}
    api.ask(f"/queue/{number}", "service", method="POST", json=answer)
    assert traces_in(home.landing, [MARKER]) != {}
    went = keeping.forget(home, accounts)
    assert went == 1 + 5 + 11, "an event, messages, and what is kept of the conversation"
    assert traces_in(home.folder, [MARKER, *accounts]) == {}
    assert keeping.forget(home, accounts) == 0
    # The server goes on, with what was others'.
    assert send(api, view(EMAIL, "kept event")) == 0
    assert "another's" in api.ask("/queue", "service").text
    assert api.ask(f"/queue/{number}", "service").status_code == 404
    assert Talk(api, "theirs", "somebody").say("你好")["kind"] == "greeting"


def test_the_console_shows_what_would_be_erased_and_takes_the_wish_once_it_is_confirmed(api: Api) -> None:
    person = "c00000040"
    Talk(api, "to be counted", person).say("你好")
    exports.record(
        api.home, what="VIPs", who="anna", kind="csv", as_of="2026-01-12", accounts=[person], content_hash="0"
    )
    admin = Visitor(api).log_in()
    seen = admin.see(f"/console/privacy?q={person}b").text
    assert person in seen and f"{person}b" in seen and "VIPs" in seen
    assert {"Order lines", "Messages with service", "Live conversations"} <= set(Texts(seen).own)
    form = {"customer_id": f"{person}b", "token": token_of(seen)}
    assert admin.fill("/console/privacy", **form).status_code == 422
    assert api.ask(f"/customers/{person}").status_code == 200
    kept = admin.fill("/console/privacy", **form, confirmed="yes")
    assert kept.status_code == 303 and person not in kept.headers["location"]
    assert "waiting</span>" in admin.see(kept.headers["location"]).text
    assert "This wish is kept" in admin.see(f"/console/privacy?q={person}").text
    assert api.ask(f"/customers/{person}").status_code == 404
    assert admin.see(f"/console/customers/{person}").status_code == 404
    other = Visitor(api).log_in("read", "marketing", "service", "privacy")
    assert other.see("/console/privacy").status_code == 403
    assert "/console/privacy" not in other.see("/console/customers").text


def token_of(page: str) -> str:
    return next(given["value"] or "" for tag, given in Texts(page).tags if given.get("name") == "token")


@pytest.mark.parametrize("language", ["zh-CN", "en-GB"])
def test_the_page_of_privacy_is_for_everybody(api: Api, language: str) -> None:
    with chromium() as browser, tab(browser, api.address, locale=language) as opened:
        opened.page.goto(f"{api.address}/login")
        opened.page.keyboard.type(api.key("admin"))
        opened.page.keyboard.press("Enter")
        opened.page.wait_for_url(f"{api.address}/*")
        found = {}
        for asked in ("", "?q=c00000030b", "?q=nobody%20here"):
            opened.page.goto(f"{api.address}/console/privacy{asked}")
            if faults := opened.faults(1280):
                found[asked] = faults
        assert found == {}


def test_who_is_erased_comes_in_by_no_door(api: Api) -> None:
    made = wish(api, "door-1")
    assert send(api, view("door-1", "through the door")) == 0
    Tombstones(api.home).add(["door-1", "door-2"])
    wishes.fulfil(api.home, ["door-1"])
    told = api.ask(f"/erasures/{made['erasure_id']}", "privacy").json()
    assert told["state"] == "done" and told["done_at"] >= told["wished_at"]
    # An id is one however it is wrapped.
    theirs = [view(name, name) for name in ("door-1", " door-1", "door-2　", '="door-2"')]
    assert send(api, *theirs, view("c00000009", "through")) == 1
    Talk(api, "at the door", "door-2").say("人工！")
    assert traces_in(api.home.landing, ["door-1", "door-2"]) == {}


def aged(home: Home, days: int) -> None:
    """Makes all that the inbox holds so much older."""
    with sqlite3.connect(home.landing / "inbox.db") as inbox:
        for table, column in (
            ("said", "sent_at"), ("conversations", "opened_at"), ("handovers", "changed_at"), ("events", "received_on"),
            ("messages", "received_on"),
        ):  # fmt: skip
            form = "%Y-%m-%d" if column == "received_on" else "%Y-%m-%dT%H:%M:%S+00:00"
            inbox.execute(f"UPDATE {table} SET {column} = strftime('{form}', {column}, '-{days} days')")


def held(home: Home, table: str) -> int:
    with sqlite3.connect(home.landing / "inbox.db") as inbox:
        return inbox.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def test_what_was_run_and_what_is_over_is_kept_so_long_and_nothing_goes_unread(place: tuple[Path, Home]) -> None:
    store, home = place
    publish_service(home, customers=10)
    kept = Retention(inbox_days=10, conversation_days=60, guest_days=20, handover_days=40)  # pyright: ignore[reportCallIssue]
    with served(store, home) as api:
        Talk(api, "customer", "c00000004").say("你好")
        Talk(api, "guest").say("你好")
        Talk(api, "waiting").say("人工！")
        send(api, view("c00000004", "first"))
        aged(home, 15)
        send(api, view("c00000004", "second"))
        day = (datetime.now(UTC) + timedelta(hours=8) - timedelta(days=15)).date().isoformat()
        # Not yet run; run, but its landed file does not hold the row.
        assert keeping.retain(home, kept, {"events": []}) == {}
        assert keeping.retain(home, kept, {"events": [day]}) == {}
        landed = home.landing / "events" / f"{day}.inbox.jsonl"
        landed.parent.mkdir()
        landed.write_text('{"event_id": "first"}\n', "utf-8")
        assert keeping.retain(home, kept, {"events": [day]})["events"] == 1
        assert held(home, "events") == 1
        # No run reads the messages of this shop: they are kept as long as conversations.
        assert (held(home, "messages"), held(home, "conversations")) == (6, 3)
        sizes = []
        for days, left in ((10, ["customer", "waiting"]), (20, ["customer"]), (20, [])):
            aged(home, days)
            assert keeping.retain(home, kept, {"events": []})["conversations"] == 1
            with sqlite3.connect(home.landing / "inbox.db") as inbox:
                named = inbox.execute("SELECT conversation_id FROM conversations ORDER BY 1").fetchall()
            assert [name for (name,) in named] == left
            sizes.append((home.landing / "inbox.db").stat().st_size)
        assert sizes == sorted(sizes, reverse=True)
        assert (held(home, "messages"), held(home, "turns"), held(home, "handover_steps"), held(home, "events")) == (
            0,
            0,
            0,
            1,
        )
        assert Talk(api, "guest").say("你好")["kind"] == "greeting"


def test_guests_of_one_address_or_in_all_cannot_fill_the_disk(place: tuple[Path, Home]) -> None:
    store, home = place
    yaml = store / "store.yaml"
    yaml.write_text(yaml.read_text("utf-8") + "limits: {guest_turns: 5, guest_turns_an_address: 3}\n", encoding="utf-8")
    publish_service(home, customers=10)
    with served(store, home) as api:

        def say(conversation: str, address: str, text: str, customer: str | None = None) -> int:
            headers = {"authorization": f"Bearer {token(home, customer, conversation)}", "x-forwarded-for": address}
            return api.ask(
                "/chat/turns", method="POST", json={"turn_id": text[:9], "text": text}, headers=headers
            ).status_code

        # A long one counts as two.
        assert [say("g1", "10.0.0.1", "你好"), say("g2", "10.0.0.1", "长" * 600), say("g3", "10.0.0.1", "你好")] == [
            200,
            200,
            429,
        ]
        assert [say(f"h{n}", f"10.0.0.{n}", "你好") for n in (2, 3, 4)] == [200, 200, 429]
        assert say("known", "10.0.0.1", "你好", "c00000004") == 200
        assert held(home, "conversations") == 5
