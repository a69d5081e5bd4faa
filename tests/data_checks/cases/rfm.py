"""insights/rfm, rfm_profiles, rfm_moves."""

from assets.insights.rfm.tables import MOVES, PROFILES, RFM
from data_checks import rfm
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, fitted

# anna bought twice, the last time five days ago.
CUSTOMER = {
    "person_id": "anna",
    "r_score": 5,
    "f_score": 2,
    "m_score": 4,
    "class_zh": "重要发展客户",
    "class_en": "Key customers to develop",
    "group_zh": "潜力客户",
    "group_en": "Potential loyalists",
    "fitted_as_of": "2024-01-01",
}
CUT_POINTS = fitted("rfm", parameters='{"recency_days": [30, 60, 90, 180], "frequency": [1, 2, 3, 4]}')
PROFILE = {
    "kind": "class",
    "name_en": "Key customers to develop",
    "meaning_zh": "30 天内买过",
    "meaning_en": "bought within 30 days",
    "customer_share": 1.0,
}
CASES = [
    Case(
        RFM,
        rfm.rfm,
        CUSTOMER,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * FROM stage WHERE as_of = $bad",
            "every_buyer_has_a_class_or_nobody_has": "INSERT INTO features.customers (as_of, person_id, frequency) VALUES ($bad, 'bob', 1)",
            "scores_run_from_1_to_5": "UPDATE stage SET m_score = 6 WHERE as_of = $bad",
            "every_row_is_named_in_both_languages": "UPDATE stage SET group_zh = '' WHERE as_of = $bad",
            "a_class_is_true_of_each_of_its_customers": "UPDATE features.customers SET recency_days = 200 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(CUT_POINTS,),
        together={"every_key_has_one_row": {"every_buyer_has_a_class_or_nobody_has"}},
    ),
    Case(
        PROFILES,
        lambda _: rfm.rfm_profiles(),
        PROFILE,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (0 AS customer_share) FROM stage WHERE as_of = $bad",
            "shares_add_up_to_one": "UPDATE stage SET customer_share = 0.9 WHERE as_of = $bad",
            "every_class_says_what_it_takes": "UPDATE stage SET meaning_en = NULL WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        MOVES,
        lambda _: rfm.rfm_moves(),
        [
            {"kind": kind, "from_en": "New customers", "to_en": "Loyal", "customer_count": 1}
            for kind in ("class", "group")
        ],
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (0 AS customer_count) FROM stage WHERE as_of = $bad",
            "who_arrived_is_who_is_there": "UPDATE stage SET customer_count = 2 WHERE as_of = $bad",
            "a_move_has_a_from_or_a_to": "INSERT INTO stage (as_of, kind, customer_count) VALUES ($bad, 'class', 1)",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            RFM.create_sql(),
            *(f"INSERT INTO insights.rfm (as_of, person_id) VALUES ('{day}', 'anna')" for day in (MONDAY, BAD_MONDAY)),
        ),
    ),
]
