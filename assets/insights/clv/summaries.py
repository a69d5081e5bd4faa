"""What insights.clv reads of the warehouse: purchases as of Mondays, and what they cost the shop."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assets.features.tables import CUSTOMER_DAYS, IDENTITIES
from resources.contract import CONTRACT
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent


def sql(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def published_persons(warehouse: Warehouse, weeks: Sequence[date]) -> None:
    """Makes the temporary table `persons` of published weeks."""
    warehouse.view(IDENTITIES)
    warehouse.connection.execute(
        "CREATE OR REPLACE TEMP TABLE persons AS "
        "SELECT as_of, customer_id, person_id FROM features_identities WHERE list_contains($weeks, as_of)",
        {"weeks": list(weeks)},
    )


def prepare_days(warehouse: Warehouse, weeks: Sequence[date], horizon_days: int = 0) -> None:
    """Makes the temporary tables `asked` (the Mondays) and `purchase_days` as of each Monday, with the `horizon_days` after it.
    The temporary table `persons` must know of these Mondays."""
    connection = warehouse.connection
    warehouse.view(CUSTOMER_DAYS)
    connection.execute("CREATE OR REPLACE TEMP TABLE asked (as_of DATE)")
    connection.executemany("INSERT INTO asked VALUES (?)", [[week] for week in weeks])
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE purchase_days AS {sql('purchase_days')}", {"horizon_days": horizon_days}
    )


def prepare_summary(warehouse: Warehouse) -> None:
    """Makes the temporary table `summary` of `purchase_days`, in days."""
    warehouse.connection.execute(f"CREATE OR REPLACE TEMP TABLE summary AS {sql('summary')}", {"days_per_unit": 1})


def prepare_margins(warehouse: Warehouse) -> None:
    """Makes the temporary table `margins` for the Mondays of `prepare_days`; empty in a shop without products."""
    for name in ("orders", "products"):
        warehouse.view(CONTRACT[name].clean)
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE margins AS {sql('margins')}",
        {"outlier_quantity": warehouse.shop.limits.outlier_quantity},
    )


def customers_of(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The rows of `summary` of one Monday, ordered by person, with paid and cost where `margins` has them."""
    return warehouse.connection.execute(
        """
        SELECT s.*, m.paid, m.cost
        FROM summary AS s LEFT JOIN margins AS m ON m.as_of = s.as_of AND m.person_id = s.person_id
        WHERE s.as_of = $week
        ORDER BY s.person_id
        """,
        {"week": week},
    ).df()
