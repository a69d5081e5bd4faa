"""features: what is known of every customer, by day (additive) and as of a Monday."""

import dagster as dg

from assets.features.reads import SQL, as_of, identities
from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from data_checks import features as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.sales import sales


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    behaviour = [CONTRACT[name].clean for name in ("orders", "events") if name in shop.tables]
    known = [CONTRACT[name].clean for name in ("orders", "customers", "products", "links") if name in shop.tables]
    assets = [
        gated_asset(
            CUSTOMER_DAYS,
            customer_day_rows,
            calendar=calendar,
            reads=behaviour,
            suite=checks.customer_days(shop),
            kinds={"sql"},
        ),
        gated_asset(
            CUSTOMERS,
            customer_rows,
            calendar=calendar,
            reads=[CUSTOMER_DAYS, *known],
            suite=checks.customers(shop),
            kinds={"sql"},
        ),
    ]
    if "links" in shop.tables:
        links = CONTRACT["links"].clean
        assets.append(
            gated_asset(
                IDENTITIES,
                identity_rows,
                calendar=calendar,
                reads=[CUSTOMER_DAYS, links],
                suite=checks.identities(shop),
                kinds={"scipy"},
            )
        )
    return assets


def customer_day_rows(work: Work) -> Rows:
    """What each account did by day and channel, of the deliveries asked for."""
    shop = work.warehouse.shop
    return Rows(
        SQL("customer_days"),
        {"session_seconds": shop.settings.session_minutes * 60},
        {"orders": CONTRACT["orders"].clean, "events": CONTRACT["events"].clean, "sales": sales(shop, "orders")},
    )


def identity_rows(work: Work) -> Rows:
    """Accounts that belong together, by links known before each Monday."""
    people = identities(work.warehouse, work.keys)
    return Rows(
        "SELECT p.* FROM people AS p JOIN weeks USING (as_of)", inputs={"people": people, "weeks": list(work.keys)}
    )


def customer_rows(work: Work) -> Rows:
    """Customers as of each Monday."""
    return Rows(SQL("customers"), inputs=as_of(work.warehouse, work.keys))
