"""The daily table of the intents of messages."""

from assets.features.tables import FIT
from resources.tables import Column, Table

MESSAGE_INTENTS = Table(
    schema="insights",
    name="message_intents",
    description="What each delivered message of a customer asks: the likeliest intents by the newest model fitted before it was known. "
    "The words themselves stay in clean.messages.",
    partitioning="daily",
    key=("delivered_on", "row_no"),
    holds_verdicts=True,
    columns=(
        Column("delivered_on", "DATE", "The day on which the shop handed the message over."),
        Column("row_no", "BIGINT", "The message's place in its delivery."),
        Column("known_on", "DATE", "The day from which it may be used."),
        Column("message_id", "VARCHAR", "The message; again where it was changed."),
        Column("conversation_id", "VARCHAR", "The conversation it belongs to."),
        Column("intent", "VARCHAR", "The likeliest intent, a name of the shop's own or of the model as installed."),
        Column("p", "DOUBLE", "Calibrated probability that it is meant."),
        Column("second", "VARCHAR", "The next likeliest."),
        Column("third", "VARCHAR", "The one after that."),
        Column("is_in_scope", "BOOLEAN", "Whether the message is of any intent that the model knows."),
        Column("is_sure", "BOOLEAN", "Whether the likeliest is right as often as the model promises, 19 times in 20."),
        *FIT,
    ),
)
