"""Text to types, and the first reason why a row cannot be believed.

The select follows from the contract: what is required, of which type, with which values; the rest are the rules below.
"""

from resources.contract import ContractTable, Field
from resources.shop import Shop

TEXT = "VARCHAR"
WHOLE_NUMBERS = {"BIGINT", "INTEGER"}


def rules(table: ContractTable, shop: Shop) -> list[tuple[str, str]]:
    """(reason, predicate) pairs on typed columns for values that are of the right type but impossible."""
    limits = shop.limits
    own: dict[str, list[tuple[str, str]]] = {
        "orders": [
            ("quantity is 0", "quantity = 0"),
            (f"quantity is beyond {limits.quantity}", f"abs(quantity) > {limits.quantity}"),
            ("line of a product has a negative price", "unit_price < 0 AND coalesce(line_type, 'product') = 'product'"),
            (f"unit_price is beyond {limits.unit_price:.0f}", f"abs(unit_price) > {limits.unit_price:.0f}"),
            ("the line is in another currency than the shop", f"upper(currency) <> '{shop.currency or ''}'"),
        ],
        "events": [("position is below 1", "position < 1")],
        "reviews": [("rating is not 1 to 5", "rating NOT BETWEEN 1 AND 5")],
        "customers": [("birth_year is impossible", "birth_year NOT BETWEEN 1900 AND 2100")],
        "products": [("price is negative", "price < 0"), ("cost is negative", "cost < 0")],
    }
    money = () if shop.has_prices else ("unit_price", "price", "cost", "currency")
    return [rule for rule in own.get(table.name, []) if not any(name in rule[1] for name in money)]


def typed(table: ContractTable, shop: Shop, relation: str) -> str:
    """A select over raw rows of `relation`: the contract's columns typed, the days, and `reason` (NULL for a valid row)."""
    columns = ", ".join(f"{_typed(field)} AS {field.name}" for field in table.fields)
    texts = ", ".join(f"{field.name} AS text_{field.name}" for field in table.fields)
    bad = [*_readable(table), *rules(table, shop)]
    days = "delivered_on, row_no" if table.is_fact else "delivered_on, row_no, known_on"
    if table.is_fact:
        bad.append(("it happened before the shop's start", f"{table.happened_on} < DATE '{shop.start}'"))
        bad.append(("it happened after its delivery", f"{table.happened_on} > delivered_on"))
    reason = " ".join(f"WHEN {predicate} THEN '{text.replace(chr(39), chr(39) * 2)}'" for text, predicate in bad)
    inner = f"SELECT {columns}, {texts}, {days}"
    if table.is_fact:
        inner += f", CAST(TRY_CAST({table.happened_at} AS TIMESTAMPTZ) AS DATE) AS {table.happened_on}"
    outer = ", ".join(table.field_names)
    if table.is_fact:
        known_on = f"{table.happened_on} ELSE delivered_on" if shop.history_on else "delivered_on ELSE delivered_on"
        outer += f", {table.happened_on}, CASE WHEN delivered_on = DATE '{shop.history_on or shop.start}' THEN {known_on} END AS known_on"
    return f"SELECT {outer}, {days}, CASE {reason} END AS reason FROM ({inner} FROM {relation})"


def _typed(field: Field) -> str:
    if field.type == TEXT:
        return f"nullif(trim({field.name}), '')"
    if field.type == "TIMESTAMP":
        # Without an offset the text is the shop's wall time: the session runs in the shop's zone.
        return f"timezone('UTC', TRY_CAST({field.name} AS TIMESTAMPTZ))"
    return f"TRY_CAST({field.name} AS {field.type})"


def _readable(table: ContractTable) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field in table.fields:
        name, text = field.name, f"text_{field.name}"
        if field.required:
            found.append((f"{name} is missing", f"({text} IS NULL OR trim({text}) = '')"))
        if field.type != TEXT:
            found.append((f"{name} cannot be read as {field.type}", f"(trim({text}) <> '' AND {name} IS NULL)"))
        if field.type in WHOLE_NUMBERS:
            found.append((f"{name} is no whole number", f"TRY_CAST({text} AS DOUBLE) <> {name}"))
        if field.values:
            listed = ", ".join(f"'{value}'" for value in field.values)
            found.append((f"{name} is none of {'/'.join(field.values)}", f"{name} NOT IN ({listed})"))
    return found
