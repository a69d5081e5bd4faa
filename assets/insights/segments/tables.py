"""The tables of the segments room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import MONEY, Column, Table

SEGMENTS = Table(
    schema="insights",
    name="segments",
    description="The segment of every buyer, as of a Monday, by the model in force.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "segment_id",
        "segment_zh",
        "segment_en",
        "label_zh",
        "label_en",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column("segment_id", "INTEGER", "The segment; keeps its number from fit to fit."),
        Column("segment_zh", "VARCHAR", "Its name in Chinese: what is true of at least four in five of its members."),
        Column("segment_en", "VARCHAR", "The same in English."),
        Column("is_typical", "BOOLEAN", "Whether all that the name says is true of the customer."),
        Column("label_zh", "VARCHAR", "What the customer is called: the segment's name, or that they are at its edge."),
        Column("label_en", "VARCHAR", "The same in English."),
        Column("distance", "DOUBLE", "Distance to the segment's centre, in standard deviations."),
        *FIT,
    ),
)
PROFILES = Table(
    schema="insights",
    name="segment_profiles",
    description="What distinguishes each segment as of a Monday.",
    partitioning="weekly",
    key=("as_of", "segment_id"),
    columns=(
        AS_OF,
        Column("segment_id", "INTEGER", "The segment."),
        Column("segment_zh", "VARCHAR", "Its name in Chinese."),
        Column("segment_en", "VARCHAR", "Its name in English."),
        Column("customer_count", "BIGINT", "Customers in it."),
        Column("customer_share", "DOUBLE", "Its share of the customers."),
        Column("typical_share", "DOUBLE", "Share of its customers of whom all that the name says is true."),
        Column("recency_days", "DOUBLE", "Mean recency."),
        Column("frequency", "DOUBLE", "Mean days with a purchase."),
        Column("monetary_value", "DOUBLE", "Mean spend a day with a purchase.", money=True),
        Column("spend", MONEY, "All spend of its customers.", money=True),
        Column("spend_share", "DOUBLE", "Its share of all spend.", money=True),
        Column("spend_90d", MONEY, "Its spend in the last 90 days.", money=True),
        Column("purchases_90d", "DOUBLE", "Mean days with a purchase in the last 90 days."),
    ),
)
MOVES = Table(
    schema="insights",
    name="segment_moves",
    description="How many customers went from which segment to which within the week, with the revenue they stand for.",
    partitioning="weekly",
    key=("as_of", "from_segment_id", "to_segment_id"),
    columns=(
        AS_OF,
        Column("from_segment_id", "INTEGER", "The segment a week before; empty for a first purchase."),
        Column("from_segment_zh", "VARCHAR", "Its name in Chinese."),
        Column("from_segment_en", "VARCHAR", "Its name in English."),
        Column("to_segment_id", "INTEGER", "The segment now; empty for who merged into another person."),
        Column("to_segment_zh", "VARCHAR", "Its name in Chinese."),
        Column("to_segment_en", "VARCHAR", "Its name in English."),
        Column("customer_count", "BIGINT", "Customers."),
        Column("spend_90d", MONEY, "Their spend in the last 90 days.", money=True),
        Column(
            "is_refit", "BOOLEAN", "Whether another fit came into force that week: part of the moves are the model's."
        ),
    ),
)
