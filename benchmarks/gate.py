"""What judging a table costs: `python -m benchmarks.gate --rows 10_000_000`.

Made order lines of seven days lie in a stage as the gate has them. In turns, in one process,
(a) `data_checks.gate.audit.audit`: the profile of ten expectations (uniqueness, nulls, ranges, a share, two references) and
    the Great Expectations suite over it,
(b) the same ten figures a day by one hand-written SQL statement, nothing judged.
The figures must be equal; else the exit code is 1. CPU time is user + system of the process, the median of the turns.
What Great Expectations costs once a process (import, context, first suite) is told beside.
"""

import argparse
import json
import sys
from datetime import date, timedelta
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

    from data_checks.gate.expectation import Expectation

FIRST_DAY, DAYS = date(2026, 1, 1), 7
PRODUCTS, CUSTOMERS = 20_000, 500_000
THREADS = 2

# Order lines as the gate stages them, three to an order; some by guests, some of customers and products that nobody lists.
STAGE_SQL = """
SELECT
    'o' || i // 3 AS order_id,
    CAST(i % 3 + 1 AS VARCHAR) AS line_no,
    CASE WHEN hash(i // 3, 1) % 20 > 0 THEN 'c' || hash(i // 3, 2) % ($customers + 5000) END AS customer_id,
    'p' || hash(i, 3) % ($products + 200) AS product_id,
    1 + hash(i, 4) % 5 AS quantity,
    CAST((100 + hash(product_id) % 20000) / 100 AS DECIMAL(18, 4)) AS unit_price,
    0 AS discount,
    CAST($first_day + CAST(i * $days // $rows AS INTEGER) AS TIMESTAMP) + to_seconds(CAST(hash(i // 3, 5) % 80000 AS BIGINT)) AS ordered_at,
    ordered_at + INTERVAL 1 MINUTE AS paid_at,
    CASE hash(i // 3, 6) % 3 WHEN 0 THEN 'app' WHEN 1 THEN 'web' ELSE 'store' END AS channel,
    'product' AS line_type,
    CAST(ordered_at AS DATE) AS ordered_on,
    ordered_on AS delivered_on,
    i + 1 AS row_no,
    ordered_on AS known_on,
    1 AS sign
FROM range($rows) AS made(i)
"""

# The figures of the ten expectations as one would write them by hand, one row a day.
FIGURES_SQL = """
SELECT
    delivered_on,
    count(*) AS row_count,
    count(*) - count(DISTINCT row(order_id, line_no, row_no, sign)) AS repeated,
    count(*) FILTER (WHERE order_id IS NULL OR line_no IS NULL) AS without_key,
    count(*) FILTER (WHERE product_id IS NULL) AS without_product,
    count(*) FILTER (WHERE quantity IS NULL OR quantity = 0) AS without_quantity,
    count(*) FILTER (WHERE unit_price < 0 OR unit_price > 10000) AS price_out_of_range,
    count(*) FILTER (WHERE known_on < ordered_on OR known_on > delivered_on) AS known_too_early,
    count(*) FILTER (WHERE customer_id IS NULL) / count(*) AS guests,
    count(*) FILTER (WHERE product_id NOT IN (SELECT product_id FROM products)) / count(*) AS unknown_products,
    count(*) FILTER (WHERE customer_id IS NOT NULL AND customer_id NOT IN (SELECT customer_id FROM customers))
        / count(*) AS unknown_customers,
    avg(quantity) AS pieces
FROM stage
GROUP BY delivered_on
ORDER BY delivered_on
"""


def ten_expectations() -> "list[Expectation]":
    """Like those of clean.orders, in the order of the columns of FIGURES_SQL."""
    from data_checks.gate.expectation import Expectation, no_row, share_of_rows, unique

    why = "A benchmark's."
    return [
        unique("no_line_twice", ("order_id", "line_no", "row_no", "sign"), why),
        no_row("no_line_without_its_key", "order_id IS NULL OR line_no IS NULL", why),
        no_row("no_line_without_product", "product_id IS NULL", why),
        no_row("no_line_without_quantity", "quantity IS NULL OR quantity = 0", why),
        no_row("no_price_out_of_range", "unit_price < 0 OR unit_price > 10000", why),
        no_row("no_line_known_before_it_happened", "known_on < ordered_on OR known_on > delivered_on", why),
        share_of_rows("few_guests", "customer_id IS NULL", 0.2, why),
        share_of_rows("few_unknown_products", "product_id NOT IN (SELECT product_id FROM products)", 0.2, why),
        share_of_rows(
            "few_unknown_customers",
            "customer_id IS NOT NULL AND customer_id NOT IN (SELECT customer_id FROM customers)",
            0.2,
            why,
        ),
        Expectation("pieces_of_a_line", why, "avg(quantity)", at_least=1, at_most=10),
    ]


def fill_stage(connection: "duckdb.DuckDBPyConnection", rows: int) -> None:
    from resources.contract import ORDERS

    connection.execute(f"CREATE TABLE products AS SELECT 'p' || i AS product_id FROM range({PRODUCTS}) AS made(i)")
    connection.execute(f"CREATE TABLE customers AS SELECT 'c' || i AS customer_id FROM range({CUSTOMERS}) AS made(i)")
    connection.execute(ORDERS.clean.create_sql("stage", temporary=True))
    numbers = {"rows": rows, "days": DAYS, "products": PRODUCTS, "customers": CUSTOMERS, "first_day": FIRST_DAY}
    connection.execute(f"INSERT INTO stage BY NAME {STAGE_SQL}", numbers)


def by_gate(connection: "duckdb.DuckDBPyConnection", expectations: "list[Expectation]") -> list[tuple[Any, ...]]:
    from data_checks.gate.audit import audit
    from resources.contract import ORDERS

    keys = [FIRST_DAY + timedelta(days=number) for number in range(DAYS)]
    verdicts, counts = audit(connection, ORDERS.clean, None, expectations, keys, {})
    if any(verdict.bad for verdict in verdicts):
        raise AssertionError("the made rows are to be fine")
    return [(key, counts[key].row_count, *(v.values[key] for v in verdicts)) for key in map(str, keys)]


def by_sql(connection: "duckdb.DuckDBPyConnection") -> list[tuple[Any, ...]]:
    rows = connection.execute(FIGURES_SQL).fetchall()
    return [
        (str(day), count, *(None if value is None else float(value) for value in rest)) for day, count, *rest in rows
    ]


def run(rows: int, repeats: int) -> dict[str, int | float]:
    """Fill, warm up, measure in turns, compare: the figures."""
    import duckdb

    started = process_time()
    import great_expectations  # noqa: F401, TID253

    import_seconds = process_time() - started
    expectations = ten_expectations()
    with duckdb.connect(config={"threads": THREADS}) as connection:
        fill_stage(connection, 1000)
        started = process_time()
        by_gate(connection, expectations)
        first_seconds = process_time() - started
        started = process_time()
        by_gate(connection, expectations)
        fixed_seconds = process_time() - started
    with duckdb.connect(config={"threads": THREADS}) as connection:
        fill_stage(connection, rows)
        gate_seconds, sql_seconds = [], []
        differing = 0
        for _ in range(repeats):
            started = process_time()
            judged = by_gate(connection, expectations)
            between = process_time()
            plain = by_sql(connection)
            gate_seconds.append(between - started)
            sql_seconds.append(process_time() - between)
            differing += sum(one != other for one, other in zip(judged, plain, strict=True))
    return {
        "rows": rows,
        "partitions": DAYS,
        "expectations": len(expectations),
        "differing_partitions": differing,
        "gate_cpu_seconds": round(median(gate_seconds), 3),
        "sql_cpu_seconds": round(median(sql_seconds), 3),
        "gate_to_sql_ratio": round(median(g / s for g, s in zip(gate_seconds, sql_seconds, strict=True)), 3),
        "fixed_cpu_seconds": round(fixed_seconds, 3),
        "first_suite_cpu_seconds": round(first_seconds, 3),
        "import_cpu_seconds": round(import_seconds, 3),
    }


def print_table(figures: dict[str, int | float]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        title=f"{figures['rows']:,} rows, {figures['partitions']} days, {figures['expectations']} expectations"
    )
    for heading in ("", "CPU s", "ratio"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("profile and suite", f"{figures['gate_cpu_seconds']:.2f}", f"{figures['gate_to_sql_ratio']:.2f}")
    table.add_row("plain SQL, the same figures", f"{figures['sql_cpu_seconds']:.2f}", "1.00")
    table.add_row("… of a stage of 1,000 rows", f"{figures['fixed_cpu_seconds']:.2f}", "")
    table.add_row("once: the first suite", f"{figures['first_suite_cpu_seconds']:.2f}", "")
    table.add_row("once: import of Great Expectations", f"{figures['import_cpu_seconds']:.2f}", "")
    console = Console()
    console.print(table)
    console.print(f"partitions whose figures differ: {figures['differing_partitions']}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gate", description="What judging a table costs")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5, help="turns; the median counts")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    options = parser.parse_args()

    figures = run(options.rows, options.repeats)
    print_table(figures)
    if options.json:
        print(json.dumps(figures))
    return 1 if figures["differing_partitions"] else 0


if __name__ == "__main__":
    sys.exit(main())
