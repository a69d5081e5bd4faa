"""raw: rows as they were delivered.

Facts are partitioned by delivery day. Tables of changes are not: a run reads the deliveries whose files are new or
changed and keeps what was read before, so that a file that was taken away later costs no rows.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

import dagster as dg
import duckdb

from data_checks import raw as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.arrival import stored
from resources.calendar import Calendar
from resources.contract import ContractTable
from resources.errors import ZhikeError
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
    return Rows(
        stored(table, "arrived"),
        figures="SELECT delivered_on, count(*) AS unreadable_count FROM unreadable GROUP BY delivered_on",
        metadata=_left_out(left_out, "" if any(d.day is None for d in found) else f" {work.keys[0]} to {work.keys[-1]}")
        | _unread(shop, table),
        problems=list(problems.values()),
    )


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
        fingerprint = delivery.fingerprint()
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
    return Rows(
        f"SELECT {columns} FROM ({stored(table, 'arrived')}){kept}",
        {"read": list(read)} if kept else {},
        book=[forget, *note],
        metadata=_left_out(left_out) | _unread(shop, table),
        problems=list(problems.values()),
    )


def _empty_arrived(work: Work, table: ContractTable) -> None:
    work.connection.execute("DROP TABLE IF EXISTS arrived")
    work.connection.execute(table.raw.create_sql("arrived", temporary=True))
