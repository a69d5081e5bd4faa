"""Reads what a shop delivered: binds the shop's files to the names its mapping uses, and stages the rows as text.

A mapping never sees two deliveries at once: a file a day is bound day by day. Rows of a source without dates are split by
their own day; those without a day, or outside the shop's time, belong to its first (or last) day, so that none is lost.
"""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from resources.contract import CONTRACT, ContractTable, Field
from resources.errors import ZhikeError
from resources.home import Home
from resources.shop import Shop, Source

READERS = {
    "parquet": "read_parquet({path}, union_by_name = true)",
    "csv": "read_csv({path}, header = true, all_varchar = true, union_by_name = true)",
    "tsv": "read_csv({path}, header = true, all_varchar = true, union_by_name = true, delim = '\\t')",
    "json": "read_json({path}, union_by_name = true)",
    "jsonl": "read_json({path}, format = 'newline_delimited', union_by_name = true)",
}


@dataclass(frozen=True)
class Delivery:
    """One handing over: the file of each source that the mapping names. `day` is None for rows split by their own day."""

    day: date | None
    files: dict[str, str]
    is_history: bool = False

    @property
    def is_there(self) -> bool:
        return all(_exists(path) for path in self.files.values())

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


def _exists(path: str) -> bool:
    return bool(_expand(path))


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
        return [Delivery(None, {name: resolve(shop, kind["whole"].path) for name, kind in kinds.items()})]
    for day in days:
        if has_history and day == shop.history_on:
            chosen = {name: kind.get("history") or kind.get("whole") or kind["dated"] for name, kind in kinds.items()}
            found.append(Delivery(day, {n: resolve(shop, s.path, day) for n, s in chosen.items()}, is_history=True))
        elif has_days:
            chosen = {name: kind.get("dated") or kind.get("whole") or kind["history"] for name, kind in kinds.items()}
            delivery = Delivery(day, {n: resolve(shop, s.path, day) for n, s in chosen.items()})
            if delivery.is_there or not any(spec.optional for spec in chosen.values()):
                found.append(delivery)
    return found


def delivered_days(shop: Shop, table: ContractTable) -> list[date]:
    """The days of the deliveries of a table whose files are there: of the history, and of every file a day."""
    specs = [spec for specs in shop.sources_of(table.name).values() for spec in specs]
    days = {shop.history_on} if shop.history_on and any(spec.history for spec in specs) else set[date | None]()
    for spec in specs:
        if spec.is_dated:
            path = resolve(shop, spec.path)
            before, after = (re.escape(part).replace(r"\*", "[^/]*") for part in path.split("{date}", 1))
            pattern = re.compile(before + r"(\d{4}-\d{2}-\d{2})" + after)
            matches = (
                pattern.fullmatch(str(found))
                for found in Path("/").glob(path.replace("{date}", "????-??-??").lstrip("/"))
            )
            days |= {date.fromisoformat(match[1]) for match in matches if match}
    last = shop.end or date.max
    return sorted(day for day in days if day and shop.first_delivery <= day <= last)


def landed(home: Home, table: ContractTable, day: date) -> list[Path]:
    """What Zhike itself received for a table on a day."""
    return sorted((home.landing / table.name).glob(f"{day.isoformat()}*"))


def relation(path: str) -> str:
    """The DuckDB call that reads a file, by the ending of its name."""
    name = Path(path).name.removesuffix(".gz").removesuffix(".zst")
    ending = {"ndjson": "jsonl", "txt": "csv"}.get(name.rpartition(".")[2], name.rpartition(".")[2])
    if ending not in READERS:
        raise ZhikeError(
            f"a file ending in .{ending} cannot be read", path, f"use {', '.join(READERS)}, gzipped or not"
        )
    return READERS[ending].format(path="'" + path.replace("'", "''") + "'")


def bind(connection: duckdb.DuckDBPyConnection, delivery: Delivery) -> None:
    """Makes each source of a delivery a temporary view of its name. Raises ZhikeError for one that cannot be read."""
    for name, path in delivery.files.items():
        if not _exists(path):
            raise ZhikeError(
                f"source {name} has no file{f' for {delivery.day}' if delivery.day else ''}",
                path,
                "deliver it (with a header and no rows for a day on which nothing happened), or correct the path in store.yaml",
            )
        try:
            connection.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM {relation(path)}')
        except duckdb.Error as error:
            raise ZhikeError(
                f"source {name} cannot be read: {_first_lines(error)}",
                path,
                "deliver the file again, whole and in its format",
            ) from error


def mapped_columns(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> dict[str, str]:
    """The columns, with types, that the mapping gives over the bound sources. Raises ZhikeError where they do not fit."""
    where = f"the mapping of {table.name} ({shop.folder / shop.tables[table.name]})"
    try:
        described = connection.execute(f"DESCRIBE {shop.mapping(table.name)}").fetchall()
    except duckdb.Error as error:
        raise ZhikeError(
            f"{table.name}: the mapping does not fit the files: {_first_lines(error)}",
            where,
            "correct the select, or deliver the missing column",
        ) from error
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


def _first_lines(error: duckdb.Error) -> str:
    return " ".join(line.strip() for line in str(error).splitlines()[:2] if line.strip())


def _arrival(field: Field, columns: "dict[str, str] | set[str]") -> str:
    if field.name not in columns:
        return f'NULL AS "{field.name}"'
    value = f'CAST("{field.name}" AS VARCHAR)'
    wrapped = {"as_is": value, "hash": f"keyed_hash({value})", "mask": f"masked({value})"}[field.arrival]
    return f'{wrapped} AS "{field.name}"'


def arriving(
    shop: Shop, table: ContractTable, delivery: Delivery, columns: dict[str, str], rows: str | None = None
) -> str:
    """The select that gives a bound delivery's rows the columns of the raw table; `rows` may be a part of those of the mapping."""
    fields = ", ".join(_arrival(field, columns) for field in table.fields)
    start = shop.start.isoformat()
    if delivery.day is not None:
        delivered_on = f"DATE '{delivery.day}'"
        known_on = (
            f"coalesce(TRY_CAST(known_on AS DATE), DATE '{start}')" if "known_on" in columns else f"DATE '{start}'"
        )
        known_on = known_on if delivery.is_history else delivered_on
    else:
        own_day = (
            f'CAST(TRY_CAST("{table.happened_at}" AS TIMESTAMPTZ) AS DATE)'
            if table.is_fact
            else "TRY_CAST(known_on AS DATE)"
            if "known_on" in columns
            else "NULL"
        )
        last = f", DATE '{shop.end}'" if shop.end else ""
        bounded = f"least(coalesce({own_day}, DATE '{start}'){last})"
        delivered_on = known_on = f"greatest({bounded}, DATE '{start}')"
    known = "" if table.is_fact else f", {known_on} AS known_on"
    return (
        f"SELECT {fields}, {delivered_on} AS delivered_on, row_number() OVER () AS row_no{known} "
        f"FROM ({rows or shop.mapping(table.name)})"
    )


def dropped(connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable) -> int:
    """How many rows of the bound sources the mapping leaves out, as the shop counts them under `drops`."""
    try:
        ((count,),) = connection.execute(shop.drops[table.name]).fetchall()
        return int(count)
    except (duckdb.Error, ValueError, TypeError) as error:
        reason = _first_lines(error) if isinstance(error, duckdb.Error) else "it gives no single number"
        raise ZhikeError(
            f"{table.name}: the rows that the mapping leaves out cannot be counted: {reason}",
            f"{shop.folder / 'store.yaml'}: drops.{table.name}",
            "write a select that gives one number, over the sources that the mapping names",
        ) from error


def stage(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    table: ContractTable,
    delivery: Delivery,
    days: Sequence[date],
) -> None:
    """Adds a delivery's rows to the temporary table `arrived`, whose columns are those of the raw table."""
    bind(connection, delivery)
    select = arriving(shop, table, delivery, mapped_columns(connection, shop, table))
    parameters: dict[str, object] = {}
    if delivery.day is None and table.is_fact:
        select = f"SELECT * FROM ({select}) WHERE delivered_on BETWEEN $first AND $last"
        parameters = {"first": min(days), "last": max(days)}
    try:
        connection.execute(f"INSERT INTO arrived {select}", parameters or None)
    except duckdb.Error as error:
        raise ZhikeError(
            f"{table.name} cannot be read: {_first_lines(error)}",
            ", ".join(delivery.files.values()),
            "deliver the file again, whole and in its format",
        ) from error


def stage_landed(connection: duckdb.DuckDBPyConnection, home: Home, table: ContractTable, day: date) -> None:
    """Adds what landed for a table on a day to `arrived`, after the shop's own rows."""
    for path in landed(home, table, day):
        try:
            columns = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation(str(path))}").fetchall()}
            fields = ", ".join(_arrival(field, columns) for field in table.fields)
            connection.execute(
                f"INSERT INTO arrived SELECT {fields}, $day, "
                "(SELECT coalesce(max(row_no), 0) FROM arrived WHERE delivered_on = $day) + row_number() OVER () "
                f"{'' if table.is_fact else ', $day'} FROM {relation(str(path))}",
                {"day": day},
            )
        except duckdb.Error as error:
            raise ZhikeError(
                f"a landed file cannot be read: {_first_lines(error)}", str(path), "remove or mend the file"
            ) from error
