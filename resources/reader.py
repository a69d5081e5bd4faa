"""Reads what a shop delivered: binds the shop's files to the names its mapping uses, and stages the rows as text.

A mapping never sees two deliveries at once: a file a day is bound day by day. Rows of a source without dates are split by
their own day; those without a day, or outside the shop's time, belong to its first (or last) day, so that none is lost.
"""

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from glob import escape
from pathlib import Path

import duckdb

from resources.arrival import arrival, arriving, date_orders
from resources.contract import CONTRACT, ContractTable
from resources.databases import fetch, forget
from resources.errors import ZhikeError, engine_words
from resources.files import Unfit, forget_copies, plain, relation, sorted_out
from resources.home import Home
from resources.inbox import land
from resources.mapping import require_select
from resources.quoting import literal
from resources.records import Refused
from resources.shop import Shop, Source

# Seconds within which a file that was written may be written on.
MOMENT = 0.3


@dataclass(frozen=True)
class Delivery:
    """One handing over: the file of each source that the mapping names. `day` is None for rows split by their own day."""

    day: date | None
    files: dict[str, str]
    is_history: bool = False
    specs: dict[str, Source] = field(default_factory=dict)

    @property
    def databases(self) -> dict[str, Source]:
        """The sources that are queries: whether they changed only asking tells."""
        return {name: spec for name, spec in self.specs.items() if spec.database}

    @property
    def is_there(self) -> bool:
        return all(_expand(path) for path in self.files.values())

    def spec(self, name: str) -> Source:
        """What the shop declares of the files of a source."""
        return self.specs.get(name, Source(path=self.files[name]))

    def fingerprint(self) -> str:
        """Changes whenever one of the files is written again."""
        found = [Path(file) for path in self.files.values() for file in _expand(path)]
        return ";".join(f"{file}:{file.stat().st_size}:{file.stat().st_mtime_ns}" for file in found)


def resolve(shop: Shop, path: str, day: date | None = None) -> str:
    """The path of a source: variables expanded, the date filled in, relative to the shop's folder."""
    names = re.findall(r"\$\{(\w+)\}", path)
    absent = [name for name in names if name not in os.environ]
    if absent:
        raise ZhikeError(
            f"the path of a source uses ${{{absent[0]}}}, which is not set",
            f"{shop.folder / 'store.yaml'}: {path}",
            f"set it to the folder of the files: export {absent[0]}=…",
        )
    expanded = os.path.expandvars(path)
    if day is not None:
        expanded = expanded.replace("{date}", day.isoformat())
    return str(shop.folder / expanded)


def _expand(path: str) -> list[Path]:
    """The files of a path; `*` may stand in its last part."""
    place = Path(path)
    return sorted(place.parent.glob(place.name)) if "*" in place.name else [place] if place.is_file() else []


def files_of(delivery: Delivery) -> list[tuple[str, Source]]:
    """The files of a delivery that are there, each with what the shop declares of it."""
    return [(str(file), delivery.spec(name)) for name, path in delivery.files.items() for file in _expand(path)]


def files_on(shop: Shop, table: ContractTable, day: str) -> list[str]:
    """The files in which a table was delivered on a day; none where that is no day."""
    found = _day(day)
    return [file for each in deliveries(shop, table, [found] if found else []) for file, _ in files_of(each)]


def _kind(specs: Sequence[Source]) -> dict[str, Source]:
    return {"dated" if s.is_dated else "history" if s.history else "whole": s for s in specs}


def deliveries(shop: Shop, table: ContractTable, days: Sequence[date]) -> list[Delivery]:
    """The deliveries of a table that fall on `days`: the history, a file a day, or (day None) the whole, to be split."""
    kinds = {name: _kind(specs) for name, specs in shop.sources_of(table.name).items()}
    if not kinds:
        raise ZhikeError(
            f"the mapping of {table.name} names no source",
            str(shop.folder / "store.yaml"),
            "select FROM one of `sources`",
        )
    has_history = any("history" in kind for kind in kinds.values())
    has_days = any("dated" in kind for kind in kinds.values())
    found: list[Delivery] = []
    if not has_history and not has_days:
        chosen = {name: kind["whole"] for name, kind in kinds.items()}
        return [Delivery(None, _paths(shop, chosen), specs=chosen)]
    for day in days:
        if has_history and day == shop.history_on:
            chosen = {name: kind.get("history") or kind.get("whole") or kind["dated"] for name, kind in kinds.items()}
            found.append(Delivery(day, _paths(shop, chosen, day), is_history=True, specs=chosen))
        elif has_days:
            chosen = {name: kind.get("dated") or kind.get("whole") or kind["history"] for name, kind in kinds.items()}
            delivery = Delivery(day, _paths(shop, chosen, day), specs=chosen)
            if delivery.is_there or not any(spec.optional for spec in chosen.values()):
                found.append(delivery)
    return found


def _paths(shop: Shop, chosen: dict[str, Source], day: date | None = None) -> dict[str, str]:
    return {name: resolve(shop, spec.path, day) for name, spec in chosen.items() if not spec.database}


def delivered_days(shop: Shop, table: ContractTable) -> list[date]:
    """The days of the deliveries of a table whose files are there: of the history, and of every file a day."""
    specs = [spec for specs in shop.sources_of(table.name).values() for spec in specs]
    days = {shop.history_on} if shop.history_on and any(spec.history for spec in specs) else set[date | None]()
    for spec in specs:
        days |= {_day(called) for _, called in _dated_files(shop, spec)}
    last = shop.end or date.max
    return sorted(day for day in days if day and shop.first_delivery <= day <= last)


def misnamed(shop: Shop, table: ContractTable) -> list[str]:
    """Files whose name has a date in it that no calendar has, such as 2024-02-30.csv: no day takes them."""
    specs = [spec for specs in shop.sources_of(table.name).values() for spec in specs]
    return sorted(path for spec in specs for path, called in _dated_files(shop, spec) if _day(called) is None)


def _dated_files(shop: Shop, spec: Source) -> list[tuple[str, str]]:
    """The files of a source with a file a day, each with the date in its name."""
    if not spec.is_dated:
        return []
    path = resolve(shop, spec.path)
    before, after = (re.escape(part).replace(r"\*", "[^/]*") for part in path.split("{date}", 1))
    pattern = re.compile(before + r"(\d{4}-\d{2}-\d{2})" + after)
    # In the name of a folder a bracket or a question mark is itself.
    shaped = escape(path).replace("[*]", "*").replace("{date}", "????-??-??")
    there = (str(found) for found in Path("/").glob(shaped.lstrip("/")))
    return [(found, match[1]) for found in there if (match := pattern.fullmatch(found))]


def _day(called: str) -> date | None:
    try:
        return date.fromisoformat(called)
    except ValueError:
        return None


def landed(home: Home, table: ContractTable, day: date) -> list[Path]:
    """What Zhike itself received for a table on a day."""
    return sorted((home.landing / table.name).glob(f"{day.isoformat()}*"))


def bind(connection: duckdb.DuckDBPyConnection, delivery: Delivery, copies: Mapping[str, str] | None = None) -> None:
    """Makes each source of a delivery a temporary view of its name; files of which there are `copies` are read from these. Raises
    ZhikeError for one that cannot be read."""
    copies = copies or {}
    for name, spec in delivery.databases.items():
        fetch(connection, name, spec)
    for name, path in delivery.files.items():
        if not _expand(path):
            raise ZhikeError(
                f"source {name} has no file{f' for {delivery.day}' if delivery.day else ''}",
                path,
                "deliver it (with a header and no rows for a day on which nothing happened), or correct the path in store.yaml",
            )
        spec = delivery.spec(name)
        parts: list[str] = []
        for file in map(str, _expand(path)):
            read_so = relation(connection, copies.get(file, file), plain(spec) if file in copies else spec)
            named = f", {literal(Path(file).name)} AS file_name" if spec.name_files else ""
            parts.append(f"SELECT *{named} FROM {read_so}")
        try:
            connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {" UNION ALL BY NAME ".join(parts)}')
        except duckdb.Error as error:
            raise ZhikeError(
                f"source {name} cannot be read: {engine_words(error)}",
                path,
                "deliver the file again, whole and in its format",
            ) from None


def unbind(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Takes the views of a delivery's sources away: their names are the shop's, and might be those of something else."""
    for name in delivery.files:
        connection.execute(f'DROP VIEW IF EXISTS temp."{name}"')
    for name in delivery.databases:
        forget(connection, name)
    forget_copies()


def read(
    connection: duckdb.DuckDBPyConnection, delivery: Delivery, name: str, work: Callable[[], object]
) -> list[Refused]:
    """Binds a delivery and does `work`, which reads its sources; where records of a CSV file do not fit, once more without these, which
    are returned. Raises ZhikeError where the table `name` cannot be read."""
    try:
        bind(connection, delivery)
        work()
        return []
    except Unfit:
        pass
    except duckdb.Error as error:
        if "CSV" not in str(error):
            raise _unreadable(name, delivery, error) from None
    copies: dict[str, str] = {}
    refused: list[Refused] = []
    for file, spec in files_of(delivery):
        if found := sorted_out(file, spec):
            copies[file] = found[0]
            refused += found[1]
    bind(connection, delivery, copies)
    try:
        work()
    except duckdb.Error as error:
        raise _unreadable(name, delivery, error) from None
    return refused


def _unreadable(name: str, delivery: Delivery, error: duckdb.Error) -> ZhikeError:
    return ZhikeError(
        f"{name} cannot be read: {engine_words(error)}",
        ", ".join(delivery.files.values()),
        "deliver the file again, whole and in its format, or correct the mapping where it converts a value",
    )


def mapped_columns(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> dict[str, str]:
    """The columns, with types, that the mapping gives over the bound sources. Raises ZhikeError where they do not fit."""
    text = shop.tables[table.name]
    place = shop.folder / text if text.endswith(".sql") else f"{shop.folder / 'store.yaml'}: tables.{table.name}"
    where = f"the mapping of {table.name} ({place})"
    require_select(shop.mapping(table.name), set(shop.sources), f"the mapping of {table.name}", where)
    try:
        described = connection.execute(f"DESCRIBE {shop.mapping(table.name)}").fetchall()
    except duckdb.Error as error:
        raise ZhikeError(
            f"{table.name}: the mapping does not fit the files: {engine_words(error)}",
            where,
            "correct the select, or deliver the missing column",
        ) from None
    columns = {row[0]: row[1] for row in described}
    lacking = [field.name for field in table.fields if field.required and field.name not in columns]
    if lacking:
        raise ZhikeError(
            f"{table.name}: required columns are not mapped: {', '.join(lacking)}",
            where,
            "add them to the select, or deliver the file with these columns in its header",
        )
    known = {*table.field_names, "known_on"} if not table.is_fact else set(table.field_names)
    unknown = sorted(set(columns) - known)
    if unknown:
        # The table of a shop without prices lacks the money columns of the contract.
        money = [name for name in unknown if name in CONTRACT[table.name].field_names]
        raise ZhikeError(
            f"{table.name}: {'without a currency there is' if money else 'the contract has'} no column {', '.join(money or unknown)}",
            where,
            "name the `currency` in store.yaml, or leave them out"
            if money
            else f"select only {', '.join(table.field_names)}",
        )
    return columns


def dropped(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> int:
    """How many rows of the bound sources the mapping leaves out, as the shop counts them under `drops`."""
    what, where = f"the select of drops.{table.name}", f"{shop.folder / 'store.yaml'}: drops.{table.name}"
    require_select(shop.drops[table.name], set(shop.sources), what, where)
    try:
        ((count,),) = connection.execute(shop.drops[table.name]).fetchall()
        return int(count)
    except (duckdb.Error, ValueError, TypeError) as error:
        reason = engine_words(error) if isinstance(error, duckdb.Error) else "it gives no single number"
        raise ZhikeError(
            f"{table.name}: the rows that the mapping leaves out cannot be counted: {reason}",
            where,
            "write a select that gives one number, over the sources that the mapping names",
        ) from None


def stage(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    table: ContractTable,
    delivery: Delivery,
    days: Sequence[date],
) -> None:
    """Adds a delivery's rows to the temporary table `arrived`, whose columns are those of the raw table; see `stored`."""
    before = _quiet(delivery)

    def insert() -> None:
        select = _whole_select(connection, shop, table, delivery)
        parameters: dict[str, object] = {}
        if delivery.day is None and table.is_fact:
            select = f"SELECT * FROM ({select}) WHERE delivered_on BETWEEN $first AND $last"
            parameters = {"first": min(days), "last": max(days)}
        connection.execute(f"INSERT INTO arrived BY NAME {select}", parameters or None)

    refused = read(connection, delivery, table.name, insert)
    if refused:
        select = _whole_select(connection, shop, table, delivery)
        day = delivery.day or _busiest_day(connection, select) or shop.start
        if not table.is_fact or min(days) <= day <= max(days):
            add_refused(connection, shop, table, delivery, refused, day)
    if delivery.fingerprint() != before:
        raise _growing(delivery)


def _whole_select(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, delivery: Delivery) -> str:
    columns = mapped_columns(connection, shop, table)
    orders = date_orders(connection, shop, table, delivery, columns)
    return arriving(shop, table, delivery, columns, orders=orders)


def _busiest_day(connection: duckdb.DuckDBPyConnection, select: str) -> date | None:
    """Of a source without dates the day with the most rows: what could not be read weighs least there."""
    query = f"SELECT delivered_on FROM ({select}) GROUP BY delivered_on ORDER BY count(*) DESC, delivered_on LIMIT 1"
    found = connection.execute(query).fetchall()
    return found[0][0] if found else None


def add_refused(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    table: ContractTable,
    delivery: Delivery,
    refused: Sequence[Refused],
    day: date,
) -> None:
    """Adds records that are no rows to the rows that a delivery has in `arrived` on a day: nothing but the file, the line and why."""
    known = "" if table.is_fact else ", $known AS known_on"
    query = f"""
        INSERT INTO arrived BY NAME
        SELECT to_json(record) AS refused, $day AS delivered_on,
            (SELECT coalesce(max(row_no), 0) FROM arrived WHERE delivered_on = $day) + row_number() OVER () AS row_no{known}
        FROM (SELECT unnest($records) AS record)
    """
    parameters = {"day": day, "records": [asdict(record) for record in refused]}
    if known:
        parameters["known"] = shop.start if delivery.is_history else day
    connection.execute(query, parameters)


def _quiet(delivery: Delivery) -> str:
    """The fingerprint of a delivery that nobody writes. A file that was written within a moment is looked at twice."""
    before = delivery.fingerprint()
    newest = max((file.stat().st_mtime for path in delivery.files.values() for file in _expand(path)), default=0.0)
    if 0 <= time.time() - newest < MOMENT:
        time.sleep(MOMENT)
        if delivery.fingerprint() != before:
            raise _growing(delivery)
    return before


def _growing(delivery: Delivery) -> ZhikeError:
    return ZhikeError(
        f"a file{f' of {delivery.day}' if delivery.day else ''} is still being written",
        ", ".join(delivery.files.values()),
        "run again when it is whole; write it under another name and rename it when it is",
    )


def stage_landed(connection: duckdb.DuckDBPyConnection, home: Home, table: ContractTable, day: date) -> None:
    """Adds what landed for a table on a day to `arrived`, after the shop's own rows: files, and what came to the inbox as one of them."""
    land(home, table.name, day)
    for path in landed(home, table, day):
        try:
            rows = relation(connection, str(path), Source(path=str(path), open_end=True))
            columns = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
            fields = ", ".join(arrival(field, columns) for field in table.fields)
            connection.execute(
                f"INSERT INTO arrived BY NAME SELECT {fields}, $day AS delivered_on, "
                "(SELECT coalesce(max(row_no), 0) FROM arrived WHERE delivered_on = $day) + row_number() OVER () AS row_no"
                f"{'' if table.is_fact else ', $day AS known_on'} FROM {rows}",
                {"day": day},
            )
        except duckdb.Error as error:
            raise ZhikeError(
                f"a landed file cannot be read: {engine_words(error)}", str(path), "remove or mend the file"
            ) from None
