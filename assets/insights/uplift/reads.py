"""What is known of each action before a Monday: what was assigned in earlier weeks, and who bought after it, and for how much."""

from datetime import date
from typing import TYPE_CHECKING

from assets.features.reads import COSTS_THEN, as_of
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
    "margin_value",
    "holdout_share",
)


def results(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> dict[str, Result]:
    """By action of the shop its result as of a Monday. `assigned`: the rows of outreach.winback of earlier weeks, with READS."""
    seen = happened(warehouse, week, assigned)
    actions = warehouse.shop.actions
    offers = actions.offers if actions else {}
    return {name: result(seen[seen["action"] == name], each.expected_uplift) for name, each in offers.items()}


def happened(
    warehouse: Warehouse, week: date, assigned: "pd.DataFrame", *, is_published: bool = True
) -> "pd.DataFrame":
    """Of those assigned in weeks that were carried out and have closed, who are in the comparison: what each did in the window, as known before
    a Monday, the first of each person, action and season. Where the week is published, the persons are those of features.identities."""
    import pandas as pd

    actions = warehouse.shop.actions
    offers = actions.offers if actions else {}
    rows = assigned[assigned["action"].isin(list(offers))]
    done = carried_out(warehouse, week, rows) if len(rows) else rows
    if actions is None or done.empty:
        return pd.DataFrame(columns=[*READS, "closes_on", "person_then", "bought", "margin"])
    days = rows["action"].map({name: offer.outcome_days for name, offer in offers.items()})
    rows = rows.assign(
        closes_on=pd.to_datetime(rows["as_of"]) + pd.to_timedelta(days, unit="D"),
        category=pd.Series([offers[action].category for action in rows["action"]], rows.index, dtype=object),
    )
    inputs = as_of(warehouse, [week], is_published=is_published) | COSTS_THEN | {"assigned": rows, "carried_out": done}
    seen = firsts(warehouse.select(SQL("happened"), inputs, {"week": week, "margin_share": actions.margin_share}))
    return seen[seen["is_measured"].astype(bool)].reset_index(drop=True)


def carried_out(warehouse: Warehouse, week: date, assigned: "pd.DataFrame") -> "pd.DataFrame":
    """action, as_of: the weeks of an action among those assigned that were carried out, as known before a Monday."""
    inputs = {"assigned": assigned, "outcomes": CONTRACT["outcomes"].clean}
    return warehouse.select(SQL("carried_out"), inputs, {"week": week})
