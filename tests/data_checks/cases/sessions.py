"""insights/session_propensity."""

from assets.insights.sessions.tables import SESSIONS
from data_checks import sessions
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled, fitted, worse

SESSION = {
    "person_id": "anna", "customer_id": "anna", "p_purchase": 0.3, "reasons_zh": "加入购物车", "reasons_en": "Put something into the cart",
    "fitted_as_of": "2024-01-01",
}  # fmt: skip
CASES = [
    Case(
        SESSIONS,
        lambda _: sessions.sessions(),
        SESSION,
        {
            **doubled("as_of"),
            "every_session_has_a_probability_and_its_reasons": "UPDATE stage SET reasons_en = NULL WHERE as_of = $bad",
            "a_session_lies_in_the_week": "UPDATE stage SET started_at = started_at - INTERVAL 9 DAY, ended_at = ended_at - INTERVAL 9 DAY "
            "WHERE as_of = $bad",
            "the_model_ranks_sessions_better_than_carts": worse("session_propensity", "auc_ahead", -0.1),
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            fitted("session_propensity", '{"auc_ahead": 0.05}'),
            "UPDATE stage SET started_at = as_of - INTERVAL 3 DAY, ended_at = as_of - INTERVAL 71 HOUR",
        ),
    ),
]
