"""The table of planned actions."""

from assets.features.tables import AS_OF, PERSON
from resources.tables import Column, Table

WINBACK = Table(
    schema="outreach",
    name="winback",
    description="The plan of the week: who is to get which action, and who is held out of it at random to be compared with them. At most one a "
    "person. A plan sends nothing: it is delivered by a step of its own, which asks for consent again.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    columns=(
        AS_OF,
        PERSON,
        Column("action", "VARCHAR", "The action, by its name in store.yaml."),
        Column("action_zh", "VARCHAR", "Its name in Chinese."),
        Column("action_en", "VARCHAR", "Its name in English."),
        Column("action_id", "VARCHAR", "This action for this person: outcomes name it."),
        Column("arm", "VARCHAR", "treated: to get it; held_out: to get nothing, for comparison."),
        Column(
            "is_measured",
            "BOOLEAN",
            "Whether the person is in the comparison: both arms wanted the action alike, and a place was open to both.",
        ),
        Column("season", "VARCHAR", "The season in which the arm stays."),
        Column("holdout_share", "DOUBLE", "The share that was held out when the arm was drawn."),
        Column("segment_id", "INTEGER", "The person's segment then; empty for none."),
        Column(
            "p_purchase",
            "DOUBLE",
            "Probability without the action of what it is about: a purchase within the horizon, or a first one, of its category or at all, within "
            "its window.",
        ),
        Column("uplift", "DOUBLE", "By how much the action is expected to raise it."),
        Column(
            "margin_value",
            "DOUBLE",
            "What a purchase more is expected to leave, before the action's own costs.",
            money=True,
        ),
        Column(
            "cost", "DOUBLE", "What the action is expected to cost: its cost, and its subsidy if they buy.", money=True
        ),
        Column(
            "gain",
            "DOUBLE",
            "Expected net gain: margin times uplift, less costs, less the subsidy to those who buy anyway.",
            money=True,
        ),
        Column(
            "one_more_place_brings",
            "DOUBLE",
            "What one more place of this action would bring the plan, net; 0 where its places are not used up.",
            money=True,
        ),
        Column(
            "one_more_of_budget_brings",
            "DOUBLE",
            "What one more of budget would bring the plan, net; 0 where the budget is not used up.",
            money=True,
        ),
        Column("plan_gain_at_most", "DOUBLE", "What no plan of the week could pass, net.", money=True),
        Column("why_zh", "VARCHAR", "Why, in Chinese."),
        Column("why_en", "VARCHAR", "Why, in English."),
        Column("rule_zh", "VARCHAR", "Who may get the action, as published, in Chinese."),
        Column("rule_en", "VARCHAR", "The same in English."),
        Column("expires_on", "DATE", "The day from which it is no longer sent."),
    ),
)
NOT_PLANNED = Table(
    schema="outreach",
    name="not_planned",
    description="Who is worth an action in the week and is not in its plan, and why: the first reason that holds. Who is held out for comparison "
    "is in the plan.",
    partitioning="weekly",
    key=("as_of", "person_id"),
    columns=(
        AS_OF,
        PERSON,
        Column(
            "reason",
            "VARCHAR",
            "refused: refuses personal treatment; no_consent: has not agreed to be addressed; contacted_lately: addressed within the days of rest; no_place: "
            "the budget or the places went to others.",
        ),
    ),
)
