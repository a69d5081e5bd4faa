"""The table of the sessions room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import Column, Table

SESSIONS = Table(
    schema="insights",
    name="session_propensity",
    description="The sessions of the seven days before a Monday, as they stood before a purchase, and how likely one was to follow.",
    partitioning="weekly",
    key=("as_of", "customer_id", "started_at"),
    columns=(
        AS_OF,
        PERSON,
        Column("customer_id", "VARCHAR", "The account that looked around."),
        Column("started_at", "TIMESTAMP", "First action, UTC."),
        Column("ended_at", "TIMESTAMP", "Last action, UTC."),
        Column("channel", "VARCHAR", "Where; empty where the shop does not say."),
        Column("event_count", "BIGINT", "Actions, up to the purchase if there was one."),
        Column("view_count", "BIGINT", "Product views among them."),
        Column("cart_count", "BIGINT", "Products put into the cart."),
        Column("product_count", "BIGINT", "Different products looked at."),
        Column("has_purchased", "BOOLEAN", "Whether a purchase followed."),
        Column("p_purchase", "DOUBLE", "Probability that a purchase follows, as the session stood before it."),
        Column("reasons_zh", "VARCHAR", "What spoke for or against it most, in Chinese."),
        Column("reasons_en", "VARCHAR", "The same in English."),
        *FIT,
    ),
)
