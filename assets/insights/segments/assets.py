"""insights/segments: fitted on the first Mondays of months, frozen in between, assigned every week."""

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from assets.features.reads import customers_as_of, published_customers
from assets.features.tables import CUSTOMERS
from assets.insights.segments.model import MODEL, assigned
from assets.insights.segments.tables import MOVES, PROFILES, SEGMENTS
from assets.weekly import scores_a_week_before, weekly_rows
from data_checks import segments as checks
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
        gated(SEGMENTS, segment_rows, reads=[CUSTOMERS], suite=checks.segments(), kinds={"scikitlearn"}),
        gated(PROFILES, profile_rows, reads=[SEGMENTS, CUSTOMERS], suite=checks.segment_profiles(), kinds={"sql"}),
        gated(MOVES, move_rows, reads=[SEGMENTS, CUSTOMERS], suite=checks.segment_moves(), kinds={"sql"}),
    ]


def segment_rows(work: Work) -> Rows:
    """The segments of every buyer as of each Monday; none before there is history enough for a first fit."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        return assigned(fitted, published_customers(work.warehouse, week))

    return weekly_rows(work, SEGMENTS, MODEL, score, "segments")


def profile_rows(work: Work) -> Rows:
    """What distinguishes each segment."""
    return Rows(SQL("profiles"), inputs={"customers": CUSTOMERS})


def move_rows(work: Work) -> Rows:
    """Who moved since a week before."""

    def score(week: date, fitted: Fitted) -> "pd.DataFrame":
        return assigned(fitted, customers_as_of(work.warehouse, week))

    before = scores_a_week_before(work, SEGMENTS, MODEL, score)
    return Rows(SQL("moves"), inputs={"customers": CUSTOMERS, "before": before})
