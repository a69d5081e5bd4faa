"""The tables of the CLV room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import MONEY, Column, Table

MONTHS = (3, 6, 12)

CLV = Table(
    schema="insights",
    name="clv",
    description="What every buyer is expected to buy and to be worth, as of a Monday, by the model in force: one family of figures with "
    "insights.predictions. A horizon longer than the history the model was fitted on is empty.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "p_alive",
        "expected_purchases_12m",
        "expected_order_value",
        "clv_12m",
        "clv_low_12m",
        "clv_high_12m",
        "next_order_on",
        "next_order_low_on",
        "next_order_high_on",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column(
            "p_alive",
            "DOUBLE",
            "Probability that the customer still buys here, also for one-time buyers; no less than that of a purchase.",
        ),
        *(
            Column(
                f"p_purchase_{months}m",
                "DOUBLE",
                f"Probability of a purchase in the next {months} months; at the horizon of insights.predictions it is p_purchase.",
            )
            for months in MONTHS
        ),
        *(
            Column(
                f"expected_purchases_{months}m",
                "DOUBLE",
                f"Days with a purchase expected in the next {months} months (the mean); no fewer than p_purchase_{months}m.",
            )
            for months in MONTHS
        ),
        Column(
            "next_order_on",
            "DATE",
            "The day by which half of such customers have ordered again, of those who do within the longest horizon of the row. Empty "
            "where an order within it is less likely than not: a day would say of most of them what will not happen.",
        ),
        Column("next_order_low_on", "DATE", "The day by which one in ten of them has ordered again."),
        Column("next_order_high_on", "DATE", "The day by which nine in ten of them have."),
        Column(
            "expected_order_value",
            "DOUBLE",
            "What a day with a purchase is expected to bring (the mean), returns netted: at the horizon of insights.predictions the "
            "expected_spend is this times the purchases expected in it.",
            money=True,
        ),
        *(
            Column(
                f"clv_{months}m",
                "DOUBLE",
                f"What the customer is expected to bring in the next {months} months (the mean): expected purchases x order value x margin "
                "where margin_share is known, else revenue; discounted.",
                money=True,
            )
            for months in MONTHS
        ),
        Column(
            "clv_low_12m", "DOUBLE", "One customer in ten brings less than this in 12 months, discounted.", money=True
        ),
        Column(
            "clv_high_12m",
            "DOUBLE",
            "At most one customer in ten brings more than this in 12 months, discounted. Never below clv_12m: where nine in ten bring "
            "less than the mean, it is the mean.",
            money=True,
        ),
        Column(
            "margin_share",
            "DOUBLE",
            "Share of what the customer pays that is left after the cost of the pieces; empty where no cost is known.",
            money=True,
        ),
        Column("alive_method_zh", "VARCHAR", "How p_alive was obtained, in Chinese."),
        Column("alive_method_en", "VARCHAR", "The same in English."),
        Column("purchase_method_zh", "VARCHAR", "How expected purchases were obtained, in Chinese."),
        Column("purchase_method_en", "VARCHAR", "The same in English."),
        Column("order_value_method_zh", "VARCHAR", "How the order value was obtained, in Chinese.", money=True),
        Column("order_value_method_en", "VARCHAR", "The same in English.", money=True),
        *FIT,
    ),
)
COHORTS = Table(
    schema="insights",
    name="cohorts",
    description="Retention and revenue by month of the first purchase and months since, as of a Monday.",
    partitioning="weekly",
    key=("as_of", "cohort_on", "months_since"),
    columns=(
        AS_OF,
        Column("cohort_on", "DATE", "First day of the month in which the customers bought first."),
        Column("months_since", "INTEGER", "Calendar months since that month; 0 is the month itself."),
        Column("customer_count", "BIGINT", "Customers of the cohort."),
        Column("active_count", "BIGINT", "Those who bought in the month."),
        Column("retention_share", "DOUBLE", "Their share of the cohort."),
        Column("revenue", MONEY, "What the cohort paid in the month, returns netted.", money=True),
        Column("revenue_to_date", MONEY, "What it paid up to the end of the month.", money=True),
        Column("revenue_to_date_per_customer", "DOUBLE", "The same a customer of the cohort.", money=True),
        Column(
            "is_complete", "BOOLEAN", "Whether the month was over by the as-of date; else the figures will still grow."
        ),
    ),
)
