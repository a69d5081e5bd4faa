"""Who refuses to be treated by personal traits, or to be addressed, is heard at once: in cards, recommendations, lists, files and pages."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests

from benchmarks.serving_shop import publish, service, tables
from resources.cards import FACTS, Published
from resources.consents import Consents
from resources.home import Home
from resources.privacy import account_id
from resources.shop import load_shop
from serving.card import card
from serving.consents import REFUSED
from serving.customers import customer, recommend
from serving.service.desk import facts_of
from tests.serving.api import EMAIL, Api, make_shop, served

CUSTOMERS = 60
NOW = datetime.now(UTC).replace(microsecond=0)
# Who refused before the snapshot was made, and who has two accounts and did not.
BEFORE, TWO = "c00000049", "c00000021"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Home]:
    store, home = make_shop(tmp_path_factory.mktemp("consents"))
    with duckdb.connect() as connection:
        tables(connection, CUSTOMERS)
        service(connection, CUSTOMERS, [("a1", "hours", "几点开门？", "九点。", "zh")])
        connection.execute(
            f"INSERT INTO features.consents VALUES ('{BEFORE}', 'personalisation', '', false, '2025-01-01')"
        )
        # What sells stands on somebody's list.
        connection.execute(
            "UPDATE insights.recommendations SET product_id = 'p1', title = 'tea' WHERE list = 'discover' AND position = 1"
        )
        for account, person in ((account_id(EMAIL, home.key), "c00000007"), (f"{TWO}b", TWO)):
            connection.execute(
                "INSERT INTO features.identities SELECT max(as_of), $account, $person, 2 FROM features.identities",
                {"account": account, "person": person},
            )
        publish(connection, home.snapshot, "one", also=("orders",))
    return store, home


@pytest.fixture(scope="module")
def api(place: tuple[Path, Home]) -> Iterator[Api]:
    with served(*place) as running:
        yield running


def decide(
    api: Api, account: str, purpose: str, *, given: bool, after: int = 0, change: dict[str, Any] | None = None
) -> requests.Response:
    """Posts a decision of as many seconds after the first."""
    at = (NOW - timedelta(hours=1) + timedelta(seconds=after)).isoformat()
    row = {"consent_id": f"{account} {purpose} {after}", "customer_id": account, "purpose": purpose, "is_given": given}
    return api.ask(
        "/consents", "marketing", method="POST", json={"consents": [row | {"decided_at": at} | (change or {})]}
    )


def scores(row: dict[str, Any]) -> set[str]:
    return {
        name
        for name, value in row.items()
        if name not in FACTS and name not in ("today", "refuses_personalisation") and value is not None
    }


def visitor(api: Api) -> requests.Session:
    session = requests.Session()
    session.headers["accept-language"] = "en"
    assert session.post(f"{api.address}/login", {"key": api.key("read", "marketing")}, timeout=60).ok
    return session


def exported(session: requests.Session, api: Api, asked: str = "") -> dict[str, dict[str, str]]:
    answer = session.get(f"{api.address}/console/segments/list/csv{asked}", timeout=60)
    assert answer.ok
    return {row["Customer ID"]: row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))}


def test_who_refused_before_has_a_card_of_facts_and_what_sells(api: Api) -> None:
    shown = api.ask(f"/customers/{BEFORE}").json()["customer"]
    assert shown["refuses_personalisation"] is True and shown["spend"] is not None and not scores(shown)
    lists = api.ask(f"/customers/{BEFORE}/recommendations").json()["recommendations"]
    assert [(row["product_id"], row["source"]) for row in lists] == [("p1", "selling")]
    # Neither is a score of theirs in the file of cards.
    assert BEFORE not in [row["person_id"] for row in api.ask("/customers?sort=p_churn&limit=100").json()["customers"]]
    assert all(
        not scores(row)
        for row in api.ask("/customers?sort=spend&limit=100").json()["customers"]
        if row["person_id"] == BEFORE
    )


def test_a_refusal_takes_scores_away_at_once_and_an_agreement_gives_them_back(api: Api) -> None:
    session, path = visitor(api), f"/customers/{TWO}"
    # With the other account of the same person.
    before = api.ask(path).json()["customer"]
    segment = before["segment_en"]
    assert scores(before) and before["refuses_personalisation"] is False
    assert TWO in exported(session, api, f"?segment={before['segment_id']}")
    table = f"/insights/customer_360?person_id={TWO}"
    assert api.ask(table).json()["rows"]

    answer = decide(api, f"{TWO}b", "personalisation", given=False, change={"how": "form", "proof": "archive 7"})
    assert (answer.status_code, answer.json()) == (202, {"accepted": 1, "known": 0})
    after = api.ask(path).json()["customer"]
    assert not scores(after) and after["spend"] == before["spend"]
    assert {row["source"] for row in api.ask(f"{path}/recommendations").json()["recommendations"]} == {"selling"}
    assert not api.ask(table).json()["rows"]
    assert TWO not in [
        row["person_id"] for row in api.ask(f"/customers?segment={segment}&limit=100").json()["customers"]
    ]
    assert TWO not in exported(session, api, f"?segment={before['segment_id']}")
    whole = exported(session, api)[TWO]
    assert (whole["Segment"], whole["Probability of leaving"]) == ("", "") and whole["Spent so far (CNY)"]
    page = session.get(f"{api.address}/console/customers/{TWO}", timeout=60).text
    assert REFUSED.en in page and segment not in page
    assert (
        TWO not in session.get(f"{api.address}/console/segments/list?segment={before['segment_id']}", timeout=60).text
    )

    assert decide(api, f"{TWO}b", "personalisation", given=True, after=1).status_code == 202
    assert api.ask(path).json()["customer"] == before


def test_the_terminal_says_the_same(api: Api, place: tuple[Path, Home]) -> None:
    shop, home = load_shop(str(place[0])), place[1]
    said = " ".join(line for _, lines in card(home, shop, BEFORE).parts for line in lines)
    assert REFUSED.zh in said and "流失概率" not in said
    told = customer(home, BEFORE)
    assert not {"recommendations", "predictions", "segments"} & set(told) and not scores(told["customer_360"][0])
    assert [row["product_id"] for row in recommend(home, BEFORE)] == ["p1"]
    # Neither does the chat rest on more.
    cards = Published(home).now()
    facts = facts_of(cards, Consents(home, cards.folder), BEFORE)
    assert (
        facts.orders
        and facts.recommended == ["tea"]
        and facts.card["segment_zh"] is None
        and not facts.is_valuable_at_risk
    )


def test_an_opt_out_wins_over_what_was_agreed_before(api: Api) -> None:
    session = visitor(api)
    assert exported(session, api)["c00000001"]["Agrees to marketing"] == "yes"
    # An address is kept as its hash, and is the same person's.
    assert exported(session, api)["c00000007"]["Agrees to marketing"] == "yes"
    for account in ("c00000001", EMAIL):
        assert decide(api, account, "marketing", given=False).status_code == 202
    assert EMAIL.lower().encode() not in (api.home.landing / "inbox.db").read_bytes().lower()
    found = exported(session, api)
    assert (found["c00000001"]["Agrees to marketing"], found["c00000007"]["Agrees to marketing"]) == ("no", "no")


@pytest.mark.parametrize(
    ("change", "where", "status"),
    [
        ({"purpose": "other"}, "consents.0.purpose", 422),
        ({"is_given": "yes"}, "consents.0.is_given", 422),
        ({"customer_id": ""}, "consents.0.customer_id", 422),
        ({"decided_at": (NOW + timedelta(days=1)).isoformat()}, "consents.0.decided_at", 409),
    ],
)
def test_decisions_that_the_contract_does_not_know_are_refused(
    api: Api, change: dict[str, Any], where: str, status: int
) -> None:
    answer = decide(api, "c00000002", "marketing", given=False, change=change)
    assert answer.status_code == status and where in answer.json()["error"]
    assert decide(api, "c00000002", "marketing", given=False, after=9).status_code == 202


def test_only_who_may_write_feedback_or_does_marketing_posts_decisions(api: Api) -> None:
    assert api.ask("/consents", "read", method="POST", json={}).status_code == 403
    assert api.ask("/consents", "feedback", method="POST", json={}).status_code == 422
