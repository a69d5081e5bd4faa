"""Customers as of any Mondays, for the weekly table and for models that are fitted at past dates."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assets.features.identities import persons
from assets.features.tables import CUSTOMER_DAYS
from resources.contract import CONTRACT
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent


def identities(warehouse: Warehouse, weeks: Sequence[date]) -> "pd.DataFrame":
    """The rows of features.identities for the given Mondays."""
    import pandas as pd

    frames = []
    shop, connection = warehouse.shop, warehouse.connection
    if "links" in shop.tables:
        warehouse.view(CUSTOMER_DAYS)
        warehouse.view(CONTRACT["customers"].clean)
        for week in weeks:
            links = connection.execute(
                "SELECT customer_id, key_type || ':' || key_value AS key FROM clean.links WHERE known_on < ? ORDER BY ALL",
                [week],
            ).df()
            seen = connection.execute(
                """
                SELECT customer_id, min(seen_on) AS first_seen_on FROM (
                    SELECT customer_id, min(known_on) AS seen_on FROM clean.links WHERE known_on < $week GROUP BY ALL
                    UNION ALL
                    SELECT customer_id, min(known_on) FROM features_customer_days WHERE known_on < $week GROUP BY ALL
                    UNION ALL
                    SELECT customer_id, min(known_on) FROM clean_customers WHERE known_on < $week GROUP BY ALL
                ) GROUP BY customer_id ORDER BY customer_id
                """,
                {"week": week},
            ).df()
            frames.append(persons(links, seen, shop.settings.accounts_a_key).assign(as_of=week))
    if not frames:
        return pd.DataFrame({"as_of": [], "customer_id": [], "person_id": [], "account_count": []})
    return pd.concat(frames, ignore_index=True)


def prepare_persons(warehouse: Warehouse, weeks: Sequence[date]) -> None:
    """Makes the temporary table `persons`: the accounts that belong together as of each Monday."""
    connection = warehouse.connection
    connection.register("persons_frame", identities(warehouse, weeks))
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE persons AS SELECT CAST(as_of AS DATE) AS as_of, CAST(customer_id AS VARCHAR) AS customer_id, "
        "CAST(person_id AS VARCHAR) AS person_id FROM persons_frame"
    )
    connection.unregister("persons_frame")


def prepare_customers(warehouse: Warehouse, weeks: Sequence[date]) -> str:
    """The select of customers as of the Mondays in `asked`, after making the temporary table `persons` it joins."""
    for table in (CUSTOMER_DAYS, *(CONTRACT[name].clean for name in ("orders", "customers", "products"))):
        warehouse.view(table)
    prepare_persons(warehouse, weeks)
    return (HERE / "customers.sql").read_text(encoding="utf-8")


def customers_as_of(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """Customers as of a Monday, with the columns of features.customers, ordered by person."""
    connection = warehouse.connection
    select = prepare_customers(warehouse, [week])
    connection.execute("CREATE OR REPLACE TEMP TABLE asked AS SELECT CAST($week AS DATE) AS as_of", {"week": week})
    return connection.execute(f"SELECT * FROM ({select}) ORDER BY person_id").df()


def opinions() -> str:
    """The select of what each person's reviews say as of the Mondays in `asked`; it joins the temporary table `persons`."""
    return (HERE / "opinions.sql").read_text(encoding="utf-8")
