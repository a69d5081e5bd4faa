"""What is expected of scored sessions."""

from data_checks.expectation import Expectation, no_row, unique

AHEAD = "the_model_ranks_sessions_better_than_their_carts_do"


def sessions() -> list[Expectation]:
    return [
        unique("a_session_has_one_row", ("customer_id", "started_at"), "A session scored twice is addressed twice."),
        no_row(
            "every_session_has_a_probability_and_its_reasons",
            "coalesce(p_purchase NOT BETWEEN 0 AND 1, true) OR coalesce(reasons_zh, '') = '' OR coalesce(reasons_en, '') = ''",
            "A score without a value or a reason cannot be acted on.",
        ),
        no_row(
            "a_session_lies_in_the_week",
            "started_at > ended_at OR ended_at > as_of + INTERVAL 1 DAY",
            "A session after the as-of date was not known before it.",
        ),
        Expectation(
            AHEAD,
            "On the newest sessions before the fit the model must rank better than the count of products in the cart alone.",
            "auc_ahead",
            at_least=0,
            severity="warning",
            given=True,
        ),
    ]
