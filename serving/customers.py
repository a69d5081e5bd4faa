"""What the newest week says of a customer, for the terminal and for programs."""

from typing import Any

from resources.cards import Cards
from resources.consents import Consents
from resources.errors import ZhikeError
from resources.home import Home
from resources.privacy import account_id
from resources.snapshot import Reader, opened
from resources.wishes import waiting
from serving.consents import without_scores

Row = dict[str, Any]
# Weekly tables that say of a person what happened.
FACTUAL = ("customers", "identities", "customer_opinions", "contacts")


def customer(home: Home, person: str) -> dict[str, list[Row]]:
    """The rows of one person or account, by table: of every published table with a `person_id`. Raises ZhikeError for one that
    none of them knows."""
    with opened(home) as reader:
        return known(reader, home, person)[1]


def known(reader: Reader, home: Home, person: str) -> tuple[str, dict[str, list[Row]]]:
    """The id of a person or of an account's person, and the rows by table; of who refuses to be treated by personal traits those of facts.
    Raises ZhikeError for one that no table knows."""
    person_id = _person(reader, account_id(person, home.key))
    tables = [] if _is_leaving(reader, home, person_id) else reader.tables_with("person_id")
    rows = {table: reader.rows(table, person_id=person_id) for table in tables}
    found = {table: of_table for table, of_table in rows.items() if of_table}
    if Consents(home, reader.snapshot).refuses([person_id]):
        cards = {table: list(map(without_scores, found[table])) for table in ("customer_360",) if table in found}
        found = {table: of_table for table, of_table in found.items() if table in FACTUAL} | cards
    if not found:
        raise ZhikeError(
            f"no customer {person!r} in the newest week",
            str(home.snapshot / "current"),
            "check the id; guests have none",
        )
    return person_id, found


def recommend(home: Home, person: str) -> list[Row]:
    """Both lists of one person or account, as published, in order; of who refuses to be treated by personal traits what sells. Raises ZhikeError where there is none."""
    with opened(home) as reader:
        person_id = _person(reader, account_id(person, home.key))
        if _is_leaving(reader, home, person_id):
            rows = []
        elif Consents(home, reader.snapshot).refuses([person_id]):
            as_of = {"as_of": reader.snapshot.as_of, "person_id": person_id}
            rows = [as_of | row for row in Cards.of(reader.snapshot.folder).selling()]
        else:
            rows = reader.rows("recommendations", order="list, position", person_id=person_id)
    if not rows:
        raise ZhikeError(
            f"no list for {person!r} in the newest week",
            str(home.snapshot / "current"),
            "check the id; a shop gets lists once it has the history that `zhike run` says is needed",
        )
    return rows


def segments(home: Home) -> list[Row]:
    """The segments of the newest week, the largest first."""
    with opened(home) as reader:
        return reader.rows("segment_profiles", order="customer_count DESC, segment_id")


def _is_leaving(reader: Reader, home: Home, person: str) -> bool:
    """Whether a person waits to be erased, by any account."""
    return person in {_person(reader, wish.account) for wish in waiting(home) if wish.account}


def _person(reader: Reader, person: str) -> str:
    """Accounts of one person share its id; who has one account is known by that."""
    accounts = reader.rows("identities", customer_id=person)
    return accounts[0]["person_id"] if accounts else person
