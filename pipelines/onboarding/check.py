"""Reads what a shop hands over and says, table by table and column by column, what fits the contract and what does not.

Nothing is written: the files are read into memory, and neither a home nor a warehouse is needed. Every file is opened;
rows are counted in the history and in up to three days; values are judged in a sample of rows, by the rules of the
run itself.
"""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb

from assets.clean.typing import typed
from pipelines.onboarding.findings import Finding, Level, group_of
from pipelines.onboarding.values import about_columns, about_quarantine, about_references
from resources.contract import CONTRACT, ContractTable
from resources.errors import ZhikeError
from resources.privacy import ARRIVAL, register
from resources.progress import announce
from resources.reader import (
    Delivery,
    add_refused,
    arriving,
    date_orders,
    delivered_days,
    deliveries,
    dropped,
    mapped_columns,
    misnamed,
    read,
    stored,
)
from resources.reading import register as register_reading
from resources.records import Refused
from resources.shop import Shop

EXAMPLES = 3
# A day with fewer sampled rows says too little about its share of bad ones.
ROWS_OF_A_DAY = 100
KEYS = {"customers": "customer_id", "products": "product_id"}
WITHOUT = {
    "events": "no views, carts and sessions of customers, and no recommendations from what they looked at",
    "reviews": "no sentiment",
    "messages": "no analysis of customer service",
    "outcomes": "what came of our actions is not measured",
    "customers": "no age, gender, region and tenure of customers, and nobody's consent to be addressed is known",
    "products": "no categories, and recommendations show ids in place of titles",
    "links": "accounts of one person on several channels stay apart (no features.identities)",
    "answers": "no answers to customers' questions",
}


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
    findings = list(_about_shop(shop))
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
                findings.append(_told(table.name, error))
        announce("check", len(tables), len(tables))
    order = ["shop", *CONTRACT]
    return sorted(findings, key=lambda finding: (group_of(finding) != finding.table, order.index(finding.table)))


def _about_shop(shop: Shop) -> Iterator[Finding]:
    if not shop.has_prices:
        yield Finding(
            "shop", None, "ok", "no `currency` in store.yaml: a shop without prices, so there are no money columns"
        )
    used: set[str] = set()
    for name in shop.tables:
        try:
            used |= set(shop.sources_of(name))
        except ZhikeError:
            return  # told with the table
    for name in shop.sources:
        if name not in used:
            yield Finding(
                "shop", None, "warning", f"source {name} is in no mapping: select from it, or remove it from store.yaml"
            )
    for name in CONTRACT:
        if name not in shop.tables:
            yield Finding(name, None, "ok", f"not declared: {WITHOUT[name]}")


def _told(table: str, error: ZhikeError, also: Sequence[date] = ()) -> Finding:
    more = f" (so too on {len(also)} more days, such as {also[0]})" if also else ""
    return Finding(table, None, "error", f"{error.what}{more}. Where: {error.where}. What to do: {error.remedy}.")


def _about_table(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, sample_rows: int
) -> Iterator[Finding]:
    for path in misnamed(shop, table):
        yield Finding(
            table.name,
            None,
            "warning",
            "a file is named after a day that no calendar has, so it is never read: rename it",
            [path],
        )
    opened = _open(connection, shop, table)
    by_problem: dict[str, list[tuple[date | None, ZhikeError]]] = {}
    for day, error in opened.problems:
        by_problem.setdefault(error.what.replace(str(day), "…"), []).append((day, error))
    for found in by_problem.values():
        yield _told(table.name, found[0][1], [day for day, _ in found[1:] if day])
    if not opened.deliveries:
        if not opened.problems:
            yield Finding(
                table.name,
                None,
                "warning",
                "no file of it is there yet, so the table will be empty: see `sources` in store.yaml",
            )
        return
    counts = _sample(connection, shop, table, opened, sample_rows)
    yield from _about_files(shop, table, opened, counts)
    if counts.refused:
        message = "records are no rows and go to quarantine: correct these lines, or the dialect at their source"
        lines = [f"{record.file}, line {record.line}: {record.why}" for record in counts.refused[:EXAMPLES]]
        share = len(counts.refused) / (counts.rows + len(counts.refused))
        yield Finding(table.name, None, "warning", f"{len(counts.refused):,} {message}", lines, share)
    if not counts.rows:
        yield Finding(table.name, None, "warning", "the files hold no rows")
        return
    yield from _about_days(shop, table, counts)
    yield from _about_keys(table, counts)
    yield from about_columns(connection, shop, table, opened.columns)
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


@dataclass
class Counts:
    """Figures of all rows of the deliveries looked at; `keys` and `contents` count different ones."""

    rows: int = 0
    sampled: int = 0
    keys: int = 0
    contents: int = 0
    unreadable_known_on: int = 0
    refused: list[Refused] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    before: int = 0
    on_first: int = 0
    after: int = 0
    on_last: int = 0


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
            orders = date_orders(connection, shop, table, delivery, columns)
            select = arriving(shop, table, delivery, columns, part, orders)
            connection.execute(f"INSERT INTO arrived BY NAME {select}")
            counts.rows += row[0]
            counts.keys += row[1]
            counts.contents += row[2]
            counts.unreadable_known_on += row[3]

        refused = read(connection, delivery, table.name, look)
        counts.refused += refused
        if refused:
            add_refused(connection, shop, table, delivery, refused[:size], delivery.day or shop.start)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE sampled AS {stored(table)}")
    counts.sampled = connection.execute("SELECT count(*) FROM sampled WHERE refused IS NULL").fetchall()[0][0]
    connection.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {typed(table, shop, 'sampled')}")
    return counts


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


def _about_files(shop: Shop, table: ContractTable, opened: Opened, counts: Counts) -> Iterator[Finding]:
    found = [delivery for delivery, _ in opened.deliveries]
    days = sorted(delivery.day for delivery in found if delivery.day and not delivery.is_history)
    kinds = [
        *(f"the history, delivered on {delivery.day}" for delivery in found if delivery.is_history),
        *(
            ["a file a day on " + (f"{len(days)} days, {days[0]} to {days[-1]}" if len(days) > 1 else f"{days[0]}")]
            if days
            else []
        ),
        *(
            [
                "one delivery" + (", split by its rows' own day" if table.is_fact else "")
                for delivery in found
                if delivery.day is None
            ]
        ),
    ]
    looked_at = (
        "" if len(opened.looked_at) == len(found) else f" in {len(opened.looked_at)} of the {len(found)} deliveries"
    )
    sampled = "all of them" if counts.sampled == counts.rows else f"{counts.sampled:,} of them"
    files = [Path(path).name for delivery, _ in opened.looked_at for path in delivery.files.values()]
    message = f"{' and '.join(kinds)}: {counts.rows:,} rows{looked_at}, {sampled} looked at"
    yield Finding(table.name, None, "ok", message, list(dict.fromkeys(files))[:EXAMPLES])
    if table.name in shop.drops:
        yield Finding(
            table.name,
            None,
            "ok",
            f"{opened.dropped:,} rows of the sources are left out by the mapping, as `drops` counts them",
        )
    if table.is_fact and days and shop.end and days[-1] < shop.end:
        yield Finding(
            table.name,
            None,
            "warning",
            f"the newest file is of {days[-1]}, but store.yaml says `end: {shop.end}`: deliver the rest",
        )


def _about_days(shop: Shop, table: ContractTable, counts: Counts) -> Iterator[Finding]:
    limit = shop.limits.quarantine_share
    for rows, at, day, word, name, furthest in (
        (counts.before, counts.on_first, shop.start, "before", "start", counts.first),
        (counts.after, counts.on_last, shop.end, "after", "end", counts.last),
    ):
        if rows and furthest:
            is_refused = rows / at > limit
            consequence = (
                f"so many of that day's rows ({rows / at:.0%}) that it is refused"
                if is_refused
                else "in quarantine of that day"
            )
            message = (
                f"{rows:,} of {counts.rows:,} rows lie {word} `{name}: {day}` and end {consequence}: correct either"
            )
            level: Level = "error" if is_refused else "warning"
            yield Finding(table.name, table.happened_at, level, message, [str(furthest)], rows / counts.rows)
    if table.name == "orders" and counts.first and (counts.first - shop.start).days > 31:
        message = (
            f"the first order is of {counts.first}, long after `start: {shop.start}`: set `start` to the first day"
        )
        yield Finding(table.name, table.happened_at, "warning", message)


def _about_keys(table: ContractTable, counts: Counts) -> Iterator[Finding]:
    key = ", ".join(table.key)
    same, differing = counts.rows - counts.contents, counts.contents - counts.keys
    if same > 0:
        message = (
            f"duplicates, the same in full as another row: {same:,} of {counts.rows:,} rows; they are counted once"
        )
        yield Finding(table.name, None, "warning" if table.is_fact else "ok", message, share=same / counts.rows)
    if differing > 0:
        what = (
            "each counts as a correction of the one before it" if table.is_fact else "only the last one of a day holds"
        )
        remedy = f"if they are different {table.grain.split()[0]} rows, make {key} unique in the mapping"
        message = f"{differing:,} of {counts.rows:,} rows have the {key} of another row but differ: {what}; {remedy}"
        yield Finding(table.name, None, "warning", message, share=differing / counts.rows)
    if counts.unreadable_known_on:
        message = "is no date: such a row counts as known from the shop's start, so past weeks would see it too early"
        yield Finding(table.name, "known_on", "warning", message, share=counts.unreadable_known_on / counts.rows)
