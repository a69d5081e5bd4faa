"""What is expected of insights.clv and insights.cohorts."""

from collections.abc import Mapping, Sequence
from typing import Any

from data_checks.expectation import Expectation, no_row, unique
from resources.registry import Fitted
from resources.shop import Shop

BETTER = "purchases_were_foretold_better_than_without_a_model"
MONEY = "money_was_foretold_better_than_without_a_model"
LEVEL = "the_total_was_foretold_within_a_third"
COVERED = "intervals_held_what_they_promise"
FIGURES = ("purchase_error_ratio", "money_error_ratio", "total_bias", "coverage_gap")
ROWS = "SELECT CAST(a.as_of AS VARCHAR), "


def clv(shop: Shop) -> list[Expectation]:
    money = " OR expected_order_value <= 0 OR clv_3m < 0 OR clv_high_12m < clv_low_12m OR clv_low_12m < 0"
    unsound = (
        "p_alive IS NULL OR NOT p_alive BETWEEN 0 AND 1 OR expected_purchases_3m IS NULL OR NOT isfinite(expected_purchases_3m) "
        "OR expected_purchases_3m < 0 OR expected_purchases_6m < expected_purchases_3m OR expected_purchases_12m < expected_purchases_6m"
    )
    return [
        unique("a_customer_has_one_value", ("person_id",), "Two values of a customer contradict each other."),
        Expectation(
            "every_buyer_of_the_week_has_a_value_or_nobody_has",
            "Customers that fall out between features and values would look worthless.",
            ROWS
            + """CASE WHEN s.buyers > 0 THEN c.buyers - s.buyers END FROM asked AS a
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        no_row(
            "no_value_is_missing_negative_or_less_for_a_longer_time",
            unsound + (money if shop.has_prices else ""),
            "A number that is no number would be ranked, summed and acted on.",
        ),
        Expectation(
            "no_one_time_buyer_is_sure_to_come_back",
            "BG/NBD takes everybody who bought once for alive for ever; the probability of being alive must not come from it.",
            ROWS
            + """max(s.p_alive) FILTER (WHERE c.frequency = 1) FROM asked AS a
            JOIN stage AS s ON s.as_of = a.as_of
            JOIN features.customers AS c ON c.as_of = s.as_of AND c.person_id = s.person_id
            GROUP BY a.as_of
            """,
            at_most=0.999999,
        ),
        Expectation(
            BETTER,
            "A model that errs more than the best naive row on the hold-out is not worth its name. 1 is as wrong as without it.",
            "purchase_error_ratio",
            at_most=1,
            given=True,
            severity="warning",
        ),
        Expectation(
            LEVEL,
            "A total that is a third off plans too much or too little stock and budget: season and trend, which the model does not know.",
            "total_bias",
            at_least=-1 / 3,
            at_most=1 / 3,
            given=True,
            severity="warning",
        ),
        *(
            [
                Expectation(
                    MONEY,
                    "The same for what customers brought: the largest customers decide it, whose past mean is a good guess.",
                    "money_error_ratio",
                    at_most=1,
                    given=True,
                    severity="warning",
                ),
                Expectation(
                    COVERED,
                    "The share of customers whose money lay within their interval, less the share that was promised.",
                    "coverage_gap",
                    at_least=-0.05,
                    given=True,
                    severity="warning",
                ),
            ]
            if shop.has_prices
            else []
        ),
    ]


def holdout_figures(fitted: Fitted) -> list[float | None]:
    """The hold-out's FIGURES of a fit."""
    model, metrics = fitted.metrics["model"], fitted.metrics
    bias = next(row["total_bias"] for row in metrics["holdout"] if row["model"] == model)
    gaps = [
        row["covered_share"] - row["promised_share"]
        for row in metrics["coverage"]
        if row["model"] == model and row["level"] == 0.8
    ]
    ratios = [_error_ratio(metrics["holdout"], target, model) for target in ("purchases", "money")]
    return [*ratios, bias, gaps[0] if gaps else None]


def _error_ratio(rows: Sequence[Mapping[str, Any]], target: str, model: str) -> float | None:
    """The model's RMSE as a share of the best naive row's."""
    errors = {row["model"]: row["rmse"] for row in rows if row["target"] == target}
    own = next((error for name, error in errors.items() if name.split(" x ")[0] == model), None)
    naive = min((error for name, error in errors.items() if name.startswith("naive")), default=None)
    return own / naive if own is not None and naive else None


def cohorts(shop: Shop) -> list[Expectation]:
    return [
        unique(
            "a_cohort_has_one_row_a_month",
            ("cohort_on", "months_since"),
            "Two rows of a month would be counted twice.",
        ),
        Expectation(
            "cohorts_add_up_to_the_customers",
            "Every buyer belongs to the cohort of the first purchase, and to no other.",
            ROWS
            + """coalesce(s.buyers, 0) - coalesce(c.buyers, 0) FROM asked AS a
            LEFT JOIN (SELECT as_of, sum(customer_count) AS buyers FROM stage WHERE months_since = 0 GROUP BY as_of) AS s ON s.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS buyers FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        no_row(
            "nobody_comes_back_more_than_all",
            "active_count > customer_count OR (months_since = 0 AND active_count <> customer_count)",
            "In the month of the first purchase all of a cohort bought, later at most all.",
        ),
        *(
            [
                Expectation(
                    "revenue_adds_up_to_the_customers_spend",
                    "Money that falls out of a month, or is counted in two, makes every cohort look wrong.",
                    ROWS
                    + """coalesce(s.revenue, 0) - coalesce(c.spend, 0) FROM asked AS a
                    LEFT JOIN (SELECT as_of, sum(revenue) AS revenue FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
                    LEFT JOIN (SELECT as_of, sum(spend) AS spend FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
                    """,
                    at_least=0,
                    at_most=0,
                )
            ]
            if shop.has_prices
            else []
        ),
    ]
