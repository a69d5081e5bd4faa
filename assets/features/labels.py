"""Customers as of past Mondays with what they did afterwards: what models are trained and judged on."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from assets.features.reads import SQL, as_of
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd


def labelled_customers(
    warehouse: Warehouse, cut_offs: Sequence[date], horizon_days: int, known_before: date | None = None
) -> "pd.DataFrame":
    """Buyers as of each cut-off, a Monday: the columns of features.customers, from rows known before the cut-off, and

    later_purchases: days with a purchase in the `horizon_days` from the cut-off on,
    later_spend: what was paid in them, their returns netted,

    both from rows known before `known_before`, or, without it, before the end of each window. Ordered by cut-off and person.
    Raises ValueError where a window is still open then: its labels would count those who have not come back yet as gone.
    """
    still_open = [day for day in cut_offs if known_before and day + timedelta(days=horizon_days) > known_before]
    if still_open:
        raise ValueError(f"the {horizon_days} days from {max(still_open)} on are not over before {known_before}")
    return warehouse.select(
        f"""
        SELECT c.*, coalesce(l.later_purchases, 0) AS later_purchases, CAST(coalesce(l.later_spend, 0) AS DOUBLE) AS later_spend
        FROM ({SQL("customers")}) AS c LEFT JOIN ({SQL("labels")}) AS l ON l.as_of = c.as_of AND l.person_id = c.person_id
        WHERE c.frequency > 0
        ORDER BY c.as_of, c.person_id
        """,
        as_of(warehouse, cut_offs),
        {"horizon_days": horizon_days, "known_before": known_before},
    )
