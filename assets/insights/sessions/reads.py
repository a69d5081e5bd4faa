"""Sessions of a shop, as they stood before their purchase."""

from datetime import date
from typing import TYPE_CHECKING

from assets.features.reads import as_of
from assets.insights.sessions.queries import SQL, first_day, parameters
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd


def sessions(warehouse: Warehouse, since: date, until: date) -> "pd.DataFrame":
    """Sessions begun from `since` to before `until`, from rows known before `until`, with the columns of sessions.sql."""
    return warehouse.select(SQL("sessions"), as_of(warehouse, [until]), parameters(warehouse.shop, since))


def week_before(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The sessions of the seven days before a Monday."""
    return sessions(warehouse, first_day(week), week)
