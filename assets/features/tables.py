"""The tables of the features stage."""

from resources.tables import MONEY, Column, Table

AS_OF = Column("as_of", "DATE", "The Monday before which everything used was known.")
PERSON = Column("person_id", "VARCHAR", "The person.")
FIT = (
    Column("fitted_as_of", "DATE", "The fit in force."),
    Column("model_version", "VARCHAR", "Its version in models.registry."),
)

CUSTOMER_DAYS = Table(
    schema="features",
    name="customer_days",
    description="What each account did on each day and channel, as delivered; reversals count against, so that sums over deliveries hold.",
    partitioning="daily",
    key=("delivered_on", "customer_id", "active_on", "channel", "known_on"),
    columns=(
        Column("customer_id", "VARCHAR", "The shop's own account id."),
        Column("active_on", "DATE", "The shop's own day on which it happened."),
        Column("channel", "VARCHAR", "Where it happened; empty where the shop does not say."),
        Column("delivered_on", "DATE", "The day on which the shop handed it over."),
        Column("known_on", "DATE", "The day from which it may be used."),
        Column("line_count", "BIGINT", "Bought product lines."),
        Column("item_count", "BIGINT", "Bought pieces."),
        Column("gross", MONEY, "Paid for bought lines, after discount.", money=True),
        Column("returned_line_count", "BIGINT", "Returned lines."),
        Column("returned_item_count", "BIGINT", "Returned pieces."),
        Column("returned", MONEY, "Paid back for returned lines.", money=True),
        Column("view_count", "BIGINT", "Product views.", needs="events"),
        Column("cart_count", "BIGINT", "Products put into the cart.", needs="events"),
        Column("favorite_count", "BIGINT", "Products marked as favourites.", needs="events"),
        Column("search_count", "BIGINT", "Searches.", needs="events"),
        Column("click_count", "BIGINT", "Clicks on lists.", needs="events"),
        Column(
            "session_count",
            "BIGINT",
            "Sessions begun: a pause of the shop's setting or longer begins one.",
            needs="events",
        ),
    ),
)

IDENTITIES = Table(
    schema="features",
    name="identities",
    description="Accounts of one person, by links known before the as-of date; accounts without a partner are their own person and have no row.",
    partitioning="weekly",
    key=("as_of", "customer_id"),
    card=("customer_id",),
    columns=(
        AS_OF,
        Column("customer_id", "VARCHAR", "The shop's own account id."),
        Column("person_id", "VARCHAR", "The person: the account seen first."),
        Column("account_count", "BIGINT", "Accounts of the person."),
    ),
)

# Made as a snapshot is: a decision counts on the day on which it comes.
CONSENTS = Table(
    schema="features",
    name="consents",
    description="What each account last decided, by all that was delivered when the snapshot was published, days after the newest Monday too.",
    partitioning="none",
    key=("customer_id", "purpose", "channel"),
    columns=(
        Column("customer_id", "VARCHAR", "The shop's own account id."),
        Column("purpose", "VARCHAR", "marketing or personalisation."),
        Column("channel", "VARCHAR", "By which channel; empty for all."),
        Column("is_given", "BOOLEAN", "Whether they agree; of personalisation, false is a refusal."),
        Column(
            "decided_at",
            "TIMESTAMP",
            "When they decided; where only the day is known its beginning for an agreement, its end for a refusal.",
        ),
    ),
)

CUSTOMERS = Table(
    schema="features",
    name="customers",
    description="Each customer as of a Monday, from rows known before it.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "account_count",
        "first_purchase_on",
        "last_purchase_on",
        "recency_days",
        "frequency",
        "t_days",
        "spend",
        "monetary_value",
        "purchases_365d",
        "spend_365d",
        "gap_mean_days",
        "return_share",
        "category_count",
        "channel_count",
        "visit_recency_days",
        "tenure_days",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column("account_count", "BIGINT", "Accounts of the person."),
        Column("first_purchase_on", "DATE", "First day with a purchase."),
        Column("last_purchase_on", "DATE", "Latest day with a purchase."),
        Column("recency_days", "INTEGER", "Days from the latest purchase to the as-of date."),
        Column("frequency", "BIGINT", "Days with a purchase."),
        Column("t_days", "INTEGER", "T: days from the first purchase to the as-of date."),
        Column("spend", MONEY, "All that was paid, returns netted.", money=True),
        Column("monetary_value", "DOUBLE", "Spend a day with a purchase.", money=True),
        *(
            column
            for days in (7, 30, 90, 365)
            for column in (
                Column(f"purchases_{days}d", "BIGINT", f"Days with a purchase in the last {days} days."),
                Column(
                    f"spend_{days}d", MONEY, f"Spend in the last {days} days, returns of these days netted.", money=True
                ),
            )
        ),
        Column("gap_mean_days", "DOUBLE", "Mean days between purchases."),
        Column("gap_sd_days", "DOUBLE", "Standard deviation of the days between purchases."),
        Column("recency_to_gap", "DOUBLE", "Recency as a multiple of the mean gap."),
        Column(
            "purchase_trend",
            "DOUBLE",
            "Purchases of the last 90 days against the 90 before: -1 (all before) to 1 (all recent).",
        ),
        Column("returned_line_count", "BIGINT", "Returned lines."),
        Column("return_share", "DOUBLE", "Returned pieces as a share of bought pieces."),
        Column("lines_a_purchase", "DOUBLE", "Product lines a day with a purchase: the basket."),
        Column("items_a_purchase", "DOUBLE", "Pieces a day with a purchase."),
        Column("category_count", "BIGINT", "Categories bought from.", needs="products"),
        Column("channel_count", "BIGINT", "Channels used."),
        Column("session_count_30d", "BIGINT", "Sessions in the last 30 days.", needs="events"),
        Column("view_count_30d", "BIGINT", "Product views in the last 30 days.", needs="events"),
        Column("cart_count_30d", "BIGINT", "Products put into the cart in the last 30 days.", needs="events"),
        Column("visit_recency_days", "INTEGER", "Days from the latest visit to the as-of date.", needs="events"),
        Column("age_band", "VARCHAR", "Age in bands of ten years.", personal=True, needs="customers"),
        Column("gender", "VARCHAR", "As the shop words it.", personal=True, needs="customers"),
        Column("region", "VARCHAR", "As the shop words it.", personal=True, needs="customers"),
        Column("occupation", "VARCHAR", "As the shop words it.", personal=True, needs="customers"),
        Column("tenure_days", "INTEGER", "Days from registration to the as-of date.", needs="customers"),
    ),
)
