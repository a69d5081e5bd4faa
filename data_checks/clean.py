"""What is expected of typed, valid rows."""

from data_checks.gate.expectation import Expectation, no_row, share_of_rows
from resources.contract import ContractTable
from resources.shop import Shop

# The share of a day's rows that repeat earlier ones beyond which it is told.
MOSTLY = 0.9


def referred(shop: Shop, table: ContractTable) -> list[str]:
    """The declared tables of changes whose keys a fact refers to."""
    keys = {"customer_id": "customers", "product_id": "products"}
    return [name for key, name in keys.items() if key in table.field_names and name in shop.tables]


def facts(shop: Shop, table: ContractTable) -> list[Expectation]:
    suite = [
        Expectation(
            "every_delivered_row_is_accounted_for",
            "Conservation: each row is booked, in quarantine or a duplicate. One that vanishes is missing from every figure after it.",
            "unaccounted_rows",
            at_least=0,
            at_most=0,
            given=True,
            unit="rows",
        ),
        Expectation(
            "few_rows_are_in_quarantine",
            "A day of which much cannot be believed is a broken delivery, not a day with some dirt.",
            "quarantined_share",
            at_most=shop.limits.quarantine_share,
            given=True,
            offending="true",
            sample_from="quarantined",
            unit="share",
        ),
        Expectation(
            "the_day_is_not_an_earlier_one_again",
            "A day whose rows nearly all repeat earlier ones is most likely yesterday's file under today's name: its own rows are missing.",
            "repeated_share",
            at_most=MOSTLY,
            severity="warning",
            given=True,
            unit="share",
        ),
        no_row(
            "no_row_is_known_before_it_happened",
            f"known_on IS NULL OR known_on < {table.happened_on} OR known_on > delivered_on",
            "A row known before it happened would let past weeks see their future.",
        ),
    ]
    if table.name == "orders" and shop.has_prices:
        suite.insert(
            1,
            Expectation(
                "every_delivered_cent_is_accounted_for",
                "Conservation of money, quantity times price, to the cent.",
                "unaccounted_money",
                at_least=-0.005,
                at_most=0.005,
                given=True,
                unit="money",
            ),
        )
    for name in referred(shop, table):
        key = {"customers": "customer_id", "products": "product_id"}[name]
        # Postage and fees have codes of their own, which no catalogue lists.
        goods = (
            " AND coalesce(line_type, 'product') = 'product'" if table.name == "orders" and name == "products" else ""
        )
        suite.append(
            share_of_rows(
                f"few_rows_name_an_unknown_{name.removesuffix('s')}",
                f"{key} IS NOT NULL AND {key} NOT IN (SELECT {key} FROM clean.{name}){goods}",
                shop.limits.unknown_share,
                f"Referential integrity: rows whose {key} is in no {name} row say that one of the two deliveries is stale.",
            )
        )
    return suite


def changes(shop: Shop, table: ContractTable) -> list[Expectation]:
    return [
        no_row(
            "every_row_has_its_key",
            " OR ".join(f"{name} IS NULL" for name in table.key),
            "A row without its key belongs to nobody.",
        ),
        Expectation(
            "not_everything_is_in_quarantine",
            "A mapping or a file that no longer fits puts most of its rows there.",
            "SELECT 'all', count(*) FILTER (WHERE reason IS NOT NULL) / nullif(count(*), 0) FROM candidates",
            at_most=max(shop.limits.quarantine_share, 0.5),
            offending="true",
            sample_from="quarantined",
            unit="share",
        ),
    ]
