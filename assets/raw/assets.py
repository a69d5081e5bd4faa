"""raw: rows as they were delivered.

Facts are partitioned by delivery day. Tables of changes are not: a run reads the deliveries whose files are new or
changed and keeps what was read before, so that a file that was taken away later costs no rows.
"""

from collections.abc import Callable, Collection, Iterable
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb

from data_checks import raw as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Beside, Rows, Work
from resources.arrival import stored
from resources.calendar import Calendar
from resources.contract import ContractTable
from resources.erased import ERASED_ROWS, Tombstones, crowded_keys, sweep
from resources.errors import ZhikeError
from resources.platform_keys import PLATFORM_KEYS, SOURCES, keys_of, mark
from resources.progress import announce
from resources.reader import (
    Delivery,
    delivered_days,
    deliveries,
    dropped,
    files_on,
    misnamed,
    stage,
    stage_landed,
    unbind,
)
from resources.shop import Shop


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    return [
        gated_asset(
            table.raw,
            partial(fact_rows if table.is_fact else change_rows, table),
            calendar=calendar,
            suite=checks.facts(shop, table) if table.is_fact else checks.changes(table),
            kinds={_file_kind(shop, table)},
            files=partial(files_on, shop, table),
        )
        for table in [*shop.facts, *shop.changes]
    ]


def _file_kind(shop: Shop, table: ContractTable) -> str:
    sources = [spec for specs in shop.sources_of(table.name).values() for spec in specs]
    paths = [spec.path for spec in sources if not spec.database]
    if not paths:
        return "postgres"
    return "parquet" if all(".parquet" in path for path in paths) else "csv"


def fact_rows(table: ContractTable, work: Work) -> Rows:
    """The rows delivered on the days asked for, with a figure for each day whose files were absent or unreadable."""
    shop, home, connection = work.warehouse.shop, work.warehouse.place, work.connection
    _empty_arrived(work, table)
    problems: dict[date, str] = {}
    left_out: list[int] = []
    found = deliveries(shop, table, work.keys)
    for number, delivery in enumerate(found):
        announce(f"raw.{table.name}", number, len(found))
        _attempt(problems, delivery.day, partial(_read, work, table, delivery, left_out))
    for day in work.keys:
        _attempt(problems, day, partial(stage_landed, connection, home, table, day))
    _note_unreadable(connection, problems)
    arrived, erased = _without_erased(work, table)
    return Rows(
        arrived,
        figures="SELECT delivered_on, count(*) AS unreadable_count FROM unreadable GROUP BY delivered_on",
        metadata=_left_out(left_out, "" if any(d.day is None for d in found) else f" {work.keys[0]} to {work.keys[-1]}")
        | _unread(shop, table),
        problems=list(problems.values()),
        beside=erased,
    )


def _without_erased(work: Work, table: ContractTable) -> tuple[str, list[Beside]]:
    """The select of what arrived, without the erased, and how many rows of theirs came, by day; see ops.erased_rows."""
    arrived, tombstones = stored(table, "arrived"), Tombstones(work.warehouse.place)
    if tombstones.is_empty():
        return arrived, []
    connection = work.connection
    tombstones.register(connection)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE arrived_stored AS {arrived}")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE handed_over AS SELECT delivered_on, count(*) AS row_count FROM arrived_stored GROUP BY ALL"
    )
    if table.name == "links":
        links = "(SELECT customer_id, key_type, key_value FROM arrived_stored UNION ALL SELECT customer_id, key_type, key_value FROM raw.links)"
        crowded_keys(connection, links, work.warehouse.shop.settings.accounts_a_key)
    sweep(connection, table, "arrived_stored", by_hash=True)
    counts = (
        f"SELECT '{table.name}' AS source_table, delivered_on, h.row_count AS delivered_count, s.row_count AS erased_count "
        "FROM handed_over AS h JOIN swept AS s USING (delivered_on)"
    )
    if not table.is_fact:
        # Of deliveries that were read before and are not read now, what was noted holds.
        counts += (
            f" UNION ALL SELECT * FROM {ERASED_ROWS.qualified} WHERE source_table = '{table.name}' "
            "AND delivered_on NOT IN (SELECT delivered_on FROM handed_over)"
        )
    return "SELECT * FROM arrived_stored", [(ERASED_ROWS, table.name, counts)]


def _read(work: Work, table: ContractTable, delivery: Delivery, left_out: list[int]) -> None:
    """Stages a delivery and, where the shop says how, counts what its mapping leaves out."""
    try:
        stage(work.connection, work.warehouse.shop, table, delivery, work.keys)
        if table.name in work.warehouse.shop.drops:
            left_out.append(dropped(work.connection, work.warehouse.shop, table))
    finally:
        unbind(work.connection, delivery)


def _left_out(counts: list[int], days: str = "") -> dict[str, int]:
    # A source without dates is read whole for every chunk of days; a dated one by chunk, so each chunk needs a name of its own.
    return {f"dropped_by_the_mapping{days}": sum(counts)} if counts else {}


def _note_unreadable(connection: duckdb.DuckDBPyConnection, days: Iterable[date]) -> None:
    """The deliveries that could not be read, for the checks."""
    connection.execute("CREATE OR REPLACE TEMP TABLE unreadable (delivered_on DATE)")
    connection.execute("INSERT INTO unreadable SELECT unnest($days)", {"days": list(days)})


def _unread(shop: Shop, table: ContractTable) -> dict[str, str]:
    """The files that no day takes, as a note for who runs it."""
    names = [Path(path).name for path in misnamed(shop, table)]
    said = f"{', '.join(names[:5])} {'is' if len(names) == 1 else 'are'} named after no day of the calendar: rename"
    return {"files_not_read": said} if names else {}


def _attempt(problems: dict[date, str], day: date | None, read: Callable[[], None]) -> None:
    """Reads one delivery; what is wrong with a dated one refuses its day and no other."""
    try:
        read()
    except ZhikeError as error:
        if day is None:
            raise
        problems[day] = str(error)


def change_rows(table: ContractTable, work: Work) -> Rows:
    """All rows of a table of changes: those read before, and those of deliveries that are new or changed. One that cannot be read keeps
    its last good rows, and is tried again by the next run."""
    shop, connection, name = work.warehouse.shop, work.connection, table.raw.qualified
    _empty_arrived(work, table)
    query = "SELECT delivery, fingerprint FROM ops.deliveries WHERE table_name = $table"
    known: dict[str, str] = dict(connection.execute(query, {"table": name}).fetchall())
    read: dict[str, str] = {}
    left_out: list[int] = []
    problems: dict[date, str] = {}
    for delivery in deliveries(shop, table, delivered_days(shop, table)):
        called = str(delivery.day or "whole")
        fingerprint = delivery.fingerprint() + mark(shop, table.name)
        if known.get(called) != fingerprint or not delivery.is_there or delivery.databases:
            _attempt(problems, delivery.day, partial(_read, work, table, delivery, left_out))
            read |= {called: fingerprint} if delivery.day not in problems else {}
    _note_unreadable(connection, problems)
    # What of it was read before it showed to be unreadable.
    connection.execute("DELETE FROM arrived WHERE delivered_on IN (FROM unreadable)")
    columns = ", ".join(f'"{column}"' for column in table.raw.column_names)
    kept = (
        ""
        if "whole" in read
        else f" UNION ALL SELECT {columns} FROM {name} WHERE CAST(delivered_on AS VARCHAR) NOT IN (SELECT unnest($read))"
    )
    forget = ("DELETE FROM ops.deliveries WHERE table_name = ? AND delivery IN (SELECT unnest(?))", [name, list(read)])
    note = [("INSERT INTO ops.deliveries VALUES (?, ?, ?)", [name, *entry]) for entry in read.items()]
    arrived, erased = _without_erased(work, table)
    keys, notes = _platform_keys(work, table, read)
    return Rows(
        f"SELECT {columns} FROM ({arrived}){kept}",
        {"read": list(read)} if kept else {},
        book=[forget, *note],
        metadata=_left_out(left_out) | _unread(shop, table) | notes,
        problems=list(problems.values()),
        beside=[*erased, *keys],
    )


def _platform_keys(work: Work, table: ContractTable, read: Collection[str]) -> tuple[list[Beside], dict[str, int]]:
    """The keys of advertising platforms that are published with the rows of a table, and how many values were none; they are made of what is `read`,
    since nothing plain is stored. A platform that is no longer named loses its own."""
    shop, connection, there = work.warehouse.shop, work.connection, PLATFORM_KEYS.qualified
    if table.name not in SOURCES:
        return [], {}
    columns = ", ".join(PLATFORM_KEYS.column_names)
    if shop.platforms is None:
        is_there = "SELECT count(*) > 0 FROM duckdb_tables() WHERE schema_name || '.' || table_name = $table"
        ((had_some,),) = connection.execute(is_there, {"table": there}).fetchall()
        nothing = f"SELECT {columns} FROM {there} WHERE false"
        return [(PLATFORM_KEYS, table.name, nothing)] if had_some else [], {}
    work.warehouse.ensure(PLATFORM_KEYS)
    made = keys_of(connection, shop, table.name, "arrived")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE platform_keys_made AS {made}")
    ((count,),) = connection.execute(
        "SELECT count(*) FROM platform_keys_made WHERE is_told AND key_value IS NULL"
    ).fetchall()
    if not Tombstones(work.warehouse.place).is_empty():
        erased = "tombstone('customer_id', as_id(customer_id)) IN (SELECT hash FROM tombstones)"
        connection.execute(f"DELETE FROM platform_keys_made WHERE {erased}")
    kept = "CAST(delivered_on AS VARCHAR) NOT IN (SELECT unnest($read)) AND NOT list_contains($read, 'whole') AND platform IN (SELECT unnest($names))"
    connection.execute(
        f"INSERT INTO platform_keys_made SELECT {columns}, true FROM {there} WHERE source_table = $source AND {kept}",
        {"source": table.name, "read": list(read), "names": list(shop.platforms.names)},
    )
    return [(PLATFORM_KEYS, table.name, f"SELECT {columns} FROM platform_keys_made")], {"no_key_of_a_platform": count}


def _empty_arrived(work: Work, table: ContractTable) -> None:
    work.connection.execute("DROP TABLE IF EXISTS arrived")
    work.connection.execute(table.raw.create_sql("arrived", temporary=True))
