"""The selects that give a delivery's rows the columns of the raw table, every value as text, and that replace what is a person's."""

from typing import TYPE_CHECKING

import duckdb

from resources.contract import ContractTable, Field
from resources.privacy import ARRIVAL
from resources.reading import DAY_OR_MONTH_FIRST
from resources.shop import Shop

if TYPE_CHECKING:
    from resources.reader import Delivery


def date_orders(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    table: ContractTable,
    delivery: "Delivery",
    columns: dict[str, str],
) -> dict[str, str]:
    """For each column of instants with dates such as 05/01/2024 the order of day and month: as declared at a source of the delivery, or
    as a number above 12 settles it in the file. A column of which neither says it is left out, so its rows go to quarantine."""
    texts = [f.name for f in table.fields if f.type == "TIMESTAMP" and columns.get(f.name) == "VARCHAR"]
    declared = {spec.dates for spec in delivery.specs.values() if spec.dates}
    if len(declared) == 1:
        return dict.fromkeys(texts, declared.pop())
    values = {name: f'CAST("{name}" AS VARCHAR)' for name in texts}
    shaped = {name: f"regexp_full_match({value}, '{DAY_OR_MONTH_FIRST}')" for name, value in values.items()}
    mapping, found = shop.mapping(table.name), dict[str, str]()
    if not texts:
        return found
    # A file that begins without them has none, so that others are not read twice.
    instants = ", ".join(f'"{name}"' for name in texts)
    some = f"SELECT {', '.join(f'bool_or({each})' for each in shaped.values())} FROM (SELECT {instants} FROM ({mapping}) LIMIT 1000)"
    try:
        for name, has_some in zip(texts, connection.execute(some).fetchall()[0], strict=True):
            if has_some:
                parts = ", ".join(
                    f"max(CAST(regexp_extract({values[name]}, '{DAY_OR_MONTH_FIRST}', {n}) AS INTEGER))" for n in (1, 3)
                )
                query = f"SELECT {parts} FROM ({mapping}) WHERE {shaped[name]}"
                first, second = connection.execute(query).fetchall()[0]
                if (first > 12) != (second > 12):
                    found[name] = "dmy" if first > 12 else "mdy"
    except duckdb.Error:
        return {}  # told where the rows are read
    return found


def _arrival_text(name: str, orders: dict[str, str]) -> str:
    value, order = f'CAST("{name}" AS VARCHAR)', orders.get(name)
    if not order:
        return value
    day, month = ("1", "3") if order == "dmy" else ("3", "1")
    return f"regexp_replace({value}, '^{DAY_OR_MONTH_FIRST}$', '\\5-\\{month}-\\{day}\\6')"


def arrival(field: Field, columns: "dict[str, str] | set[str]", order: str = "") -> str:
    if field.name not in columns:
        return f'NULL AS "{field.name}"'
    value = _arrival_text(field.name, {field.name: order})
    # What a file types as a number or a time is one.
    is_typed = not isinstance(columns, set) and columns[field.name] != "VARCHAR"
    if field.arrival == "figure" and not is_typed:
        value = f"{ARRIVAL['figure']}({value})"
    return f'{value} AS "{field.name}"'


def stored(table: ContractTable, arrived: str) -> str:
    """The select of rows that arrived, of a relation, as they may be stored: without what is personal. It is one for all deliveries of a step, because
    planning these functions takes longer than reading a file of some thousand rows."""
    fields = {name: f'"{name}"' for name in table.raw.column_names}
    for each in table.fields:
        value = fields[each.name]
        if each.arrival != "figure":
            function = f"{ARRIVAL[each.arrival]}({value})"
            # A word that the contract lists is nobody.
            listed = " OR ".join(f"{value} = '{known}'" for known in each.values)
            fields[each.name] = f"CASE WHEN {listed} THEN {value} ELSE {function} END" if listed else function
    columns = ", ".join(f'{value} AS "{name}"' for name, value in fields.items())
    return f"SELECT {columns} FROM {arrived}"


def _own_day(text: str) -> str:
    """The shop's own day of a text that is an instant."""
    return f"CAST(timezone('UTC', as_instant({text})) AS DATE)"


def arriving(
    shop: Shop,
    table: ContractTable,
    delivery: "Delivery",
    columns: dict[str, str],
    rows: str | None = None,
    orders: dict[str, str] | None = None,
) -> str:
    """The select that gives a bound delivery's rows the columns of the raw table; `rows` may be a part of those of the mapping.
    Dates in one of the `orders` of day and month are written with the year first."""
    orders = orders or {}
    fields = ", ".join(arrival(field, columns, orders.get(field.name, "")) for field in table.fields)
    start = shop.start.isoformat()
    if delivery.day is not None:
        delivered_on = f"DATE '{delivery.day}'"
        known_on = (
            f"coalesce({_own_day('CAST(known_on AS VARCHAR)')}, DATE '{start}')"
            if "known_on" in columns
            else f"DATE '{start}'"
        )
        known_on = known_on if delivery.is_history else delivered_on
    else:
        own_day = (
            _own_day(_arrival_text(table.happened_at or "", orders))
            if table.is_fact
            else _own_day("CAST(known_on AS VARCHAR)")
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
