"""insights/contact_reasons, service_quality, contacts, unanswered_questions, answer_use."""

from assets.insights.service.contacts.tables import (
    ANSWER_USE,
    CONTACT_REASONS,
    CONTACTS,
    SERVICE_QUALITY,
    UNANSWERED_QUESTIONS,
)
from data_checks import contacts
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled

WEEKS = (MONDAY, BAD_MONDAY)
REASON = {
    "intent": "refund", "conversation_count": 6, "said_count": 1, "usual_count": 5.0, "usual_count_low": 1.0, "usual_count_high": 9.0,
    "is_unusual": False,
}  # fmt: skip
CASES = [
    Case(
        CONTACT_REASONS,
        lambda _: contacts.contact_reasons(),
        [REASON, REASON | {"product_id": "tea"}],
        {
            **doubled("as_of"),
            "products_are_said_in_no_more_than_all": "UPDATE stage SET said_count = 7 WHERE as_of = $bad",
            "the_usual_range_holds_the_mean": "UPDATE stage SET usual_count_low = 6 WHERE as_of = $bad",
            "reasons_of_products_are_among_all": "UPDATE stage SET conversation_count = 5 WHERE as_of = $bad AND product_id IS NULL",
            "nothing_is_asked_more_than_usual": "UPDATE stage SET is_unusual = true WHERE as_of = $bad",
        },
        keys=WEEKS,
    ),
    Case(
        SERVICE_QUALITY,
        lambda _: contacts.service_quality(),
        {
            "conversation_count": 5, "replied_count": 4, "first_reply_median_seconds": 60, "first_reply_p90_seconds": 600, "resolved_count": 4,
            "person_count": 2, "handed_over_count": 1, "bot_count": 3, "settled_count": 2, "deflected_count": 1,
        },
        {
            **doubled("as_of"),
            "parts_of_the_conversations_are_among_them": "UPDATE stage SET deflected_count = 3 WHERE as_of = $bad",
            "most_replies_are_no_faster_than_half": "UPDATE stage SET first_reply_p90_seconds = 30 WHERE as_of = $bad",
        },
        keys=WEEKS,
    ),
    Case(
        CONTACTS,
        lambda _: contacts.contacts(),
        {"person_id": "anna", "contacts_90d": 2, "complaints_90d": 1, "last_contact_on": "2024-01-20"},
        {
            **doubled("as_of"),
            "complaints_are_contacts": "UPDATE stage SET complaints_90d = 3 WHERE as_of = $bad",
            "the_latest_contact_is_before_the_week": "UPDATE stage SET last_contact_on = as_of WHERE as_of = $bad",
        },
        keys=WEEKS,
    ),
    Case(
        UNANSWERED_QUESTIONS,
        lambda _: contacts.unanswered_questions(),
        {"place": 1, "question": "能换货吗", "conversation_count": 2},
        {
            **doubled("as_of"),
            "a_gap_is_asked_in_several_conversations": "UPDATE stage SET conversation_count = 1 WHERE as_of = $bad",
        },
        keys=WEEKS,
    ),
    Case(
        ANSWER_USE,
        lambda _: contacts.answer_use(),
        {"answer_id": "k1", "found_count": 0, "near_count": 1, "is_never_found": False},
        {
            **doubled("as_of"),
            "an_entry_is_found_or_never": "UPDATE stage SET is_never_found = true WHERE as_of = $bad",
        },
        keys=WEEKS,
    ),
]  # fmt: skip
