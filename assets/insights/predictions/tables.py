"""The tables of the predictions room."""

from assets.features.tables import AS_OF, FIT, PERSON
from resources.tables import Column, Table

HORIZON = Column("horizon_days", "INTEGER", "The shop's horizon: whole weeks between its p80 and p90 purchase gap.")
METHOD = Column("method", "VARCHAR", "The learner in force; a baseline where no learner beat it.")

PREDICTIONS = Table(
    schema="insights",
    name="predictions",
    description="Of every buyer as of a Monday: whether they buy within the horizon, for how much, and why.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    card=(
        "horizon_days",
        "p_purchase",
        "p_churn",
        "expected_spend",
        "reasons_zh",
        "reasons_en",
    ),
    columns=(
        AS_OF,
        PERSON,
        HORIZON,
        Column("p_purchase", "DOUBLE", "Probability of a purchase within the horizon."),
        Column("p_churn", "DOUBLE", "Probability of none: 1 - p_purchase."),
        Column(
            "expected_spend",
            "DOUBLE",
            "Expected spend within the horizon (the mean), returns netted, at the level of the newest closed window; empty where spend cannot be "
            "learned. insights.clv is of one piece with it.",
            money=True,
        ),
        Column("reasons_zh", "VARCHAR", "The three things that move the score most, in Chinese."),
        Column("reasons_en", "VARCHAR", "The same in English."),
        METHOD,
        *FIT,
    ),
)
BACKTESTS = Table(
    schema="insights",
    name="prediction_backtests",
    description="Scores whose window closed with the as-of date, against what happened in it.",
    partitioning="weekly",
    key=("as_of", "scored_as_of"),
    columns=(
        AS_OF,
        Column("scored_as_of", "DATE", "The Monday as of which they were made."),
        HORIZON,
        Column("customer_count", "BIGINT", "Customers scored."),
        Column("mean_score", "DOUBLE", "Mean probability of a purchase."),
        Column("realised_rate", "DOUBLE", "Share of them who bought within the horizon."),
        Column("auc", "DOUBLE", "Chance that a buyer was scored above a non-buyer."),
        Column("ap", "DOUBLE", "Average precision."),
        Column("lift", "DOUBLE", "Rate among the tenth scored highest, against the rate of all."),
        Column("brier", "DOUBLE", "Mean squared error of the probability."),
        Column("ece", "DOUBLE", "Expected calibration error, ten bins."),
        Column("expected_spend", "DOUBLE", "Spend expected of all.", money=True),
        Column("realised_spend", "DOUBLE", "What they spent, returns netted.", money=True),
        METHOD,
        *FIT,
    ),
)
DRIFT = Table(
    schema="insights",
    name="prediction_drift",
    description="How far each input, and the score, has moved from the rows the model in force was fitted on.",
    partitioning="weekly",
    key=("as_of", "feature"),
    columns=(
        AS_OF,
        Column("feature", "VARCHAR", "A column of features.customers, or score."),
        Column("psi", "DOUBLE", "Population stability index; above .25 it is another population."),
        *FIT,
    ),
)
