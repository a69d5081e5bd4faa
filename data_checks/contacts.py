"""What is expected of insights.contact_reasons, service_quality, contacts, unanswered_questions and answer_use."""

from data_checks.gate.expectation import Expectation, no_row


def contact_reasons() -> list[Expectation]:
    return [
        no_row(
            "products_are_said_in_no_more_than_all",
            "said_count > conversation_count",
            "A conversation that says its product is a conversation.",
        ),
        no_row(
            "the_usual_range_holds_the_mean",
            "NOT coalesce(usual_count_low <= usual_count AND usual_count <= usual_count_high, usual_count IS NULL)",
            "A range that does not hold its mean was worked out from other weeks.",
        ),
        Expectation(
            "reasons_of_products_are_among_all",
            "What products were asked about was asked of the shop: more conversations by product than in all would be counted twice.",
            """
            SELECT CAST(a.as_of AS VARCHAR), greatest(0, coalesce(s.by_product, 0) - coalesce(s.in_all, 0)) FROM asked AS a
            LEFT JOIN (
                SELECT as_of, sum(conversation_count) FILTER (WHERE product_id IS NOT NULL) AS by_product,
                    sum(conversation_count) FILTER (WHERE product_id IS NULL) AS in_all
                FROM stage GROUP BY as_of
            ) AS s ON s.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        no_row(
            "nothing_is_asked_more_than_usual",
            "is_unusual AND product_id IS NULL AND conversation_count > usual_count",
            "Something is asked far more often than in the weeks before: the table says what, and about which product.",
            severity="warning",
        ),
    ]


def service_quality() -> list[Expectation]:
    return [
        no_row(
            "parts_of_the_conversations_are_among_them",
            "greatest(replied_count, resolved_count, person_count, bot_count) > conversation_count OR handed_over_count > person_count "
            "OR settled_count > bot_count OR deflected_count > settled_count",
            "More conversations of a kind than there are would be counted twice.",
        ),
        no_row(
            "most_replies_are_no_faster_than_half",
            "first_reply_median_seconds > first_reply_p90_seconds OR first_reply_median_seconds < 0",
            "Nine in ten take at least as long as half; nobody is answered before they ask.",
        ),
    ]


def contacts() -> list[Expectation]:
    return [
        no_row(
            "complaints_are_contacts",
            "complaints_90d > contacts_90d",
            "A complaint is a conversation.",
        ),
        no_row(
            "the_latest_contact_is_before_the_week",
            "last_contact_on >= as_of OR (contacts_90d > 0) <> (last_contact_on >= as_of - 90)",
            "A week knows nothing of what is said in it.",
        ),
    ]


def unanswered_questions() -> list[Expectation]:
    return [
        no_row(
            "a_gap_is_asked_in_several_conversations",
            "conversation_count < 2 OR question IS NULL",
            "What one customer asked once is no gap, and says too much of that customer.",
        ),
    ]


def answer_use() -> list[Expectation]:
    return [
        no_row(
            "an_entry_is_found_or_never",
            "is_never_found <> (found_count + near_count = 0)",
            "An entry that is found must not be proposed for removal.",
        ),
    ]
