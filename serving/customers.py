"""What the newest week says of a customer, for the terminal and for programs."""

from typing import Any

from resources.errors import ZhikeError
from resources.home import Home
from resources.privacy import account_id
from resources.snapshot import Reader, opened

Row = dict[str, Any]


def customer(home: Home, person: str) -> dict[str, list[Row]]:
    """The rows of one person or account, by table: of every published table with a `person_id`. Raises ZhikeError for one that
    none of them knows."""
    with opened(home) as reader:
        return known(reader, home, person)[1]


def known(reader: Reader, home: Home, person: str) -> tuple[str, dict[str, list[Row]]]:
    """The id of a person or of an account's person, and the rows by table. Raises ZhikeError for one that no table knows."""
    person_id = _person(reader, account_id(person, home.key))
    rows = {table: reader.rows(table, person_id=person_id) for table in reader.tables_with("person_id")}
    found = {table: of_table for table, of_table in rows.items() if of_table}
    if not found:
        raise ZhikeError(
            f"no customer {person!r} in the newest week",
            str(home.snapshot / "current"),
            "check the id; guests have none",
        )
    return person_id, found


def recommend(home: Home, person: str) -> list[Row]:
    """Both lists of one person or account, as published, in order. Raises ZhikeError where there is none."""
    with opened(home) as reader:
        rows = reader.rows(
            "recommendations", order="list, position", person_id=_person(reader, account_id(person, home.key))
        )
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


def _person(reader: Reader, person: str) -> str:
    """Accounts of one person share its id; who has one account is known by that."""
    accounts = reader.rows("identities", customer_id=person)
    return accounts[0]["person_id"] if accounts else person
