"""What the API answers to whom: cards, lists page by page, recommendations, insights; and what it refuses, with which status and words."""

import json
import re
import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import requests

from benchmarks.serving_shop import publish, tables
from resources.cards import Published
from resources.errors import ZhikeError
from resources.home import Home
from serving import keys
from tests.serving.api import CUSTOMERS, EMAIL, Api, publish_week, served

WEEK = {"as_of": "2026-01-12", "version": "first"}
VIEW = {
    "event_id": "e1",
    "customer_id": "c00000001",
    "event_type": "view",
    "product_id": "p1",
    "occurred_at": "2026-01-13T09:00:00+08:00",
}


def said(answer: requests.Response) -> dict[str, str]:
    return {name: answer.json()[name] for name in ("as_of", "version")}


def inbox(api: Api) -> list[str]:
    with sqlite3.connect(api.home.landing / "inbox.db") as connection:
        return [row for (row,) in connection.execute("SELECT event_id FROM events ORDER BY event_id")]


# What a card says beside the columns of its week.
NEITHER = {"today": None, "refuses_personalisation": False}


def test_a_card_says_what_is_published_whichever_account_is_asked_for(api: Api) -> None:
    with duckdb.connect(str(api.home.snapshot / "current" / "zhike.duckdb"), read_only=True) as connection:
        cursor = connection.execute("SELECT * FROM insights.customer_360_latest WHERE person_id = 'c00000020'")
        names = [column[0] for column in cursor.description or []]
        row = dict(zip(names, cursor.fetchall()[0], strict=True))
    answer = api.ask("/customers/c00000020", "service")
    card = answer.json()["customer"]
    assert (answer.status_code, said(answer)) == (200, WEEK)
    assert {name: card.pop(name) for name in NEITHER} == NEITHER
    assert set(card) == set(row) - {"as_of"}
    for name, value in card.items():
        # Money is exact there and a number here, a day is a text.
        expected = float(row[name]) if isinstance(row[name], Decimal) else row[name]
        assert value == (str(expected) if isinstance(expected, date) else expected), name
    assert api.ask("/customers/c00000020b", "service").json()["customer"] == card | NEITHER
    assert datetime.fromisoformat(answer.json()["fresh_at"]).tzinfo == UTC
    for written in (EMAIL, " anna@EXAMPLE.com"):
        assert api.ask(f"/customers/{written}", "service").json()["customer"]["person_id"] == "c00000007"


def test_the_file_of_cards_is_of_the_newest_week_closed_and_never_changed(api: Api) -> None:
    file = api.home.snapshot / "first" / "cards.sqlite"
    assert oct(file.stat().st_mode & 0o777) == "0o400"
    before = file.read_bytes()
    for path in ("/customers", "/customers/c00000001/recommendations", "/segments"):
        api.ask(path)
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.glob("cards*")) == ["cards.sqlite"]
    with sqlite3.connect(f"{file.as_uri()}?immutable=1", uri=True) as cards:
        assert cards.execute("SELECT count(*) FROM cards").fetchone() == (CUSTOMERS,)


def test_the_pages_of_a_list_hold_every_customer_once_in_order(api: Api) -> None:
    for query, sort, number in (
        ("", "clv_12m", CUSTOMERS),
        ("&sort=recency_days", "recency_days", CUSTOMERS),
        ("&segment=3&sort=spend", "spend", None),
        ("&class=类3&sort=p_churn", "p_churn", None),
        ("&segment=Segment 3", "clv_12m", None),
    ):
        rows: list[dict[str, object]] = []
        after = ""
        while True:
            answer = api.ask(f"/customers?limit=37{query}{after}", "marketing")
            assert (answer.status_code, said(answer)) == (200, WEEK), answer.text
            rows += answer.json()["customers"]
            if answer.json()["next"] is None:
                break
            after = f"&after={answer.json()['next']}"
        persons = [row["person_id"] for row in rows]
        assert len(set(persons)) == len(persons) == (number or len(persons)) > 30
        found = [row[sort] for row in rows]
        known = [value for value in found if value is not None]
        assert known == sorted(known, reverse=sort != "recency_days")
        assert found[len(known) :] == [None] * (len(found) - len(known))
        if "segment" in query:
            assert {row["segment_id"] for row in rows} == {3}
        if "class" in query:
            assert {row["class_en"] for row in rows} == {"Class 3"}


def test_recommendations_similar_products_and_segments_are_those_published(api: Api) -> None:
    lists = api.ask("/customers/c00000001/recommendations", "service").json()["recommendations"]
    places = [(row["list"], row["position"]) for row in lists]
    assert places == [("discover", n) for n in range(1, 8)] + [("rebuy", n) for n in range(1, 4)]
    with duckdb.connect(str(api.home.snapshot / "current" / "zhike.duckdb"), read_only=True) as connection:
        columns = "product_id, title, source, because_of, because_zh, because_en, CAST(due_on AS VARCHAR), list_id"
        expected = connection.execute(
            f"SELECT {columns} FROM recommendations_latest WHERE person_id = 'c00000001' ORDER BY list, position"
        ).fetchall()
    kept = ("product_id", "title", "source", "because_of", "because_zh", "because_en", "due_on", "list_id")
    assert [tuple(row[name] for name in kept) for row in lists] == expected
    similar = api.ask("/products/p7/similar", "service").json()["similar"]
    assert [row["position"] for row in similar] == list(range(1, 11))
    segments = api.ask("/segments", "marketing").json()["segments"]
    counts = [row["customer_count"] for row in segments]
    assert counts == sorted(counts, reverse=True)
    assert sum(counts) == CUSTOMERS * 9 / 10


def test_insights_are_filtered_by_columns_and_say_whether_that_is_all(api: Api) -> None:
    answer = api.ask("/insights/similar_products?product_id=p7&source=customers&limit=4", "read").json()
    assert [row["product_id"] for row in answer["rows"]] == ["p7"] * 4
    assert (answer["is_all"], answer["version"]) == (False, "first")
    assert api.ask("/insights/similar_products?product_id=p7", "read").json()["is_all"]
    odd = "/insights/similar_products?product_id=p7'%20OR%20'1'='1"
    assert api.ask(odd, "read").json()["rows"] == []
    assert api.ask("/insights/similar_products?product_id=%00%ff%27", "read").json()["rows"] == []
    assert "product_id" in api.ask("/insights/similar_products?shoe=1", "read").json()["what_to_do"]
    assert "customer_360" in api.ask("/insights/nothing", "read").json()["what_to_do"]


@pytest.mark.parametrize(
    ("path", "status", "zh", "en"),
    [
        ("/customers/nobody", 404, "最新一周没有这位客户", "no customer of this id in the newest week"),
        ("/customers/nobody/recommendations", 404, "最新一周没有这位客户", "no customer of this id in the newest week"),
        ("/products/none/similar", 404, "没有与这件商品相关的商品", "nothing is known to go with this product"),
        ("/customers?segment=none", 404, "没有名为“none”的客群", "there is no segment named none"),
        ("/customers?after=abc", 404, "没有这一页", "there is no such page"),
        ("/customers?after=WyJhIiwgImIiXQ", 404, "没有这一页", "there is no such page"),
        ("/nowhere", 404, "没有这个地址", "there is nothing at this address"),
        ("/customers?limit=0", 422, "请求不符合要求", "the request is not as it should be"),
        ("/customers?limit=many", 422, "请求不符合要求", "the request is not as it should be"),
        ("/customers?sort=shoe", 422, "请求不符合要求", "the request is not as it should be"),
        ("/customers?segment=1&class=2", 404, "没有同时按几项筛选的名单", "there is no list by more than one filter"),
        ("/customers?segmnt=1", 422, "请求不符合要求", "the request is not as it should be"),
        ("/insights/segment_profiles?limit=1001", 422, "请求不符合要求", "the request is not as it should be"),
    ],
)
def test_what_is_not_there_is_said_in_the_language_of_who_asks(
    api: Api, path: str, status: int, zh: str, en: str
) -> None:
    for language, words in (("zh-CN,zh;q=0.9", zh), ("en-GB", en), ("fr", zh)):
        answer = api.ask(path, language=language)
        assert (answer.status_code, answer.headers["content-language"]) == (status, "en" if words == en else "zh")
        assert answer.json()["error"].startswith(words)
        assert answer.json()["what_to_do"]


def test_a_wrong_key_is_refused_before_anything_is_read(api: Api) -> None:
    right = api.key("read")
    for shown in ("", "Bearer", "Bearer wrong", f"Basic {right}", f"Bearer {right}x", "Bearer 钥匙".encode()):
        for path in ("/customers/c00000001", "/customers/nobody", "/segments", "/nowhere", "/metrics", "/openapi.json"):
            answer = api.ask(path, headers={"authorization": shown})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        # Of the body nothing is looked at, not even that it is too large or no JSON.
        answer = api.ask("/events", method="POST", data=b"x" * 2_000_000, headers={"authorization": shown})
        assert answer.status_code == 401
    assert api.ask("/healthz", headers={"authorization": ""}).status_code == 200


@pytest.mark.parametrize(
    ("path", "method", "scopes"),
    [
        ("/customers/c00000001", "GET", {"read", "service"}),
        ("/customers/c00000001/recommendations", "GET", {"read", "service"}),
        ("/products/p1/similar", "GET", {"read", "service"}),
        ("/customers", "GET", {"read", "marketing"}),
        ("/segments", "GET", {"read", "marketing"}),
        ("/insights/segment_profiles", "GET", {"read"}),
        ("/events", "POST", {"feedback"}),
        ("/metrics", "GET", set()),
    ],
)
def test_a_key_may_ask_what_its_scopes_allow(api: Api, path: str, method: str, scopes: set[str]) -> None:
    for scope in keys.SCOPES:
        answer = api.ask(path, scope, method=method)
        assert (answer.status_code == 403) == (scope not in scopes | {"admin"}), (scope, answer.text)
        if answer.status_code == 403 and scopes:
            assert sorted(re.findall(r"[a-z]+", answer.json()["what_to_do"].partition("scopes")[2])) == sorted(scopes)


def test_a_key_is_shown_once_and_stored_as_its_hash_for_its_owner_only(api: Api) -> None:
    text = keys.make(api.home, "till", ["read"])
    stored = api.home.folder / keys.FILE
    assert text not in stored.read_text("utf-8")
    assert oct(stored.stat().st_mode & 0o777) == "0o600"
    ask = lambda: api.ask("/segments", headers={"authorization": f"Bearer {text}"}).status_code  # noqa: E731
    assert ask() == 200
    keys.revoke(api.home, "till")
    assert ask() == 401


def test_too_much_and_too_often_is_refused(api: Api, place: tuple[Path, Home]) -> None:
    def parts() -> "object":
        for _ in range(20):
            yield b" " * 100_000

    assert api.ask("/events", method="POST", data=b" " * 1_000_001).status_code == 413
    # Of a body that does not say its length no more than that is read.
    assert api.ask("/events", method="POST", data=parts()).status_code == 413
    publish_week(place[1], "first", 60)
    with served(*place, "--rate", "1") as slow:
        answers = [slow.ask("/segments") for _ in range(4)]
        assert [answer.status_code for answer in answers[:2]] == [200, 200]
        assert answers[-1].status_code == 429
        assert answers[-1].headers["retry-after"] == "1"
        assert slow.ask("/segments", "read").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_only_who_asks_under_the_servers_own_name_is_answered(api: Api, host: str) -> None:
    assert api.ask("/segments", headers={"host": host}).status_code == 403


def test_events_are_kept_once_however_often_they_are_sent(api: Api) -> None:
    other = VIEW | {"event_id": "e2", "occurred_at": "2026-01-13T09:00:00Z"}
    for events, accepted, known in (([VIEW, other], 2, 0), ([VIEW], 0, 1), ([VIEW, VIEW | {"event_id": "e3"}], 1, 1)):
        answer = api.ask("/events", "feedback", method="POST", json={"events": events})
        assert (answer.status_code, answer.json()) == (202, {"accepted": accepted, "known": known})
    assert inbox(api) == ["e1", "e2", "e3"]
    assert oct((api.home.landing / "inbox.db").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"events": []}', "events"),
        (b'{"events": [{}], "more": 1}', "events.0.event_id"),
        (json.dumps({"events": [VIEW | {"event_type": "buy"}]}).encode(), "events.0.event_type"),
        (json.dumps({"events": [VIEW | {"shoe": 1}]}).encode(), "events.0.shoe"),
        (json.dumps({"events": [VIEW | {"occurred_at": "yesterday"}]}).encode(), "events.0.occurred_at"),
        (json.dumps({"events": [VIEW | {"occurred_at": 1768294800}]}).encode(), "events.0.occurred_at"),
        (json.dumps({"events": [VIEW | {"occurred_at": "1768294800"}]}).encode(), "events.0.occurred_at"),
        (json.dumps({"events": [VIEW | {"event_id": "a\u0000b"}]}).encode(), "events.0.event_id"),
        (json.dumps({"events": [VIEW | {"position": 0}]}).encode(), "events.0.position"),
        (json.dumps({"events": [VIEW | {"query": "x" * 501}]}).encode(), "events.0.query"),
        (json.dumps({"events": [VIEW | {"event_id": f"m{n}"} for n in range(1001)]}).encode(), "events"),
        (b'{"events": [{"event_id": "\xff"}]}', "body"),
        (b'{"events": [{"event_id": "\\ud800"}]}', "body"),
    ],
)
def test_events_that_the_contract_does_not_know_are_refused_whole(api: Api, body: bytes, where: str) -> None:
    before = inbox(api)
    answer = api.ask("/events", "feedback", method="POST", data=body)
    assert answer.status_code == 422
    assert f": {where}:" in answer.json()["error"]
    assert inbox(api) == before


def test_monitoring_reads_counts_by_route_and_neither_it_nor_the_log_knows_an_id(api: Api) -> None:
    api.ask("/customers/c00000033", "service")
    api.ask("/products/p77/similar", "service")
    metrics = api.ask("/metrics", "admin").text
    assert 'zhike_requests_total{method="GET",route="/customers/{customer_id}",status="200"}' in metrics
    api.ask("/segments", method="ODD")
    assert "ODD" not in api.ask("/metrics", "admin").text
    log = api.log.read_text("utf-8")
    assert "GET /customers/{customer_id} 200" in log
    for told in (metrics, log):
        assert "c00000033" not in told
        assert "p77" not in told


def test_before_anything_is_published_it_says_what_to_run(place: tuple[Path, Home]) -> None:
    with served(*place) as early:
        for path in ("/customers/c1", "/customers", "/segments", "/healthz", "/insights/segment_profiles"):
            answer = early.ask(path)
            assert answer.status_code == 503
            assert "zhike run" in answer.json()["what_to_do"]
        zh = early.ask("/segments", language="zh").json()
        assert zh["error"] == "还没有可供服务读取的快照"
        # Half a version is none, also where the pointer shows it.
        half = place[1].snapshot / "half"
        half.mkdir(parents=True)
        (half / "cards.sqlite").write_bytes(b"SQLite format 3\0")
        (place[1].snapshot / "current").symlink_to("half")
        assert early.ask("/segments").status_code == 503
        publish_week(place[1], "first", 60)
        assert early.ask("/segments").status_code == 200


def test_a_week_without_cards_leaves_those_of_the_week_before(place: tuple[Path, Home]) -> None:
    """Where a room's week was refused the week has no cards, and another table names the snapshot's week."""
    home = place[1]
    with duckdb.connect() as connection:
        tables(connection, 60)
        publish(connection, home.snapshot, "first", week=1)
        cards = Published(home).now()
        assert (cards.as_of, cards.has("c00000001"), len(cards.segments())) == ("2026-01-12", True, 8)
        connection.execute("DELETE FROM insights.customer_360")
        publish(connection, home.snapshot, "second", week=1)
    with pytest.raises(ZhikeError, match="nothing is published yet that a service can read"):
        Published(home).now()
