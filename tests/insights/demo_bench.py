"""A small demo shop on a bench, for the rooms of insights: two years of 250 customers, two weeks of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import Bench

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 13)
NEWEST, WEEKS = date(2026, 1, 12), [date(2026, 1, 12) - timedelta(days=7 * n) for n in range(7, -1, -1)]
TABLES = ("orders", "events", "customers", "products", "links")
SHOP = f"""
name: {{zh: 演示商店, en: Demo shop}}
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: {FIRST}
end: {LAST}
sources:
"""


@dataclass(frozen=True)
class Demo:
    """A shop on a bench, with all of its assets."""

    bench: Bench

    def run(self, *selection: str, first: date, last: date) -> dg.ExecuteInProcessResult:
        result = self.bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(self.bench.shop)))
        assert result.success
        return result

    def weeks(self, first: date, last: date = NEWEST, *, tables: Sequence[str]) -> dg.ExecuteInProcessResult:
        """Customers and the given tables of some weeks."""
        return self.run("features/identities", "features/customers", *tables, first=first, last=last)

    def copy(self, folder: Path) -> "Demo":
        return Demo(self.bench.copy(folder))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bench.query(sql)

    def week(self, table: str, week: date) -> list[dict[str, Any]]:
        return self.bench.rows(f"insights.{table}", f"as_of = '{week}'")


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """The metadata of an asset's step."""
    for event in result.get_asset_materialization_events():
        found = event.materialization
        if found.asset_key.to_user_string() == asset and "from" in found.metadata:
            return {name: value.value for name, value in found.metadata.items()}
    raise AssertionError(f"{asset} was not materialised")
