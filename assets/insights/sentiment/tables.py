"""The tables of the sentiment room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import Column, Table

REVIEW_SCORES = Table(
    schema="insights",
    name="review_scores",
    description="What each delivered review says: a verdict by the newest model fitted before it was known, keywords, aspects. "
    "The words themselves stay in clean.reviews.",
    partitioning="daily",
    key=("delivered_on", "row_no"),
    holds_verdicts=True,
    columns=(
        Column("delivered_on", "DATE", "The day on which the shop handed the review over."),
        Column("row_no", "BIGINT", "The review's place in its delivery."),
        Column("known_on", "DATE", "The day from which it may be used."),
        Column("review_id", "VARCHAR", "The review; again where it was changed."),
        Column("customer_id", "VARCHAR", "The account that wrote it."),
        Column("product_id", "VARCHAR", "What it is about."),
        Column("reviewed_on", "DATE", "The shop's own day on which it was written."),
        Column("rating", "INTEGER", "Stars, 1 to 5."),
        Column(
            "reason",
            "VARCHAR",
            "Why there is no verdict: empty, template (what platforms put where nobody wrote), no_words, other_script "
            "(one that the model was not trained on), no_model.",
        ),
        Column("label", "VARCHAR", "positive, neutral or negative."),
        Column("p_positive", "DOUBLE", "Calibrated probability of praise."),
        Column("p_neutral", "DOUBLE", "Probability of neither; empty where the model has not learnt it."),
        Column("p_negative", "DOUBLE", "Calibrated probability of blame."),
        Column("snownlp_p_positive", "DOUBLE", "snownlp's own score, of some reviews a delivery, for comparison."),
        Column(
            "words_for",
            "VARCHAR[]",
            "The words that speak most for it; negations with what they negate.",
            personal=True,
        ),
        Column("words_against", "VARCHAR[]", "The words that speak most against it.", personal=True),
        Column("keywords", "VARCHAR[]", "What it is about: its words without stop words.", personal=True),
        Column("tags", "VARCHAR[]", "Their parts of speech, as jieba has them."),
        Column(
            "aspects",
            "STRUCT(aspect VARCHAR, p_praised DOUBLE, clause VARCHAR)[]",
            "The aspects spoken of, the probability that each is praised, and the clause that says so.",
            personal=True,
        ),
        *FIT,
    ),
)
_SHARE = (
    Column("positive_share", "DOUBLE", "Share of positive ones among those with an opinion, neutral ones included."),
    Column("positive_share_low", "DOUBLE", "Lower end of its 95 % interval (Wilson)."),
    Column("positive_share_high", "DOUBLE", "Upper end."),
)
PRODUCT_SATISFACTION = Table(
    schema="insights",
    name="product_satisfaction",
    description="How satisfied reviews are with each product as of a Monday: by their words, else by their stars.",
    partitioning="weekly",
    key=("as_of", "product_id"),
    columns=(
        AS_OF,
        Column("product_id", "VARCHAR", "The product; empty for reviews of none."),
        Column("review_count", "BIGINT", "Reviews."),
        Column("rated_count", "BIGINT", "Reviews with stars."),
        Column("rating", "DOUBLE", "Mean stars."),
        Column("positive_count", "BIGINT", "Reviews that praise."),
        Column("neutral_count", "BIGINT", "Reviews that do neither."),
        Column("negative_count", "BIGINT", "Reviews that blame."),
        *_SHARE,
        Column("review_count_90d", "BIGINT", "Reviews of the last 90 days."),
        Column("positive_share_90d", "DOUBLE", "Share of positive ones among those of the last 90 days."),
        Column("worst_aspect", "VARCHAR", "The aspect most often blamed in the last 90 days."),
        Column("worst_aspect_count", "BIGINT", "How often."),
    ),
)
ASPECT_TRENDS = Table(
    schema="insights",
    name="aspect_trends",
    description="What is said of each aspect in the four weeks before a Monday, against the twelve weeks before those: "
    "of every product and of the shop as a whole, with the complaints in their own words.",
    partitioning="weekly",
    key=("as_of", "product_id", "aspect"),
    columns=(
        AS_OF,
        Column("product_id", "VARCHAR", "The product; empty for the shop as a whole."),
        Column("aspect", "VARCHAR", "The aspect."),
        Column("aspect_zh", "VARCHAR", "Its name in Chinese."),
        Column("aspect_en", "VARCHAR", "Its name in English."),
        Column("mention_count", "BIGINT", "Reviews of the four weeks that speak of it."),
        Column("praised_count", "BIGINT", "Those that praise it."),
        Column("blamed_count", "BIGINT", "Those that blame it."),
        Column("praised_share", "DOUBLE", "Share of those that praise it."),
        Column("praised_share_low", "DOUBLE", "Lower end of its 95 % interval (Wilson)."),
        Column("praised_share_high", "DOUBLE", "Upper end."),
        Column("mention_count_before", "BIGINT", "Reviews of the twelve weeks before that speak of it."),
        Column("praised_share_before", "DOUBLE", "Share of those that praise it."),
        Column("change", "DOUBLE", "Share now minus share before."),
        Column("z", "DOUBLE", "The change in standard errors, shares pooled (two-proportion test)."),
        Column("is_drop", "BOOLEAN", "Whether praise fell by more than noise: 20 mentions on both sides, z below -3."),
        Column(
            "complaint_rank", "INTEGER", "Its place among the product's aspects by blame, from 1; empty without blame."
        ),
        Column("quotes", "VARCHAR[]", "Up to three clauses that blame it most.", personal=True),
    ),
)
CUSTOMER_OPINIONS = Table(
    schema="insights",
    name="customer_opinions",
    description="What the reviews of each person say as of a Monday; persons without a review have no row.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "review_count",
        "review_rating",
        "review_sentiment",
        "latest_review_sentiment",
        "negative_review_count_90d",
    ),
    columns=(
        AS_OF,
        PERSON,
        Column("review_count", "BIGINT", "Reviews."),
        Column("review_recency_days", "INTEGER", "Days from the latest review to the as-of date."),
        Column("review_rating", "DOUBLE", "Mean stars; empty where none were given."),
        Column(
            "review_sentiment",
            "DOUBLE",
            "Mean probability of praise less that of blame; empty where no review has a verdict.",
        ),
        Column("latest_review_sentiment", "DOUBLE", "The same of the latest review."),
        Column("negative_review_count_90d", "BIGINT", "Reviews of the last 90 days that blame."),
    ),
)
