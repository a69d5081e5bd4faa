"""insights/segments, segment_profiles, segment_moves."""

from assets.insights.segments.tables import MOVES, PROFILES, SEGMENTS
from data_checks import segments
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled, fitted

SEGMENT = {
    "person_id": "anna",
    "segment_id": 1,
    "segment_zh": "新客户",
    "segment_en": "New customers",
    "is_typical": True,
    "label_zh": "新客户",
    "label_en": "New customers",
    "fitted_as_of": "2024-01-01",
}
FIT = fitted("segments", parameters='{"segment_ids": [1]}')
ONE_MORE_SEGMENT = fitted("segments", parameters='{"segment_ids": [1, 2]}', day="2024-01-08")
CASES = [
    Case(
        SEGMENTS,
        lambda _: segments.segments(),
        SEGMENT,
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * FROM stage WHERE as_of = $bad",
            "every_row_has_a_segment_and_its_names": "UPDATE stage SET segment_zh = '', label_zh = '' WHERE as_of = $bad",
            "who_is_not_typical_is_called_at_the_edge": "UPDATE stage SET label_zh = '接近“新客户”' WHERE as_of = $bad",
            "a_name_is_true_of_most_members": "UPDATE stage SET is_typical = false, label_zh = '接近“新客户”', label_en = 'At the edge' WHERE as_of = $bad",
            "every_buyer_has_a_segment_or_nobody_has": "INSERT INTO features.customers (as_of, person_id, frequency) VALUES ($bad, 'bob', 1)",
            "no_segment_has_shrunk_to_a_handful": f"{ONE_MORE_SEGMENT}; UPDATE stage SET fitted_as_of = DATE '2024-01-08' WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(FIT,),
        together={"every_key_has_one_row": {"every_buyer_has_a_segment_or_nobody_has"}},
    ),
    Case(
        PROFILES,
        lambda _: segments.segment_profiles(),
        {"segment_id": 1, "customer_share": 1.0},
        {
            **doubled("as_of"),
            "shares_add_up_to_one": "UPDATE stage SET customer_share = 0.9 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
        together={"every_key_has_one_row": {"shares_add_up_to_one"}},
    ),
    Case(
        MOVES,
        lambda _: segments.segment_moves(),
        {"from_segment_id": 1, "to_segment_id": 1, "customer_count": 1},
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE (0 AS customer_count) FROM stage WHERE as_of = $bad",
            "who_arrived_is_who_is_there": "UPDATE stage SET customer_count = 2 WHERE as_of = $bad",
            "a_move_has_a_from_or_a_to": "INSERT INTO stage (as_of, customer_count) VALUES ($bad, 1)",
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(
            SEGMENTS.create_sql(),
            *(
                f"INSERT INTO insights.segments (as_of, person_id) VALUES ('{day}', 'anna')"
                for day in (MONDAY, BAD_MONDAY)
            ),
        ),
    ),
]
