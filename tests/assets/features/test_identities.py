"""Which accounts are one person: the account seen first, whatever is linked later."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.features.methods.identities import persons
from tests.shop_builder import Bench


def found(links: list[tuple[str, str]], seen: dict[str, int], accounts_a_key: int = 5) -> dict[str, tuple[str, int]]:
    """account -> (person, accounts), for links (account, key) and days on which accounts were first seen."""
    frame = persons(
        pd.DataFrame(links, columns=["customer_id", "key"]),
        pd.DataFrame({"customer_id": list(seen), "first_seen_on": [date(2024, 1, day) for day in seen.values()]}),
        accounts_a_key,
    )
    return {row.customer_id: (row.person_id, row.account_count) for row in frame.itertuples()}


def test_the_person_is_the_account_seen_first_not_the_first_of_the_alphabet() -> None:
    assert found([("a", "k"), ("z", "k")], {"a": 9, "z": 3}) == {"a": ("z", 2), "z": ("z", 2)}


def test_on_the_same_day_the_alphabet_decides() -> None:
    assert found([("b", "k"), ("a", "k")], {"a": 3, "b": 3}) == {"a": ("a", 2), "b": ("a", 2)}


def test_accounts_are_joined_through_others() -> None:
    links = [("a", "1"), ("b", "1"), ("b", "2"), ("c", "2"), ("d", "3")]
    assert found(links, {"a": 1, "b": 2, "c": 3, "d": 4}) == dict.fromkeys("abc", ("a", 3))


def test_a_merge_renames_only_the_younger_person() -> None:
    seen = {"a": 1, "b": 2, "c": 3, "d": 4}
    links = [("a", "1"), ("b", "1"), ("c", "2"), ("d", "2")]
    assert {person for person, _ in found(links, seen).values()} == {"a", "c"}
    assert found([*links, ("b", "3"), ("c", "3")], seen) == dict.fromkeys("abcd", ("a", 4))


@pytest.mark.parametrize(("accounts", "joined"), [(3, True), (4, False)])
def test_a_key_shared_by_too_many_names_nobody(accounts: int, joined: bool) -> None:
    names = "abcd"[:accounts]
    result = found([(name, "desk") for name in names], dict.fromkeys(names, 1), accounts_a_key=3)
    assert result == (dict.fromkeys(names, ("a", accounts)) if joined else {})


def test_a_link_told_twice_is_one_account() -> None:
    assert found([("a", "k"), ("a", "k")], {"a": 1}) == {}


def test_an_account_never_seen_is_nobody_s_name() -> None:
    assert found([("a", "k"), ("b", "k")], {"b": 5}) == {"a": ("b", 2), "b": ("b", 2)}


LINKS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from("123")), max_size=14)


@given(first=LINKS, later=LINKS)
@settings(max_examples=60, deadline=None)
def test_persons_only_ever_merge_and_the_oldest_keeps_its_name(
    first: list[tuple[str, str]], later: list[tuple[str, str]]
) -> None:
    seen = {name: number + 1 for number, name in enumerate("gfedcba")}
    before, after = found(first, seen, 99), found([*first, *later], seen, 99)
    for account, (person, _) in before.items():
        # Who was one stays one, and a person's name is an account of it seen no later than any other.
        assert after[account][0] == after[person][0]
        assert seen[after[account][0]] <= seen[person]
    groups: dict[str, set[str]] = {}
    for account, (person, _) in after.items():
        groups.setdefault(person, set()).add(account)
    for person, accounts in groups.items():
        assert person == min(accounts, key=lambda name: seen[name])
        assert {count for account, (_, count) in after.items() if account in accounts} == {len(accounts)}


def test_the_tea_house_s_persons_week_by_week(tea_house: Bench) -> None:
    """The desk's number joins nobody; aaron is anna from the 23rd; cara and dora are one from the 30th."""
    query = "SELECT as_of, customer_id, person_id, account_count FROM features.identities ORDER BY 1, 2"
    anna = [("aaron", "anna", 2), ("anna", "anna", 2)]
    assert [(row[0].isoformat(), row[1:]) for row in tea_house.query(query)] == [
        *(("2024-01-29", row) for row in anna),
        *(("2024-02-05", row) for row in [*anna, ("cara", "cara", 2), ("dora", "cara", 2)]),
    ]
