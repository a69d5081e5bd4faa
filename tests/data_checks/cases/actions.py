"""outreach/winback and insights/uplift."""

from assets.features.tables import IDENTITIES
from assets.insights.uplift.tables import UPLIFT
from assets.outreach.winback.tables import NOT_PLANNED, WINBACK
from data_checks import uplift, winback
from resources.actions import Action, Actions
from resources.contract import CONSENTS
from resources.words import Words
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, copies, doubled

MESSAGE = Action(name=Words("短信", "the message"), kind="message", cost=1, capacity=3)
ACTIONS = Actions(budget=10, offers={"message": MESSAGE})
PLANNED = {
    "person_id": "anna", "action": "message", "arm": "treated", "is_measured": True, "season": "2024-Q1", "cost": 1, "gain": 2,
    "why_zh": "值得", "why_en": "Worth it", "rule_zh": "下过单", "rule_en": "has ordered before",
}  # fmt: skip
RESULT = {
    "action": "message", "effect": 0.02, "effect_low": 0.01, "effect_high": 0.03, "expected_uplift": 0.02, "expected_uplift_error": 0.01,
    "mismatch_p": 0.5, "is_ranked": False, "ranking_zh": "按客群", "ranking_en": "by segments", "verdict_zh": "有效", "verdict_en": "it works",
}  # fmt: skip
DECIDED = (
    "INSERT INTO clean.consents (consent_id, customer_id, purpose, is_given, decided_at, known_on, sign) "
    "VALUES ('d1', 'anna', '{}', false, $bad::DATE - 2, $bad::DATE - 1, 1)"
)
BAD_ROWS = f"as_of = '{BAD_MONDAY}'"
CASES = [
    Case(
        WINBACK,
        lambda shop: winback.winback(ACTIONS, shop.model_copy(update={"tables": {**shop.tables, "consents": ""}})),
        PLANNED,
        {
            **doubled("as_of"),
            winback.WITHIN_BUDGET: "UPDATE stage SET cost = 10.02 WHERE as_of = $bad",
            "no_action_is_planned_beyond_its_places": copies("'anna' || n AS person_id", 3, BAD_ROWS)
            + "; INSERT INTO clean.customers SELECT 'anna' || n, true, false, DATE '2024-01-01' FROM range(3) AS t(n)",
            "who_gets_an_action_is_worth_its_costs": "UPDATE stage SET gain = 0 WHERE as_of = $bad",
            "who_is_held_out_gets_nothing": "UPDATE stage SET arm = 'held_out' WHERE as_of = $bad",
            "nobody_is_planned_without_consent": "INSERT INTO clean.customers VALUES ('anna', false, false, $bad::DATE - 1)",
            "nobody_is_planned_who_refuses_personal_treatment": DECIDED.format("personalisation"),
            "an_arm_stays_for_its_season": "UPDATE stage SET arm = 'held_out', cost = 0, gain = 0 WHERE as_of = $bad",
            "every_planned_action_says_why_and_by_which_rule": "UPDATE stage SET rule_zh = NULL WHERE as_of = $bad",
            "what_is_planned_ends": "UPDATE stage SET expires_on = as_of WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            "CREATE OR REPLACE TABLE clean.customers (customer_id VARCHAR, marketing_consent BOOLEAN, personalisation_refused BOOLEAN, known_on DATE)",
            "INSERT INTO clean.customers VALUES ('anna', true, false, '2024-01-01')",
            CONSENTS.clean.create_sql(),
            IDENTITIES.create_sql(),
            WINBACK.create_sql(),
            "UPDATE stage SET expires_on = as_of + 14",
        ),
        together={"who_is_held_out_gets_nothing": {"an_arm_stays_for_its_season"}},
    ),
    Case(
        NOT_PLANNED,
        lambda _: winback.not_planned(),
        {"person_id": "anna", "reason": "no_consent"},
        {
            **doubled("as_of"),
            "who_is_left_out_is_so_for_a_known_reason": "UPDATE stage SET reason = 'other' WHERE as_of = $bad",
            "nobody_is_both_planned_and_left_out": "INSERT INTO outreach.winback (as_of, person_id) VALUES ($bad, 'anna')",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(WINBACK.create_sql(),),
    ),
    Case(
        UPLIFT,
        lambda _: uplift.uplift(),
        RESULT,
        {
            **doubled("as_of"),
            uplift.ARMS: "UPDATE stage SET mismatch_p = 0.0001 WHERE as_of = $bad",
            "the_interval_holds_the_effect": "UPDATE stage SET effect_high = 0.015 WHERE as_of = $bad",
            uplift.RANKED: "UPDATE stage SET is_ranked = NULL WHERE as_of = $bad",
            "what_is_expected_is_a_difference_of_rates": "UPDATE stage SET expected_uplift = NULL WHERE as_of = $bad",
            "every_action_has_a_verdict_in_words": "UPDATE stage SET verdict_en = '' WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
