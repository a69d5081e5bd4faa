"""Who may be addressed and who refuses to be treated by personal traits: one rule, whatever the shop delivered, and wherever the decision waits."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.features.queries import SQL
from assets.features.tables import CONSENTS, IDENTITIES
from benchmarks.serving_shop import AS_OF, publish, tables
from resources.cards import CARDS, Cards
from resources.consents import Consents
from resources.contract import CONTRACT
from resources.home import Home
from resources.inbox import Inbox
from resources.snapshot import current, reading

ZONE = "Asia/Shanghai"
Told = tuple[object, ...]
# A row of customers: account, day, marketing_consent, personalisation_refused. A decision: account, purpose, channel, is_given, instant in UTC.
# Then whether the person who has these accounts may be addressed, may be by text message, and refuses personal treatment.
CASES: dict[str, tuple[list[Told], tuple[bool | None, bool | None, bool]]] = {
    "nobody asked": ([], (None, None, False)),
    "the shop does not know": ([("a", "2025-01-01", None, None)], (None, None, False)),
    "agreed as an attribute": ([("a", "2025-01-01", True, False)], (True, True, False)),
    "refused as an attribute": ([("a", "2025-01-01", False, True)], (False, False, True)),
    "the shop no longer knows": ([("a", "2025-01-01", True, None), ("a", "2025-02-01", None, None)], (None, None, False)),
    "the later decision": (
        [("a", "marketing", None, True, "2025-01-02 10:00"), ("a", "marketing", None, False, "2025-01-02 10:01")],
        (False, False, False),
    ),
    "the later decision, delivered first": (
        [("a", "marketing", None, True, "2025-01-03 10:00"), ("a", "marketing", None, False, "2025-01-02 10:00")],
        (True, True, False),
    ),
    "a refusal at the same instant": (
        [("a", "marketing", None, False, "2025-01-02 10:00"), ("a", "marketing", None, True, "2025-01-02 10:00")],
        (False, False, False),
    ),
    "a refusal on the day on which the attribute agrees": (
        [("a", "2025-01-02", True, None), ("a", "marketing", None, False, "2025-01-01 16:00")],
        (False, False, False),
    ),
    "an agreement on the day on which the attribute refuses": (
        [("a", "2025-01-02", False, None), ("a", "marketing", None, True, "2025-01-02 15:59")],
        (False, False, False),
    ),
    "an agreement on the day after, on the shop's clocks": (
        [("a", "2025-01-02", False, None), ("a", "marketing", None, True, "2025-01-02 16:00")],
        (True, True, False),
    ),
    "an attribute that only repeats itself says nothing new": (
        [("a", "2025-01-01", True, None), ("a", "marketing", None, False, "2025-01-05 10:00"), ("a", "2025-02-01", True, True)],
        (False, False, True),
    ),
    "an attribute that turns is the later word": (
        [("a", "marketing", None, True, "2025-01-05 10:00"), ("a", "2025-01-01", True, None), ("a", "2025-02-01", False, None)],
        (False, False, False),
    ),
    "one channel refused": (
        [("a", "2025-01-01", True, None), ("a", "marketing", "SMS", False, "2025-01-05 10:00")],
        (False, False, False),
    ),
    "another channel refused": (
        [("a", "2025-01-01", True, None), ("a", "marketing", "email", False, "2025-01-05 10:00")],
        (False, True, False),
    ),
    "one channel agreed alone": ([("a", "marketing", "sms", True, "2025-01-05 10:00")], (None, True, False)),
    "one channel agreed after all were refused": (
        [("a", "marketing", None, False, "2025-01-05 10:00"), ("a", "marketing", "sms", True, "2025-01-06 10:00")],
        (False, True, False),
    ),
    "all channels agreed after one was refused": (
        [("a", "marketing", "sms", False, "2025-01-05 10:00"), ("a", "marketing", None, True, "2025-01-06 10:00")],
        (True, True, False),
    ),
    "another account refuses": (
        [("a", "2025-01-01", True, None), ("b", "marketing", None, False, "2024-01-01 10:00")],
        (False, False, False),
    ),
    "another account agrees": ([("b", "marketing", None, True, "2025-01-05 10:00")], (True, True, False)),
    "another account refuses personal treatment": (
        [("a", "personalisation", None, True, "2025-01-06 10:00"), ("b", "personalisation", None, False, "2025-01-05 10:00")],
        (None, None, True),
    ),
    "personal treatment refused in one place": (
        [("a", "personalisation", "app", False, "2025-01-05 10:00")],
        (None, None, True),
    ),
    "personal treatment refused and agreed to again": (
        [("a", "2025-01-01", None, True), ("a", "personalisation", None, True, "2025-01-05 10:00")],
        (None, None, False),
    ),
}  # fmt: skip


def account(number: int, letter: object) -> str:
    return f"case{number:02}{letter}"


def decide(connection: duckdb.DuckDBPyConnection, *, with_decisions: bool) -> None:
    """Fills features.consents as a run does, with what every case tells, decisions too or attributes alone."""
    connection.execute(f"SET TimeZone = '{ZONE}'")
    connection.execute("CREATE TABLE weeks AS SELECT DATE '9999-12-31' AS as_of")
    for name in ("customers", "consents"):
        connection.execute(CONTRACT[name].clean.create_sql(name))
    connection.execute(f"DELETE FROM {CONSENTS.qualified}")
    for number, (told, _) in enumerate(CASES.values()):
        connection.execute(
            f"INSERT INTO {IDENTITIES.qualified} SELECT DATE '{AS_OF}', unnest($accounts), $person, 2",
            {"accounts": [account(number, letter) for letter in "ab"], "person": account(number, "a")},
        )
        for at, row in enumerate(told):
            if len(row) == 4:
                values = [account(number, row[0]), *row[1:]]
                names = "customer_id, known_on, marketing_consent, personalisation_refused"
                connection.execute(f"INSERT INTO customers ({names}) VALUES (?, ?, ?, ?)", values)
            elif with_decisions:
                values = [f"{number} {at}", account(number, row[0]), *row[1:], AS_OF]
                names = "consent_id, customer_id, purpose, channel, is_given, decided_at, known_on, sign"
                connection.execute(f"INSERT INTO consents ({names}) VALUES (?, ?, ?, ?, ?, ?, ?, 1)", values)
    connection.execute(f"INSERT INTO {CONSENTS.qualified} SELECT * EXCLUDE (as_of) FROM ({SQL('decided')})")


def wait(home: Home) -> None:
    """Puts the decisions of every case into the inbox."""
    inbox = Inbox(home, ZONE)
    names = ("customer_id", "purpose", "channel", "is_given", "decided_at")
    for number, (told, _) in enumerate(CASES.values()):
        for at, row in enumerate(told):
            if len(row) == 5:
                said = dict(zip(names, [account(number, row[0]), *row[1:-1], f"{row[-1]}+00:00"], strict=True))
                inbox.add(
                    "consents", [{"consent_id": f"{number} {at}"} | {k: v for k, v in said.items() if v is not None}]
                )
    inbox.close()


@pytest.fixture(scope="module", params=["published", "waiting"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home whose snapshot holds every decision, and one in which they wait in the inbox."""
    place = Home(tmp_path_factory.mktemp(request.param))
    with duckdb.connect() as connection:
        tables(connection, 20)
        decide(connection, with_decisions=request.param == "published")
        publish(connection, place.snapshot, "one")
    if request.param == "waiting":
        wait(place)
    yield place


@pytest.mark.parametrize("name", CASES)
def test_who_may_be_addressed_and_who_refuses(home: Home, name: str) -> None:
    snapshot = current(home.snapshot)
    assert snapshot
    consents, number = Consents(home, snapshot), list(CASES).index(name)
    for letter in "ab":
        one = [account(number, letter)]
        assert (consents.agrees(one), consents.agrees(one, "sms"), consents.refuses(one)) == CASES[name][1]
        assert consents.may_be_addressed(one) is (CASES[name][1][0] is True)


def test_all_at_once_are_told_as_one_by_one(home: Home) -> None:
    snapshot = current(home.snapshot)
    assert snapshot
    consents = Consents(home, snapshot)
    with reading(snapshot) as reader:
        consents.lay(reader.connection)
        reader.connection.execute(f"CREATE TEMP VIEW decided AS SELECT DATE '{AS_OF}' AS as_of, * FROM decided_now")
        reader.connection.execute(f"CREATE TEMP VIEW merged AS FROM {IDENTITIES.qualified}")
        found = reader.connection.execute(SQL("agreed")).fetchall()
    said = {person: (agrees, refuses) for _, person, agrees, refuses in found if person.startswith("case")}
    expected = {
        account(number, "a"): (agrees, refuses)
        for number, (told, (agrees, _, refuses)) in enumerate(CASES.values())
        if any(row[2:] != (None, None) for row in told if len(row) == 4) or any(len(row) == 5 for row in told)
    }
    expected.pop(account(list(CASES).index("the shop no longer knows"), "a"))
    assert said == expected
    refusing = {person for person in consents.refusing() if person.startswith("case")}
    assert refusing == {person for person, (_, refuses) in expected.items() if refuses}


def test_over_a_snapshot_of_an_earlier_release_what_waits_holds(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with duckdb.connect() as connection:
        tables(connection, 20)
        publish(connection, home.snapshot, "one")
    snapshot = current(home.snapshot)
    assert snapshot
    (snapshot.folder / CARDS).chmod(0o600)
    with closing(sqlite3.connect(snapshot.folder / CARDS, isolation_level=None)) as cards:
        cards.executescript("DROP TABLE consents; DROP TABLE selling")
    assert Consents(home, snapshot).agrees(["c00000001"]) is None
    inbox = Inbox(home, ZONE)
    for purpose in ("marketing", "personalisation"):
        row = {"consent_id": purpose, "customer_id": "c00000000b", "purpose": purpose, "is_given": False}
        inbox.add("consents", [row | {"decided_at": "2026-01-13T08:00:00+00:00"}])
    inbox.close()
    consents = Consents(home, snapshot)
    # The other account of the same person.
    assert (consents.agrees(["c00000000"]), consents.refuses(["c00000000"])) == (False, True)
    assert consents.refusing() == {"c00000000"}
    assert Cards.of(snapshot.folder).selling() == []


def test_a_later_decision_does_not_change_an_earlier_week() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE weeks AS SELECT unnest([DATE '2025-01-13', DATE '2025-01-20']) AS as_of")
        for name in ("customers", "consents"):
            connection.execute(CONTRACT[name].clean.create_sql(name))
        connection.execute(
            "INSERT INTO customers (customer_id, marketing_consent, known_on) VALUES ('a', true, '2025-01-01')"
        )
        # Decided before the first Monday, handed over after it; and a correction of it, handed over after the second.
        for day, sign, given in (("2025-01-14", 1, False), ("2025-01-21", -1, False), ("2025-01-21", 1, True)):
            connection.execute(
                "INSERT INTO consents (consent_id, customer_id, purpose, is_given, decided_at, known_on, sign) "
                "VALUES ('1', 'a', 'marketing', ?, '2025-01-10 08:00', ?, ?)",
                [given, day, sign],
            )
        connection.execute(f"CREATE VIEW decided AS {SQL('decided')}")
        connection.execute("CREATE TABLE merged (as_of DATE, customer_id VARCHAR, person_id VARCHAR)")
        found = connection.execute(f"SELECT as_of, agrees FROM ({SQL('agreed')}) ORDER BY as_of").fetchall()
        assert found == [(date(2025, 1, 13), True), (date(2025, 1, 20), False)]
        connection.execute("UPDATE weeks SET as_of = as_of + 14")
        assert {
            agrees for _, agrees in connection.execute(f"SELECT as_of, agrees FROM ({SQL('agreed')})").fetchall()
        } == {True}
