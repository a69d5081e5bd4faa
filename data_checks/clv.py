"""What is expected of insights.clv and insights.cohorts."""

from itertools import pairwise

from data_checks.gate.expectation import Expectation, every_buyer_has_one, fit_figure, no_row
from resources.shop import Shop

MODEL = "clv"
HORIZONS = (3, 6, 12)
DAYS_PER_MONTH = 365.25 / 12
ROWS = "SELECT CAST(a.as_of AS VARCHAR), "


def clv(shop: Shop) -> list[Expectation]:
    purchases = [f"expected_purchases_{months}m" for months in HORIZONS]
    amounts = ["expected_order_value", *(f"clv_{months}m" for months in HORIZONS), "clv_low_12m", "clv_high_12m"]
    money = (
        " OR expected_order_value <= 0 OR clv_3m < 0 OR clv_6m < clv_3m OR clv_12m < clv_6m OR clv_high_12m < clv_low_12m "
        f"OR clv_low_12m < 0{_not_finite(amounts)}"
    )
    unsound = (
        f"p_alive IS NULL OR NOT p_alive BETWEEN 0 AND 1 OR expected_purchases_3m IS NULL{_not_finite(purchases)} "
        "OR expected_purchases_3m < 0 OR expected_purchases_6m < expected_purchases_3m OR expected_purchases_12m < expected_purchases_6m"
    )
    return [
        every_buyer_has_one("a_value", "Customers that fall out between features and values would look worthless."),
        no_row(
            "values_are_numbers_and_grow_with_the_horizon",
            unsound + (money if shop.has_prices else ""),
            "A number that is no number would be ranked, summed and acted on.",
        ),
        no_row(
            "the_figures_of_a_person_agree",
            _disagreeing(shop),
            "More people expected to buy than purchases, or a value that is not purchases times order value, and nothing of it is believed.",
        ),
        no_row(
            "the_next_order_lies_in_its_interval",
            "NOT (as_of <= next_order_low_on AND next_order_low_on <= next_order_on AND next_order_on <= next_order_high_on) "
            "OR (next_order_on IS NULL) <> (coalesce(p_purchase_12m, p_purchase_6m, p_purchase_3m) < 0.5) "
            "OR (next_order_on IS NULL) <> (next_order_low_on IS NULL) OR (next_order_on IS NULL) <> (next_order_high_on IS NULL)",
            "A reminder is planned for a day: one that is past, or of a customer who is likely gone, annoys.",
        ),
        Expectation(
            "they_agree_with_the_predictions",
            "Two tables that say different things of one person cannot both be acted on.",
            ROWS
            + f"""count(*) FILTER (WHERE {_contradicting(shop)}) FROM asked AS a
            JOIN stage AS s ON s.as_of = a.as_of
            JOIN insights.predictions AS p ON p.as_of = s.as_of AND p.person_id = s.person_id
            GROUP BY a.as_of
            """,
            at_most=0,
            offending="EXISTS (FROM insights.predictions AS p WHERE p.as_of = stage.as_of AND p.person_id = stage.person_id "
            f"AND ({_contradicting(shop)}))",
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
        fit_figure(
            "purchases_are_predicted_better_than_naively",
            "A model that errs more than the best naive row on the hold-out is not worth its name. 1 is as wrong as without it.",
            MODEL,
            "purchase_error_ratio",
            at_most=1,
        ),
        fit_figure(
            "the_total_is_predicted_within_a_third",
            "A total that is a third off plans too much or too little stock and budget: season and trend, which the model does not know.",
            MODEL,
            "total_bias",
            at_least=-1 / 3,
            at_most=1 / 3,
            shows=("purchases",),
        ),
        *(
            [
                fit_figure(
                    "money_is_predicted_better_than_naively",
                    "The same for what customers brought: the largest customers decide it, whose past mean is a good guess.",
                    MODEL,
                    "money_error_ratio",
                    at_most=1,
                    shows=("money",),
                ),
                fit_figure(
                    "intervals_hold_what_they_promise",
                    "The share of customers whose money lay within their interval, less the share that was promised.",
                    MODEL,
                    "coverage_gap",
                    at_least=-0.05,
                    shows=("coverage",),
                ),
            ]
            if shop.has_prices
            else []
        ),
    ]


def _disagreeing(shop: Shop) -> str:
    """Where figures of a row contradict each other. What was rounded before it was stored may differ by as much."""
    wrong = [f"p_alive < p_purchase_{months}m" for months in HORIZONS]
    for months in HORIZONS:
        p, purchases, value = f"p_purchase_{months}m", f"expected_purchases_{months}m", f"clv_{months}m"
        wrong += [f"({p} IS NULL) <> ({purchases} IS NULL)", f"NOT ({p} > 0 AND {p} < 1)", f"{p} > {purchases}"]
        if shop.has_prices:
            money = "expected_order_value * coalesce(margin_share, 1)"
            wrong += [
                f"{value} > ({purchases} + 0.000001) * {money} * 1.001 + 0.01",
                f"{value} < ({purchases} - 0.000001) * {money} * {_discount(shop, months)} * 0.999 - 0.01",
            ]
    wrong += [f"p_purchase_{later}m < p_purchase_{sooner}m" for sooner, later in pairwise(HORIZONS)]
    if shop.has_prices:
        wrong += ["clv_low_12m > clv_12m", "clv_high_12m < clv_12m", "(clv_high_12m IS NULL) <> (clv_12m IS NULL)"]
    return " OR ".join(wrong)


def _contradicting(shop: Shop) -> str:
    """Where a row contradicts that of insights.predictions, `p`."""
    wrong = []
    for months in HORIZONS:
        days = months * DAYS_PER_MONTH
        wrong += [
            f"(p.horizon_days <= {days} AND p.p_purchase > least(p_alive, p_purchase_{months}m, expected_purchases_{months}m))",
            f"(p.horizon_days >= {days} AND p.p_purchase < p_purchase_{months}m)",
        ]
        if shop.has_prices:
            spend = f"p.expected_spend * coalesce(margin_share, 1) * {_discount(shop, months)}"
            wrong.append(f"(p.horizon_days <= {days} AND {spend} > clv_{months}m * 1.001 + 0.01)")
    return " OR ".join(wrong)


def _discount(shop: Shop, months: int) -> float:
    """What money at the end of some months is worth today."""
    return (1 + shop.settings.yearly_discount_rate) ** (-months / 12)


def _not_finite(columns: list[str]) -> str:
    """DuckDB orders NaN above every number, so that no lower bound catches it. An empty value is allowed: the horizon is too long."""
    return "".join(f" OR NOT isfinite({column})" for column in columns)


def cohorts(shop: Shop) -> list[Expectation]:
    return [
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
                    unit="money",
                )
            ]
            if shop.has_prices
            else []
        ),
    ]
