"""The weekly tables of what service is asked."""

from assets.features.tables import AS_OF, PERSON
from resources.tables import Column, Table

INTENT = (
    Column("intent", "VARCHAR", "What it was about; other where nobody knows."),
    Column("intent_zh", "VARCHAR", "Its name in Chinese."),
    Column("intent_en", "VARCHAR", "Its name in English."),
)
CONTACT_REASONS = Table(
    schema="insights",
    name="contact_reasons",
    description="What service was asked in the seven days before a Monday, against the weeks before those: of every product and of the "
    "shop as a whole.",
    partitioning="weekly",
    key=("as_of", "product_id", "intent"),
    columns=(
        AS_OF,
        Column(
            "product_id",
            "VARCHAR",
            "The product: that of the order or product said in the conversation, else of the customer's latest order of 90 days; empty for "
            "the shop as a whole.",
        ),
        *INTENT,
        Column("conversation_count", "BIGINT", "Conversations begun in the seven days."),
        Column("said_count", "BIGINT", "Those in which the order or product itself was said."),
        Column("order_count", "BIGINT", "Orders of the seven days: of the product, or of the shop."),
        Column("contacts_an_order", "DOUBLE", "Conversations for each of these orders."),
        Column("week_count", "INTEGER", "Weeks before that it is compared with, at most twelve."),
        Column("usual_count", "DOUBLE", "Mean of these weeks; empty of fewer than four."),
        Column("usual_count_low", "DOUBLE", "Lower end of the range in which 19 weeks of 20 lie."),
        Column("usual_count_high", "DOUBLE", "Upper end."),
        Column(
            "is_unusual",
            "BOOLEAN",
            "Whether the week is three standard deviations from the mean, with at least five conversations.",
        ),
    ),
)
SERVICE_QUALITY = Table(
    schema="insights",
    name="service_quality",
    description="How the conversations begun in the seven days before a Monday were answered, by channel and all together.",
    partitioning="weekly",
    key=("as_of", "channel"),
    columns=(
        AS_OF,
        Column("channel", "VARCHAR", "Where they took place; empty for all together."),
        Column("conversation_count", "BIGINT", "Conversations in which a customer asked."),
        Column("replied_count", "BIGINT", "Those with a reply."),
        Column(
            "first_reply_median_seconds", "BIGINT", "From the first question to the first reply: half took no longer."
        ),
        Column("first_reply_p90_seconds", "BIGINT", "Nine in ten took no longer."),
        Column("resolved_count", "BIGINT", "Those in which service had the last word."),
        Column(
            "resolution_median_seconds", "BIGINT", "From the first question to that last word: half took no longer."
        ),
        Column("person_count", "BIGINT", "Those in which a person wrote."),
        Column("handed_over_count", "BIGINT", "Those in which a person wrote after the bot."),
        Column("bot_count", "BIGINT", "Those in which the bot wrote."),
        Column("settled_count", "BIGINT", "Those in which the bot wrote, and a day has passed since."),
        Column(
            "deflected_count",
            "BIGINT",
            "Those of them whose customer neither asked for a person nor was answered by one, here or elsewhere, until 24 hours later.",
        ),
        Column("deflected_share", "DOUBLE", "Their share among the settled ones."),
    ),
)
CONTACTS = Table(
    schema="insights",
    name="contacts",
    description="How often each person turned to service in the 90 days before a Monday, and what about last, within half a year.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=("contacts_90d", "complaints_90d", "last_contact_on", "last_contact_reason_zh", "last_contact_reason_en"),
    columns=(
        AS_OF,
        PERSON,
        Column("contacts_90d", "BIGINT", "Conversations begun in the last 90 days."),
        Column("complaints_90d", "BIGINT", "Complaints among them."),
        Column("last_contact_on", "DATE", "Day of the latest conversation."),
        Column("last_contact_reason_zh", "VARCHAR", "What it was about, in Chinese."),
        Column("last_contact_reason_en", "VARCHAR", "What it was about, in English."),
    ),
)
UNANSWERED_QUESTIONS = Table(
    schema="insights",
    name="unanswered_questions",
    description="What customers asked in the four weeks before a Monday and no entry of the knowledge base answers: questions of at least two "
    "conversations that ask the same, the most asked first, with a draft of the entry that is missing.",
    partitioning="weekly",
    key=("as_of", "place"),
    columns=(
        AS_OF,
        Column("place", "INTEGER", "Its place by how often it was asked, from 1."),
        Column(
            "question",
            "VARCHAR",
            "The most frequent wording, personal values masked: the draft's standard question.",
            personal=True,
        ),
        Column("variants", "VARCHAR[]", "Up to five other wordings.", personal=True),
        *INTENT,
        Column("conversation_count", "BIGINT", "Conversations in which it was asked."),
        Column("last_asked_on", "DATE", "Day of the latest one."),
        Column(
            "reply",
            "VARCHAR",
            "What a person answered last, personal values masked: a draft of the answer.",
            personal=True,
        ),
        Column("nearest_answer_id", "VARCHAR", "The entry that comes nearest."),
        Column("nearest_p_right", "DOUBLE", "Probability that it is what was asked."),
    ),
)
ANSWER_USE = Table(
    schema="insights",
    name="answer_use",
    description="How often each entry of the knowledge base answers what was asked in the four weeks before a Monday.",
    partitioning="weekly",
    key=("as_of", "answer_id"),
    columns=(
        AS_OF,
        Column("answer_id", "VARCHAR", "The entry."),
        Column("intent", "VARCHAR", "What it answers."),
        Column("question", "VARCHAR", "Its standard question."),
        Column("found_count", "BIGINT", "Conversations whose question it answers."),
        Column("near_count", "BIGINT", "Those that it comes nearest to, without being sure enough."),
        Column("is_never_found", "BOOLEAN", "Whether it is neither."),
    ),
)
