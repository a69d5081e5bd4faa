"""A mapping is one SELECT over the shop's declared sources: anything else is refused before it runs, in `check` and `run` alike."""

from pathlib import Path

import duckdb
import pytest

from pipelines.onboarding.check import check_store
from resources.errors import ZhikeError
from resources.mapping import require_select
from resources.shop import STORES, load_shop
from tests.shop_builder import ORDERS_SQL, STORE, Bench, complaint, write_store

FINE = [
    "SELECT * FROM lines",
    "FROM lines",
    "SELECT * FROM Lines -- a comment at the end\n",
    "SELECT * FROM lines;",
    "WITH x AS (SELECT 1 AS k) SELECT * FROM x JOIN notes USING (k)",
    "WITH x AS MATERIALIZED (FROM lines), y AS (FROM x) SELECT * FROM y WHERE k IN (WITH z AS (FROM x) FROM z)",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 3) SELECT * FROM r, lines",
    "SELECT * FROM lines, unnest([1, 2])",
    "SELECT (SELECT max(k) FROM notes) FROM lines",
    "SELECT * FROM lines PIVOT (sum(p) FOR q IN ('x', 'y'))",
    "SELECT * FROM (VALUES (1)) AS t (x)",
    "SELECT * FROM lines UNION ALL SELECT * FROM notes",
]
BAD = {
    "SELECT 1; SELECT 2": "select and select",
    "SELECT * FROM lines; COPY (SELECT 1) TO '{file}'": "select and copy",
    "COPY (SELECT 1) TO '{file}'": "copy",
    "ATTACH '{file}'": "attach",
    "SELECT * FROM lines) ; DROP SCHEMA raw CASCADE ; SELECT (1": "not valid SQL",
    "SELECT * FROM read_csv('{file}')": "read_csv()",
    "SELECT * FROM '{file}'": "'{file}'",
    'SELECT * FROM "{file}"': "'{file}'",
    "SELECT (SELECT content FROM read_text('{file}')) FROM lines": "read_text()",
    "SELECT * FROM lines WHERE EXISTS (FROM 'x.parquet')": "'x.parquet'",
    "SELECT * FROM glob('/*')": "glob()",
    "SELECT * FROM query('FROM lines')": "query()",
    "SELECT * FROM query_table('lines')": "query_table()",
    "SELECT * FROM duckdb_functions()": "duckdb_functions()",
    "SELECT * FROM raw.orders": "'raw.orders'",
    "SELECT * FROM arrived": "'arrived'",
    "SELECT * FROM information_schema.tables": "'information_schema.tables'",
    'SELECT * FROM (WITH "{file}" AS (SELECT 1) SELECT 1), "{file}"': "'{file}'",
    "WITH x AS (FROM y), y AS (SELECT 1) SELECT * FROM x": "'y'",
    "FROM (DESCRIBE lines)": "what the warehouse holds",
    "SHOW TABLES": "what the warehouse holds",
    "SUMMARIZE lines": "what the warehouse holds",
    "PRAGMA database_list": "not one SELECT",
    "SET threads = 1": "set",
    "INSERT INTO lines VALUES (1)": "insert",
    "CREATE TABLE x AS SELECT 1": "create",
    "EXPLAIN SELECT 1": "explain",
    "INSTALL httpfs": "load",
    "": "empty",
    "-- nothing": "empty",
    "SELEKT 1": "not valid SQL",
}


def judged(sql: str) -> None:
    with duckdb.connect() as connection:
        require_select(connection, sql, {"lines", "notes"}, "the mapping of orders", "orders.sql")


@pytest.mark.parametrize("sql", FINE)
def test_a_select_over_the_sources_is_fine(sql: str) -> None:
    judged(sql)


@pytest.mark.parametrize(("sql", "says"), BAD.items())
def test_anything_else_is_refused_and_named(sql: str, says: str, tmp_path: Path) -> None:
    file = str(tmp_path / "elsewhere.csv")
    with pytest.raises(ZhikeError) as error:
        judged(sql.format(file=file))
    assert says.format(file=file) in error.value.what
    assert error.value.where == "orders.sql"
    assert not Path(file).exists()


@pytest.mark.parametrize("store", sorted(path.parent.name for path in STORES.glob("*/store.yaml")))
def test_the_mappings_of_the_shops_that_come_with_zhike_are_fine(store: str) -> None:
    shop = load_shop(store)
    with duckdb.connect() as connection:
        for table in shop.tables:
            require_select(connection, shop.mapping(table), set(shop.sources), table, store)
        for table, select in shop.drops.items():
            require_select(connection, select, set(shop.sources), table, store)


@pytest.mark.parametrize("at", ["tables", "drops"])
def test_a_mapping_that_writes_is_refused_by_check_and_by_a_run(unrun: Bench, at: str, tmp_path: Path) -> None:
    target = tmp_path / "written.csv"
    bad = f"SELECT * FROM order_lines; COPY (FROM order_lines) TO '{target}'"
    if at == "tables":
        write_store(unrun.store, STORE, orders=bad)
    else:
        write_store(unrun.store, f'{STORE}drops: {{orders: "{bad}"}}\n', orders=ORDERS_SQL)
    assert any("is not one SELECT but select and copy" in finding.message for finding in check_store(unrun.shop))
    result = unrun.run("raw/orders", first="2024-01-18")
    assert not result.success
    assert "is not one SELECT but select and copy" in complaint(result)
    assert not target.exists()
