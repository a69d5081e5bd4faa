"""Every expectation of the spine's suites holds on a good partition and is broken, alone, by the fault that it is there for.

A table with a good and a bad partition is staged by hand and judged by the suite as the gate would judge it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import duckdb
import pytest

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS, IDENTITIES
from data_checks import clean, features, raw
from data_checks.expectation import Expectation
from data_checks.judge import judge
from resources.contract import CONTRACT
from resources.shop import Shop
from resources.tables import Table
from tests.shop_builder import Bench

GOOD, BAD = "2024-01-18", "2024-01-19"
MONDAY, BAD_MONDAY = "2024-01-22", "2024-01-29"
ORDERS, CUSTOMER_CHANGES = CONTRACT["orders"], CONTRACT["customers"]
ORDER: dict[str, Any] = {
    "order_id": "a", "line_no": "1", "customer_id": "anna", "product_id": "tea", "quantity": 1, "unit_price": 10, "row_no": 1,
}  # fmt: skip
LEDGER = ORDER | {"ordered_on": "2024-01-10", "known_on": GOOD, "sign": 1}
PERSON: dict[str, Any] = {
    "person_id": "anna", "account_count": 1, "recency_days": 5, "t_days": 9, "frequency": 2, "spend": 20, "purchases_7d": 1,
    "purchases_30d": 2, "purchases_90d": 2, "purchases_365d": 2,
}  # fmt: skip
DAY: dict[str, Any] = {
    "customer_id": "anna", "active_on": GOOD, "channel": "app", "known_on": GOOD, "line_count": 1, "returned_line_count": 0, "gross": 10, "returned": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """The table, its suite, rows of every good partition, and what is done to make each expectation fail (SQL)."""

    table: Table
    suite: Callable[[Shop], list[Expectation]]
    good: dict[str, Any]
    faults: dict[str, str]
    figures: str | None = None
    keys: tuple[str, str] = (GOOD, BAD)


def copies(what: str, how_many: int = 12, where: str = f"delivered_on = '{BAD}'") -> str:
    """More rows like the bad partition's, changed."""
    return f"INSERT INTO stage SELECT * REPLACE ({what}) FROM stage, range({how_many}) AS t(n) WHERE {where}".replace(
        "SELECT *", "SELECT stage.*"
    )


FIGURES = """
    SELECT delivered_on, 0 AS unreadable_count, CASE WHEN count(*) FILTER (WHERE order_id = 'lost') > 0 THEN 1 ELSE 0 END AS unaccounted_rows,
        sum(CASE WHEN order_id = 'cents' THEN 0.01 ELSE 0 END) AS unaccounted_money,
        CASE WHEN any_value(order_id) = 'dirty' THEN 0.95 ELSE 0.1 END AS quarantined_share
    FROM stage GROUP BY delivered_on
"""
CASES = [
    Case(
        ORDERS.raw,
        lambda shop: raw.facts(shop, ORDERS),
        ORDER,
        {
            "every_file_was_delivered_and_could_be_read": "UPDATE stage SET order_id = 'broken' WHERE delivered_on = $bad",
            "the_day_is_neither_far_too_small_nor_far_too_large": "INSERT INTO ops.windows SELECT 'raw.orders', CAST(DATE '2024-01-19' - CAST(7 * (n + 1) AS INTEGER) AS VARCHAR), 30 FROM range(5) AS t(n)",
            "some_row_part_of_every_key_is_given": "UPDATE stage SET order_id = NULL, line_no = NULL WHERE delivered_on = $bad",
        },
        "SELECT delivered_on, count(*) AS unreadable_count FROM stage WHERE order_id = 'broken' GROUP BY 1",
    ),
    Case(
        CUSTOMER_CHANGES.raw,
        lambda _: raw.changes(CUSTOMER_CHANGES),
        {"customer_id": "anna", "row_no": 1},
        {"some_row_part_of_every_key_is_given": "UPDATE stage SET customer_id = NULL"},
        keys=("all", "all"),
    ),
    Case(
        ORDERS.clean,
        lambda shop: clean.facts(shop, ORDERS),
        LEDGER,
        {
            "every_delivered_row_is_booked_or_in_quarantine_or_a_duplicate": "UPDATE stage SET order_id = 'lost' WHERE delivered_on = $bad",
            "every_delivered_cent_is_booked_or_in_quarantine_or_a_duplicate": "UPDATE stage SET order_id = 'cents' WHERE delivered_on = $bad",
            "few_rows_are_in_quarantine": "UPDATE stage SET order_id = 'dirty' WHERE delivered_on = $bad",
            "no_key_is_booked_twice_by_one_row": "INSERT INTO stage SELECT * FROM stage WHERE delivered_on = $bad",
            "every_row_may_be_used_from_a_day_not_before_it_happened": "UPDATE stage SET known_on = ordered_on - 1 WHERE delivered_on = $bad",
            "few_rows_name_an_unknown_customer": copies("'x' || n AS customer_id, n + 2 AS row_no"),
            "few_rows_name_an_unknown_product": copies("'x' || n AS product_id, n + 2 AS row_no"),
        },
        FIGURES,
    ),
    Case(
        CUSTOMER_CHANGES.clean,
        lambda shop: clean.changes(shop, CUSTOMER_CHANGES),
        {"customer_id": "anna", "known_on": GOOD},
        {
            "no_key_changes_twice_on_one_day": "INSERT INTO stage SELECT * FROM stage",
            "every_row_has_its_key": "UPDATE stage SET customer_id = NULL",
            "not_everything_is_in_quarantine": "INSERT INTO candidates SELECT 'birth_year is impossible' FROM range(30)",
        },
        keys=("all", "all"),
    ),
    Case(
        CUSTOMER_DAYS,
        features.customer_days,
        DAY,
        {
            "an_account_has_one_row_a_day_and_channel": "INSERT INTO stage SELECT * REPLACE (0 AS line_count) FROM stage WHERE delivered_on = $bad",
            "every_row_has_an_account_and_a_day_within_the_shops_time": "UPDATE stage SET active_on = DATE '2023-12-31' WHERE delivered_on = $bad",
            "sales_are_the_sales_of_the_orders": "UPDATE stage SET line_count = 2 WHERE delivered_on = $bad",
        },
    ),
    Case(
        CUSTOMERS,
        features.customers,
        PERSON,
        {
            "a_customer_has_one_row_a_week": "INSERT INTO stage SELECT * REPLACE (0 AS spend) FROM stage WHERE as_of = $bad",
            "recency_lies_between_a_day_and_T": "UPDATE stage SET recency_days = 0 WHERE as_of = $bad",
            "purchases_of_a_shorter_time_are_among_those_of_a_longer": "UPDATE stage SET purchases_7d = 3 WHERE as_of = $bad",
            "the_week_has_customers": "DELETE FROM stage WHERE as_of = $bad",
            "spend_is_the_spend_of_the_days": "UPDATE stage SET spend = 20.01 WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
    Case(
        IDENTITIES,
        features.identities,
        {"customer_id": "anna", "person_id": "anna", "account_count": 2},
        {
            "an_account_is_one_person": "INSERT INTO stage SELECT * REPLACE ('bob' AS person_id) FROM stage WHERE as_of = $bad",
            "no_person_has_implausibly_many_accounts": "UPDATE stage SET account_count = 21 WHERE as_of = $bad",
            "every_account_and_person_is_named": "UPDATE stage SET person_id = NULL WHERE as_of = $bad",
        },
        keys=(MONDAY, BAD_MONDAY),
    ),
]
# A fault that cannot but break another rule with it.
TOGETHER = {"the_week_has_customers": {"spend_is_the_spend_of_the_days"}}


def staged(case: Case) -> duckdb.DuckDBPyConnection:
    """The two partitions, and around them what the suites look at."""
    connection = duckdb.connect()
    column = case.table.partition_column
    for schema in ("ops", "clean", "features"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute("CREATE TABLE ops.windows (table_name VARCHAR, partition_key VARCHAR, row_count BIGINT)")
    connection.execute("CREATE TABLE clean.customers AS SELECT 'anna' AS customer_id")
    connection.execute("CREATE TABLE clean.products AS SELECT 'tea' AS product_id")
    connection.execute("CREATE TABLE candidates AS SELECT CAST(NULL AS VARCHAR) AS reason FROM range(10)")
    connection.execute("CREATE TABLE quarantined (delivered_on DATE, reason VARCHAR)")
    connection.execute(f"CREATE TABLE asked ({column or 'part'} {'DATE' if column else 'VARCHAR'})")
    connection.execute(ORDERS.clean.create_sql())
    connection.execute(CUSTOMER_DAYS.create_sql())
    connection.execute(case.table.create_sql("stage", temporary=True))
    for key in dict.fromkeys(case.keys):
        connection.execute("INSERT INTO asked VALUES (?)", [key])
        row = case.good | ({column: key} if column else {})
        if "known_on" in row and column:
            row["known_on"] = key
        insert(connection, "stage", row)
    for key in (GOOD, BAD):
        insert(connection, "clean.orders", LEDGER | {"delivered_on": key})
        insert(connection, "features.customer_days", DAY | {"delivered_on": GOOD})
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def broken(case: Case, shop: Shop, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Expectation to the partitions that break it."""
    keys = list(dict.fromkeys(case.keys))
    verdicts, _ = judge(connection, case.table, case.figures, case.suite(shop), keys, {})
    return {verdict.expectation.name: verdict.bad for verdict in verdicts if verdict.bad}


@pytest.fixture(scope="module")
def shop(delivered: Bench) -> Shop:
    limits = delivered.shop.limits.model_copy(update={"quarantine_share": 0.5, "unknown_share": 0.2})
    return delivered.shop.model_copy(update={"limits": limits})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.table.qualified)
def test_a_good_table_breaks_nothing_and_every_expectation_has_its_fault(case: Case, shop: Shop) -> None:
    assert broken(case, shop, staged(case)) == {}
    assert {expectation.name for expectation in case.suite(shop)} == set(case.faults)


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case in CASES for name in case.faults],
    ids=lambda value: value if isinstance(value, str) else value.table.qualified,
)
def test_a_fault_breaks_its_expectation_in_its_partition_and_no_other(case: Case, name: str, shop: Shop) -> None:
    connection = staged(case)
    fault = case.faults[name].replace("$bad", f"'{case.keys[1]}'")
    connection.execute(fault)
    found = broken(case, shop, connection)
    assert found.pop(name) == [case.keys[1]]
    assert set(found) == TOGETHER.get(name, set())


def test_the_day_is_judged_by_days_of_the_same_weekday_only(shop: Shop) -> None:
    """Thirty rows on each of the five Thursdays before say nothing of a Friday; a day at the bounds is within them."""
    case = CASES[0]
    connection = staged(case)
    query = "INSERT INTO ops.windows SELECT 'raw.orders', CAST(DATE '2024-01-18' - CAST(7 * (n + 1) AS INTEGER) AS VARCHAR), {} FROM range(5) AS t(n)"
    connection.execute(query.format(20))
    assert broken(case, shop, connection) == {}
    connection.execute("DELETE FROM ops.windows")
    connection.execute(query.format(21))
    assert broken(case, shop, connection) == {"the_day_is_neither_far_too_small_nor_far_too_large": [GOOD]}


@pytest.mark.parametrize(("unknown", "bad"), [(9, []), (12, [BAD])])
def test_a_few_unknown_products_are_dirt_and_postage_is_none(unknown: int, bad: list[str], shop: Shop) -> None:
    case = CASES[2]
    connection = staged(case)
    connection.execute(copies("'post' AS product_id, 'shipping' AS line_type, n + 2 AS row_no", 20))
    connection.execute(
        copies("'x' || n AS product_id, n + 40 AS row_no", unknown, f"delivered_on = '{BAD}' AND row_no = 1")
    )
    assert broken(case, shop, connection).get("few_rows_name_an_unknown_product", []) == bad


def test_a_figure_that_is_null_gives_no_verdict_and_one_that_fails_says_so(shop: Shop) -> None:
    case = CASES[0]
    nothing = replace(case, suite=lambda _: [Expectation("null", "why", "CAST(NULL AS DOUBLE)", at_most=0)])
    assert broken(nothing, shop, staged(case)) == {}
    wrong = replace(case, suite=lambda _: [Expectation("wrong", "why", "sum(no_column)", at_most=0)])
    with pytest.raises(duckdb.BinderException, match="no_column"):
        broken(wrong, shop, staged(case))
