"""What is expected of insights."""

from data_checks.expectation import Expectation, no_row, unique

SMALLEST_SEGMENT = 0.01


def segments() -> list[Expectation]:
    return [
        unique(
            "a_customer_is_in_one_segment",
            ("person_id",),
            "A customer in two segments would be counted and addressed twice.",
        ),
        no_row(
            "every_row_has_a_segment_and_its_names",
            "segment_id IS NULL OR coalesce(segment_zh, '') = '' OR coalesce(segment_en, '') = ''",
            "A segment without a name in both languages cannot be read by those who work with it.",
        ),
        Expectation(
            "every_buyer_of_the_week_has_a_segment_or_nobody_has",
            "Customers that fall out between features and segments would vanish from every action.",
            """
            SELECT CAST(a.as_of AS VARCHAR), CASE WHEN s.buyers > 0 THEN c.buyers - s.buyers END FROM asked AS a
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        Expectation(
            "no_segment_has_shrunk_to_a_handful",
            "Between fits the segments are frozen: one that empties says that the shop has changed and the next fit is due.",
            "SELECT CAST(as_of AS VARCHAR), min(share) FROM (SELECT as_of, segment_id, count(*) / sum(count(*)) OVER (PARTITION BY as_of) AS share "
            "FROM stage GROUP BY as_of, segment_id) GROUP BY as_of",
            at_least=SMALLEST_SEGMENT,
            severity="warning",
        ),
    ]


def segment_profiles() -> list[Expectation]:
    return [
        unique("a_segment_has_one_profile", ("segment_id",), "Two profiles of a segment contradict each other."),
        Expectation(
            "shares_add_up_to_one",
            "Profiles must cover all customers of the week.",
            "sum(customer_share)",
            at_least=0.999,
            at_most=1.001,
        ),
    ]


def segment_moves() -> list[Expectation]:
    return [
        Expectation(
            "who_arrived_is_who_is_there",
            "The moves into the segments must add up to the segments.",
            """
            SELECT CAST(a.as_of AS VARCHAR), coalesce(m.customers, 0) - coalesce(s.customers, 0) FROM asked AS a
            LEFT JOIN (SELECT as_of, sum(customer_count) AS customers FROM stage WHERE to_segment_id IS NOT NULL GROUP BY as_of) AS m
                ON m.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS customers FROM insights.segments GROUP BY as_of) AS s ON s.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        no_row("a_move_has_a_from_or_a_to", "from_segment_id IS NULL AND to_segment_id IS NULL", "A move of nobody."),
    ]
