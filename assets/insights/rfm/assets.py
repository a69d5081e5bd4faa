"""insights/rfm: cut points set on the fixed calendar, every buyer classed every week."""

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.reads import customers_as_of, published_customers
from assets.features.tables import CUSTOMERS
from assets.insights.rfm.model import MODEL, cut_points, scored
from assets.insights.rfm.tables import MOVES, PROFILES, RFM
from assets.weekly import scores_a_week_before, weekly_rows
from data_checks import rfm as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar
from resources.code import sql_files
from resources.fitted import Fitted

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    gated = partial(gated_asset, calendar=calendar)
    return [
        gated(RFM, rfm_rows, reads=[CUSTOMERS], suite=checks.rfm(calendar.shop), kinds={"python"}),
        gated(PROFILES, profile_rows, reads=[RFM, CUSTOMERS], suite=checks.rfm_profiles(), kinds={"sql"}),
        gated(MOVES, move_rows, reads=[RFM, CUSTOMERS], suite=checks.rfm_moves(), kinds={"sql"}),
    ]


def rfm_rows(work: Work) -> Rows:
    """The class of every buyer as of each Monday; none before there are buyers enough to cut anything."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        return scored(fitted, published_customers(work.warehouse, week))

    return weekly_rows(work, RFM, MODEL, score, "classes")


def profile_rows(work: Work) -> Rows:
    """What each class and group holds, and what it takes to be in it."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        from assets.insights.rfm.methods.classes import meanings

        warehouse = work.warehouse
        inputs = {"rfm": RFM, "customers": CUSTOMERS, "meanings": meanings(cut_points(fitted), warehouse.shop.currency)}
        return warehouse.select(SQL("profiles"), inputs, {"week": week})

    return weekly_rows(work, PROFILES, MODEL, score, "classes")


def move_rows(work: Work) -> Rows:
    """Who moved since a week before."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        return scored(fitted, customers_as_of(work.warehouse, week))

    before = scores_a_week_before(work, RFM, MODEL, score)
    return Rows(SQL("moves"), inputs={"customers": CUSTOMERS, "before": before})
