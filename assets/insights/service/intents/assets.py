"""insights/message_intents by delivery day."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.insights.service.intents.model import CODE, Models
from assets.insights.service.intents.reads import SQL
from assets.insights.service.intents.tables import MESSAGE_INTENTS
from assets.weekly import notes_on, plots_of
from data_checks import intents as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import MESSAGES
from resources.fitted import Fitted

if TYPE_CHECKING:
    import pyarrow as pa

# Messages read at once: memory does not grow with a delivery.
BATCH = 5_000
STORED = ("delivered_on", "row_no", "known_on", "message_id", "conversation_id")


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    if "messages" not in calendar.shop.tables:
        return []
    return [
        gated_asset(
            MESSAGE_INTENTS,
            message_rows,
            calendar=calendar,
            reads=[MESSAGES.clean],
            suite=checks.message_intents(),
            kinds={"scikitlearn"},
            code=CODE,
        )
    ]


def message_rows(work: Work) -> Rows:
    """The intents of the messages of the days asked for, each by the newest fit of when it was known."""
    connection, warehouse = work.connection, work.warehouse
    models = Models.until(warehouse, max(work.keys))
    create = MESSAGE_INTENTS.create_sql("scored", temporary=True)
    connection.execute(create.replace("CREATE", "CREATE OR REPLACE", 1))
    with warehouse.given({"pending": (SQL("pending"), {})}):
        for batch in work.batches("pending", [*STORED, "text", "previous"], BATCH):
            for fitted, rows in groupby(batch, key=lambda row: models.of(row["known_on"])):
                connection.register("batch", _read(models, fitted, list(rows)))
                connection.execute(f"INSERT INTO scored SELECT {', '.join(MESSAGE_INTENTS.column_names)} FROM batch")
                connection.unregister("batch")
    notes: dict[str, Any] = notes_on(models.fits, [], "intents")
    if not models.fits.newest:
        notes["not_enough_history"] = f"{models.fits.why_none(max(work.keys))}; until then the model as installed reads"
    plots: Mapping[str, Mapping[str, float]] = plots_of(models.fits, work.keys)
    return Rows("SELECT * FROM scored", metadata=notes, plots=plots, outdated=_outdated(models))


def _read(models: Models, fitted: Fitted, rows: list[dict[str, Any]]) -> "pa.Table":
    """The rows of one fit with their intents."""
    import pyarrow as pa

    found = models.read_by(fitted).read([row["text"] for row in rows], [row["previous"] for row in rows])
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in STORED}
    for place, name in enumerate(("intent", "second", "third")):
        named = [reading.ranked[place][0] if len(reading.ranked) > place else None for reading in found]
        columns[name] = pa.array(named, pa.string())
    columns["p"] = [reading.ranked[0][1] for reading in found]
    columns["is_in_scope"] = [reading.is_in_scope for reading in found]
    columns["is_sure"] = [reading.is_sure for reading in found]
    columns["conversation_id"] = pa.array(columns["conversation_id"], pa.string())
    columns["fitted_as_of"] = [fitted.fitted_as_of] * len(rows)
    columns["model_version"] = [fitted.version] * len(rows)
    return pa.table(columns)


def _outdated(models: Models) -> tuple[str, dict[str, Any]] | None:
    """Days read by a fit that has been made again since (an earlier day arrived after them) are to be run again."""
    starts = [fitted for fitted in models.fits.made if fitted.in_force]
    if not starts:
        return None
    return (
        "SELECT CAST(s.delivered_on AS VARCHAR) FROM insights.message_intents AS s "
        "JOIN (SELECT unnest($starts) AS start_on, unnest($ends) AS end_on, unnest($versions) AS version) AS f "
        "ON s.known_on >= f.start_on AND s.known_on < f.end_on WHERE s.model_version IS DISTINCT FROM f.version",
        {
            "starts": [fitted.fitted_as_of for fitted in starts],
            "ends": [*(fitted.fitted_as_of for fitted in starts[1:]), date.max],
            "versions": [fitted.version for fitted in starts],
        },
    )
