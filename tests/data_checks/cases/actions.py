"""outreach/winback and insights/uplift."""

from assets.features.tables import IDENTITIES
from assets.insights.uplift.tables import UPLIFT
from assets.outreach.winback.tables import WINBACK
from data_checks import uplift, winback
from resources.actions import Action, Actions
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
    "mismatch_p": 0.5, "verdict_zh": "有效", "verdict_en": "it works",
}  # fmt: skip
BAD_ROWS = f"as_of = '{BAD_MONDAY}'"
CASES = [
    Case(
        WINBACK,
        lambda _: winback.winback(ACTIONS),
        PLANNED,
        {
            **doubled("as_of"),
            winback.WITHIN_BUDGET: "UPDATE stage SET cost = 10.02 WHERE as_of = $bad",
            "no_action_is_planned_beyond_its_places": copies("'anna' || n AS person_id", 3, BAD_ROWS)
            + "; INSERT INTO clean.customers SELECT 'anna' || n, true, DATE '2024-01-01' FROM range(3) AS t(n)",
            "who_gets_an_action_is_worth_its_costs": "UPDATE stage SET gain = 0 WHERE as_of = $bad",
            "who_is_held_out_gets_nothing": "UPDATE stage SET arm = 'held_out' WHERE as_of = $bad",
            "nobody_is_planned_without_consent": "INSERT INTO clean.customers VALUES ('anna', false, $bad::DATE - 1)",
            "an_arm_stays_for_its_season": "UPDATE stage SET arm = 'held_out', cost = 0, gain = 0 WHERE as_of = $bad",
            "every_planned_action_says_why_and_by_which_rule": "UPDATE stage SET rule_zh = NULL WHERE as_of = $bad",
            "what_is_planned_ends": "UPDATE stage SET expires_on = as_of WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            "CREATE OR REPLACE TABLE clean.customers (customer_id VARCHAR, marketing_consent BOOLEAN, known_on DATE)",
            "INSERT INTO clean.customers VALUES ('anna', true, '2024-01-01')",
            IDENTITIES.create_sql(),
            WINBACK.create_sql(),
            "UPDATE stage SET expires_on = as_of + 14",
        ),
        together={"who_is_held_out_gets_nothing": {"an_arm_stays_for_its_season"}},
    ),
    Case(
        UPLIFT,
        lambda _: uplift.uplift(),
        RESULT,
        {
            **doubled("as_of"),
            uplift.ARMS: "UPDATE stage SET mismatch_p = 0.0001 WHERE as_of = $bad",
            "the_interval_holds_the_effect": "UPDATE stage SET effect_high = 0.015 WHERE as_of = $bad",
            "what_is_expected_is_a_difference_of_rates": "UPDATE stage SET expected_uplift = NULL WHERE as_of = $bad",
            "every_action_has_a_verdict_in_words": "UPDATE stage SET verdict_en = '' WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
