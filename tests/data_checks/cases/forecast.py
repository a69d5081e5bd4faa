"""insights/forecasts, forecast_totals, forecast_agreement, forecast_backtests."""

from typing import Any

from assets.insights.forecast.tables import AGREEMENT, BACKTESTS, FORECASTS, TOTALS
from data_checks import forecast
from tests.data_checks.cases.case import BAD_MONDAY, MONDAY, Case, doubled

DAY: dict[str, Any] = {"mean": 5.0, "low_80": 3.0, "high_80": 7.0, "low_95": 1.0, "high_95": 9.0}
CASES = [
    Case(
        FORECASTS,
        lambda _: forecast.forecasts(),
        [
            *(DAY | {"series": series, "forecast_on": "2024-02-01"} for series in ("orders", "demand")),
            *(
                DAY | {"series": "demand", "category": category, "mean": 2.5, "forecast_on": "2024-02-01"}
                for category in ("drinks", "ware")
            ),
        ],
        {
            **doubled("as_of"),
            "every_forecast_is_a_number_from_zero_up": "UPDATE stage SET mean = 'nan' WHERE as_of = $bad AND series = 'orders'",
            "the_wider_interval_holds_the_narrower": "UPDATE stage SET low_95 = 3.5 WHERE as_of = $bad AND series = 'orders'",
            "categories_are_never_more_than_the_total_demand": "UPDATE stage SET mean = 2.6 WHERE as_of = $bad "
            "AND category = 'ware'",
            "only_days_to_come_are_forecast": "UPDATE stage SET forecast_on = as_of - 1 WHERE as_of = $bad",
            "every_series_has_the_same_days": "INSERT INTO stage SELECT * REPLACE (forecast_on + 1 AS forecast_on) FROM stage "
            "WHERE as_of = $bad AND series = 'orders'",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        TOTALS,
        lambda _: forecast.totals(),
        [
            DAY | {"series": "orders", "day_count": days, "mean": 5.0 * days, "judged_count": 10, "covered_80_count": 8}
            for days in (7, 14)
        ],
        {
            **doubled("as_of"),
            "every_total_is_a_number_from_zero_up": "UPDATE stage SET mean = -1 WHERE as_of = $bad AND day_count = 7",
            "the_wider_interval_holds_the_narrower": "UPDATE stage SET high_95 = 6 WHERE as_of = $bad AND day_count = 7",
            "more_days_bring_no_less": "UPDATE stage SET mean = 34 WHERE as_of = $bad AND day_count = 14",
            "most_sums_lay_within_the_80_percent_interval": "UPDATE stage SET covered_80_count = 5 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        AGREEMENT,
        lambda _: forecast.agreement(),
        {"known_share": 0.7, "new_share": 0.2, "guest_share": 0.1, "spend_to_known_revenue": 1.1},
        {
            "the_shares_of_the_revenue_are_together_all_of_it": "UPDATE stage SET new_share = 0.5 WHERE as_of = $bad",
            "expected_spend_agrees_with_the_revenue_forecast": "UPDATE stage SET spend_to_known_revenue = 1.6 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        BACKTESTS,
        lambda _: forecast.backtests(),
        {
            "series": "orders",
            "day_count": 10,
            "mase": 0.8,
            "naive_mase": 1.0,
            "covered_80_count": 8,
            "covered_95_count": 9,
        },
        {
            **doubled("as_of"),
            forecast.NO_WORSE_THAN_LAST_WEEK: "UPDATE stage SET mase = 1.3 WHERE as_of = $bad",
            "most_days_lie_within_the_80_percent_interval": "UPDATE stage SET covered_80_count = 5 WHERE as_of = $bad",
            "few_days_lie_outside_the_95_percent_interval": "UPDATE stage SET covered_95_count = 7 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
