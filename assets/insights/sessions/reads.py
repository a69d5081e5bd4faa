"""Sessions of a shop, as they stood before their purchase."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from assets.features.reads import as_of
from resources.code import sql_files
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

SQL = sql_files(__file__)
LOOK_BACK_DAYS = 30


def sessions(warehouse: Warehouse, since: date, until: date) -> "pd.DataFrame":
    """Sessions begun from `since` to before `until`, from rows known before `until`, with the columns of sessions.sql."""
    parameters = {
        "since": since,
        "session_seconds": warehouse.shop.settings.session_minutes * 60,
        "look_back_days": LOOK_BACK_DAYS,
    }
    return warehouse.select(SQL("sessions"), as_of(warehouse, [until]), parameters)


def week_before(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The sessions of the seven days before a Monday."""
    return sessions(warehouse, week - timedelta(days=7), week)
