"""Customers as of any Mondays, and what came after: what weekly tables and models that are fitted at past dates read."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from assets.features.methods.identities import persons
from assets.features.queries import SQL, VIEWS
from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from resources.contract import CONTRACT, GUEST
from resources.sales import sales
from resources.tables import Table
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

COSTS_THEN: dict[str, Any] = {
    "costs": "SELECT * FROM products WHERE cost IS NOT NULL",
    "costs_then": SQL("products_then").replace("products AS p", "costs AS p"),
}
"""The last cost known of each product before some Mondays, for selects that are given what `as_of` gives."""


def identities(warehouse: Warehouse, weeks: Sequence[date]) -> str:
    """A select of the rows of features.identities that holds those of the given Mondays. They are kept in the temporary table
    `people_then`, since the fits and the weeks of a run ask for the same Mondays many times over."""
    shop, connection = warehouse.shop, warehouse.connection
    known: set[date] = warehouse.once("people_then", partial(_nobody_then, warehouse))
    inputs = {"customer_days": CUSTOMER_DAYS, "customers": CONTRACT["customers"].clean}
    for week in weeks if "links" in shop.tables else ():
        if week in known:
            continue
        links = connection.execute(
            "SELECT customer_id, key_type || ':' || key_value AS key FROM clean.links WHERE known_on < ? ORDER BY ALL",
            [week],
        ).df()
        seen = warehouse.select(SQL("first_seen"), inputs, {"week": week})
        frame = persons(links, seen, shop.settings.accounts_a_key, GUEST)
        connection.register("frame", frame)
        connection.execute("INSERT INTO people_then BY NAME SELECT $week AS as_of, * FROM frame", {"week": week})
        connection.unregister("frame")
        known.add(week)
    return "SELECT * FROM people_then"


def _nobody_then(warehouse: Warehouse) -> set[date]:
    warehouse.connection.execute(IDENTITIES.create_sql("people_then", temporary=True))
    return set()


def as_of(warehouse: Warehouse, weeks: Sequence[date], *, is_published: bool = False) -> dict[str, Any]:
    """What a select reads of some Mondays, by name:

    weeks: the Mondays (as_of); merged: accounts that belong together as of each (as_of, customer_id, person_id);
    orders, events, products, customers, customer_days: the tables; sales: see resources.sales;
    person_days, person_sales: what each person did, as known before each Monday; person_days_after, person_sales_after: what they
    did from it on; products_then, customers_then: what was last known of each before it.

    Where the weeks are published, the persons are those of features.identities.
    """
    people = IDENTITIES if is_published else identities(warehouse, weeks)
    merged = "SELECT as_of, customer_id, person_id FROM people WHERE as_of IN (SELECT as_of FROM weeks)"
    inputs: dict[str, Any] = {"weeks": list(weeks), "people": people, "merged": merged, "customer_days": CUSTOMER_DAYS}
    inputs |= {name: CONTRACT[name].clean for name in ("orders", "events", "products", "customers")}
    inputs |= {"sales": sales(warehouse.shop, "orders")}
    return inputs | {name: SQL(name) for name in VIEWS}


def consents_as_of(warehouse: Warehouse, weeks: Sequence[date], *, is_published: bool = False) -> dict[str, Any]:
    """What `as_of` names, and what customers decided, as known before each Monday:

    decided: of each account (as_of, customer_id, purpose, channel, is_given, decided_at); agreed: of each person (as_of, person_id, agrees, refuses).
    """
    inputs = as_of(warehouse, weeks, is_published=is_published) | {"consents": CONTRACT["consents"].clean}
    return inputs | {"decided": SQL("decided"), "agreed": SQL("agreed")}


def keep_newest_consents(warehouse: Warehouse, table: str) -> None:
    """Makes a temporary table of what holds of each account by all that was delivered: customer_id, purpose, channel, is_given, decided_at."""
    inputs = {"weeks": [date.max], "customers": CONTRACT["customers"].clean, "consents": CONTRACT["consents"].clean}
    with warehouse.given(inputs):
        warehouse.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * EXCLUDE (as_of) FROM ({SQL('decided')})"
        )


def customers_as_of(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """Customers as of a Monday, with the columns of features.customers, ordered by person."""
    return warehouse.select(f"SELECT * FROM ({SQL('customers')}) ORDER BY person_id", as_of(warehouse, [week]))


def gaps_before(warehouse: Warehouse, day: date) -> "pd.DataFrame":
    """gap_days, gap_count of the days between two purchase days of a person, of what was known before `day`, shortest first."""
    return warehouse.select(SQL("gaps"), as_of(warehouse, [day]))


def published_customers(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The rows of features.customers of a week, ordered by person, with every column: what a shop lacks is 0 or empty, as it is in
    `customers_as_of`, so that a fit on the one scores the other."""
    query = "SELECT * FROM customers WHERE as_of = $week ORDER BY person_id"
    return warehouse.select(query, {"customers": CUSTOMERS}, {"week": week})


def buyers(customers: "pd.DataFrame") -> "pd.DataFrame":
    """Those of customers as of a Monday who have bought."""
    return customers[customers["frequency"] > 0].reset_index(drop=True)


def opinions(warehouse: Warehouse, weeks: Sequence[date], review_scores: Table) -> tuple[str, dict[str, Any]]:
    """The select of what each person's reviews say as of some Mondays, and what it reads."""
    inputs = as_of(warehouse, weeks) | {"reviews": review_scores, "reviews_then": SQL("reviews_then")}
    return SQL("opinions"), inputs
