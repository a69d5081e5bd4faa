"""What is expected of forecasts and of their record."""

from data_checks.gate.expectation import PART, Expectation, no_row

NO_WORSE_THAN_LAST_WEEK = "the_forecast_is_not_clearly_worse_than_last_week"
# Repeating last week wins a single window now and then by luck; whether it wins many decides the next choice of a method.
LUCK = 1.25
ROUNDING = 1e-3
DISAGREEMENT = 1.5
ENDS_OUT_OF_ORDER = (
    "NOT coalesce(low_95 <= low_80 AND low_80 <= high_80 AND high_80 <= high_95 AND isfinite(high_95), "
    "coalesce(low_80, high_80, low_95, high_95) IS NULL)"
)


def forecasts() -> list[Expectation]:
    return [
        no_row(
            "every_forecast_is_a_number_from_zero_up",
            "mean IS NULL OR NOT isfinite(mean) OR mean < 0",
            "A shop cannot sell less than nothing, and stock is bought by these figures.",
        ),
        no_row(
            "the_wider_interval_holds_the_narrower",
            ENDS_OUT_OF_ORDER,
            "Ends out of order, or only some of them, say that the spread was worked out wrongly.",
        ),
        no_row(
            "only_days_to_come_are_forecast",
            "forecast_on < as_of",
            "A day that has passed is no forecast.",
        ),
        Expectation(
            "every_series_has_the_same_days",
            "A series with a day missing makes the sum of the weeks too small.",
            "count(DISTINCT row(series, category)) * count(DISTINCT forecast_on) - count(DISTINCT row(series, category, forecast_on))",
            at_most=0,
        ),
        Expectation(
            "categories_are_never_more_than_the_total_demand",
            "Demand by category and demand in total are one forecast: what the categories lack to it is sold of products without one.",
            f"""
            SELECT part, count(*) FILTER (WHERE categories > total + {ROUNDING}) FROM (
                SELECT {PART} AS part, forecast_on, sum(mean) FILTER (WHERE category IS NOT NULL) AS categories,
                    sum(mean) FILTER (WHERE category IS NULL) AS total
                FROM stage WHERE series = 'demand' GROUP BY ALL
            ) GROUP BY part
            """,
            at_most=0,
        ),
    ]


def totals() -> list[Expectation]:
    return [
        no_row(
            "every_total_is_a_number_from_zero_up",
            "mean IS NULL OR NOT isfinite(mean) OR mean < 0",
            "A shop cannot sell less than nothing, and budgets are made of these figures.",
        ),
        no_row(
            "the_wider_interval_holds_the_narrower",
            ENDS_OUT_OF_ORDER,
            "Ends out of order, or only some of them, say that the spread was worked out wrongly.",
        ),
        Expectation(
            "more_days_bring_no_less",
            "What comes in 14 days holds what comes in the first 7 of them.",
            f"""
            SELECT {PART}, count(*) FILTER (WHERE mean < shorter - {ROUNDING}) FROM (
                SELECT *, lag(mean) OVER (PARTITION BY as_of, series, category ORDER BY day_count) AS shorter FROM stage
            ) GROUP BY {PART}
            """,
            at_most=0,
        ),
        Expectation(
            "most_sums_lay_within_the_80_percent_interval",
            "Far fewer says that the shop now moves more than its past shows.",
            "sum(covered_80_count) / nullif(sum(judged_count), 0)",
            at_least=0.6,
            severity="warning",
        ),
    ]


def agreement() -> list[Expectation]:
    return [
        no_row(
            "the_shares_of_the_revenue_are_together_all_of_it",
            "NOT (known_share >= 0 AND new_share >= 0 AND guest_share >= 0 "
            "AND abs(known_share + new_share + guest_share - 1) < 1e-6)",
            "The shares say what of the revenue no buyer's expected spend can hold.",
        ),
        Expectation(
            "expected_spend_agrees_with_the_revenue_forecast",
            "Customers to come and guests are left out, only the forecast counts them; what remains is returns, which only the spend nets, and "
            "disagreement: whoever adds up customers plans by another figure than whoever reads the forecast.",
            "avg(spend_to_known_revenue)",
            at_least=1 / DISAGREEMENT,
            at_most=DISAGREEMENT,
            severity="warning",
        ),
    ]


def backtests() -> list[Expectation]:
    judged = "FILTER (WHERE mase IS NOT NULL AND naive_mase IS NOT NULL AND category IS NULL)"
    return [
        Expectation(
            NO_WORSE_THAN_LAST_WEEK,
            "Whoever plans by the forecast would do better to repeat last week: the error of the totals against that of seasonal naive.",
            f"sum(mase) {judged} / nullif(sum(naive_mase) {judged}, 0)",
            at_most=LUCK,
            severity="warning",
        ),
        Expectation(
            "most_days_lie_within_the_80_percent_interval",
            "Far fewer says that the shop now moves more than its past shows.",
            "sum(covered_80_count) / nullif(sum(day_count) FILTER (WHERE covered_80_count IS NOT NULL), 0)",
            at_least=0.6,
            severity="warning",
            unit="share",
        ),
        Expectation(
            "few_days_lie_outside_the_95_percent_interval",
            "Stock for the bad case is bought by the wide interval.",
            "sum(covered_95_count) / nullif(sum(day_count) FILTER (WHERE covered_95_count IS NOT NULL), 0)",
            at_least=0.8,
            severity="warning",
            unit="share",
        ),
    ]
