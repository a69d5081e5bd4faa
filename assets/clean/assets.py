"""clean: what of the delivered rows can be believed, booked so that every past week stays what it was."""

from functools import partial
from pathlib import Path

import dagster as dg

from assets.clean.typing import typed
from data_checks import clean as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.expectation import FEW
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT, ContractTable
from resources.reader import files_on
from resources.shop import Shop
from resources.tables import Column, Table

HERE = Path(__file__).parent

QUARANTINE = Table(
    schema="clean",
    name="quarantine",
    description="Delivered rows that cannot be believed, with the first reason.",
    partitioning="daily",
    key=("source_table", "delivered_on", "row_no"),
    columns=(
        Column("source_table", "VARCHAR", "The contract table."),
        Column("delivered_on", "DATE", "The day on which the shop handed the row over."),
        Column("row_no", "BIGINT", "The row's place in its delivery."),
        Column("reason", "VARCHAR", "Why it is here."),
        Column("row", "JSON", "The row as delivered, personal columns masked."),
    ),
)


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    shop = calendar.shop
    changes = [
        gated_asset(
            table.clean,
            partial(change_rows, table),
            calendar=calendar,
            reads=[table.raw],
            suite=checks.changes(shop, table),
            kinds={"sql"},
            files=partial(files_on, shop, table),
        )
        for table in shop.changes
    ]
    facts = [
        gated_asset(
            table.clean,
            partial(fact_rows, table),
            calendar=calendar,
            reads=[table.raw, *(CONTRACT[name].clean for name in checks.referred(shop, table))],
            suite=checks.facts(shop, table),
            kinds={"sql"},
            files=partial(files_on, shop, table),
        )
        for table in shop.facts
    ]
    return [*changes, *facts]


def fact_rows(table: ContractTable, work: Work) -> Rows:
    """Valid rows of the days asked for, duplicates left out, corrections booked as reversal and new row."""
    connection, shop = work.connection, work.warehouse.shop
    connection.execute(table.clean.create_sql())
    raw = f"(SELECT r.* FROM {table.raw.qualified} AS r JOIN asked USING (delivered_on))"
    _set_aside(work, table, raw)
    columns = ", ".join([*table.field_names, table.happened_on])
    key = ", ".join(table.key)
    if table.name == "events":
        days = shop.settings.duplicate_days
        near = (
            f"(SELECT * FROM {table.raw.qualified} WHERE delivered_on < (SELECT min(delivered_on) FROM asked) "
            f"AND delivered_on >= (SELECT min(delivered_on) FROM asked) - {days} AND as_id({key}) IN (SELECT {key} FROM candidates))"
        )
        connection.execute(f"CREATE OR REPLACE TEMP TABLE recent AS {typed(table, shop, near)}")
        sql = (HERE / "repeats.sql").read_text(encoding="utf-8").format(table=table.name, key=key)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE compared AS {sql}", {"duplicate_days": days})
    else:
        semi_join = f"({key}) IN (SELECT {'(' + key + ')' if len(table.key) > 1 else key} FROM candidates)"
        sql = (HERE / "ledger.sql").read_text(encoding="utf-8")
        sql = sql.format(table=table.name, key=key, columns=columns, content=_content(table), key_in_arrivals=semi_join)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE compared AS {sql}")
    booked = f"SELECT {columns}, delivered_on, row_no, known_on, 1 AS sign FROM compared WHERE NOT is_duplicate"
    if table.name != "events":
        reversed_columns = ", ".join(f"before.{name} AS {name}" for name in [*table.field_names, table.happened_on])
        booked += (
            f" UNION ALL SELECT {reversed_columns}, delivered_on, row_no, known_on, -1 FROM compared "
            "WHERE before IS NOT NULL AND NOT is_duplicate"
        )
    return Rows(
        booked,
        figures=(HERE / "conservation.sql")
        .read_text(encoding="utf-8")
        .format(
            raw=table.raw.qualified,
            table=table.name,
            few=FEW,
            money=_money(table.name, shop.has_prices),
            raw_money=_raw_money(table.name, shop),
        ),
        beside=[(QUARANTINE, table.name, "SELECT * FROM quarantined")],
        arrivals=(table.raw, table.key),
    )


def _content(table: ContractTable) -> str:
    names = [*table.field_names, table.happened_on] if table.is_fact else table.field_names
    return ", ".join(f'"{name}" := {name}' for name in names)


def _money(table: str, has_prices: bool) -> str:
    return "quantity * unit_price" if table == "orders" and has_prices else "0"


def _raw_money(table: str, shop: Shop) -> str:
    """What a raw line comes to; one beyond the shop's limits is in quarantine, and no sum could hold it."""
    if table != "orders" or not shop.has_prices:
        return "0"
    limits = shop.limits
    return (
        f"CASE WHEN abs(as_whole(quantity)) <= {limits.quantity} AND abs(as_amount(unit_price)) <= {limits.unit_price:.0f} "
        "THEN as_whole(quantity) * as_amount(unit_price) END"
    )


def _set_aside(work: Work, table: ContractTable, raw: str) -> None:
    """Makes `candidates` (typed rows with a reason or none) and `quarantined` (those with one, as delivered)."""
    connection, shop = work.connection, work.warehouse.shop
    # That of an earlier release may lack a column.
    work.warehouse.ensure(table.raw)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE candidates AS {typed(table, shop, raw)}")
    # Masked in one place: the function is large, and each mention of it would be planned anew.
    texts = ", ".join("NULL" if field.personal else f"r.{field.name}" for field in table.fields)
    shown = ", ".join(
        f'"{field.name}" := '
        + (f"CASE WHEN {field.name} IS NOT NULL THEN '•••' END" if field.personal else f"texts[{n}]")
        for n, field in enumerate(table.fields, 1)
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE quarantined AS SELECT '{table.name}' AS source_table, delivered_on, row_no, "
        f"reason, coalesce(refused, to_json(struct_pack({shown}))) AS row, {_raw_money(table.name, shop)} AS money "
        f"FROM (SELECT r.*, c.reason, list_transform([{texts}], lambda text: masked(text)) AS texts "
        f"FROM (SELECT delivered_on, row_no, reason FROM candidates WHERE reason IS NOT NULL) AS c "
        f"JOIN {table.raw.qualified} AS r USING (delivered_on, row_no))"
    )


def change_rows(table: ContractTable, work: Work) -> Rows:
    """One row a key and change: the last one of a day, where it differs from the one before."""
    shop = work.warehouse.shop
    _set_aside(work, table, table.raw.qualified)
    key = ", ".join(table.key)
    columns = ", ".join(table.field_names)
    has_days = any(spec.is_dated or spec.history for specs in shop.sources_of(table.name).values() for spec in specs)
    return Rows(
        f"""
        SELECT {columns}, known_on FROM (
            SELECT *, lag(struct_pack({_content(table)})) OVER (PARTITION BY {key} ORDER BY known_on) AS before FROM (
                SELECT *, row_number() OVER (PARTITION BY {key}, known_on ORDER BY delivered_on DESC, row_no DESC) AS age
                FROM candidates WHERE reason IS NULL
            ) WHERE age = 1
        ) WHERE before IS NULL OR before <> struct_pack({_content(table)})
        """,
        beside=[(QUARANTINE, table.name, "SELECT * FROM quarantined")],
        timeless_on=None if has_days else shop.start,
    )
