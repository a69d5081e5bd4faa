"""The table of alerts."""

from assets.features.tables import AS_OF
from resources.tables import Column, Table

ALERTS = Table(
    schema="outreach",
    name="alerts",
    description="What changed for the worse in the week before a Monday and is worth somebody's time: one row a cause, those with the most at "
    "stake. It sends nothing: a step of its own tells it, once, while it is fresh.",
    partitioning="weekly",
    key=("as_of", "alert_id"),
    columns=(
        AS_OF,
        Column("alert_id", "VARCHAR", "The alert; the same for as long as nothing new happens."),
        Column(
            "cause",
            "VARCHAR",
            "entered_risk: likelier to leave than the shop's limit, and was not a week before; moved_down: into a lower lifecycle group; "
            "complained: a valuable customer, in a review or to service; aspect_falling: praise of an aspect fell; unusual_contacts: service "
            "is asked much more than usual.",
        ),
        Column("cause_zh", "VARCHAR", "The cause in Chinese."),
        Column("cause_en", "VARCHAR", "The cause in English."),
        Column("person_id", "VARCHAR", "The person; empty where it is about a product or the shop."),
        Column("product_id", "VARCHAR", "The product; empty where it is about a person or the shop as a whole."),
        Column("title", "VARCHAR", "The product's title."),
        Column("urgency", "INTEGER", "3: today; 2: this week; 1: keep an eye on it."),
        Column("place", "INTEGER", "Its place in the week, 1 is the first: by urgency, then by what is at stake."),
        Column("at_stake", "DOUBLE", "The money at stake.", money=True),
        Column("stake_zh", "VARCHAR", "How that is worked out, in Chinese.", money=True),
        Column("stake_en", "VARCHAR", "The same in English.", money=True),
        Column("reasons_zh", "VARCHAR", "Why, in Chinese."),
        Column("reasons_en", "VARCHAR", "The same in English."),
        Column(
            "since_on",
            "DATE",
            "The person's latest purchase then: a later one ends the alert. Empty where a purchase changes nothing.",
        ),
        Column("expires_on", "DATE", "The day from which it is no longer shown or sent."),
    ),
)
