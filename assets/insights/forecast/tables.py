"""The tables of the forecast room."""

from assets.features.tables import AS_OF, FIT
from resources.tables import Column, Table

SERIES = (
    Column(
        "series",
        "VARCHAR",
        "orders; customers: accounts that bought; revenue: paid for bought lines after discount, returns aside; demand: pieces.",
    ),
    Column("category", "VARCHAR", "The category of a demand series; empty for the shop's total."),
)
FORECASTS = Table(
    schema="insights",
    name="forecasts",
    description="What the next trading days are expected to bring, as of a Monday: orders, customers, revenue, and demand by category.",
    partitioning="weekly",
    key=("as_of", "series", "category", "forecast_on"),
    columns=(
        AS_OF,
        *SERIES,
        Column("forecast_on", "DATE", "The day that is forecast; weekdays on which the shop does not trade have none."),
        Column("step", "INTEGER", "Its place among the trading days to come, from 1."),
        Column("mean", "DOUBLE", "The expected value."),
        Column(
            "low_80",
            "DOUBLE",
            "Four days in five should lie above this and below high_80; empty until 8 forecasts were judged.",
        ),
        Column("high_80", "DOUBLE", "Upper end of that interval."),
        Column("low_95", "DOUBLE", "Nineteen days in twenty should lie above this and below high_95."),
        Column("high_95", "DOUBLE", "Upper end of that interval."),
        Column("event_zh", "VARCHAR", "The known event of the day, in Chinese; empty on a usual day."),
        Column("event_en", "VARCHAR", "The same in English."),
        Column("method", "VARCHAR", "The method that made it."),
        Column("reason_zh", "VARCHAR", "Why it is not the default method, in Chinese; empty where it is."),
        Column("reason_en", "VARCHAR", "The same in English."),
        *FIT,
    ),
)
TOTALS = Table(
    schema="insights",
    name="forecast_totals",
    description="What the next 7, 14, 28 days and the whole horizon are expected to bring in sum, as of a Monday, with intervals of their own: "
    "the sum of the daily ends of insights.forecasts is far too wide.",
    partitioning="weekly",
    key=("as_of", "series", "category", "day_count"),
    columns=(
        AS_OF,
        *SERIES,
        Column("day_count", "INTEGER", "Days in sum, the as-of date the first."),
        Column("last_on", "DATE", "The last of them."),
        Column("mean", "DOUBLE", "The sum of what is expected on them."),
        Column(
            "low_80",
            "DOUBLE",
            "Four sums in five should lie above this and below high_80: from the errors of sums of as many days; empty until 8 of them were judged.",
        ),
        Column("high_80", "DOUBLE", "Upper end of that interval."),
        Column("low_95", "DOUBLE", "Nineteen sums in twenty should lie above this and below high_95."),
        Column("high_95", "DOUBLE", "Upper end of that interval."),
        Column(
            "judged_count",
            "BIGINT",
            "Mondays of the last year whose sum had an interval and is over; their windows overlap.",
        ),
        Column("covered_80_count", "BIGINT", "Those of them whose sum fell within the 80 % interval."),
        Column("covered_95_count", "BIGINT", "Those of them whose sum fell within the 95 % interval."),
        Column("method", "VARCHAR", "The method that made it."),
        *FIT,
    ),
)
AGREEMENT = Table(
    schema="insights",
    name="forecast_agreement",
    description="How far what buyers are expected to spend lies from the revenue that is forecast for as many days, as of a Monday. Only the forecast "
    "counts customers to come and guests, only the spend nets returns: the shares say how much that is.",
    partitioning="weekly",
    key=("as_of",),
    columns=(
        AS_OF,
        Column("horizon_days", "INTEGER", "Days in sum: the horizon of insights.predictions."),
        Column("expected_spend", "DOUBLE", "What all buyers are expected to spend on them, returns netted."),
        Column("revenue", "DOUBLE", "The revenue forecast of them: of accounts and guests, returns aside."),
        Column(
            "known_share",
            "DOUBLE",
            "Of the revenue of as many days before: what accounts paid that had bought before those.",
        ),
        Column("new_share", "DOUBLE", "What accounts paid that had not."),
        Column("guest_share", "DOUBLE", "What guests paid."),
        Column(
            "spend_to_known_revenue",
            "DOUBLE",
            "Expected spend as a multiple of the known accounts' share of the revenue forecast: 1 where both say the same; empty where that "
            "share is below a tenth, too small to compare.",
        ),
        *FIT,
    ),
)
BACKTESTS = Table(
    schema="insights",
    name="forecast_backtests",
    description="The forecasts whose last day lies just before a Monday, compared with what happened.",
    partitioning="weekly",
    key=("as_of", "series", "category"),
    columns=(
        AS_OF,
        *SERIES,
        Column("forecast_as_of", "DATE", "The Monday on which it was forecast."),
        Column("day_count", "BIGINT", "Days compared: those on which the shop was open."),
        Column("forecast", "DOUBLE", "Sum of what was expected on them."),
        Column("actual", "DOUBLE", "Sum of what happened."),
        Column("level", "DOUBLE", "Forecast as a multiple of actual."),
        Column("wape", "DOUBLE", "Sum of the absolute errors as a share of actual."),
        Column("mase", "DOUBLE", "Mean absolute error in units of seasonal naive's within the history before."),
        Column("naive_mase", "DOUBLE", "The same error of repeating last week from that Monday on."),
        Column("covered_80_count", "BIGINT", "Days within the 80 % interval; empty where there was none."),
        Column("covered_95_count", "BIGINT", "Days within the 95 % interval."),
        Column("method", "VARCHAR", "The method that made the forecast."),
        *FIT,
    ),
)
