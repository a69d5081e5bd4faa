"""What is expected of predictions, of how they came true, and of drift."""

from data_checks.gate.expectation import Expectation, every_buyer_has_one, fit_figure, no_row
from resources.shop import Shop

CAME_TRUE = "as_many_bought_as_were_expected_to"
MOVED = "no_input_has_moved_since_the_fit"

FURTHEST_OFF = 0.1
SHIFTED = 0.25
SHOWN = ("scored_as_of", "customer_count", "mean_score", "realised_rate", "auc", "ap", "brier", "ece")
PLOTTED = ("auc", "ap", "brier", "mean_score", "realised_rate")
SHOWN_SHIFTS = 10


def predictions(shop: Shop) -> list[Expectation]:
    return [
        no_row(
            "probabilities_are_probabilities",
            "p_purchase IS NULL OR NOT (p_purchase > 0 AND p_purchase < 1) OR p_churn IS NULL OR abs(p_purchase + p_churn - 1) > 0.000001",
            "Whoever buys does not leave, and nothing about a customer is certain.",
        ),
        no_row(
            "every_score_comes_with_its_reasons",
            "coalesce(reasons_zh, '') = '' OR coalesce(reasons_en, '') = ''",
            "A score without a reason in the reader's language is not acted on.",
        ),
        *(
            [
                no_row(
                    "who_may_buy_is_expected_to_spend",
                    "expected_spend <= 0 OR NOT isfinite(expected_spend)",
                    "A purchase that is worth nothing makes spend and probability contradict each other.",
                )
            ]
            if shop.has_prices
            else []
        ),
        every_buyer_has_one(
            "a_score", "Customers that fall out between features and predictions would vanish from every action."
        ),
        fit_figure(
            "the_fit_predicts_as_many_buyers_as_come",
            "A model that expected many more or fewer buyers than came, in a window it had not seen, misleads whoever plans with its sums.",
            "purchase",
            "level_error",
            at_most=FURTHEST_OFF,
        ),
    ]


def backtests() -> list[Expectation]:
    return [
        no_row(
            "the_window_closed_with_the_week",
            "scored_as_of + horizon_days IS DISTINCT FROM as_of",
            "A window that is still open counts those who have not come back yet as gone.",
        ),
        Expectation(
            CAME_TRUE,
            "Buying follows the season: scores learned in one are too low or too high in the next, and this says so.",
            "max(abs(mean_score - realised_rate))",
            at_most=FURTHEST_OFF,
            offending=f"abs(mean_score - realised_rate) > {FURTHEST_OFF}",
            severity="warning",
            unit="share",
        ),
    ]


def drift() -> list[Expectation]:
    return [
        Expectation(
            MOVED,
            "Scores are only as good as the likeness of today's customers to those learned from.",
            "max(psi)",
            at_most=SHIFTED,
            offending=f"psi > {SHIFTED}",
            severity="warning",
        ),
    ]
