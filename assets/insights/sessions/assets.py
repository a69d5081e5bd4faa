"""insights/session_propensity: which visits were about to end in a purchase. Fitted on first Mondays, scored every week."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.features.frames import prepare_persons
from assets.insights.sessions.tables import SESSIONS
from data_checks import sessions as checks
from data_checks.gate import gated_asset
from data_checks.rows import Rows, Work, figures_of
from resources.calendar import Calendar, monday_after
from resources.contract import CONTRACT
from resources.evidence import calibration_chart, fit_notes, table
from resources.registry import Fitted, fit_dates, in_force, replay
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
MODEL = "session_propensity"
HISTORY_DAYS = 7
FIT_DAYS = 112
"""Sessions older than this say little about the pages of today."""
LOOK_BACK_DAYS = 30


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    if "events" not in calendar.shop.tables:
        return []
    reads = [
        CONTRACT[name].clean for name in ("events", "orders", "links", "customers") if name in calendar.shop.tables
    ]
    return [
        gated_asset(
            SESSIONS, session_rows, calendar=calendar, reads=reads, suite=checks.sessions(), kinds={"scikitlearn"}
        )
    ]


def sessions(warehouse: Warehouse, since: date, until: date) -> "pd.DataFrame":
    """Sessions begun from `since` to before `until`, from rows known before `until`, with the columns of sessions.sql."""
    for name in ("events", "orders"):
        warehouse.view(CONTRACT[name].clean)
    prepare_persons(warehouse, [until])
    return warehouse.connection.execute(
        (HERE / "sessions.sql").read_text(encoding="utf-8"),
        {
            "since": since,
            "until": until,
            "session_seconds": warehouse.shop.settings.session_minutes * 60,
            "look_back_days": LOOK_BACK_DAYS,
        },
    ).df()


def fit_model(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted | None:
    """The model of the sessions before `day`, judged on the last of them; None while there are too few."""
    from assets.insights.sessions import propensity
    from resources.learning.model import NotEnough, load

    since = max(warehouse.shop.start, day - timedelta(days=FIT_DAYS))
    previous = load(before.parameters, warehouse.place.models) if before else None
    try:
        fit = propensity.fit(sessions(warehouse, since, day), since, day, previous)
    except NotEnough:
        return None
    parameters = fit.model.parameters(warehouse.place.models)
    return Fitted(MODEL, day, fit.model.method, parameters, fit.metrics, fit.is_accepted)


def session_rows(work: Work) -> Rows:
    """The sessions of the week before each Monday; none before there is history enough for a first fit."""
    import pandas as pd

    from assets.insights.sessions import propensity
    from resources.learning.model import load

    warehouse = work.warehouse
    first = monday_after(warehouse.shop.start + timedelta(days=HISTORY_DAYS))
    fits = replay(warehouse.connection, MODEL, fit_dates(first, max(work.keys)), partial(fit_model, warehouse))
    frames, unfitted, ahead = [], [], {}
    for week in work.keys:
        fitted = in_force(fits, week)
        if fitted is None:
            unfitted.append(week)
            continue
        ahead[week] = [fitted.metrics["auc_ahead"]]
        frame = sessions(warehouse, week - timedelta(days=7), week)
        scores = propensity.score(load(fitted.parameters, warehouse.place.models), frame)
        frames.append(scores.assign(as_of=week, fitted_as_of=fitted.fitted_as_of, model_version=fitted.version))
    lacking = f"not enough history: needs {HISTORY_DAYS} days and {propensity.NEEDS}"
    return Rows(
        pd.concat(frames, ignore_index=True) if frames else "",
        metadata=fit_notes(fits, unfitted, lacking, "scored sessions"),
        figures=figures_of("as_of", ["auc_ahead"], ahead),
        evidence=_evidence(fits),
    )


def _evidence(fits: Sequence[Fitted]) -> dict[str, dict[str, Any]]:
    if not fits:
        return {}
    metrics = fits[-1].metrics
    return {
        checks.AHEAD: {
            "fitted_as_of": fits[-1].fitted_as_of.isoformat(),
            "reason": metrics["reason"],
            # A number is plotted over time in the web UI.
            "auc_ahead": metrics["auc_ahead"],
            "holdout": table(metrics["holdout"]),
            "calibration": calibration_chart(metrics["calibration"]),
        }
    }
