"""What is expected of scored reviews, of satisfaction with products, of opinions by person, and of the trends of aspects."""

from data_checks.gate.expectation import Expectation, fit_figure, no_row, share_of_rows


def review_scores() -> list[Expectation]:
    return [
        Expectation(
            "every_delivered_review_has_one_row",
            "A review that falls out is a customer who is not heard.",
            """
            SELECT CAST(a.delivered_on AS VARCHAR), coalesce(s.rows, 0) - coalesce(c.rows, 0) FROM asked AS a
            LEFT JOIN (SELECT delivered_on, count(DISTINCT row_no) AS rows FROM stage GROUP BY delivered_on) AS s
                ON s.delivered_on = a.delivered_on
            LEFT JOIN (SELECT delivered_on, count(*) AS rows FROM clean.reviews WHERE sign = 1 GROUP BY delivered_on) AS c
                ON c.delivered_on = a.delivered_on
            """,
            at_least=0,
            at_most=0,
        ),
        no_row(
            "a_review_has_a_verdict_or_the_reason_why_not",
            "(label IS NULL) = (reason IS NULL) OR label NOT IN ('positive', 'neutral', 'negative')",
            "A review without words must not look as if it had been judged.",
        ),
        no_row(
            "probabilities_of_a_verdict_add_up_to_one",
            "label IS NOT NULL AND (p_positive IS NULL OR p_negative IS NULL "
            "OR abs(p_positive + p_negative + coalesce(p_neutral, 0) - 1) > 0.001)",
            "Probabilities that do not add up are not probabilities.",
        ),
        share_of_rows(
            "few_reviews_are_in_another_script",
            "reason = 'other_script'",
            0.5,
            "Where most reviews are in a script that the model was not trained on, it is that of another language.",
            severity="warning",
        ),
        fit_figure(
            "the_model_is_better_than_the_most_frequent_label",
            "On the newest reviews before the fit, macro-F1 must be above that of calling every review what most are.",
            "sentiment",
            "f1_ahead",
            at_least=0,
        ),
    ]


def product_satisfaction() -> list[Expectation]:
    return [
        no_row(
            "opinions_are_among_the_reviews",
            "positive_count + neutral_count + negative_count > review_count OR review_count_90d > review_count",
            "More opinions than reviews would be invented ones.",
        ),
        no_row(
            "the_interval_holds_the_share",
            "NOT coalesce(positive_share_low <= positive_share AND positive_share <= positive_share_high, positive_share IS NULL)",
            "An interval that does not hold its share was worked out from other rows.",
        ),
        Expectation(
            "every_review_known_is_counted",
            "The reviews of all products are the reviews known before the week, each once.",
            """
            SELECT CAST(a.as_of AS VARCHAR), coalesce(s.reviews, 0) - coalesce(c.reviews, 0) FROM asked AS a
            LEFT JOIN (SELECT as_of, sum(review_count) AS reviews FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (
                SELECT w.as_of, count(*) AS reviews FROM asked AS w
                JOIN (SELECT review_id, min(known_on) AS known_on FROM clean.reviews WHERE sign = 1 GROUP BY review_id) AS r
                    ON r.known_on < w.as_of
                GROUP BY w.as_of
            ) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
    ]


def customer_opinions() -> list[Expectation]:
    return [
        no_row(
            "sentiment_lies_between_blame_and_praise",
            "abs(review_sentiment) > 1 OR abs(latest_review_sentiment) > 1 OR negative_review_count_90d > review_count",
            "A difference of two probabilities beyond one was worked out from something else.",
        ),
        Expectation(
            "every_review_of_an_account_is_counted",
            "Reviews of one person under two accounts are theirs together, and none is lost.",
            """
            SELECT CAST(a.as_of AS VARCHAR), coalesce(s.reviews, 0) - coalesce(c.reviews, 0) FROM asked AS a
            LEFT JOIN (SELECT as_of, sum(review_count) AS reviews FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (
                SELECT as_of, count(*) FILTER (WHERE customer_id IS NOT NULL) AS reviews FROM (
                    SELECT w.as_of, arg_max(r.customer_id, row(r.known_on, r.delivered_on, r.row_no)) AS customer_id
                    FROM asked AS w JOIN clean.reviews AS r ON r.sign = 1 AND r.known_on < w.as_of
                    GROUP BY w.as_of, r.review_id
                ) GROUP BY as_of
            ) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
    ]


def aspect_trends() -> list[Expectation]:
    return [
        no_row(
            "who_mentions_an_aspect_praises_or_blames_it",
            "mention_count <> praised_count + blamed_count OR (blamed_count > 0) <> (coalesce(len(quotes), 0) > 0)",
            "A complaint without a quote cannot be acted on, and a quote without a complaint is none.",
        ),
        no_row(
            "no_aspect_has_fallen_by_more_than_noise",
            "is_drop",
            "Something became worse in the last four weeks: the quotes say what. Of about ten aspects a week, noise alone passes "
            "three standard errors once in two years.",
            severity="warning",
        ),
    ]
