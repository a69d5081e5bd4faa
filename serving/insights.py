"""Rows of any weekly table of the version that a request holds, from its DuckDB file: for analysts, not for lookups by the second."""

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from resources.cards import Cards
from resources.consents import Consents
from resources.errors import ZhikeError
from resources.quoting import identifier
from resources.snapshot import Reader, reading, text_in_sql, version
from serving.answers import NO_COLUMN, NO_TABLE, Refused, filled
from serving.customers import FACTUAL

Row = dict[str, Any]


def rows(cards: Cards, consents: Consents, table: str, values: dict[str, str], limit: int) -> tuple[list[Row], bool]:
    """Rows of the newest week with these values, written as text, and whether that is all of them; of persons who refuse to be treated by
    personal traits none but facts. Raises Refused (404) for a table
    or a column that is not there, ZhikeError where the version cannot be read or is gone."""
    snapshot = version(cards.folder)
    if snapshot is None:
        raise ZhikeError("the published snapshot is gone", str(cards.folder), "ask again: there is a newer one")
    if table not in snapshot.latest:
        raise Refused(404, filled(NO_TABLE, (table,), (", ".join(sorted(snapshot.latest)),)))
    with reading(snapshot) as reader:
        columns = _columns(reader, table)
        for name in values:
            if name not in columns:
                raise Refused(404, filled(NO_COLUMN, (name,), (", ".join(columns),)))
        matching = " AND ".join(
            ["true", *(f"CAST({identifier(name)} AS VARCHAR) = {text_in_sql(value)}" for name, value in values.items())]
        )
        matching += "".join(f" AND {who} {cards.not_gone}" for who in ("person_id", "customer_id") if who in columns)
        if "person_id" in columns and table not in FACTUAL:
            refusing = ", ".join(map(text_in_sql, sorted(consents.refusing())))
            matching += f" AND person_id NOT IN ({refusing})" if refusing else ""
        cursor = reader.connection.execute(
            f"SELECT * FROM {identifier(f'{table}_latest')} WHERE {matching} ORDER BY ALL LIMIT {limit + 1}"
        )
        found = [dict(zip(columns, map(_shown, row), strict=True)) for row in cursor.fetchall()]
    return found[:limit], len(found) <= limit


def _columns(reader: Reader, table: str) -> list[str]:
    cursor = reader.connection.execute(f"SELECT * FROM {identifier(f'{table}_latest')} LIMIT 0")
    return [column[0] for column in cursor.description or []]


def _shown(value: Any) -> Any:
    """A value as JSON has it: money as a number, a day as text, and nothing for a number that is none."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    return value
