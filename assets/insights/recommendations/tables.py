"""The tables of the recommendations room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import Column, Table

PRODUCT = Column("product_id", "VARCHAR", "The product.")
TITLE = Column("title", "VARCHAR", "Its name, where the shop has one.")
POSITION = Column("position", "INTEGER", "Its place, from 1.")
RECOMMENDATIONS = Table(
    schema="insights",
    name="recommendations",
    description="What to show each customer as of a Monday: a list of products new to them, and a list of those they may buy again; with reasons.",
    partitioning="weekly",
    key=("as_of", "person_id", "list", "position"),
    columns=(
        AS_OF,
        PERSON,
        Column("list", "VARCHAR", "discover: never bought by the customer; rebuy: bought before."),
        POSITION,
        PRODUCT,
        TITLE,
        Column(
            "score",
            "DOUBLE",
            "rebuy: probability within the horizon, which orders the list; empty for discover, whose sources are drawn by what clicks say.",
        ),
        Column(
            "source",
            "VARCHAR",
            "collaborative, content, group, holdout (what sells, to measure against), random (drawn to value other blends) or rebuy.",
        ),
        Column(
            "because_of",
            "VARCHAR[]",
            "Products of the customer's own history that contributed most to the score of the source, the first the most.",
        ),
        Column("because_zh", "VARCHAR", "The reason in Chinese."),
        Column("because_en", "VARCHAR", "The reason in English."),
        Column("due_on", "DATE", "rebuy: when it is usually bought again."),
        Column(
            "list_id", "VARCHAR", "What the shop's events name the list by when they tell of impressions and clicks."
        ),
        Column(
            "propensity",
            "DOUBLE",
            "Of a list drawn at random, the probability with which this product took this place; empty for all others.",
        ),
        *FIT,
    ),
)
PROFILES = Table(
    schema="insights",
    name="profiles",
    description="What each customer likes as of a Monday, by what they did: categories, brands, price level; with segment and attributes.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "category",
        "category_share",
        "second_category",
        "brand",
        "brand_share",
        "price_level",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column("product_count", "BIGINT", "Products they interacted with."),
        Column("category", "VARCHAR", "The category that takes most of their attention.", needs="products"),
        Column("category_share", "DOUBLE", "That part.", needs="products"),
        Column("second_category", "VARCHAR", "The next one.", needs="products"),
        Column("second_category_share", "DOUBLE", "That part.", needs="products"),
        Column("brand", "VARCHAR", "The brand that takes most.", needs="products"),
        Column("brand_share", "DOUBLE", "That part.", needs="products"),
        Column(
            "price_level",
            "DOUBLE",
            "Prices of their products within their categories: 0 the cheapest, 1 the most expensive.",
            money=True,
            needs="products",
        ),
        Column("segment_zh", "VARCHAR", "Their segment in Chinese."),
        Column("segment_en", "VARCHAR", "Their segment in English."),
        Column("age_band", "VARCHAR", "Age in bands of ten years.", personal=True, needs="customers"),
        Column("gender", "VARCHAR", "As the shop words it.", personal=True, needs="customers"),
        Column("region", "VARCHAR", "As the shop words it.", personal=True, needs="customers"),
    ),
)
SIMILAR = Table(
    schema="insights",
    name="similar_products",
    description="Which products go with which as of a Monday: by customers who interacted with both, or by their description where those are few.",
    partitioning="weekly",
    key=("as_of", "product_id", "position"),
    columns=(
        AS_OF,
        PRODUCT,
        POSITION,
        Column("other_product_id", "VARCHAR", "The product that goes with it."),
        Column("score", "DOUBLE", "How closely; 1 is the product itself."),
        Column("source", "VARCHAR", "customers: who interacted with both; content: the description."),
    ),
)
TOGETHER = Table(
    schema="insights",
    name="bought_together",
    description="Pairs of products in the same order more often than by chance, as of a Monday.",
    partitioning="weekly",
    key=("as_of", "product_id", "other_product_id"),
    columns=(
        AS_OF,
        PRODUCT,
        Column("other_product_id", "VARCHAR", "The product bought with it."),
        POSITION,
        Column("order_count", "BIGINT", "Orders with both: the support."),
        Column("support_share", "DOUBLE", "Their share of all orders."),
        Column("confidence_share", "DOUBLE", "Their share of the orders with the product."),
        Column("lift", "DOUBLE", "How many times as often as if the two had nothing to do with each other."),
    ),
)
FEEDBACK = Table(
    schema="insights",
    name="recommendation_feedback",
    description="What impressions and clicks of our lists say of their sources as of a Monday: the posterior by which they are drawn.",
    partitioning="weekly",
    key=("as_of", "list", "source"),
    columns=(
        AS_OF,
        Column("list", "VARCHAR", "discover or rebuy."),
        Column("source", "VARCHAR", "The source of the products shown."),
        Column("impression_count", "BIGINT", "Impressions."),
        Column("first_position_worth", "DOUBLE", "The same in impressions at the first position."),
        Column("click_count", "BIGINT", "Impressions that were clicked."),
        Column("purchase_count", "BIGINT", "Impressions followed by a purchase of the product within a week."),
        Column("click_rate", "DOUBLE", "Clicks an impression at the first position."),
        Column("alpha", "DOUBLE", "Posterior of the click rate at the first position; empty for the hold-out."),
        Column("beta", "DOUBLE", "Its second parameter."),
        Column(
            "lift",
            "DOUBLE",
            "How far the list's click rate lies above the hold-out's; empty while either has no clicks.",
        ),
        Column("lift_low", "DOUBLE", "Lower end of its 95 % interval."),
        Column("lift_high", "DOUBLE", "Upper end."),
    ),
)
