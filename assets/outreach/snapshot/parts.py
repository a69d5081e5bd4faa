"""Which rows and columns of the warehouse are published: no free text, no personal column of what was delivered, times in both zones."""

from collections.abc import Sequence

from assets.features.reads import keep_newest_consents
from assets.outreach.snapshot.publish import Part
from resources.consents import TABLE
from resources.contract import CONTRACT
from resources.quoting import identifier, literal
from resources.warehouse import Warehouse

# Tables that come with the book: by name, the table whose presence they need, and their select.
COUNTED = {
    "ops.quarantine_counts": (
        "clean.quarantine",
        "SELECT source_table, delivered_on, reason, count(*) AS row_count FROM clean.quarantine GROUP BY ALL",
    ),
    "ops.refusals": (
        "ops.refusals",
        "SELECT table_name, partition_key, check_name, figure, at_least, at_most FROM ops.refusals",
    ),
    "models.registry": (
        "models.registry",
        "SELECT name, fitted_as_of, method, version, in_force, metrics FROM models.registry WHERE NOT is_stale",
    ),
}
# What is said of events is in features.customer_days; of links in features.identities.
NOT_PUBLISHED = {"clean.events", "clean.links"}


def is_published(name: str) -> bool:
    return name.partition(".")[0] in ("clean", "features", "insights", "outreach") and name not in NOT_PUBLISHED


def parts_of(warehouse: Warehouse, names: Sequence[str]) -> list[Part]:
    """The parts of those of the tables that are there. Weekly ones keep the newest `retention.snapshot_weeks` weeks."""
    there: dict[str, list[tuple[str, str]]] = {}
    for schema, table, column, kind in warehouse.connection.execute(
        "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database() "
        "AND NOT internal ORDER BY schema_name, table_name, column_index"
    ).fetchall():
        there.setdefault(f"{schema}.{table}", []).append((column, kind))
    personal = {table.clean.qualified: table.clean.personal_columns for table in CONTRACT.values()}
    found: list[Part] = []
    for name in names:
        if name not in there or not is_published(name):
            continue
        columns = [column for column in there[name] if column[0] not in personal.get(name, set())]
        is_weekly = f"{name}_latest" in there
        select = f"SELECT {_selected(columns, warehouse.shop.time_zone)} FROM {name}"
        if is_weekly:
            weeks = (
                f"SELECT DISTINCT as_of FROM {name} ORDER BY as_of DESC LIMIT {warehouse.shop.retention.snapshot_weeks}"
            )
            select += f" WHERE as_of IN ({weeks})"
        # What a person did lies together, so that the rows of some persons are read without those of all.
        by_person = "customer_id" if not is_weekly and any(column == "customer_id" for column, _ in columns) else None
        found.append(Part(name, select, is_weekly, by_person))
    return found + [Part(name, select) for name, (needs, select) in COUNTED.items() if needs in there]


def decided(warehouse: Warehouse, names: Sequence[str]) -> list[Part]:
    """What holds of each account by all that was delivered, days after the newest Monday too; none in a shop that hands over no decisions."""
    if not {"clean.customers", "clean.consents"} & set(names):
        return []
    keep_newest_consents(warehouse, "consents_now")
    return [Part(TABLE, "SELECT * FROM consents_now", first="customer_id")]


def _selected(columns: Sequence[tuple[str, str]], zone: str) -> str:
    """The columns; beside each instant, which is UTC, what the shop's clocks showed."""
    parts: list[str] = []
    for column, kind in columns:
        parts.append(identifier(column))
        if kind == "TIMESTAMP" and column.endswith("_at"):
            local = identifier(f"{column}_local")
            parts.append(f"{identifier(column)} AT TIME ZONE 'UTC' AT TIME ZONE {literal(zone)} AS {local}")
    return ", ".join(parts)
