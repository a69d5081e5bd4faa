"""The table of audiences."""

from assets.features.tables import AS_OF, PERSON
from resources.tables import Column, Table

AUDIENCES = Table(
    schema="outreach",
    name="audiences",
    description="Who is on which of the shop's lists of customers, and who of them may be reached. A list sends nothing: consent is asked again "
    "whenever one is exported.",
    partitioning="weekly",
    key=("as_of", "audience", "person_id"),
    columns=(
        AS_OF,
        Column("audience", "VARCHAR", "The list, by its name in store.yaml."),
        PERSON,
        Column(
            "reach",
            "VARCHAR",
            "may_be_reached; else the first reason why not: refused (personal treatment), no_consent, held_out (of an action, this season), "
            "contacted_lately (by an action).",
        ),
        Column("entered_on", "DATE", "The Monday from which the person has been on the list without a break."),
    ),
)
