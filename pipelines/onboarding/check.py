"""Reads what a shop hands over and says, table by table and column by column, what fits the contract and what does not.

Nothing is written: the files are read into memory, and neither a home nor a warehouse is needed. Every file is opened;
rows are counted in the history and in up to three days; values are judged in a sample of rows, by the rules of the
run itself.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial

import duckdb

from assets.clean.typing import typed
from pipelines.onboarding.figures import (
    MISNAMED,
    NO_FILE,
    NO_ROWS,
    Counts,
    about_days,
    about_files,
    about_keys,
    about_persons,
    about_shop,
    told,
)
from pipelines.onboarding.findings import Finding, group_of
from pipelines.onboarding.places import place_of
from pipelines.onboarding.values import about_columns, about_quarantine, about_references
from resources.arrival import arriving, date_orders, stored
from resources.contract import CONTRACT, ContractTable
from resources.errors import ZhikeError
from resources.privacy import ARRIVAL, register
from resources.progress import announce
from resources.reader import (
    Delivery,
    add_refused,
    delivered_days,
    deliveries,
    dropped,
    mapped_columns,
    misnamed,
    read,
)
from resources.reading import register as register_reading
from resources.shop import Shop

KEYS = {"customers": "customer_id", "products": "product_id"}


@dataclass
class Opened:
    """The deliveries of a table that can be opened, with the mapping's columns, and what is wrong with the others."""

    deliveries: list[tuple[Delivery, dict[str, str]]] = field(default_factory=list)
    problems: list[tuple[date | None, ZhikeError]] = field(default_factory=list)
    dropped: int = 0

    @property
    def columns(self) -> set[str]:
        return {name for _, columns in self.deliveries for name in columns}

    @property
    def looked_at(self) -> list[tuple[Delivery, dict[str, str]]]:
        """The history, and the first, the middle and the last of the others."""
        history = [entry for entry in self.deliveries if entry[0].is_history]
        others = [entry for entry in self.deliveries if not entry[0].is_history]
        return history + [others[at] for at in sorted({0, len(others) // 2, len(others) - 1} if others else set[int]())]


def check_store(shop: Shop, *, sample_rows: int = 10_000) -> list[Finding]:
    """What of the shop's files and mappings fits the contract and what does not; tables in the contract's order."""
    findings = list(about_shop(shop))
    tables = [*shop.changes, *shop.facts]
    # One thread, so that the sample is the same one each time; no folder to spill to, so that nothing is written.
    with duckdb.connect(config={"threads": 1, "temp_directory": ""}) as connection:
        connection.execute(f"SET TimeZone = '{shop.time_zone}'")
        register(connection, secrets.token_bytes(32))
        register_reading(connection, shop.time_zone, decimal_comma=shop.has_decimal_comma)
        for number, table in enumerate(tables):
            announce("check", number, len(tables))
            try:
                findings += _about_table(connection, shop, table, sample_rows)
            except ZhikeError as error:
                findings.append(told(table.name, error))
        announce("check", len(tables), len(tables))
    order = ["shop", *CONTRACT]
    return sorted(findings, key=lambda finding: (group_of(finding) != finding.table, order.index(finding.table)))


def _about_table(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, sample_rows: int
) -> Iterator[Finding]:
    for path in misnamed(shop, table):
        yield Finding(table.name, None, "warning", MISNAMED, [path])
    opened = _open(connection, shop, table)
    by_problem: dict[str, list[tuple[date | None, ZhikeError]]] = {}
    for day, error in opened.problems:
        by_problem.setdefault(error.what.replace(str(day), "…"), []).append((day, error))
    for found in by_problem.values():
        yield told(table.name, found[0][1], [day for day, _ in found[1:] if day])
    if not opened.deliveries:
        if not opened.problems:
            yield Finding(table.name, None, "warning", NO_FILE)
        return
    counts = _sample(connection, shop, table, opened, sample_rows)
    chosen = [delivery for delivery, _ in opened.looked_at]
    yield from about_files(shop, table, [delivery for delivery, _ in opened.deliveries], chosen, counts, opened.dropped)
    if not counts.rows:
        yield Finding(table.name, None, "warning", NO_ROWS)
        return
    yield from about_days(shop, table, counts)
    yield from about_keys(table, counts)
    yield from about_persons(table, counts)
    yield from about_columns(connection, shop, table, opened.columns, partial(place_of, chosen))
    yield from about_quarantine(connection, shop, table, is_whole=counts.rows <= counts.sampled)
    yield from about_references(connection, shop, table, opened.columns)


def _open(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> Opened:
    """Opens every delivery up to the newest one that is there."""
    there = delivered_days(shop, table)
    days = there
    if table.is_fact:
        newest = max(there, default=shop.first_delivery)
        days = [shop.first_delivery + timedelta(days=n) for n in range((newest - shop.first_delivery).days + 1)]
    opened = Opened()
    if table.name in KEYS:
        connection.execute(f"CREATE TEMP TABLE known_{table.name} (key VARCHAR)")
    for delivery in deliveries(shop, table, days):
        try:
            found: dict[str, str] = {}

            def look(found: dict[str, str] = found) -> None:
                found |= mapped_columns(connection, shop, table)
                if table.name in KEYS:
                    # As rows name them after their arrival.
                    arrival = next(ARRIVAL[f.arrival] for f in table.fields if f.name == KEYS[table.name])
                    key = f"as_id({arrival}(CAST({KEYS[table.name]} AS VARCHAR)))"
                    keys = f"SELECT DISTINCT {key} FROM ({shop.mapping(table.name)})"
                    connection.execute(f"INSERT INTO known_{table.name} {keys}")

            read(connection, delivery, table.name, look)
            if table.name in shop.drops:
                opened.dropped += dropped(connection, shop, table)
            opened.deliveries.append((delivery, found))
        except ZhikeError as error:
            opened.problems.append((delivery.day, error))
    if table.name in KEYS and opened.problems:
        connection.execute(f"DROP TABLE known_{table.name}")  # not all are known: nothing can be said of the others
    return opened


def _sample(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, opened: Opened, sample_rows: int
) -> Counts:
    """Counts the deliveries looked at; makes `sampled`, rows of theirs as text, and `judged`, the same rows typed."""
    connection.execute("DROP TABLE IF EXISTS arrived")
    connection.execute(table.raw.create_sql("arrived", temporary=True))
    counts, chosen = Counts(), opened.looked_at
    for delivery, columns in chosen:
        size = max(1, sample_rows // len(chosen))

        def look(delivery: Delivery = delivery, columns: dict[str, str] = columns, size: int = size) -> None:
            mapping = shop.mapping(table.name)
            row = connection.execute(_counting(table, columns, mapping)).fetchall()[0]
            if delivery.day is None and table.is_fact:
                _count_days(connection, shop, table, counts)
            part = f"SELECT * FROM ({mapping}) USING SAMPLE reservoir({size} ROWS) REPEATABLE (1)"
            persons = _persons(connection, table, columns, part)
            orders = date_orders(connection, shop, table, delivery, columns)
            select = arriving(shop, table, delivery, columns, part, orders)
            connection.execute(f"INSERT INTO arrived BY NAME {select}")
            counts.rows += row[0]
            counts.keys += row[1]
            counts.contents += row[2]
            counts.unreadable_known_on += row[3]
            counts.persons.update(persons)

        refused = read(connection, delivery, table.name, look)
        counts.refused += refused
        if refused:
            add_refused(connection, shop, table, delivery, refused[:size], delivery.day or shop.start)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE sampled AS {stored(table, 'arrived')}")
    counts.sampled = connection.execute("SELECT count(*) FROM sampled WHERE refused IS NULL").fetchall()[0][0]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {typed(table, shop, 'sampled')}")
    return counts


def _persons(
    connection: duckdb.DuckDBPyConnection, table: ContractTable, columns: dict[str, str], part: str
) -> dict[str, int]:
    """How many values of each mapped column are replaced or masked on arrival because they are a person's."""
    judged = {
        f.name: f"{ARRIVAL[f.arrival]}({{0}}) IS DISTINCT FROM {{0}}".format(f'CAST("{f.name}" AS VARCHAR)')
        for f in table.fields
        if f.name in columns and f.arrival in ("id", "code", "mask")
    }
    figures = ", ".join(f'count(*) FILTER ({predicate}) AS "{name}"' for name, predicate in judged.items())
    found = connection.execute(f"SELECT {figures} FROM ({part})").fetchall()[0] if judged else ()
    return dict(zip(judged, found, strict=True))


def _counting(table: ContractTable, columns: dict[str, str], mapping: str) -> str:
    dated = "known_on" in columns
    key = ", ".join(f'trim(CAST("{name}" AS VARCHAR))' for name in [*table.key, *(["known_on"] if dated else [])])
    content = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
    unreadable = (
        "count(*) FILTER (known_on IS NOT NULL AND as_instant(CAST(known_on AS VARCHAR)) IS NULL)" if dated else "0"
    )
    return (
        f"SELECT count(*), count(DISTINCT hash({key})), count(DISTINCT hash({content})), {unreadable} FROM ({mapping})"
    )


def _count_days(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, counts: Counts) -> None:
    last = f"DATE '{shop.end or date.max}'"
    query = f"""
        SELECT min(day), max(day), count(*) FILTER (day < $start), count(*) FILTER (day <= $start OR day IS NULL),
            count(*) FILTER (day > {last}), count(*) FILTER (day >= {last})
        FROM (
            SELECT CAST(timezone('UTC', as_instant(CAST("{table.happened_at}" AS VARCHAR))) AS DATE) AS day FROM ({shop.mapping(table.name)})
        )
    """
    row = connection.execute(query, {"start": shop.start}).fetchall()[0]
    counts.first, counts.last, counts.before, counts.on_first, counts.after, counts.on_last = row
