"""What is expected of forecasts and of their record."""

from data_checks.gate.expectation import Expectation, no_row

NO_WORSE_THAN_LAST_WEEK = "the_forecast_is_not_clearly_worse_than_last_week"
# Repeating last week wins a single window now and then by luck; whether it wins many decides the next choice of a method.
LUCK = 1.25


def forecasts() -> list[Expectation]:
    return [
        no_row(
            "every_forecast_is_a_number_from_zero_up",
            "mean IS NULL OR NOT isfinite(mean) OR mean < 0",
            "A shop cannot sell less than nothing, and stock is bought by these figures.",
        ),
        no_row(
            "the_wider_interval_holds_the_narrower",
            "NOT coalesce(low_95 <= low_80 AND low_80 <= high_80 AND high_80 <= high_95 AND isfinite(high_95), "
            "coalesce(low_80, high_80, low_95, high_95) IS NULL)",
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
