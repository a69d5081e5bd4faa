"""insights/customer_360: every person's card, joined from the tables that declare one."""

from collections.abc import Sequence
from functools import partial

import dagster as dg

from assets.features.tables import CUSTOMERS
from assets.insights.customer_360.tables import KEY, card_columns, card_of, declarations, parts_for
from assets.weekly import kept_weeks
from data_checks import customer_360 as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.quoting import identifier
from resources.tables import Table


def build(calendar: Calendar, there: Sequence[dg.AssetKey]) -> list[dg.AssetsDefinition]:
    """The cards of a shop whose graph has the tables `there`."""
    parts = parts_for(calendar.shop, there)
    suite = checks.customer_360({part.qualified: tuple(card_columns(part)) for part in parts})
    rows = partial(card_rows, parts)
    # A column that is declared, or no longer is, changes every card.
    code = [f"{module.replace('.', '/')}.py" for module in declarations()]
    return [gated_asset(card_of(parts), rows, calendar=calendar, reads=parts, suite=suite, kinds={"sql"}, code=code)]


def card_rows(parts: Sequence[Table], work: Work) -> Rows:
    """The card of everybody in features.customers, of the kept weeks: what a person's rows say, and nothing where there are none."""
    weeks = kept_weeks(work)
    if not weeks:
        return Rows("")
    joins: list[str] = []
    selected = ["c.as_of", "c.person_id"]
    for number, part in enumerate(parts):
        columns = list(card_columns(part))
        selected += [f"p{number}.{identifier(column.name)}" for _, column in columns]
        joins.append(
            f"LEFT JOIN ({_said(part, number)}) AS p{number} ON p{number}.as_of = c.as_of AND p{number}.person_id = c.person_id"
        )
    return Rows(
        f"SELECT {', '.join(selected)} FROM customers AS c {' '.join(joins)} WHERE list_contains($weeks, c.as_of)",
        parameters={"weeks": weeks},
        inputs={"customers": CUSTOMERS, **{f"part_{number}": part for number, part in enumerate(parts)}},
    )


def _said(part: Table, number: int) -> str:
    """What a table says of each person of each week, in one row."""
    if part.key == KEY:
        return f"SELECT as_of, person_id, {', '.join(map(identifier, part.card))} FROM part_{number}"
    lists = ", ".join(
        f"list({identifier(name)} ORDER BY {identifier(name)}) AS {identifier(column.name)}"
        for name, column in card_columns(part)
    )
    return f"SELECT as_of, person_id, {lists} FROM part_{number} WHERE list_contains($weeks, as_of) GROUP BY as_of, person_id"
