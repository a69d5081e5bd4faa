"""What is expected of outreach.audiences."""

from data_checks.gate.expectation import Expectation, no_row
from data_checks.winback import without
from resources.audiences import REACHES
from resources.quoting import literal
from resources.shop import Shop

ONLY_AGREED = "nobody_may_be_reached_without_consent"
REACHED = "SELECT DISTINCT as_of, person_id FROM stage WHERE reach = 'may_be_reached'"


def audiences(shop: Shop) -> list[Expectation]:
    reaches = ", ".join(map(literal, REACHES))
    names = ", ".join(map(literal, shop.audiences))
    held_out = [_held_out(shop)] if shop.actions else []
    return [
        Expectation(
            ONLY_AGREED,
            "Who has not agreed to be addressed must not be; not known is no.",
            without(shop, "marketing", "NOT coalesce(bool_or(is_given), false) OR NOT bool_and(is_given)", REACHED),
            at_most=0,
            unit="rows",
        ),
        Expectation(
            "nobody_may_be_reached_who_refuses",
            "A list chooses persons by their traits, which they may refuse by law.",
            without(shop, "personalisation", "NOT coalesce(bool_and(is_given), true)", REACHED),
            at_most=0,
            unit="rows",
        ),
        *held_out,
        no_row(
            "every_list_is_the_shops_and_says_who_is_reached",
            f"audience NOT IN ({names}) OR coalesce(reach NOT IN ({reaches}), true)",
            "A list that nobody declared, or a person of whom it is not known whether they may be reached.",
        ),
        no_row(
            "nobody_is_on_a_list_from_a_day_to_come",
            "NOT coalesce(entered_on <= as_of, false)",
            "Since when somebody is on a list says how often they were addressed from it.",
        ),
    ]


def _held_out(shop: Shop) -> Expectation:
    assert shop.actions
    offers = ", ".join(map(literal, shop.actions.offers))
    season = f"CAST(year(s.as_of) AS VARCHAR) || '-{shop.actions.season_letter}' || CAST(ceil(month(s.as_of) / {shop.actions.season_months}) AS INTEGER)"
    return Expectation(
        "who_is_held_out_of_an_action_is_not_reached",
        "An action is measured against people whom nobody addressed.",
        f"""
        SELECT CAST(r.as_of AS VARCHAR), count(*) FROM ({REACHED}) AS r
        SEMI JOIN (
            SELECT s.as_of, coalesce(i.person_id, w.person_id) AS person_id
            FROM (SELECT DISTINCT as_of FROM stage) AS s
            JOIN outreach.winback AS w ON w.as_of <= s.as_of AND w.season = {season}
            LEFT JOIN features.identities AS i ON i.customer_id = w.person_id AND i.as_of = s.as_of
            WHERE w.arm = 'held_out' AND w.action IN ({offers})
        ) AS h ON h.as_of = r.as_of AND h.person_id = r.person_id
        GROUP BY r.as_of
        """,
        at_most=0,
        unit="rows",
    )
