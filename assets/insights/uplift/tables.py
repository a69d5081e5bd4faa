"""The table of what actions brought."""

from assets.features.tables import AS_OF
from resources.tables import Column, Table

UPLIFT = Table(
    schema="insights",
    name="uplift",
    description="What each action brought, as of a Monday: those who were to get it against those held out of it at random, over all weeks "
    "that were carried out and whose window has closed; as a whole (segment_id is empty) and by segment.",
    partitioning="weekly",
    key=("as_of", "action", "segment_id"),
    columns=(
        AS_OF,
        Column("action", "VARCHAR", "The action, by its name in store.yaml."),
        Column("action_zh", "VARCHAR", "Its name in Chinese."),
        Column("action_en", "VARCHAR", "Its name in English."),
        Column("segment_id", "INTEGER", "The segment that people were in when it was planned; empty for all of them."),
        Column("week_count", "BIGINT", "Weeks that are counted."),
        Column("treated_count", "BIGINT", "People who were to get it."),
        Column("control_count", "BIGINT", "People held out of it."),
        Column("treated_rate", "DOUBLE", "Share of the first who bought within the window."),
        Column("control_rate", "DOUBLE", "Share of the second who did."),
        Column(
            "effect",
            "DOUBLE",
            "The purchase rate that it added, weeks pooled, adjusted for the probability predicted before.",
        ),
        Column("effect_low", "DOUBLE", "The lower end of its 95 % interval."),
        Column("effect_high", "DOUBLE", "The upper end of its 95 % interval."),
        Column(
            "margin_effect",
            "DOUBLE",
            "The margin a person that it added in the window: all they paid less the goods, returns netted, before the action's own cost.",
            money=True,
        ),
        Column("margin_effect_low", "DOUBLE", "The lower end of its 95 % interval.", money=True),
        Column("margin_effect_high", "DOUBLE", "The upper end of its 95 % interval.", money=True),
        Column(
            "expected_uplift",
            "DOUBLE",
            "What is expected of it next: the result and what was thought before, each by how sure it is; of a segment, drawn towards the whole.",
        ),
        Column("expected_uplift_error", "DOUBLE", "Its standard error."),
        Column(
            "mismatch_p",
            "DOUBLE",
            "Sample-ratio mismatch: how likely arms of these sizes are. Near zero the arms are not those of the draw.",
        ),
        Column("next_holdout_share", "DOUBLE", "The share to be held out next."),
        Column(
            "is_ranked",
            "BOOLEAN",
            "Whether people are planned by what it adds to each of them, and not by segments: whether that ranking is surely ahead of response "
            "ranking and of everybody alike on the next campaign.",
        ),
        Column("ranking_zh", "VARCHAR", "By what people are planned, and why, in Chinese."),
        Column("ranking_en", "VARCHAR", "The same in English."),
        Column("verdict_zh", "VARCHAR", "What is known, in Chinese."),
        Column("verdict_en", "VARCHAR", "What is known, in English."),
    ),
)
