"""Writes `history.duckdb`: of what customers did and are, what is needed to score them between two runs and is in no published table.

Events of the last weeks as they are, without what was searched for; of earlier ones on which days who did what with which product.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import duckdb

from assets.insights.recommendations.queries import FEEDBACK_DAYS
from assets.insights.sessions.queries import LOOK_BACK_DAYS, SCORED_DAYS
from resources.quoting import identifier, literal
from resources.snapshot import HISTORY

RECENT_DAYS = max(FEEDBACK_DAYS, LOOK_BACK_DAYS + SCORED_DAYS)
ATTRIBUTES = ("customer_id", "registered_at", "gender", "birth_year", "region", "occupation", "known_on")
# An id is needed for as long as its event may come again; impressions of others' lists are of no use here. When earlier ones were delivered
# and known makes no difference any more. They lie apart, each part in the order of customers: a column then repeats itself, and takes a third less.
EVENTS = """
FROM (
    SELECT
        CASE WHEN delivered_on > DATE '{until}' - {duplicate_days} THEN event_id END AS event_id,
        customer_id, event_type, product_id, occurred_at, channel, list_id, position, occurred_on, delivered_on, known_on, sign
    FROM clean.events
    WHERE occurred_on > DATE '{day}' AND (event_type <> 'impression' OR list_id LIKE 'zhike-%')
    UNION ALL
    SELECT NULL, customer_id, event_type, product_id, NULL, NULL, NULL, NULL, occurred_on, DATE '{day}', DATE '{day}', 1
    FROM clean.events
    WHERE occurred_on <= DATE '{day}' AND product_id IS NOT NULL AND event_type IN ('view', 'cart', 'favorite', 'click')
    GROUP BY customer_id, event_type, product_id, occurred_on HAVING sum(sign) > 0
)
ORDER BY occurred_at IS NULL, customer_id, occurred_on, occurred_at, event_id, product_id, event_type
"""


def write_history(connection: duckdb.DuckDBPyConnection, until: date, duplicate_days: int, building: Path) -> None:
    """Writes the file from the tables of the warehouse, which hold what was delivered up to `until`. Of events that came in the last
    `duplicate_days` it keeps the ids."""
    connection.execute(f"ATTACH {literal(building / HISTORY)} AS history")
    try:
        connection.execute(f"CREATE TABLE history.covers AS SELECT DATE '{until}' AS until")
        day = until - timedelta(days=RECENT_DAYS)
        events = EVENTS.format(day=day, until=until, duplicate_days=duplicate_days)
        connection.execute(f"CREATE TABLE history.events AS {events}")
        there = _columns(connection, "customers")
        kept = ", ".join(identifier(name) for name in ATTRIBUTES if name in there)
        if kept:
            connection.execute(f"CREATE TABLE history.customers AS SELECT {kept} FROM clean.customers ORDER BY ALL")
    finally:
        connection.execute("DETACH history")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> Sequence[str]:
    found = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE schema_name = 'clean' AND table_name = $table "
        "AND database_name = current_database()",
        {"table": table},
    ).fetchall()
    return [name for (name,) in found]
