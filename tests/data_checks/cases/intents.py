"""insights/message_intents."""

from assets.insights.service.intents.tables import MESSAGE_INTENTS
from data_checks import intents
from tests.data_checks.cases.case import BAD, GOOD, Case, copies, doubled, fitted

# One message of a customer delivered on each of the two days, an answer, and a reversal, which count for nothing.
MESSAGES = f"""
    CREATE TABLE clean.messages AS
    SELECT delivered_on, row_no, 'm' || row_no AS message_id, sender, sign FROM (
        VALUES (DATE '{GOOD}', 1, 'customer', 1), (DATE '{BAD}', 1, 'customer', 1), (DATE '{BAD}', 2, 'agent', 1),
            (DATE '{BAD}', 3, 'customer', -1)
    ) AS t(delivered_on, row_no, sender, sign)
"""
WORSE = fitted("intents", '{"accuracy_ahead": -0.1}', day="2024-01-08")
CASES = [
    Case(
        MESSAGE_INTENTS,
        lambda _: intents.message_intents(),
        {
            "row_no": 1,
            "intent": "refund",
            "p": 0.8,
            "is_in_scope": True,
            "is_sure": False,
            "fitted_as_of": "2024-01-01",
        },
        {
            **doubled("delivered_on"),
            "every_message_of_a_customer_has_one_row": "INSERT INTO clean.messages VALUES ($bad, 9, 'm9', 'customer', 1)",
            "an_intent_has_a_probability": "UPDATE stage SET p = 1.5 WHERE delivered_on = $bad",
            "what_is_sure_is_in_scope": "UPDATE stage SET is_sure = true, is_in_scope = false WHERE delivered_on = $bad",
            "few_messages_are_out_of_scope": copies("n + 9 AS row_no, false AS is_in_scope")
            + "; INSERT INTO clean.messages SELECT $bad, n + 9, 'w' || n, 'customer', 1 FROM range(12) AS t(n)",
            "the_model_is_better_than_the_most_frequent_intent": f"{WORSE}; UPDATE stage SET fitted_as_of = DATE '2024-01-08' "
            "WHERE delivered_on = $bad",
        },
        around=(fitted("intents", '{"accuracy_ahead": 0.3}'), MESSAGES),
    ),
]
