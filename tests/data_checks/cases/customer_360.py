"""insights/customer_360."""

from assets.features.tables import CUSTOMERS
from assets.insights.customer_360.tables import card_columns, card_of, tables_with_a_card
from data_checks import customer_360
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, PERSON, Case

PARTS = tables_with_a_card()
LINKED = "INSERT INTO features.identities (as_of, person_id, customer_id) VALUES ('{}', 'anna', 'anna'), ('{}', 'anna', 'anna2')"
CASES = [
    Case(
        card_of(PARTS),
        lambda _: customer_360.customer_360({part.qualified: tuple(card_columns(part)) for part in PARTS}),
        {name: value for name, value in PERSON.items() if name in ("person_id", *CUSTOMERS.card)}
        | {"customer_ids": ["anna", "anna2"]},
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * FROM stage WHERE as_of = $bad",
            "everybody_has_a_card_or_nobody_has": "INSERT INTO features.customers (as_of, person_id) VALUES ($bad, 'bob')",
            "a_card_says_what_its_tables_say": "UPDATE stage SET customer_ids = ['anna', 'bob'] WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            *(part.create_sql() for part in PARTS),
            *(LINKED.format(day, day) for day in (MONDAY, BAD_MONDAY)),
        ),
        together={"every_key_has_one_row": {"everybody_has_a_card_or_nobody_has", "a_card_says_what_its_tables_say"}},
    ),
]
