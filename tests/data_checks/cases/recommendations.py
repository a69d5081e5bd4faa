"""insights/recommendations, profiles, similar_products, bought_together, recommendation_feedback."""

from typing import Any

from assets.features.tables import IDENTITIES
from assets.insights.recommendations.tables import FEEDBACK, PROFILES, RECOMMENDATIONS, SIMILAR, TOGETHER
from data_checks import recommendations
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled, fitted, worse

SHOWN: dict[str, Any] = {
    "person_id": "anna", "list": "discover", "position": 1, "product_id": "pot", "score": 0.5, "source": "taste", "because_zh": "常买茶",
    "because_en": "Often buys tea", "fitted_as_of": "2024-01-01",
}  # fmt: skip
BOTH = '{"lists": {"discover": true, "rebuy": true}}'
STOCK = """
    CREATE OR REPLACE TABLE clean.products AS
    SELECT * FROM (VALUES ('tea', true, DATE '2024-01-01'), ('pot', true, DATE '2024-01-01')) AS t(product_id, in_stock, known_on)
"""
AHEAD = '{"discover_ahead_of_popularity": 0.02, "rebuy_ahead_of_popularity": 0.1}'
CASES = [
    Case(
        RECOMMENDATIONS,
        recommendations.recommendations,
        [SHOWN, SHOWN | {"list": "rebuy", "product_id": "tea", "source": "rebuy"}],
        {
            "every_key_has_one_row": "INSERT INTO stage SELECT * REPLACE ('cup' AS product_id) FROM stage WHERE as_of = $bad AND list = 'discover'",
            "a_product_is_on_one_list_once": "INSERT INTO stage SELECT * REPLACE (2 AS position) FROM stage WHERE as_of = $bad AND list = 'discover'",
            "every_product_has_its_reason_in_both_languages": "UPDATE stage SET because_zh = '' WHERE as_of = $bad",
            "every_customer_has_a_list_or_nobody_has": "INSERT INTO features.customers (as_of, person_id) VALUES ($bad, 'bob')",
            "the_lists_cover_enough_of_the_catalogue": "UPDATE spread SET coverage = 0.01 WHERE as_of = $bad",
            "two_customers_do_not_get_the_same_list": "UPDATE spread SET overlap = 0.9 WHERE as_of = $bad",
            "new_and_known_products_are_on_lists_of_their_own": "UPDATE stage SET source = 'taste' WHERE as_of = $bad",
            "new_products_are_predicted_better_than_popular": worse(
                "recommendations", "discover_ahead_of_popularity", -0.01
            ),
            "rebuying_is_predicted_better_than_popularity": worse(
                "recommendations", "rebuy_ahead_of_popularity", -0.01
            ),
            # Bought under another account of theirs.
            "new_products_are_new_to_the_customer": "INSERT INTO features.identities BY NAME SELECT CAST($bad AS DATE) AS as_of, 'bob' AS customer_id, "
            "'anna' AS person_id; INSERT INTO clean.orders SELECT * REPLACE ('pot' AS product_id, 'bob' AS customer_id) FROM clean.orders WHERE customer_id = 'anna'",
            "what_cannot_be_bought_is_not_shown": "INSERT INTO clean.products VALUES ('pot', false, CAST($bad AS DATE) - 1)",
        },
        figures="SELECT as_of, coverage, overlap FROM spread",
        keys=(MONDAY, BAD_MONDAY),
        around=(
            fitted("recommendations", AHEAD, BOTH),
            STOCK,
            IDENTITIES.create_sql(),
            # More than twice what anna knows.
            "INSERT INTO clean.orders SELECT o.* REPLACE ('p' || n AS product_id, NULL AS customer_id) FROM clean.orders AS o, range(3) AS t(n)",
            "CREATE TABLE spread AS SELECT as_of, 0.4 AS coverage, 0.3 AS overlap FROM asked",
        ),
    ),
    Case(
        PROFILES,
        lambda _: recommendations.profiles(),
        {"person_id": "anna", "product_count": 1},
        {
            **doubled("as_of"),
            "every_customer_has_a_profile_or_nobody_has": "INSERT INTO features.customers (as_of, person_id) VALUES ($bad, 'bob')",
        },
        keys=(MONDAY, BAD_MONDAY),
        together={"every_key_has_one_row": {"every_customer_has_a_profile_or_nobody_has"}},
    ),
    Case(
        SIMILAR,
        lambda _: recommendations.similar_products(),
        {"product_id": "tea", "position": 1, "other_product_id": "pot", "score": 0.5, "source": "orders"},
        {
            **doubled("as_of"),
            "no_product_is_its_own_neighbour": "UPDATE stage SET other_product_id = 'tea' WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        TOGETHER,
        lambda _: recommendations.bought_together(),
        {"product_id": "tea", "other_product_id": "pot", "lift": 2.0, "confidence_share": 0.5, "support_share": 0.1},
        {
            **doubled("as_of"),
            "pairs_are_bought_together_more_often_than_chance": "UPDATE stage SET lift = 1 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        FEEDBACK,
        lambda _: recommendations.feedback(),
        {
            "list": "discover",
            "source": "taste",
            "impression_count": 9,
            "first_position_worth": 4.0,
            "click_count": 2,
            "purchase_count": 1,
        },
        {
            **doubled("as_of"),
            "clicks_are_no_more_than_impressions": "UPDATE stage SET click_count = 10 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
