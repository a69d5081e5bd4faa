"""What is expected of scored sessions."""

from data_checks.gate.expectation import Expectation, fit_figure, no_row


def sessions() -> list[Expectation]:
    return [
        no_row(
            "every_session_has_a_probability_and_its_reasons",
            "coalesce(p_purchase NOT BETWEEN 0 AND 1, true) OR coalesce(reasons_zh, '') = '' OR coalesce(reasons_en, '') = ''",
            "A score without a value or a reason cannot be acted on.",
        ),
        no_row(
            "a_session_lies_in_the_week",
            # Times are UTC and the week is the shop's: a day on either side allows for every time zone.
            "coalesce(started_at > ended_at OR started_at < as_of - INTERVAL 8 DAY OR ended_at > as_of + INTERVAL 1 DAY, true)",
            "A session after the as-of date was not known before it, and one of an earlier week would be listed twice.",
        ),
        fit_figure(
            "the_model_ranks_sessions_better_than_carts",
            "On the newest sessions before the fit the model must rank better than the count of products in the cart alone.",
            "session_propensity",
            "auc_ahead",
            at_least=0,
        ),
    ]
