"""A person's card is what the tables say, and every table that declares a part gives it."""

from dataclasses import replace

import pytest

from assets.features.tables import CUSTOMERS
from assets.insights.customer_360.tables import card_columns, card_of, tables_with_a_card
from assets.insights.rfm.tables import RFM
from assets.insights.segments.tables import SEGMENTS
from tests.insights.demo_bench import NEWEST, Demo


def test_everybody_has_one_card_and_it_says_what_the_tables_say(backfilled: Demo) -> None:
    cards = {card["person_id"]: card for card in backfilled.week("customer_360", NEWEST)}
    persons = backfilled.query(f"SELECT person_id FROM features.customers WHERE as_of = '{NEWEST}'")
    assert sorted(cards) == sorted(person for (person,) in persons)
    for part in tables_with_a_card():
        for row in backfilled.bench.rows(part.qualified, f"as_of = '{NEWEST}'"):
            for name, column in card_columns(part):
                shown = cards[row["person_id"]][column.name] if row["person_id"] in cards else None
                if name == column.name and row["person_id"] in cards:
                    assert shown == row[name], (part.qualified, name)
                elif shown is not None:
                    assert row[name] in shown


def test_nothing_plain_and_personal_is_on_a_card() -> None:
    assert not card_of(tables_with_a_card()).personal_columns
    with pytest.raises(ValueError, match="gender is personal"):
        card_of([replace(CUSTOMERS, card=("gender",))])
    with pytest.raises(ValueError, match="no column of it"):
        card_of([replace(CUSTOMERS, card=("shoe_size",))])


def test_two_tables_cannot_give_a_column_of_one_name() -> None:
    with pytest.raises(ValueError, match="more than one table gives fitted_as_of"):
        card_of([replace(RFM, card=("fitted_as_of",)), replace(SEGMENTS, card=("fitted_as_of",))])
