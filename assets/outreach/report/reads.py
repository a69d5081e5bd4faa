"""What the report reads of the published snapshot: the files of sql/ over its tables, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from assets.features.queries import SQL as SQL_OF_FEATURES
from assets.features.tables import CUSTOMERS
from assets.insights.clv.tables import CLV
from assets.insights.forecast import tables as forecast
from assets.insights.funnels.tables import FUNNELS
from assets.insights.predictions import tables as predictions
from assets.insights.recommendations import tables as recommendations
from assets.insights.rfm import tables as rfm
from assets.insights.segments import tables as segments
from assets.insights.sentiment.tables import ASPECT_TRENDS, PRODUCT_SATISFACTION, REVIEW_SCORES
from assets.insights.service.contacts.tables import CONTACT_REASONS, SERVICE_QUALITY, UNANSWERED_QUESTIONS
from assets.outreach.alerts.tables import ALERTS
from assets.outreach.report.methods.usual import MOST
from resources import consents as decided
from resources.contract import CONTRACT
from resources.sales import sales
from resources.shop import Shop
from resources.snapshot import Reader, text_in_sql
from resources.tables import Column, Table

SQL = Path(__file__).with_name("sql")
QUARANTINE = Table(
    "ops",
    "quarantine_counts",
    "Rows kept out, by day and reason.",
    "none",
    (),
    tuple(
        Column(name, kind, "")
        for name, kind in {
            "source_table": "VARCHAR",
            "delivered_on": "DATE",
            "reason": "VARCHAR",
            "row_count": "BIGINT",
        }.items()
    ),
)
REFUSALS = Table(
    "ops",
    "refusals",
    "Partitions that a check keeps out.",
    "none",
    (),
    tuple(Column(name, "VARCHAR", "") for name in ("table_name", "partition_key", "check_name")),
)
REGISTRY = Table(
    "models",
    "registry",
    "The fits of every model.",
    "none",
    (),
    tuple(
        Column(name, kind, "")
        for name, kind in {
            "name": "VARCHAR",
            "fitted_as_of": "DATE",
            "method": "VARCHAR",
            "in_force": "BOOLEAN",
            "metrics": "JSON",
        }.items()
    ),
)
# What the files call a table.
TABLES = {
    "customers": CUSTOMERS, "predictions": predictions.PREDICTIONS, "prediction_backtests": predictions.BACKTESTS,
    "clv": CLV, "segments": segments.SEGMENTS, "segment_profiles": segments.PROFILES, "segment_moves": segments.MOVES,
    "rfm": rfm.RFM, "rfm_profiles": rfm.PROFILES, "rfm_moves": rfm.MOVES,
    "prediction_drift": predictions.DRIFT, "recommendations": recommendations.RECOMMENDATIONS, "similar_products": recommendations.SIMILAR,
    "bought_together": recommendations.TOGETHER, "recommendation_feedback": recommendations.FEEDBACK, "forecasts": forecast.FORECASTS, "forecast_totals": forecast.TOTALS, "forecast_backtests": forecast.BACKTESTS,
    "forecast_agreement": forecast.AGREEMENT, "product_satisfaction": PRODUCT_SATISFACTION, "registry": REGISTRY,
    "funnels": FUNNELS, "review_scores": REVIEW_SCORES, "aspect_trends": ASPECT_TRENDS, "quarantine_counts": QUARANTINE, "refusals": REFUSALS,
    "alerts": ALERTS, "service_quality": SERVICE_QUALITY, "contact_reasons": CONTACT_REASONS, "unanswered_questions": UNANSWERED_QUESTIONS,
    "product_changes": CONTRACT["products"].clean,
}  # fmt: skip
# One row an account or product: what was known of it before the week began.
NEWEST = "SELECT * FROM {changes} WHERE known_on < getvariable('as_of') QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY known_on DESC) = 1"
DEFAULT_HORIZON = 90


@dataclass(frozen=True)
class Reads:
    """The open snapshot, made ready for the files of sql/."""

    reader: Reader
    shop: Shop

    @property
    def as_of(self) -> date:
        return date.fromisoformat(self.reader.snapshot.as_of)

    def prepare(self, weeks: Sequence[date]) -> None:
        """Names what the files read: their tables, the sales known before the week, accounts of one person, and the variables."""
        execute = self.reader.connection.execute
        # The engine imports pandas to look at bound parameters: its own variables cost nothing.
        execute(f"SET VARIABLE as_of = DATE '{self.as_of}'")
        mondays = ", ".join(f"DATE '{week}'" for week in weeks)
        execute(f"SET VARIABLE weeks = [{mondays}]")
        for name, table in TABLES.items():
            execute(f"CREATE TEMP VIEW {name} AS {self._whole(table)}")
        execute(
            f"CREATE TEMP VIEW sales AS SELECT * FROM ({sales(self.shop)}) WHERE known_on < getvariable('as_of') AND ordered_on < getvariable('as_of')"
        )
        people = "SELECT NULL::VARCHAR AS customer_id, NULL::VARCHAR AS person_id WHERE false"
        if self.columns("features.identities"):
            people = "SELECT customer_id, person_id FROM features.identities WHERE as_of = getvariable('as_of')"
        execute(f"CREATE TEMP VIEW people AS {people}")
        execute(f"CREATE TEMP VIEW catalogue AS {NEWEST.format(changes='product_changes', key='product_id')}")
        self.decide(f"SELECT * FROM {decided.TABLE}" if self.columns(decided.TABLE) else decided.NOTHING)
        execute("CREATE TEMP VIEW merged AS SELECT getvariable('as_of') AS as_of, * FROM people")
        execute(f"CREATE TEMP VIEW agreed AS {SQL_OF_FEATURES('agreed')}")
        for name in ("leaving", "listed"):
            execute(f"CREATE TEMP VIEW {name} AS {self._file(name)}")
        horizons = execute("SELECT max(horizon_days) FROM predictions WHERE as_of = getvariable('as_of')").fetchall()
        execute(f"SET VARIABLE horizon = {horizons[0][0] or DEFAULT_HORIZON:d}")

    def decide(self, select: str) -> None:
        """Names what each account decided: customer_id, purpose, channel, is_given."""
        self.reader.connection.execute(
            f"CREATE OR REPLACE TEMP VIEW decided AS SELECT getvariable('as_of') AS as_of, customer_id, purpose, channel, is_given FROM ({select})"
        )

    def rows(self, file: str | Path, **asked: str) -> list[dict[str, Any]]:
        """The rows of a file of sql/, or of a file elsewhere; what is asked of them are variables of its SQL."""
        for name, value in asked.items():
            self.reader.connection.execute(f"SET VARIABLE {name} = {text_in_sql(value)}")
        cursor = self.reader.connection.execute(self._file(file) if isinstance(file, str) else file.read_text("utf-8"))
        columns = [column[0] for column in cursor.description or []]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]

    def columns(self, table: str) -> set[str]:
        """The columns of a published table; none where this shop has no such table."""
        return self._published.get(table, set())

    @cached_property
    def _published(self) -> dict[str, set[str]]:
        asked = "SELECT schema_name || '.' || table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        found: dict[str, set[str]] = {}
        for table, column in self.reader.connection.execute(asked).fetchall():
            found.setdefault(table, set()).add(column)
        return found

    @property
    def weeks_before(self) -> list[date]:
        """The Mondays against whose weeks the newest one is held, the oldest first."""
        ((weeks,),) = self.reader.connection.execute("SELECT getvariable('weeks')").fetchall()
        return [week for week in weeks if week < self.as_of][-MOST:]

    @property
    def has_predictions(self) -> bool:
        """Whether anything is predicted of customers this week."""
        asked = "SELECT count(*) > 0 FROM predictions WHERE as_of = getvariable('as_of')"
        return self.reader.connection.execute(asked).fetchall()[0][0]

    @property
    def horizon_days(self) -> int:
        """The days within which a prediction says whether a customer orders."""
        return self.reader.connection.execute("SELECT getvariable('horizon')").fetchall()[0][0]

    @property
    def knows_consent(self) -> bool:
        """Whether the shop says of any customer that they may be written to, or may not."""
        asked = "SELECT count(*) > 0 FROM decided WHERE purpose = 'marketing'"
        return self.reader.connection.execute(asked).fetchall()[0][0]

    def _file(self, name: str) -> str:
        return (SQL / f"{name}.sql").read_text(encoding="utf-8")

    def _whole(self, table: Table) -> str:
        """A select of all columns of a table; what this shop's snapshot lacks is empty. So one file serves every shop."""
        there = self.columns(table.qualified)
        columns = ", ".join(
            f'"{column.name}"' if column.name in there else f'CAST(NULL AS {column.type}) AS "{column.name}"'
            for column in table.columns
        )
        return f"SELECT {columns} " + (f"FROM {table.qualified}" if there else "WHERE false")
