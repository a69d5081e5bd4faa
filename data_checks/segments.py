"""What is expected of segments, of their profiles, and of the moves between them."""

from data_checks.gate.expectation import PART, Expectation, every_buyer_has_one, moves_add_up, no_row

MODEL = "segments"
SMALLEST_SEGMENT = 0.01


def segments() -> list[Expectation]:
    return [
        no_row(
            "every_row_has_a_segment_and_its_names",
            "segment_id IS NULL OR coalesce(segment_zh, '') = '' OR coalesce(segment_en, '') = ''",
            "A segment without a name in both languages cannot be read by those who work with it.",
        ),
        every_buyer_has_one(
            "a_segment", "Customers that fall out between features and segments would vanish from every action."
        ),
        no_row(
            "who_is_not_typical_is_called_at_the_edge",
            "is_typical IS NULL OR is_typical <> (label_zh = segment_zh AND label_en = segment_en)",
            "What is said of a customer must be true of this customer.",
        ),
        Expectation(
            "a_name_is_true_of_most_members",
            "At the fit a name holds for four in five members; where it no longer holds for two in three, the next fit is due.",
            f"SELECT part, min(typical) FROM (SELECT {PART} AS part, avg(CAST(is_typical AS INTEGER)) AS typical FROM stage "
            "GROUP BY 1, segment_id) GROUP BY part",
            at_least=0.66,
            severity="warning",
            unit="share",
            model=MODEL,
        ),
        Expectation(
            "no_segment_has_shrunk_to_a_handful",
            "Between fits the segments are frozen: one that empties says that the shop has changed and the next fit is due.",
            f"""
            SELECT f.part, min(coalesce(s.customers, 0) / f.customers)
            FROM (
                SELECT {PART} AS part, max(fitted_as_of) AS fitted_as_of, count(*) AS customers FROM stage GROUP BY 1
            ) AS f
            JOIN (
                SELECT fitted_as_of, unnest(CAST(parameters -> 'segment_ids' AS INTEGER[])) AS segment_id
                FROM models.registry WHERE name = '{MODEL}'
            ) AS r ON r.fitted_as_of = f.fitted_as_of
            LEFT JOIN (SELECT {PART} AS part, segment_id, count(*) AS customers FROM stage GROUP BY ALL) AS s
                ON s.part = f.part AND s.segment_id = r.segment_id
            GROUP BY f.part
            """,
            at_least=SMALLEST_SEGMENT,
            severity="warning",
            unit="share",
            model=MODEL,
        ),
    ]


def segment_profiles() -> list[Expectation]:
    return [
        Expectation(
            "shares_add_up_to_one",
            "Profiles must cover all customers of the week.",
            "sum(customer_share)",
            at_least=0.999,
            at_most=1.001,
        ),
    ]


def segment_moves() -> list[Expectation]:
    why = "The moves into the segments must add up to the segments."
    return moves_add_up("insights.segments", "from_segment_id", "to_segment_id", why)
