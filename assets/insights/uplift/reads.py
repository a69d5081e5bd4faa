"""What is known of each action before a Monday: what was assigned in earlier weeks, and who bought after it."""

from datetime import date
from typing import TYPE_CHECKING

from assets.features.reads import as_of
from assets.insights.uplift.methods.results import Result, firsts, result
from resources.code import sql_files
from resources.contract import CONTRACT
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)
READS = (
    "as_of",
    "person_id",
    "action",
    "action_id",
    "arm",
    "is_measured",
    "season",
    "segment_id",
    "p_purchase",
    "holdout_share",
)


def results(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> dict[str, Result]:
    """By action of the shop its result as of a Monday. `assigned`: the rows of outreach.winback of earlier weeks, with READS."""
    import pandas as pd

    actions = warehouse.shop.actions
    offers = actions.offers if actions else {}
    rows = assigned[assigned["action"].isin(list(offers))]
    rows = rows.assign(
        closes_on=[
            pd.Timestamp(day) + pd.Timedelta(days=offers[action].outcome_days)
            for day, action in zip(rows["as_of"], rows["action"], strict=True)
        ]
    )
    rows["closes_on"] = pd.to_datetime(rows["closes_on"])
    happened = pd.DataFrame()
    if len(rows):
        inputs = as_of(warehouse, [week], is_published=True)
        inputs |= {"assigned": rows, "carried_out": carried_out(warehouse, week, rows)}
        happened = warehouse.select(SQL("happened"), inputs, {"week": week})
    seen = firsts(happened) if len(happened) else pd.DataFrame(columns=[*READS, "bought"])
    seen = seen[seen["is_measured"].astype(bool)]
    return {name: result(seen[seen["action"] == name], each.expected_uplift) for name, each in offers.items()}


def carried_out(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> "pd.DataFrame":
    """action, as_of: the weeks of an action among those assigned that were carried out, as known before a Monday."""
    inputs = {"assigned": assigned, "outcomes": CONTRACT["outcomes"].clean}
    return warehouse.select(SQL("carried_out"), inputs, {"week": week})
