"""outreach/alerts."""

from assets.features.tables import IDENTITIES
from assets.outreach.alerts.tables import ALERTS
from data_checks import alerts
from resources.contract import CONSENTS
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case

ALERT = {
    "alert_id": "a1", "cause": "entered_risk", "cause_zh": "新增流失风险", "cause_en": "Newly at risk", "person_id": "anna", "urgency": 2, "place": 1,
    "at_stake": 10, "stake_zh": "概率 × 价值", "stake_en": "risk × worth", "reasons_zh": "很久没来", "reasons_en": "no visit for long",
}  # fmt: skip
REFUSED = (
    "INSERT INTO clean.consents (consent_id, customer_id, purpose, is_given, decided_at, known_on, sign) "
    "VALUES ('d1', 'anna', 'personalisation', false, $bad::DATE - 2, $bad::DATE - 1, 1)"
)
CASES = [
    Case(
        ALERTS,
        lambda shop: alerts.alerts(shop.model_copy(update={"tables": {**shop.tables, "consents": ""}})),
        ALERT,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (2 AS place) FROM stage WHERE as_of = $bad",
            "every_alert_is_about_somebody_or_something": "UPDATE stage SET product_id = 'tea' WHERE as_of = $bad",
            "every_alert_says_why_in_both_languages": "UPDATE stage SET reasons_zh = '' WHERE as_of = $bad",
            "alerts_stand_in_order_and_within_their_number": "INSERT INTO stage SELECT * REPLACE ('a2' AS alert_id, 2 AS place, 11 AS at_stake) "
            "FROM stage WHERE as_of = $bad",
            "what_is_at_stake_is_money": "UPDATE stage SET at_stake = 'nan' WHERE as_of = $bad",
            "nobody_who_refuses_is_told_of_by_score": REFUSED,
            "every_alert_ends": "UPDATE stage SET expires_on = as_of WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            "CREATE OR REPLACE TABLE clean.customers (customer_id VARCHAR, marketing_consent BOOLEAN, personalisation_refused BOOLEAN, known_on DATE)",
            CONSENTS.clean.create_sql(),
            IDENTITIES.create_sql(),
            "UPDATE stage SET expires_on = as_of + 28",
        ),
    ),
]
