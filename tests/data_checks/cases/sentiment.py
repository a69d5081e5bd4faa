"""insights/review_scores, product_satisfaction, customer_opinions, aspect_trends."""

from assets.insights.sentiment.tables import ASPECT_TRENDS, CUSTOMER_OPINIONS, PRODUCT_SATISFACTION, REVIEW_SCORES
from data_checks import sentiment
from tests.data_checks.cases.case import BAD, BAD_MONDAY, GOOD, MONDAY, Case, copies, doubled, fitted

# One review delivered on each of the two days, of an account, and its reversal, which counts for nothing.
REVIEWS = f"""
    CREATE TABLE clean.reviews AS
    SELECT delivered_on, delivered_on AS known_on, row_no, 'r' || delivered_on AS review_id, 'anna' AS customer_id, sign FROM (
        VALUES (DATE '{GOOD}', 1, 1), (DATE '{BAD}', 1, 1), (DATE '{BAD}', 2, -1)
    ) AS t(delivered_on, row_no, sign)
"""
WORSE = fitted("sentiment", '{"f1_ahead": -0.1}', day="2024-01-08")
# One more known before the bad week only.
UNCOUNTED = f"INSERT INTO clean.reviews VALUES ('{MONDAY}', '{MONDAY}', 1, 'new', 'anna', 1)"
CASES = [
    Case(
        REVIEW_SCORES,
        lambda _: sentiment.review_scores(),
        {
            "row_no": 1,
            "label": "positive",
            "p_positive": 0.8,
            "p_neutral": 0.1,
            "p_negative": 0.1,
            "fitted_as_of": "2024-01-01",
        },
        {
            **doubled("delivered_on"),
            "every_delivered_review_has_one_row": "INSERT INTO clean.reviews VALUES ($bad, $bad, 3, 'lost', 'anna', 1)",
            "a_review_has_a_verdict_or_the_reason_why_not": "UPDATE stage SET reason = 'too_short' WHERE delivered_on = $bad",
            "probabilities_of_a_verdict_add_up_to_one": "UPDATE stage SET p_negative = 0.5 WHERE delivered_on = $bad",
            "few_reviews_are_in_another_script": copies("n + 9 AS row_no, 'other_script' AS reason, NULL AS label")
            + "; INSERT INTO clean.reviews SELECT $bad, $bad, n + 9, 'w' || n, 'anna', 1 FROM range(12) AS t(n)",
            "the_model_is_better_than_the_most_frequent_label": f"{WORSE}; UPDATE stage SET fitted_as_of = DATE '2024-01-08' "
            "WHERE delivered_on = $bad",
        },
        around=(fitted("sentiment", '{"f1_ahead": 0.3}'), REVIEWS),
    ),
    Case(
        PRODUCT_SATISFACTION,
        lambda _: sentiment.product_satisfaction(),
        {
            "product_id": "tea",
            "review_count": 2,
            "positive_count": 1,
            "neutral_count": 0,
            "negative_count": 1,
            "review_count_90d": 2,
            "positive_share": 0.5,
            "positive_share_low": 0.1,
            "positive_share_high": 0.9,
        },
        {
            **doubled("as_of"),
            "opinions_are_among_the_reviews": "UPDATE stage SET review_count_90d = 3 WHERE as_of = $bad",
            "the_interval_holds_the_share": "UPDATE stage SET positive_share_low = 0.6 WHERE as_of = $bad",
            "every_review_known_is_counted": UNCOUNTED,
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(REVIEWS,),
        together={"every_key_has_one_row": {"every_review_known_is_counted"}},
    ),
    Case(
        CUSTOMER_OPINIONS,
        lambda _: sentiment.customer_opinions(),
        {
            "person_id": "anna",
            "review_count": 2,
            "review_sentiment": 0.5,
            "latest_review_sentiment": -0.5,
            "negative_review_count_90d": 1,
        },
        {
            **doubled("as_of"),
            "sentiment_lies_between_blame_and_praise": "UPDATE stage SET review_sentiment = 1.5 WHERE as_of = $bad",
            "every_review_of_an_account_is_counted": UNCOUNTED,
        },
        keys=(MONDAY, BAD_MONDAY),
        around=(REVIEWS,),
        together={"every_key_has_one_row": {"every_review_of_an_account_is_counted"}},
    ),
    Case(
        ASPECT_TRENDS,
        lambda _: sentiment.aspect_trends(),
        {
            "product_id": "tea",
            "aspect": "taste",
            "mention_count": 3,
            "praised_count": 2,
            "blamed_count": 1,
            "quotes": ["太苦"],
            "is_drop": False,
        },
        {
            **doubled("as_of"),
            "who_mentions_an_aspect_praises_or_blames_it": "UPDATE stage SET quotes = [] WHERE as_of = $bad",
            "no_aspect_has_fallen_by_more_than_noise": "UPDATE stage SET is_drop = true WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
