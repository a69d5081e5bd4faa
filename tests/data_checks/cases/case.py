"""What a case is, and how it is staged: a good and a bad partition by hand, judged as the gate would judge them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS
from data_checks.gate.audit import audit
from data_checks.gate.expectation import Expectation, suite_of
from resources.contract import CONTRACT
from resources.shop import Shop
from resources.tables import Table

GOOD, BAD = "2024-01-18", "2024-01-19"
MONDAY, BAD_MONDAY = "2024-01-22", "2024-01-29"
ORDERS = CONTRACT["orders"]
ORDER: dict[str, Any] = {
    "order_id": "a", "line_no": "1", "customer_id": "anna", "product_id": "tea", "quantity": 1, "unit_price": 10, "row_no": 1,
}  # fmt: skip
LEDGER = ORDER | {"ordered_on": "2024-01-10", "known_on": GOOD, "sign": 1}
DAY: dict[str, Any] = {
    "customer_id": "anna", "active_on": GOOD, "channel": "app", "known_on": GOOD, "line_count": 1, "returned_line_count": 0, "gross": 10, "returned": 0,
}  # fmt: skip
PERSON: dict[str, Any] = {
    "person_id": "anna", "account_count": 1, "recency_days": 5, "t_days": 9, "frequency": 2, "spend": 20, "purchases_7d": 1,
    "purchases_30d": 2, "purchases_90d": 2, "purchases_365d": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """The table, its suite, the rows of every good partition, and what is done to make each expectation fail (SQL, in which $bad is
    the bad partition). `around` are statements on what the suite reads beside the stage, before anything is judged; `figures` the
    select of figures that come with the rows; `together` the expectations that a fault cannot but break too."""

    table: Table
    suite: Callable[[Shop], list[Expectation]]
    good: "dict[str, Any] | list[dict[str, Any]]"
    faults: dict[str, str]
    figures: str | None = None
    keys: tuple[str, str] = (GOOD, BAD)
    around: tuple[str, ...] = ()
    together: Mapping[str, set[str]] = field(default_factory=dict)


def doubled(column: str) -> dict[str, str]:
    """The fault of the expectation that every table with a key has."""
    return {"every_key_has_one_row": f"INSERT INTO stage SELECT * FROM stage WHERE {column} = $bad"}


def copies(what: str, how_many: int = 12, where: str = f"delivered_on = '{BAD}'") -> str:
    """More rows like the bad partition's, changed."""
    return f"INSERT INTO stage SELECT stage.* REPLACE ({what}) FROM stage, range({how_many}) AS t(n) WHERE {where}"


def staged(case: Case) -> duckdb.DuckDBPyConnection:
    """The two partitions, and around them what the suites look at."""
    connection = duckdb.connect()
    column = case.table.partition_column
    for schema in ("ops", "raw", "clean", "features", "insights", "outreach", "models"):
        connection.execute(f"CREATE SCHEMA {schema}")
    connection.execute("CREATE TABLE ops.windows (table_name VARCHAR, partition_key VARCHAR, row_count BIGINT)")
    connection.execute(
        "CREATE TABLE models.registry (name VARCHAR, fitted_as_of DATE, method VARCHAR, parameters JSON, metrics JSON, "
        "in_force BOOLEAN, is_stale BOOLEAN, code_version VARCHAR)"
    )
    connection.execute("CREATE TABLE clean.customers AS SELECT 'anna' AS customer_id")
    connection.execute("CREATE TABLE clean.products AS SELECT 'tea' AS product_id")
    connection.execute("CREATE TABLE candidates AS SELECT CAST(NULL AS VARCHAR) AS reason FROM range(10)")
    connection.execute("CREATE TABLE quarantined (delivered_on DATE, reason VARCHAR)")
    connection.execute(f"CREATE TABLE asked ({column or 'part'} {'DATE' if column else 'VARCHAR'})")
    for table in (ORDERS.raw, ORDERS.clean, CUSTOMER_DAYS, CUSTOMERS):
        connection.execute(table.create_sql())
    connection.execute(case.table.create_sql("stage", temporary=True))
    for key in dict.fromkeys(case.keys):
        connection.execute("INSERT INTO asked VALUES (?)", [key])
        for good in case.good if isinstance(case.good, list) else [case.good]:
            row = good | ({column: key} if column else {})
            if "known_on" in row and column:
                row["known_on"] = key
            insert(connection, "stage", row)
    for key in (GOOD, BAD):
        insert(connection, "clean.orders", LEDGER | {"delivered_on": key})
        insert(connection, "features.customer_days", DAY | {"delivered_on": GOOD})
    for key in (MONDAY, BAD_MONDAY):
        insert(connection, "features.customers", PERSON | {"as_of": key})
    for statement in case.around:
        connection.execute(statement)
    return connection


def insert(connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    names = ", ".join(f'"{name}"' for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def fitted(name: str, figures: str = "{}", parameters: str = "{}", day: str = "2024-01-01") -> str:
    """A fit in models.registry, as a statement of `around`."""
    return (
        f"INSERT INTO models.registry VALUES ('{name}', DATE '{day}', 'method', '{parameters}', "
        f"""'{{"reason": "made", "holdout": {{}}, "calibration": [], "figures": {figures}}}', true, false, 'code')"""
    )


def worse(name: str, figure: str, value: object, day: str = "2024-01-08") -> str:
    """Another fit with one figure out of bounds, and the bad partition's rows made by it."""
    fit = fitted(name, f'{{"{figure}": {value}}}', day=day)
    return f"{fit}; UPDATE stage SET fitted_as_of = DATE '{day}' WHERE as_of = $bad"


def broken(case: Case, shop: Shop, connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Expectation to the partitions that break it."""
    keys = list(dict.fromkeys(case.keys))
    verdicts, _ = audit(connection, case.table, case.figures, suite_of(case.table, case.suite(shop)), keys, {})
    return {verdict.expectation.name: verdict.bad for verdict in verdicts if verdict.bad}
