"""insights/clv, cohorts."""

from assets.insights.clv.tables import CLV, COHORTS
from assets.insights.predictions.tables import PREDICTIONS
from data_checks import clv
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled, fitted, worse

VALUE = {
    "person_id": "anna", "p_alive": 0.8, "p_purchase_3m": 0.5, "p_purchase_6m": 0.7, "p_purchase_12m": 0.8,
    "expected_purchases_3m": 1.0, "expected_purchases_6m": 2.0, "expected_purchases_12m": 3.0,
    "expected_order_value": 10.0, "clv_3m": 10.0, "clv_6m": 20.0, "clv_12m": 30.0, "clv_low_12m": 5.0, "clv_high_12m": 60.0,
    "next_order_low_on": "2024-02-03", "next_order_on": "2024-02-20", "next_order_high_on": "2024-05-01", "fitted_as_of": "2024-01-01",
}  # fmt: skip
FIGURES = '{"purchase_error_ratio": 0.8, "total_bias": 0.1, "money_error_ratio": 0.9, "coverage_gap": 0.01}'
MONTH = {
    "cohort_on": "2024-01-01", "months_since": 0, "customer_count": 1, "active_count": 1, "retention_share": 1.0, "revenue": 20,
    "revenue_to_date": 20, "revenue_to_date_per_customer": 20.0, "is_complete": False,
}  # fmt: skip
CASES = [
    Case(
        CLV,
        clv.clv,
        VALUE,
        {
            **doubled("as_of"),
            "every_buyer_has_a_value_or_nobody_has": "INSERT INTO features.customers (as_of, person_id, frequency) VALUES ($bad, 'bob', 1)",
            "values_are_numbers_and_grow_with_the_horizon": "UPDATE stage SET p_alive = 'nan' WHERE as_of = $bad",
            "the_figures_of_a_person_agree": "UPDATE stage SET clv_high_12m = 29.9 WHERE as_of = $bad",
            "the_next_order_lies_in_its_interval": "UPDATE stage SET next_order_high_on = '2024-02-19' WHERE as_of = $bad",
            "they_agree_with_the_predictions": "UPDATE insights.predictions SET expected_spend = 11 WHERE as_of = $bad",
            "no_one_time_buyer_is_sure_to_come_back": "UPDATE features.customers SET frequency = 1 WHERE as_of = $bad; "
            "UPDATE stage SET p_alive = 1 WHERE as_of = $bad",
            "purchases_are_predicted_better_than_naively": worse("clv", "purchase_error_ratio", 1.2),
            "the_total_is_predicted_within_a_third": worse("clv", "total_bias", -0.4),
            "money_is_predicted_better_than_naively": worse("clv", "money_error_ratio", 1.2),
            "intervals_hold_what_they_promise": worse("clv", "coverage_gap", -0.1),
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            fitted("clv", FIGURES),
            PREDICTIONS.create_sql(),
            *(
                "INSERT INTO insights.predictions (as_of, person_id, horizon_days, p_purchase, expected_spend) "
                f"VALUES ('{monday}', 'anna', 77, 0.4, 9)"
                for monday in (MONDAY, BAD_MONDAY)
            ),
        ),
        together={"every_key_has_one_row": {"every_buyer_has_a_value_or_nobody_has"}},
    ),
    Case(
        COHORTS,
        clv.cohorts,
        MONTH,
        {
            **doubled("as_of"),
            "cohorts_add_up_to_the_customers": "INSERT INTO features.customers (as_of, person_id, frequency, spend) VALUES ($bad, 'bob', 1, 0)",
            "nobody_comes_back_more_than_all": "UPDATE stage SET active_count = 0 WHERE as_of = $bad",
            "revenue_adds_up_to_the_customers_spend": "UPDATE stage SET revenue = 19.99 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        together={
            "every_key_has_one_row": {"cohorts_add_up_to_the_customers", "revenue_adds_up_to_the_customers_spend"}
        },
    ),
]
