"""The SQL of the sessions room, by name, and its parameters."""

from datetime import date, timedelta
from typing import Any

from resources.code import sql_files
from resources.shop import Shop

SQL = sql_files(__file__)
LOOK_BACK_DAYS, SCORED_DAYS = 30, 7


def parameters(shop: Shop, since: date) -> dict[str, Any]:
    """Those of sessions.sql, for sessions begun from `since` on."""
    return {
        "since": since,
        "session_seconds": shop.settings.session_minutes * 60,
        "look_back_days": LOOK_BACK_DAYS,
    }


def first_day(week: date) -> date:
    """The first day whose sessions are scored as of a Monday."""
    return week - timedelta(days=SCORED_DAYS)
