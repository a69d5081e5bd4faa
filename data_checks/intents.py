"""What is expected of the intents of messages."""

from data_checks.gate.expectation import Expectation, fit_figure, no_row, share_of_rows


def message_intents() -> list[Expectation]:
    return [
        Expectation(
            "every_message_of_a_customer_has_one_row",
            "A message that falls out is a customer who is not heard.",
            """
            SELECT CAST(a.delivered_on AS VARCHAR), coalesce(s.rows, 0) - coalesce(c.rows, 0) FROM asked AS a
            LEFT JOIN (SELECT delivered_on, count(DISTINCT row_no) AS rows FROM stage GROUP BY delivered_on) AS s
                ON s.delivered_on = a.delivered_on
            LEFT JOIN (
                SELECT delivered_on, count(*) AS rows FROM clean.messages WHERE sign = 1 AND sender = 'customer'
                GROUP BY delivered_on
            ) AS c ON c.delivered_on = a.delivered_on
            """,
            at_least=0,
            at_most=0,
        ),
        no_row(
            "an_intent_has_a_probability",
            "intent IS NULL OR p IS NULL OR p < 0 OR p > 1",
            "A probability outside of 0 to 1 is none.",
        ),
        no_row(
            "what_is_sure_is_in_scope",
            "is_sure AND NOT is_in_scope",
            "What is of no known intent must not be answered as if it were.",
        ),
        share_of_rows(
            "few_messages_are_out_of_scope",
            "NOT is_in_scope",
            0.5,
            "Where most messages are of no known intent, the model knows another shop's questions.",
            severity="warning",
        ),
        fit_figure(
            "the_model_is_better_than_the_most_frequent_intent",
            "On the newest messages before the fit, accuracy must be above that of calling every message what most were.",
            "intents",
            "accuracy_ahead",
            at_least=0,
        ),
    ]
