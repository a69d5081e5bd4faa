"""A mapping is one SELECT over the shop's declared sources: anything else is refused before it runs, in `check` and `run` alike."""

from pathlib import Path

import pytest

from pipelines.onboarding.check import check_store
from pipelines.onboarding.presets import Preset, presets
from resources.errors import ZhikeError
from resources.mapping import require_select
from resources.privacy import ARRIVAL
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
    "FROM lines ASOF JOIN notes ON lines.k >= notes.k POSITIONAL JOIN lines AS l",
    "FROM lines TABLESAMPLE 10% QUALIFY row_number() OVER (PARTITION BY k ORDER BY p) = 1",
    "SELECT * EXCLUDE (k) REPLACE (upper(p) AS p), COLUMNS('x.*') FROM lines",
    "SELECT Upper(p), p.trim().lower(), p::DATE, p AT TIME ZONE 'UTC', extract(year FROM p), current_date, now(), -p ** 2 FROM lines",
    "SELECT [x + 1 FOR x IN q IF x > 1], {'a': 1}, q[1], q ->> '$.a', p LIKE 'b%', p SIMILAR TO 'c', try_cast(p AS INTEGER) FROM lines",
    "SELECT count(*), string_agg(p, ','), arg_max(p, q), median(q) FILTER (q > 1), sum(q) OVER (), lag(q) OVER (ORDER BY p) FROM lines",
    "SELECT as_amount(p), as_instant(q), coalesce(p, nullif(q, '')), CASE p WHEN 1 THEN 2 END FROM lines",
    "SELECT key, value FROM lines, json_each(lines.p)",
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
    "SELECT * FROM lines, LATERAL (FROM read_json(lines.p))": "read_json()",
    "SELECT * FROM parquet_metadata('{file}')": "parquet_metadata()",
    "SELECT * FROM sniff_csv('{file}')": "sniff_csv()",
    "SELECT * FROM read_blob('{file}')": "read_blob()",
    "SELECT * FROM read_duckdb('{file}')": "read_duckdb()",
    "SELECT * FROM main.range(3)": "range()",
    "SELECT * FROM duckdb_secrets()": "duckdb_secrets()",
    "SELECT * FROM pragma_table_info('raw.orders')": "pragma_table_info()",
    "SELECT * FROM json_execute_serialized_sql('{{}}')": "json_execute_serialized_sql()",
    "SELECT * FROM lines WHERE p = (SELECT max(sql) FROM sqlite_master)": "'sqlite_master'",
    "SELECT * FROM temp.main.lines": "'temp.main.lines'",
    "SELECT * FROM lines ORDER BY (SELECT 1 FROM clean.orders)": "'clean.orders'",
    "SELECT current_setting('temp_directory') FROM lines": "current_setting()",
    "SELECT getvariable('x') FROM lines": "getvariable()",
    "SELECT getenv('ZHIKE_HASH_KEY') FROM lines": "getenv()",
    "SELECT ('ZHIKE_HASH_KEY').getenv() FROM lines": "getenv()",
    "SELECT pg_catalog.pg_get_viewdef(1) FROM lines": "pg_get_viewdef()",
    "SELECT get_block_size('warehouse') FROM lines": "get_block_size()",
    "SELECT write_log(p) FROM lines": "write_log()",
    "SELECT list_transform(q, x -> nextval('s')) FROM lines": "nextval()",
    "SELECT sum(q) OVER (ORDER BY sleep_ms(9)) FROM lines": "sleep_ms()",
    "SELECT json_serialize_plan('FROM raw.orders') FROM lines": "json_serialize_plan()",
    "SELECT uuid() AS order_id FROM lines": "uuid()",
    "SELECT {hash}(p) FROM lines": "{hash}()",
}


# With it a mapping could try all phone numbers.
HASH = ARRIVAL["hash"]


def judged(sql: str) -> None:
    require_select(sql, {"lines", "notes", "clean.orders"}, "the mapping of orders", "orders.sql")


@pytest.mark.parametrize("sql", FINE)
def test_a_select_over_the_sources_is_fine(sql: str) -> None:
    judged(sql)


@pytest.mark.parametrize(("sql", "says"), BAD.items())
def test_anything_else_is_refused_and_named(sql: str, says: str, tmp_path: Path) -> None:
    file = str(tmp_path / "elsewhere.csv")
    with pytest.raises(ZhikeError) as error:
        judged(sql.format(file=file, hash=HASH))
    assert says.format(file=file, hash=HASH) in error.value.what
    assert error.value.where == "orders.sql"
    assert not Path(file).exists()


@pytest.mark.parametrize("store", sorted(path.parent.name for path in STORES.glob("*/store.yaml")))
def test_the_mappings_of_the_shops_that_come_with_zhike_are_fine(store: str) -> None:
    shop = load_shop(store)
    for table in shop.tables:
        require_select(shop.mapping(table), set(shop.sources), table, store)
    for table, select in shop.drops.items():
        require_select(select, set(shop.sources), table, store)


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.folder.name)
def test_the_mappings_of_known_exports_are_fine(preset: Preset) -> None:
    for table in preset.tables:
        require_select(preset.select(table, "en"), set(preset.sources), table, preset.folder.name)


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
