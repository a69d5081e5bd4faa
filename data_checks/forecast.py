"""What is expected of forecasts and of their record."""

from data_checks.expectation import Expectation, no_row, unique

NO_WORSE_THAN_LAST_WEEK = "the_forecast_is_not_clearly_worse_than_last_week_again"
# Repeating last week wins a single window now and then by luck; whether it wins many decides the next choice of a method.
LUCK = 1.25


def forecasts() -> list[Expectation]:
    return [
        unique(
            "a_day_of_a_series_is_forecast_once",
            ("series", "category", "forecast_on"),
            "Two forecasts of a day would be added up by whoever sums the weeks to come.",
        ),
        no_row(
            "every_forecast_is_a_number_from_zero_up",
            "mean IS NULL OR NOT isfinite(mean) OR mean < 0",
            "A shop cannot sell less than nothing, and stock is bought by these figures.",
        ),
        no_row(
            "the_wider_interval_holds_the_narrower",
            "NOT (low_95 <= low_80 AND low_80 <= high_80 AND high_80 <= high_95)",
            "Ends out of order say that the spread was worked out wrongly.",
        ),
        no_row(
            "only_days_to_come_are_forecast",
            "forecast_on < as_of",
            "A day that has passed is no forecast.",
        ),
        Expectation(
            "every_series_has_the_same_days",
            "A series with a day missing makes the sum of the weeks too small.",
            "SELECT CAST(as_of AS VARCHAR), max(days) - min(days) FROM "
            "(SELECT as_of, series, category, count(*) AS days FROM stage GROUP BY as_of, series, category) GROUP BY as_of",
            at_most=0,
        ),
    ]


def backtests() -> list[Expectation]:
    judged = "FILTER (WHERE mase IS NOT NULL AND naive_mase IS NOT NULL AND category IS NULL)"
    return [
        unique(
            "a_series_is_judged_once", ("series", "category"), "A series judged twice would count twice in the record."
        ),
        Expectation(
            NO_WORSE_THAN_LAST_WEEK,
            "Whoever plans by the forecast would do better to repeat last week: the error of the totals against that of seasonal naive.",
            f"sum(mase) {judged} / nullif(sum(naive_mase) {judged}, 0)",
            at_most=LUCK,
            severity="warning",
        ),
        Expectation(
            "most_days_fell_into_the_80_percent_interval",
            "Far fewer says that the shop now moves more than its past shows.",
            "sum(covered_80_count) / nullif(sum(day_count) FILTER (WHERE covered_80_count IS NOT NULL), 0)",
            at_least=0.6,
            severity="warning",
        ),
        Expectation(
            "hardly_a_day_fell_outside_the_95_percent_interval",
            "Stock for the bad case is bought by the wide interval.",
            "sum(covered_95_count) / nullif(sum(day_count) FILTER (WHERE covered_95_count IS NOT NULL), 0)",
            at_least=0.8,
            severity="warning",
        ),
    ]
