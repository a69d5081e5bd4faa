"""One person of many is erased: `python -m benchmarks.erase --customers 1000000`.

A home of made-up customers, with the tables at size and no runs before: orders and events as delivered and as booked, accounts, days of customers, two
weeks of cards and features, ten recommendations each, one in twenty with a second account; published once. Then one of them is erased, in a process
of its own, from the confirmed wish to the proof, and looked for in the tables.
"""

import argparse
import json
import tempfile
from datetime import timedelta
from pathlib import Path

import duckdb

from assets.features.tables import CUSTOMER_DAYS, CUSTOMERS
from assets.outreach.snapshot.whole import publish_whole
from benchmarks.measure import measured
from benchmarks.serving_shop import AS_OF, service, tables
from pipelines.erasing.erase import Proof, erase
from resources.contract import CONTRACT
from resources.shop import load_shop
from resources.warehouse import Warehouse

STORE = """
name: {zh: 量一量, en: Measured}
time_zone: UTC
currency: CNY
start: 2025-01-01
end: 2026-01-11
sources:
  lines: {path: orders.csv}
  actions: {path: events.csv}
  accounts: {path: customers.csv}
  keys: {path: links.csv}
tables:
  orders: SELECT * FROM lines
  events: SELECT * FROM actions
  customers: SELECT * FROM accounts
  links: SELECT * FROM keys
"""
EVENTS = 10
WHO = "'c' || lpad(CAST(n AS VARCHAR), 8, '0')"


def home_of(folder: Path, customers: int) -> tuple[Path, Path]:
    """A shop and its home of so many customers."""
    store, home = folder / "measured", folder / "home"
    store.mkdir()
    (store / "store.yaml").write_text(STORE, encoding="utf-8")
    with Warehouse(store=str(store), home=str(home)).opened() as warehouse:
        connection = warehouse.connection
        tables(connection, customers)
        # Published from what was delivered.
        connection.execute("DROP TABLE features.consents")
        service(connection, customers, [("a1", "发货", "什么时候发货", "很快", "zh")])
        _deliver(warehouse, customers)
        _book(connection)
        publish_whole(warehouse, _names(connection))
    return store, home


def _deliver(warehouse: Warehouse, customers: int) -> None:
    """What was delivered and follows by day, and the features of two weeks."""
    connection = warehouse.connection
    for name in ("orders", "events", "customers", "links"):
        warehouse.ensure(CONTRACT[name].raw)
        warehouse.ensure(CONTRACT[name].clean)
    for table in (CUSTOMER_DAYS, CUSTOMERS):
        warehouse.ensure(table)
    day = f"DATE '{AS_OF}' - CAST(1 + (n * 7 + k * 31) % 300 AS INTEGER)"
    fields = ", ".join(CONTRACT["orders"].field_names)
    connection.execute(f"INSERT INTO raw.orders BY NAME SELECT {fields}, delivered_on, row_no FROM clean.orders")
    event = f"""
        SELECT 'e' || n || '-' || k AS event_id, {WHO} AS customer_id, 'view' AS event_type, 'p' || (n + k) % 2000 AS product_id,
            {day} AS occurred_on, {day} AS delivered_on, n * {EVENTS} + k AS row_no
        FROM range({customers}) AS t(n), range({EVENTS}) AS u(k)
    """
    connection.execute(
        f"INSERT INTO raw.events BY NAME SELECT * EXCLUDE (occurred_on), CAST(occurred_on AS VARCHAR) AS occurred_at FROM ({event})"
    )
    connection.execute(
        f"INSERT INTO clean.events BY NAME SELECT *, CAST(occurred_on AS TIMESTAMP) AS occurred_at, delivered_on AS known_on, 1 AS sign FROM ({event})"
    )
    people = f"SELECT {WHO} AS customer_id, '华东' AS region, sha256({WHO}) AS phone, DATE '2025-01-01' AS known_on FROM range({customers}) AS t(n)"
    connection.execute(
        f"INSERT INTO raw.customers BY NAME SELECT *, known_on AS delivered_on, row_number() OVER () AS row_no FROM ({people})"
    )
    connection.execute(f"INSERT INTO clean.customers BY NAME {people}")
    links = f"""
        SELECT unnest([{WHO}, {WHO} || 'b']) AS customer_id, 'phone' AS key_type, sha256({WHO}) AS key_value, DATE '2025-01-01' AS known_on
        FROM range(0, {customers}, 20) AS t(n)
    """
    connection.execute(
        f"INSERT INTO raw.links BY NAME SELECT *, known_on AS delivered_on, row_number() OVER () AS row_no FROM ({links})"
    )
    connection.execute(f"INSERT INTO clean.links BY NAME {links}")
    connection.execute(
        "INSERT INTO features.customer_days BY NAME SELECT customer_id, occurred_on AS active_on, '' AS channel, delivered_on, known_on, "
        "count(*) AS view_count FROM clean.events GROUP BY ALL"
    )
    for week in (AS_OF, AS_OF - timedelta(days=7)):
        connection.execute(
            f"INSERT INTO features.customers BY NAME SELECT DATE '{week}' AS as_of, {WHO} AS person_id, 1 AS account_count, "
            f"n % 9 AS frequency, 10.0 * (n % 900) AS spend, n % 300 AS recency_days FROM range({customers}) AS t(n)"
        )


def _names(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        row[0]
        for row in connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = current_database() AND estimated_size > 0 "
            "AND table_name <> 'consents'"
        ).fetchall()
    ]


def _book(connection: duckdb.DuckDBPyConnection) -> None:
    """Books what is there, so that it is published."""
    for name in _names(connection):
        columns = {row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
        is_weekly = "as_of" in columns
        part = "as_of" if is_weekly else "delivered_on" if "delivered_on" in columns else "'all'"
        connection.execute(
            f"INSERT INTO ops.windows SELECT '{name}', CAST({part} AS VARCHAR), count(*), '{{}}', 'made up', 1, false, '' FROM {name} GROUP BY 2"
        )
        if is_weekly:
            connection.execute(
                f"CREATE OR REPLACE VIEW {name}_latest AS SELECT * FROM {name} WHERE as_of = (SELECT max(as_of) FROM {name})"
            )


def erased(store: str, home: str, account: str) -> list[Proof]:
    return erase(load_shop(store), Path(home), account)


def left(home: Path, accounts: list[str]) -> int:
    """Rows of the warehouse that name one of some accounts."""
    count = 0
    with duckdb.connect(str(home / "measured" / "warehouse.duckdb"), read_only=True) as connection:
        for name, column in connection.execute(
            "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() "
            "WHERE column_name IN ('customer_id', 'person_id') AND table_name NOT LIKE '%_latest'"
        ).fetchall():
            query = f"SELECT count(*) FROM {name} WHERE list_contains($accounts, {column})"
            count += connection.execute(query, {"accounts": accounts}).fetchall()[0][0]
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true", help="the last line is one JSON object of the figures")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store, home = home_of(Path(folder), options.customers)
        size = (home / "measured" / "warehouse.duckdb").stat().st_size
        account = f"c{options.customers // 2 // 20 * 20:08d}"
        found = measured(erased, str(store), str(home), account)
        (proof,) = found.result
        figures = {
            "customers": options.customers,
            "warehouse_mb": round(size / 1e6),
            "wall_seconds": round(found.wall_seconds, 1),
            "cpu_seconds": round(found.cpu_seconds, 1),
            "peak_mib": round(found.peak_mib),
            "rows_erased": sum(proof.rows.values()),
            "rows_left": left(home, [account, f"{account}b"]),
        }
    for name, value in figures.items():
        print(f"{name:15} {value:>12,}")
    if options.json:
        print(json.dumps(figures))


if __name__ == "__main__":
    main()
