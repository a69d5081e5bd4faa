"""Writes `platform_keys.parquet`: the keys by which advertising platforms know the shop's customers now."""

from pathlib import Path

import duckdb

from resources.platform_keys import PLATFORM_KEYS as TABLE
from resources.quoting import literal
from resources.snapshot import PLATFORM_KEYS

# Of attributes the newest counts, also where it is none; of links all. A key of more accounts than a person has names nobody.
NOW = f"""
    SELECT DISTINCT customer_id, platform, key_type, key_value FROM (
        SELECT customer_id, platform, key_type, arg_max_null(key_value, (known_on, delivered_on)) AS key_value
        FROM {TABLE.qualified} WHERE source_table = 'customers' GROUP BY ALL
        UNION ALL
        SELECT customer_id, platform, key_type, key_value FROM {TABLE.qualified} WHERE source_table = 'links'
    )
    WHERE key_value IS NOT NULL AND customer_id IS NOT NULL
    QUALIFY count(DISTINCT customer_id) OVER (PARTITION BY platform, key_type, key_value) <= {{most}}
    ORDER BY ALL
"""


def write_platform_keys(connection: duckdb.DuckDBPyConnection, accounts_a_key: int, building: Path) -> None:
    """Writes the file from the warehouse; none where no key was ever made."""
    there = "SELECT count(*) FROM duckdb_tables() WHERE schema_name = $schema AND table_name = $name AND database_name = current_database()"
    ((count,),) = connection.execute(there, {"schema": TABLE.schema, "name": TABLE.name}).fetchall()
    if count:
        rows = NOW.format(most=accounts_a_key)
        connection.execute(f"COPY ({rows}) TO {literal(building / PLATFORM_KEYS)} (FORMAT parquet, COMPRESSION zstd)")
