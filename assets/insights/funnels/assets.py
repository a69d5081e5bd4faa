"""insights/funnels: view, cart, order by channel and category, every week against the weeks before it."""

from datetime import timedelta

import dagster as dg

from assets.features.reads import as_of
from assets.insights.funnels.tables import FUNNELS
from assets.weekly import stored_weeks
from data_checks import funnels as checks
from data_checks.gate.asset import gated_asset
from data_checks.gate.rows import Rows, Work
from resources.calendar import Calendar, monday_after
from resources.code import sql_files
from resources.contract import CONTRACT

SQL = sql_files(__file__)
WEEKS_BEFORE = 8
"""Older weeks are another season."""
DAY_MINUTES = 24 * 60


def build(calendar: Calendar) -> list[dg.AssetsDefinition]:
    tables = calendar.shop.tables
    if "events" not in tables:
        return []
    reads = [CONTRACT[name].clean for name in ("events", "orders", "products", "links", "customers") if name in tables]
    return [
        gated_asset(FUNNELS, funnel_rows, calendar=calendar, reads=reads, suite=checks.funnels(), kinds={"sql"}),
    ]


def funnel_rows(work: Work) -> Rows:
    """The funnels of the week before each Monday. Of the weeks before it those that are stored are read, the others counted."""
    warehouse = work.warehouse
    first, minutes = monday_after(warehouse.shop.start), warehouse.shop.settings.session_minutes
    earlier = {week - timedelta(days=7 * n) for week in work.keys for n in range(1, WEEKS_BEFORE + 1)}
    before = sorted(week for week in earlier - set(work.keys) if week >= first)
    stored = stored_weeks(work, FUNNELS, before)
    counted = sorted({*work.keys, *before} - set(stored))
    parameters = {
        "since": counted[0] - timedelta(days=8 + minutes // DAY_MINUTES),
        "until": counted[-1],
        "look_back_days": 1 + minutes // DAY_MINUTES,
        "session_seconds": minutes * 60,
    }
    columns = "as_of, cut, name, step_no, visit_count, action_count"
    return Rows(
        SQL("funnels"),
        {"weeks_before": WEEKS_BEFORE, "stored": stored},
        as_of(warehouse, counted)
        | {"counted": (f"SELECT {columns} FROM ({SQL('steps')})", parameters), "funnels": FUNNELS},
    )
