"""Judges the values of a sample of rows, column by column, by the rules of the run itself."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

import duckdb

from assets.clean.typing import TEXT, WHOLE_NUMBERS
from data_checks.clean import referred
from pipelines.onboarding.findings import Finding, Level
from resources.contract import ContractTable, Field
from resources.errors import shape
from resources.shop import Shop
from resources.words import Words

Place = Callable[[Collection[str]], str]
EXAMPLES = 3
# A day with fewer sampled rows says too little about its share of bad ones.
ROWS_OF_A_DAY = 100
KEYS = {"customers": "customer_id", "products": "product_id"}
REQUIRED = Words(
    "必须有值却是空的：这样的行进隔离区；在来源或映射里补上",
    "is required but empty: such rows go to quarantine; fill it in the source or in the mapping",
)
ALWAYS_EMPTY = Words(
    "一直为空：从映射里去掉，或映射别的列", "is always empty: leave it out of the mapping, or map another column"
)
NOBODY = Words(
    "没有映射：每笔订单都成了散客的，没有客户有历史；请映射它",
    "is not mapped: every order is a guest's, so no customer has a history; map it",
)
WITH_FRACTION = Words(
    r"以 .0 结尾，是电子表格写数字的样子，与不带 .0 的是两个编号：如果本是一个，在映射里写 regexp_replace(…, '\.0$', '')",
    "ends in .0, as spreadsheets write numbers, and is another id than the one without: "
    r"where they are one, write regexp_replace(…, '\.0$', '') in the mapping",
)
MONTH_UNSAID = Words(
    "看不出哪个数字是月份：在来源里写 `dates: dmy` 或 `dates: mdy`",
    "which of its numbers is the month is not said: set `dates: dmy` or `dates: mdy` at its source",
)
OTHER_CURRENCY = Words(
    "不是店铺的 {}，这样的行进隔离区：一家店只有一种货币，其余的请在映射里换算",
    "is another one than the shop's {}, so such rows go to quarantine: a shop has one currency, convert the others in the mapping",
)


def about_columns(
    connection: duckdb.DuckDBPyConnection, shop: Shop, table: ContractTable, columns: set[str], place: Place
) -> Iterator[Finding]:
    """`place` says where in the files the row with some values stands."""
    limit = _limit(shop, table)
    for contract_field in table.fields:
        name = contract_field.name
        if name not in columns:
            continue
        missing = _rows_where(connection, table, contract_field, f"nullif(trim(r.{name}), '') IS NULL")
        bad = [
            *_values_where(connection, table, contract_field, limit, place),
            *_currencies(connection, shop, table, contract_field, limit, place),
            *_ids_with_a_fraction(connection, table, contract_field, place),
        ]
        if missing.share and contract_field.required:
            level: Level = "error" if missing.share > limit else "warning"
            bad.append(Finding(table.name, name, level, REQUIRED, share=missing.share, where=place(missing.row)))
        elif missing.share == 1:
            bad.append(Finding(table.name, name, "warning", ALWAYS_EMPTY, share=1.0))
        yield from (replace(f, table=table.name) for f in bad)
        if not bad:
            written = _written(connection, contract_field)
            fits = Words("合适（{}）", "fits ({})").format(contract_field.type)
            yield Finding(table.name, name, "ok", fits, written, share=missing.share)
    absent = [f.name for f in table.fields if f.name not in columns]
    if absent:
        says = Words("没有映射，所以一直为空：{}", "not mapped, so always empty: {}")
        yield Finding(table.name, None, "ok", says.format(", ".join(absent)))
    if table.name == "orders" and "customer_id" not in columns:
        yield Finding(table.name, "customer_id", "warning", NOBODY)
    if table.name == "orders" and shop.has_prices and "unit_price" not in columns:
        says = Words(
            "没有映射，每笔销售都算 0：请映射它，或去掉 `currency: {}`",
            "is not mapped, so every sale counts as 0: map it, or remove `currency: {}`",
        )
        yield Finding(table.name, "unit_price", "warning", says.format(shop.currency))


def _written(connection: duckdb.DuckDBPyConnection, contract_field: Field) -> list[str]:
    """How a column of instants or money is mostly written, a 9 for each digit of an instant."""
    if contract_field.type != "TIMESTAMP" and not contract_field.money:
        return []
    digits = "[0-9]" if contract_field.type == "TIMESTAMP" else "[0-9]+"
    query = f"SELECT mode(regexp_replace(trim({contract_field.name}), '{digits}', '9', 'g')) FROM sampled"
    found = connection.execute(query).fetchall()[0][0]
    return [found] if found else []


def _ids_with_a_fraction(
    connection: duckdb.DuckDBPyConnection, table: ContractTable, contract_field: Field, place: Place
) -> Iterator[Finding]:
    if not contract_field.name.endswith("_id"):
        return
    part = _rows_where(
        connection, table, contract_field, f"regexp_full_match(trim(r.{contract_field.name}), '[0-9]+[.]0')"
    )
    if part.share:
        yield Finding("", contract_field.name, "warning", WITH_FRACTION, part.examples, part.share, place(part.row))


@dataclass(frozen=True)
class Part:
    """Rows of the sample that fulfil a predicate: their share, their most frequent values, and of one of them value and key."""

    share: float
    examples: list[str]
    row: list[str]


def _rows_where(connection: duckdb.DuckDBPyConnection, table: ContractTable, contract_field: Field, where: str) -> Part:
    """`r` is the row as text, `t` the same row typed."""
    name = contract_field.name
    joined = "(SELECT * FROM sampled WHERE refused IS NULL) AS r JOIN judged AS t USING (delivered_on, row_no)"
    (share,) = connection.execute(f"SELECT count(*) FILTER ({where}) / count(*) FROM {joined}").fetchall()[0]
    if not share:
        return Part(0.0, [], [])
    query = f"""
        SELECT r.{name} FROM {joined} WHERE ({where}) AND r.{name} IS NOT NULL
        GROUP BY r.{name} ORDER BY count(*) DESC, r.{name} LIMIT {EXAMPLES}
    """
    values = [row[0] for row in connection.execute(query).fetchall()]
    first = f"r.{name} = $value" if values else "true"
    key = ", ".join(f"r.{column}" for column in dict.fromkeys((*table.key, name)))
    query = f"SELECT {key} FROM {joined} WHERE ({where}) AND {first} ORDER BY delivered_on, row_no LIMIT 1"
    ((*row,),) = connection.execute(query, {"value": values[0]} if values else None).fetchall()
    examples = list(dict.fromkeys(shape(value) if contract_field.personal else value for value in values))
    return Part(share, examples, [value for value in row if value])


def _values_where(
    connection: duckdb.DuckDBPyConnection, table: ContractTable, contract_field: Field, limit: float, place: Place
) -> Iterator[Finding]:
    """Values of another type than the column's, or none of those that it may have; the caller fills in the table."""
    name, text = contract_field.name, f"trim(r.{contract_field.name})"
    wrong: list[tuple[Words, str]] = []
    if contract_field.type != TEXT:
        said = Words("读不成 {}", "cannot be read as {}").format(contract_field.type)
        wrong.append((said, f"{text} <> '' AND t.{name} IS NULL"))
    if contract_field.type in WHOLE_NUMBERS:
        wrong.append((Words("不是整数", "is no whole number"), f"t.{name} IS NULL AND as_amount(r.{name}) IS NOT NULL"))
    if contract_field.values:
        listed = ", ".join(f"'{value}'" for value in contract_field.values)
        said = Words("不是 {} 之一", "is none of {}").format(", ".join(contract_field.values))
        wrong.append((said, f"t.{name} NOT IN ({listed})"))
    for what, where in wrong:
        part = _rows_where(connection, table, contract_field, where)
        if part.share:
            level: Level = "error" if part.share > limit else "warning"
            says = Words("{}，这样的行进隔离区：{}", "{}, so such rows go to quarantine: {}")
            says = says.format(what, _remedy(contract_field, part.examples))
            yield Finding("", name, level, says, part.examples, part.share, place(part.row))


def _remedy(contract_field: Field, examples: list[str]) -> Words:
    if contract_field.values:
        return Words("在映射里用 CASE 翻译", "translate it in the mapping with CASE")
    if contract_field.type == "TIMESTAMP":
        if any(re.fullmatch(r"\s*\d{1,2}[-/.]\d{1,2}[-/.]\d{4}.*", value) for value in examples):
            return MONTH_UNSAID
        return Words(
            "请写成 2026-01-31 18:05:00，或在映射里用 try_strptime(…, '%d/%m/%Y %H:%M') 转换",
            "deliver it as 2026-01-31 18:05:00, or convert it in the mapping with try_strptime(…, '%d/%m/%Y %H:%M')",
        )
    if contract_field.type.startswith("DECIMAL") and any("," in value for value in examples):
        return Words(
            "请写成 1234.50，或在映射里用 replace(…, ',', '.') 转换",
            "deliver it as 1234.50, or convert it in the mapping with replace(…, ',', '.')",
        )
    return Words("在来源里改正，或在映射里转换", "correct it in the source, or convert it in the mapping")


def _currencies(
    connection: duckdb.DuckDBPyConnection,
    shop: Shop,
    table: ContractTable,
    contract_field: Field,
    limit: float,
    place: Place,
) -> Iterator[Finding]:
    if contract_field.name != "currency" or not shop.has_prices:
        return
    part = _rows_where(connection, table, contract_field, f"upper(t.currency) <> '{shop.currency}'")
    if part.share:
        level: Level = "error" if part.share > limit else "warning"
        says = OTHER_CURRENCY.format(shop.currency)
        yield Finding("", "currency", level, says, part.examples, part.share, place(part.row))


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
        yield Finding(table.name, None, "ok", Words("没有行会进隔离区", "no row would go to quarantine"), share=0.0)
        return
    share = sum(reasons.values())
    limit = _limit(shop, table)
    days = _days_beyond(connection, "reason IS NOT NULL", limit, is_whole=is_whole) if table.is_fact else []
    says = Words("{:.2%} 的行会进 clean.quarantine", "{:.2%} of the rows would go to clean.quarantine").format(share)
    level: Level = "warning"
    if share > limit or days:
        named = Words("，如 {}", ", as on {}").format(", ".join(days[:EXAMPLES])) if days else ""
        refused = (
            Words("超过 {:.0%} 的日子会被拒收{}", "a day with more than {:.0%} is refused{}").format(limit, named)
            if table.is_fact
            else Words("超过 {:.0%}，整张表会被拒收", "with more than {:.0%} the table is refused").format(limit)
        )
        advice = Words(
            "；{}：改正来源或映射（或设 limits.quarantine_share）",
            "; {}: correct the source or the mapping (or set limits.quarantine_share)",
        )
        level, says = "error", says + advice.format(refused)
    shown = [f"{reason} ({part:.2%})" for reason, part in reasons.items()][:5]
    yield Finding(table.name, None, level, says, shown, share)


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
        part = _rows_where(connection, table, next(f for f in table.fields if f.name == key), where)
        if part.share:
            limit = shop.limits.unknown_share
            level: Level = "error" if part.share > limit else "warning"
            says = Words(
                "不在 {0} 的任何一行里：请交来最新的 {0}；这样的行超过 {1:.0%} 的日子会被拒收",
                "is in no row of {0}: deliver the newest {0}; a day with more than {1:.0%} such rows is refused",
            )
            yield Finding(table.name, key, level, says.format(name, limit), part.examples, part.share)
