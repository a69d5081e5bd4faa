"""outreach/audiences."""

from datetime import date

from assets.features.tables import IDENTITIES
from assets.outreach.audiences.tables import AUDIENCES
from assets.outreach.winback.tables import WINBACK
from data_checks import audiences
from resources.audiences import Audience, Range
from resources.contract import CONSENTS
from resources.shop import Shop
from resources.words import Words
from tests.data_checks.cases.actions import ACTIONS, DECIDED
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled

LISTED = {"audience": "leaving", "person_id": "anna", "reach": "may_be_reached"}
LEAVING = Audience(name=Words("要走的", "Leaving"), risk=Range(least=0.5))


def _shop(shop: Shop) -> Shop:
    told = {**shop.tables, "consents": ""}
    return shop.model_copy(update={"tables": told, "audiences": {"leaving": LEAVING}, "actions": ACTIONS})


CASES = [
    Case(
        AUDIENCES,
        lambda shop: audiences.audiences(_shop(shop)),
        LISTED,
        {
            **doubled("as_of"),
            audiences.ONLY_AGREED: "INSERT INTO clean.customers VALUES ('anna', false, false, $bad::DATE - 1)",
            "nobody_may_be_reached_who_refuses": DECIDED.format("personalisation"),
            "who_is_held_out_of_an_action_is_not_reached": "INSERT INTO outreach.winback (as_of, person_id, action, arm, season) "
            f"VALUES ($bad::DATE, 'anna', 'message', 'held_out', '{ACTIONS.season_of(date.fromisoformat(BAD_MONDAY))}')",
            "every_list_is_the_shops_and_says_who_is_reached": "UPDATE stage SET audience = 'nobody' WHERE as_of = $bad",
            "nobody_is_on_a_list_from_a_day_to_come": "UPDATE stage SET entered_on = as_of + 7 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            "CREATE OR REPLACE TABLE clean.customers (customer_id VARCHAR, marketing_consent BOOLEAN, personalisation_refused BOOLEAN, known_on DATE)",
            "INSERT INTO clean.customers VALUES ('anna', true, false, '2024-01-01')",
            CONSENTS.clean.create_sql(),
            IDENTITIES.create_sql(),
            WINBACK.create_sql(),
            "UPDATE stage SET entered_on = as_of",
        ),
    )
]
