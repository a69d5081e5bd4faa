"""Judges the values of a sample of rows, column by column, by the rules of the run itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from assets.clean.typing import TEXT, WHOLE_NUMBERS
from data_checks.clean import referred
from pipelines.onboarding.findings import Finding, Level
from resources.contract import ContractTable, Field
from resources.errors import shape
from resources.shop import Shop

EXAMPLES = 3
# A day with fewer sampled rows says too little about its share of bad ones.
ROWS_OF_A_DAY = 100
KEYS = {"customers": "customer_id", "products": "product_id"}


def about_columns(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, columns: set[str]
) -> Iterator[Finding]:
    limit = _limit(shop, table)
    for contract_field in table.fields:
        name = contract_field.name
        if name not in columns:
            continue
        missing = _rows_where(connection, contract_field, f"nullif(trim(r.{name}), '') IS NULL")
        bad = [
            *_values_where(connection, contract_field, limit),
            *_currencies(connection, shop, contract_field, limit),
            *_ids_with_a_fraction(connection, contract_field),
        ]
        if missing.share and contract_field.required:
            level: Level = "error" if missing.share > limit else "warning"
            message = "is required but empty: such rows go to quarantine; fill it in the source or in the mapping"
            bad.append(Finding(table.name, name, level, message, share=missing.share))
        elif missing.share == 1:
            bad.append(
                Finding(
                    table.name,
                    name,
                    "warning",
                    "is always empty: leave it out of the mapping, or map another column",
                    share=1.0,
                )
            )
        yield from (Finding(table.name, f.column, f.level, f.message, f.examples, f.share) for f in bad)
        if not bad:
            written = _written(connection, contract_field)
            yield Finding(table.name, name, "ok", f"fits ({contract_field.type}){written}", share=missing.share)
    absent = [f.name for f in table.fields if f.name not in columns]
    if absent:
        yield Finding(table.name, None, "ok", f"not mapped, so always empty: {', '.join(absent)}")
    if table.name == "orders" and "customer_id" not in columns:
        yield Finding(
            table.name,
            "customer_id",
            "warning",
            "is not mapped: every order is a guest's, so no customer has a history; map it",
        )
    if table.name == "orders" and shop.has_prices and "unit_price" not in columns:
        message = f"is not mapped, so every sale counts as 0: map it, or remove `currency: {shop.currency}`"
        yield Finding(table.name, "unit_price", "warning", message)


def _written(connection: duckdb.DuckDBPyConnection, contract_field: Field) -> str:
    """How a column of instants or money is mostly written, a 9 for each digit of an instant."""
    if contract_field.type != "TIMESTAMP" and not contract_field.money:
        return ""
    digits = "[0-9]" if contract_field.type == "TIMESTAMP" else "[0-9]+"
    query = f"SELECT mode(regexp_replace(trim({contract_field.name}), '{digits}', '9', 'g')) FROM sampled"
    found = connection.execute(query).fetchall()[0][0]
    return f", written as {found}" if found else ""


def _ids_with_a_fraction(connection: duckdb.DuckDBPyConnection, contract_field: Field) -> Iterator[Finding]:
    if not contract_field.name.endswith("_id"):
        return
    part = _rows_where(connection, contract_field, f"regexp_full_match(trim(r.{contract_field.name}), '[0-9]+[.]0')")
    if part.share:
        message = (
            "ends in .0, as spreadsheets write numbers, and is another id than the one without: "
            r"where they are one, write regexp_replace(…, '\.0$', '') in the mapping"
        )
        yield Finding("", contract_field.name, "warning", message, part.examples, part.share)


@dataclass(frozen=True)
class Part:
    """Rows of the sample that fulfil a predicate: their share and their most frequent values."""

    share: float
    examples: list[str]


def _rows_where(connection: duckdb.DuckDBPyConnection, contract_field: Field, where: str) -> Part:
    """`r` is the row as text, `t` the same row typed."""
    name = contract_field.name
    joined = "(SELECT * FROM sampled WHERE refused IS NULL) AS r JOIN judged AS t USING (delivered_on, row_no)"
    (share,) = connection.execute(f"SELECT count(*) FILTER ({where}) / count(*) FROM {joined}").fetchall()[0]
    if not share:
        return Part(0.0, [])
    query = f"""
        SELECT r.{name} FROM {joined} WHERE ({where}) AND r.{name} IS NOT NULL
        GROUP BY r.{name} ORDER BY count(*) DESC, r.{name} LIMIT {EXAMPLES}
    """
    values = [row[0] for row in connection.execute(query).fetchall()]
    return Part(share, list(dict.fromkeys(shape(value) if contract_field.personal else value for value in values)))


def _values_where(connection: duckdb.DuckDBPyConnection, contract_field: Field, limit: float) -> Iterator[Finding]:
    """Values of another type than the column's, or none of those that it may have; the caller fills in the table."""
    name, text = contract_field.name, f"trim(r.{contract_field.name})"
    wrong: list[tuple[str, str]] = []
    if contract_field.type != TEXT:
        wrong.append((f"cannot be read as {contract_field.type}", f"{text} <> '' AND t.{name} IS NULL"))
    if contract_field.type in WHOLE_NUMBERS:
        wrong.append(("is no whole number", f"t.{name} IS NULL AND as_amount(r.{name}) IS NOT NULL"))
    if contract_field.values:
        listed = ", ".join(f"'{value}'" for value in contract_field.values)
        wrong.append((f"is none of {', '.join(contract_field.values)}", f"t.{name} NOT IN ({listed})"))
    for what, where in wrong:
        part = _rows_where(connection, contract_field, where)
        if part.share:
            level: Level = "error" if part.share > limit else "warning"
            message = f"{what}, so such rows go to quarantine: {_remedy(contract_field, part.examples)}"
            yield Finding("", name, level, message, part.examples, part.share)


def _remedy(contract_field: Field, examples: list[str]) -> str:
    if contract_field.values:
        return "translate it in the mapping with CASE"
    if contract_field.type == "TIMESTAMP":
        if any(re.fullmatch(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*", value) for value in examples):
            return "which of its numbers is the month is not said: set `dates: dmy` or `dates: mdy` at its source"
        return "deliver it as 2026-01-31 18:05:00, or convert it in the mapping with try_strptime(…, '%d/%m/%Y %H:%M')"
    if contract_field.type.startswith("DECIMAL") and any("," in value for value in examples):
        return "deliver it as 1234.50, or convert it in the mapping with replace(…, ',', '.')"
    return "correct it in the source, or convert it in the mapping"


def _currencies(
    connection: duckdb.DuckDBPyConnection, shop: Shop, contract_field: Field, limit: float
) -> Iterator[Finding]:
    if contract_field.name != "currency" or not shop.has_prices:
        return
    part = _rows_where(connection, contract_field, f"upper(t.currency) <> '{shop.currency}'")
    if part.share:
        message = (
            f"is another one than the shop's {shop.currency}, so such rows go to quarantine: "
            "a shop has one currency, convert the others in the mapping"
        )
        yield Finding("", "currency", "error" if part.share > limit else "warning", message, part.examples, part.share)


def _limit(shop: Shop, table: ContractTable) -> float:
    """The share of bad rows beyond which a day, or a table of changes, is refused."""
    return shop.limits.quarantine_share if table.is_fact else max(shop.limits.quarantine_share, 0.5)


def about_quarantine(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, *, is_whole: bool
) -> Iterator[Finding]:
    query = """
        SELECT reason, count(*) / (SELECT count(*) FROM judged) AS share
        FROM judged GROUP BY reason ORDER BY share DESC, reason
    """
    reasons = {reason: share for reason, share in connection.execute(query).fetchall() if reason}
    if not reasons:
        yield Finding(table.name, None, "ok", "no row would go to quarantine", share=0.0)
        return
    share = sum(reasons.values())
    limit = _limit(shop, table)
    days = _days_beyond(connection, "reason IS NOT NULL", limit, is_whole=is_whole) if table.is_fact else []
    message = f"{share:.2%} of the rows would go to clean.quarantine"
    level: Level = "warning"
    if share > limit or days:
        named = f", as on {', '.join(days[:EXAMPLES])}" if days else ""
        refused = (
            f"a day with more than {limit:.0%} is refused{named}"
            if table.is_fact
            else f"with more than {limit:.0%} the table is refused"
        )
        level, message = (
            "error",
            f"{message}; {refused}: correct the source or the mapping (or set limits.quarantine_share)",
        )
    yield Finding(
        table.name, None, level, message, [f"{reason} ({part:.2%})" for reason, part in reasons.items()][:5], share
    )


def _days_beyond(connection: duckdb.DuckDBPyConnection, where: str, limit: float, *, is_whole: bool) -> list[str]:
    query = f"""
        SELECT delivered_on FROM judged GROUP BY delivered_on
        HAVING count(*) FILTER ({where}) / count(*) > $limit AND count(*) >= $rows ORDER BY delivered_on
    """
    rows = 1 if is_whole else ROWS_OF_A_DAY
    return [str(day) for (day,) in connection.execute(query, {"limit": limit, "rows": rows}).fetchall()]


def about_references(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, columns: set[str]
) -> Iterator[Finding]:
    """Customers and products that rows name but no row of their own table does."""
    tables = {
        name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    }
    for name in referred(shop, table) if table.is_fact else ():
        key = KEYS[name]
        if key not in columns or f"known_{name}" not in tables:
            continue
        goods = (
            " AND coalesce(t.line_type, 'product') = 'product'" if table.name == "orders" and name == "products" else ""
        )
        where = f"t.{key} IS NOT NULL AND t.{key} NOT IN (SELECT key FROM known_{name} WHERE key IS NOT NULL){goods}"
        part = _rows_where(connection, next(f for f in table.fields if f.name == key), where)
        if part.share:
            limit = shop.limits.unknown_share
            level: Level = "error" if part.share > limit else "warning"
            refused = f"a day with more than {limit:.0%} such rows is refused"
            message = f"is in no row of {name}: deliver the newest {name}; {refused}"
            yield Finding(table.name, key, level, message, part.examples, part.share)
