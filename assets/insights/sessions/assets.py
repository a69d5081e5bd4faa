"""insights/session_propensity: which visits were about to end in a purchase. Fitted on first Mondays, scored every week."""

from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from assets.insights.sessions.model import MODEL
from assets.insights.sessions.reads import week_before
from assets.insights.sessions.tables import SESSIONS
from assets.weekly import weekly_rows
from data_checks import sessions as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.contract import CONTRACT
from resources.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    tables = calendar.shop.tables
    if "events" not in tables:
        return []
    reads = [CONTRACT[name].clean for name in ("events", "orders", "links", "customers") if name in tables]
    suite = checks.sessions()
    return [gated_asset(SESSIONS, session_rows, calendar=calendar, reads=reads, suite=suite, kinds={"scikitlearn"})]


def session_rows(work: Work) -> Rows:
    """The sessions of the week before each Monday; none before there is history enough for a first fit."""
    warehouse = work.warehouse

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        from assets.insights.sessions.methods import propensity
        from resources.learning.model import load

        return propensity.score(load(fitted.parameters, warehouse.place.models), week_before(warehouse, week))

    return weekly_rows(work, SESSIONS, MODEL, score, "scored sessions")
