"""Text to types, and the first reason why a row cannot be believed.

The select follows from the contract: what is required, of which type, with which values; the rest are the rules below.
"""

from datetime import date, timedelta

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
            (
                "discount is larger than its line",
                "abs(discount) > abs(CAST(quantity AS DOUBLE) * unit_price) + 0.00005",
            ),
            (
                "discount has another sign than its quantity",
                "discount * sign(quantity) < 0 AND coalesce(line_type, 'product') = 'product'",
            ),
            ("the line is in another currency than the shop", f"upper(currency) <> '{shop.currency or ''}'"),
        ],
        "events": [
            ("position is below 1", "position < 1"),
            (f"position is beyond {limits.quantity}", f"position > {limits.quantity}"),
        ],
        "outcomes": [(f"value is beyond {limits.unit_price:.0f}", f"abs(value) > {limits.unit_price:.0f}")],
        "reviews": [("rating is not 1 to 5", "rating NOT BETWEEN 1 AND 5")],
        "customers": [("birth_year is impossible", "birth_year NOT BETWEEN 1900 AND 2100")],
        "products": [
            ("price is negative", "price < 0"),
            ("cost is negative", "cost < 0"),
            (f"price is beyond {limits.unit_price:.0f}", f"price > {limits.unit_price:.0f}"),
            (f"cost is beyond {limits.unit_price:.0f}", f"cost > {limits.unit_price:.0f}"),
        ],
    }
    money = () if shop.has_prices else ("unit_price", "price", "cost", "currency", "discount", "value")
    return [rule for rule in own.get(table.name, []) if not any(name in rule[1] for name in money)]


def typed(table: ContractTable, shop: Shop, relation: str) -> str:
    """A select over raw rows of `relation`: the contract's columns typed, the days, and `reason` (NULL for a valid row)."""
    columns = ", ".join(f"{_typed(field)} AS {field.name}" for field in table.fields)
    texts = ", ".join(f"{field.name} AS text_{field.name}" for field in table.fields)
    bad = [*_readable(table), *rules(table, shop), *_out_of_time(table, shop)]
    days = "delivered_on, row_no, refused" if table.is_fact else "delivered_on, row_no, refused, known_on"
    if table.is_fact and not table.may_be_older:
        bad.append(("it happened before the shop's start", f"{table.happened_on} < DATE '{shop.start}'"))
    if table.is_fact:
        bad.append(("it happened after its delivery", f"{table.happened_on} > delivered_on"))
    reason = " ".join(f"WHEN {predicate} THEN '{text.replace(chr(39), chr(39) * 2)}'" for text, predicate in bad)
    inner = f"SELECT {columns}, {texts}, {days}"
    if table.is_fact:
        # Of the typed instant, which a name of the same select would not be: the raw column has it too.
        inner = f"SELECT *, CAST(timezone('UTC', {table.happened_at}) AS DATE) AS {table.happened_on} FROM ({inner} FROM {relation})"
    else:
        inner += f" FROM {relation}"
    outer = ", ".join(table.field_names)
    if table.is_fact:
        known_on = f"{table.happened_on} ELSE delivered_on" if shop.history_on else "delivered_on ELSE delivered_on"
        outer += f", {table.happened_on}, CASE WHEN delivered_on = DATE '{shop.history_on or shop.start}' THEN {known_on} END AS known_on"
    return f"SELECT {outer}, {days}, CASE WHEN refused IS NOT NULL THEN refused ->> 'why' {reason} END AS reason FROM ({inner})"


def _out_of_time(table: ContractTable, shop: Shop) -> list[tuple[str, str]]:
    """Instants beside the fact's own: a year before the shop's start to a year after the delivery; accounts may be older."""
    found: list[tuple[str, str]] = []
    for field in table.fields:
        if field.type == "TIMESTAMP" and field.name != table.happened_at:
            first = date(1970, 1, 2) if field.name == "registered_at" else shop.start - timedelta(days=366)
            found.append((f"{field.name} lies before {first}", f"{field.name} < DATE '{first}'"))
            found.append(
                (f"{field.name} lies more than a year after its delivery", f"{field.name} > delivered_on + 366")
            )
    return found


def _typed(field: Field) -> str:
    if field.type == TEXT:
        return f"as_id({field.name})" if field.name.endswith(("_id", "_no")) else f"nullif(trim({field.name}), '')"
    if field.type == "BOOLEAN":
        return f"as_truth({field.name})"
    if field.type in WHOLE_NUMBERS:
        return f"TRY_CAST(as_whole({field.name}) AS {field.type})"
    return f"as_instant({field.name})" if field.type == "TIMESTAMP" else f"as_amount({field.name})"


def _readable(table: ContractTable) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for field in table.fields:
        name, text = field.name, f"text_{field.name}"
        if field.type == TEXT and field.name.endswith(("_id", "_no")):
            said = f"{name} is in exponent notation: the file was saved by a spreadsheet, digits are lost"
            found.append((said, f"is_broken_id({text})"))
        if field.required:
            found.append(
                (
                    f"{name} is missing",
                    f"({text} IS NULL OR trim({text}) = ''" + (f" OR {name} IS NULL)" if field.type == TEXT else ")"),
                )
            )
        if field.type in WHOLE_NUMBERS:
            found.append((f"{name} is no whole number", f"({name} IS NULL AND as_amount({text}) IS NOT NULL)"))
        if field.type != TEXT:
            found.append((f"{name} cannot be read as {field.type}", f"(trim({text}) <> '' AND {name} IS NULL)"))
        if field.values:
            listed = ", ".join(f"'{value}'" for value in field.values)
            found.append((f"{name} is none of {'/'.join(field.values)}", f"{name} NOT IN ({listed})"))
    return found
