"""What insights.clv reads: purchases as of Mondays, and what they cost the shop."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.features import reads as features
from assets.insights.predictions.tables import PREDICTIONS
from resources.code import sql_files
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)


def purchases(warehouse: Warehouse, weeks: Sequence[date], *, is_published: bool = False) -> dict[str, Any]:
    """What selects read of some Mondays: `purchase_days`, and `summary` (frequency, recency, T, gaps and money in days)."""
    return features.as_of(warehouse, weeks, is_published=is_published) | {
        "purchase_days": (SQL("purchase_days"), {}),
        "summary": (SQL("summary"), {"days_per_unit": 1}),
    }


def customers_of(warehouse: Warehouse, day: date) -> "pd.DataFrame":
    """The rows of `summary` as of a Monday, ordered by person."""
    return warehouse.select("SELECT * FROM summary ORDER BY person_id", purchases(warehouse, [day]))


def scored_customers(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The same of a published Monday, with what was paid and what it cost where costs are known, and with what insights.predictions
    says of each: p_purchase, expected_spend and horizon_days, missing before its first fit."""
    inputs = purchases(warehouse, [week], is_published=True) | {
        "predictions": PREDICTIONS,
        **features.COSTS_THEN,
        "margins": SQL("margins"),
    }
    return warehouse.select(
        """
        SELECT s.*, m.paid, m.cost, p.p_purchase, p.expected_spend, p.horizon_days
        FROM summary AS s
        LEFT JOIN margins AS m ON m.as_of = s.as_of AND m.person_id = s.person_id
        LEFT JOIN predictions AS p ON p.as_of = s.as_of AND p.person_id = s.person_id
        ORDER BY s.person_id
        """,
        inputs,
    )
