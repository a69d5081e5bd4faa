"""The tables of the RFM room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import MONEY, Column, Table

KIND = Column("kind", "VARCHAR", "class: one of the eight RFM classes; group: one of the ten lifecycle groups.")

RFM = Table(
    schema="insights",
    name="rfm",
    description="The RFM scores, class and lifecycle group of every buyer as of a Monday, by the shop's cut points in force.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "r_score",
        "f_score",
        "m_score",
        "class_zh",
        "class_en",
        "group_zh",
        "group_en",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column("r_score", "TINYINT", "Recency against the shop's gaps between purchases, 5 is the most recent."),
        Column("f_score", "TINYINT", "Frequency, 5 is the most frequent; who bought once scores 1."),
        Column("m_score", "TINYINT", "Spend in fifths of the buyers, 5 is the highest.", money=True),
        Column("class_zh", "VARCHAR", "One of the eight RFM classes (four without prices), in Chinese."),
        Column("class_en", "VARCHAR", "The same in English."),
        Column("group_zh", "VARCHAR", "One of the ten lifecycle groups, in Chinese."),
        Column("group_en", "VARCHAR", "The same in English."),
        *FIT,
    ),
)
PROFILES = Table(
    schema="insights",
    name="rfm_profiles",
    description="How many customers each RFM class and lifecycle group has as of a Monday, what they spend, and what it takes to be in it.",
    partitioning="weekly",
    key=("as_of", "kind", "name_en"),
    columns=(
        AS_OF,
        KIND,
        Column("position", "INTEGER", "The order in which people read them."),
        Column("name_zh", "VARCHAR", "Its name in Chinese."),
        Column("name_en", "VARCHAR", "Its name in English."),
        Column("meaning_zh", "VARCHAR", "What it takes to be in it, in days, purchases and money, in Chinese."),
        Column("meaning_en", "VARCHAR", "The same in English."),
        Column("customer_count", "BIGINT", "Customers in it; 0 where nobody is."),
        Column("customer_share", "DOUBLE", "Its share of the buyers."),
        Column("recency_days", "DOUBLE", "Mean recency."),
        Column("frequency", "DOUBLE", "Mean days with a purchase."),
        Column("spend", MONEY, "All spend of its customers.", money=True),
        Column("spend_share", "DOUBLE", "Its share of all spend.", money=True),
        Column("spend_90d", MONEY, "Its spend in the last 90 days.", money=True),
        *FIT,
    ),
)
MOVES = Table(
    schema="insights",
    name="rfm_moves",
    description="How many customers went from which RFM class or lifecycle group to which within the week, with the revenue they stand for.",
    partitioning="weekly",
    key=("as_of", "kind", "from_en", "to_en"),
    columns=(
        AS_OF,
        KIND,
        Column("from_zh", "VARCHAR", "Where they were a week before, in Chinese; empty for a first purchase."),
        Column("from_en", "VARCHAR", "The same in English."),
        Column("to_zh", "VARCHAR", "Where they are now, in Chinese; empty for who merged into another person."),
        Column("to_en", "VARCHAR", "The same in English."),
        Column("customer_count", "BIGINT", "Customers."),
        Column("spend_90d", MONEY, "Their spend in the last 90 days.", money=True),
        Column(
            "is_refit", "BOOLEAN", "Whether other cut points came into force that week: part of the moves are theirs."
        ),
    ),
)
