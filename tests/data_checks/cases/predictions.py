"""insights/predictions, prediction_backtests, prediction_drift."""

from assets.insights.predictions.tables import BACKTESTS, DRIFT, PREDICTIONS
from data_checks import predictions
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled, fitted, worse

SCORE = {
    "person_id": "anna", "horizon_days": 28, "p_purchase": 0.6, "p_churn": 0.4, "expected_spend": 12.0, "reasons_zh": "最近常来", "reasons_en": "Came often lately",
    "fitted_as_of": "2024-01-01",
}  # fmt: skip
CASES = [
    Case(
        PREDICTIONS,
        predictions.predictions,
        SCORE,
        {
            **doubled("as_of"),
            "probabilities_are_probabilities": "UPDATE stage SET p_churn = NULL WHERE as_of = $bad",
            "every_score_comes_with_its_reasons": "UPDATE stage SET reasons_zh = NULL WHERE as_of = $bad",
            "who_may_buy_is_expected_to_spend": "UPDATE stage SET expected_spend = 0 WHERE as_of = $bad",
            "every_buyer_has_a_score_or_nobody_has": "INSERT INTO features.customers (as_of, person_id, frequency) VALUES ($bad, 'bob', 1)",
            "the_fit_predicts_as_many_buyers_as_come": worse("purchase", "level_error", 0.2),
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(fitted("purchase", '{"level_error": 0.05}'),),
        together={"every_key_has_one_row": {"every_buyer_has_a_score_or_nobody_has"}},
    ),
    Case(
        BACKTESTS,
        lambda _: predictions.backtests(),
        {"horizon_days": 28, "mean_score": 0.3, "realised_rate": 0.25},
        {
            **doubled("as_of"),
            "the_window_closed_with_the_week": "UPDATE stage SET horizon_days = NULL WHERE as_of = $bad",
            predictions.CAME_TRUE: "UPDATE stage SET realised_rate = 0.5 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=("UPDATE stage SET scored_as_of = as_of - 28",),
    ),
    Case(
        DRIFT,
        lambda _: predictions.drift(),
        [{"feature": "spend", "psi": 0.02}, {"feature": "score", "psi": 0.1}],
        {
            **doubled("as_of"),
            predictions.MOVED: "UPDATE stage SET psi = 0.3 WHERE as_of = $bad AND feature = 'spend'",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
