"""What is expected of predictions, of how they came true, and of drift."""

from data_checks.expectation import Expectation, no_row, unique

LEVEL = "the_fit_in_force_had_the_right_level_on_its_hold_out"
CAME_TRUE = "as_many_bought_as_were_expected_to"
MOVED = "no_input_has_moved_since_the_fit"

FURTHEST_OFF = 0.1
SHIFTED = 0.25
SHOWN = ("scored_as_of", "customer_count", "mean_score", "realised_rate", "auc", "ap", "brier", "ece")
SHOWN_SHIFTS = 10


def predictions() -> list[Expectation]:
    return [
        unique("a_customer_has_one_score_a_week", ("person_id",), "Two scores of a customer contradict each other."),
        no_row(
            "probabilities_are_probabilities",
            "p_purchase IS NULL OR NOT (p_purchase > 0 AND p_purchase < 1) OR abs(p_purchase + p_churn - 1) > 0.000001",
            "Whoever buys does not leave, and nothing about a customer is certain.",
        ),
        no_row(
            "every_score_comes_with_its_reasons",
            "coalesce(reasons_zh, '') = '' OR coalesce(reasons_en, '') = ''",
            "A score without a reason in the reader's language is not acted on.",
        ),
        Expectation(
            "every_buyer_of_the_week_has_a_score_or_nobody_has",
            "Customers that fall out between features and predictions would vanish from every action.",
            """
            SELECT CAST(a.as_of AS VARCHAR), CASE WHEN s.buyers > 0 THEN c.buyers - s.buyers END FROM asked AS a
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        Expectation(
            LEVEL,
            "A model that expected many more or fewer buyers than came, in a window it had not seen, misleads whoever plans with its sums.",
            """
            SELECT CAST(s.as_of AS VARCHAR), max(CAST(r.metrics ->> 'level_error' AS DOUBLE))
            FROM (SELECT DISTINCT as_of, fitted_as_of FROM stage) AS s
            JOIN models.registry AS r ON r.name = 'purchase' AND r.fitted_as_of = s.fitted_as_of
            GROUP BY s.as_of
            """,
            at_most=FURTHEST_OFF,
            severity="warning",
        ),
    ]


def backtests() -> list[Expectation]:
    return [
        unique(
            "a_week_of_scores_is_judged_once",
            ("scored_as_of",),
            "Two verdicts on the same scores contradict each other.",
        ),
        no_row(
            "the_window_closed_with_the_week",
            "scored_as_of + horizon_days <> as_of",
            "A window that is still open counts those who have not come back yet as gone.",
        ),
        Expectation(
            CAME_TRUE,
            "Buying follows the season: scores learned in one are too low or too high in the next, and this says so.",
            "max(abs(mean_score - realised_rate))",
            at_most=FURTHEST_OFF,
            offending=f"abs(mean_score - realised_rate) > {FURTHEST_OFF}",
            severity="warning",
        ),
    ]


def drift() -> list[Expectation]:
    return [
        unique("a_feature_has_one_figure_a_week", ("feature",), "Two figures of one input contradict each other."),
        Expectation(
            MOVED,
            "Scores are only as good as the likeness of today's customers to those learned from.",
            "max(psi)",
            at_most=SHIFTED,
            offending=f"psi > {SHIFTED}",
            severity="warning",
        ),
    ]
