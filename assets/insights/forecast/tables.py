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
