"""insights/segments: fitted on the first Mondays of months, frozen in between, assigned every week."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.frames import customers_as_of
from assets.features.tables import CUSTOMERS
from assets.insights.segments.tables import MOVES, PROFILES, SEGMENTS
from data_checks import insights as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work
from resources.calendar import Calendar, monday_after
from resources.evidence import fit_notes
from resources.registry import Fitted, fit_dates, in_force, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
MODEL = "segments"
HISTORY_DAYS = 90


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated = partial(gated_asset, calendar=calendar)
    return [
        gated(SEGMENTS, segment_rows, reads=[CUSTOMERS], suite=checks.segments(), kinds={"scikitlearn"}),
        gated(PROFILES, profile_rows, reads=[SEGMENTS, CUSTOMERS], suite=checks.segment_profiles(), kinds={"sql"}),
        gated(MOVES, move_rows, reads=[SEGMENTS, CUSTOMERS], suite=checks.segment_moves(), kinds={"sql"}),
    ]


def fits_until(warehouse: Warehouse, week: date) -> list[Fitted]:
    """The monthly fits up to a week, those missing made in order."""
    first = monday_after(warehouse.shop.start + timedelta(days=HISTORY_DAYS))
    return replay(warehouse.connection, MODEL, fit_dates(first, week), partial(fit_model, warehouse))


def fit_model(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted | None:
    """The model fitted on buyers as of `day`; None while there are too few of them."""
    from assets.insights.segments import clusters

    previous = clusters.Fit.from_parameters(before.parameters) if before else None
    try:
        fit = clusters.fit(_buyers(customers_as_of(warehouse, day)), previous=previous)
    except clusters.NotEnough:
        return None
    return Fitted(MODEL, day, "kmeans", fit.parameters(), dict(fit.metrics) | {"reason": fit.reason}, fit.accepted)


def _buyers(customers: "pd.DataFrame") -> "pd.DataFrame":
    return customers[customers["frequency"] > 0].reset_index(drop=True)


def assigned(week: date, fitted: Fitted, customers: "pd.DataFrame") -> "pd.DataFrame":
    """The segments of the customers of one week by one fit, with the columns of insights.segments."""
    from assets.insights.segments import clusters

    frame = clusters.assign(clusters.Fit.from_parameters(fitted.parameters), _buyers(customers))
    return frame.assign(as_of=week, fitted_as_of=fitted.fitted_as_of, model_version=fitted.version)


def segment_rows(work: Work) -> Rows:
    """The segments of every buyer as of each Monday; none before there is history enough for a first fit."""
    import pandas as pd

    from assets.insights.segments.selection import Settings

    fits = fits_until(work.warehouse, max(work.keys))
    frames, unfitted = [], []
    for week in work.keys:
        fitted = in_force(fits, week)
        if fitted is None:
            unfitted.append(week)
            continue
        customers = work.connection.execute(
            "SELECT * FROM features.customers WHERE as_of = $week ORDER BY person_id", {"week": week}
        ).df()
        frames.append(assigned(week, fitted, customers))
    lacking = f"not enough history: needs {HISTORY_DAYS} days and {Settings().min_customers} buyers"
    return Rows(
        pd.concat(frames, ignore_index=True) if frames else "",
        metadata=fit_notes(fits, unfitted, lacking, "segments"),
    )


def profile_rows(work: Work) -> Rows:
    """What distinguishes each segment."""
    work.warehouse.view(CUSTOMERS)
    return Rows((HERE / "profiles.sql").read_text(encoding="utf-8"))


def move_rows(work: Work) -> Rows:
    """Who moved since a week before. A week that is not in the table is worked out, so that a first run gives what a backfill gives."""
    connection, warehouse = work.connection, work.warehouse
    there = {
        date.fromisoformat(row[0])
        for row in connection.execute(
            "SELECT partition_key FROM ops.windows WHERE table_name = $table AND NOT is_stale",
            {"table": SEGMENTS.qualified},
        ).fetchall()
    }
    columns = "as_of, person_id, segment_id, segment_zh, segment_en, fitted_as_of"
    earlier = [week - timedelta(days=7) for week in work.keys]
    stored = [week for week in earlier if week in there]
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE before AS SELECT {columns} FROM insights.segments WHERE list_contains($weeks, as_of)",
        {"weeks": stored},
    )
    absent = [week for week in earlier if week not in there and week >= monday_after(warehouse.shop.start)]
    fits = fits_until(warehouse, max(absent)) if absent else []
    for week in absent:
        fitted = in_force(fits, week)
        if fitted is not None:
            connection.register("frame", assigned(week, fitted, customers_as_of(warehouse, week)))
            connection.execute(f"INSERT INTO before SELECT {columns} FROM frame")
            connection.unregister("frame")
    warehouse.view(CUSTOMERS)
    return Rows((HERE / "moves.sql").read_text(encoding="utf-8"))
