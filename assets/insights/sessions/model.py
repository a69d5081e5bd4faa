"""How likely a session is to end in a purchase: fitted as of first Mondays on the sessions before them."""

from datetime import date, timedelta

from assets.insights.sessions.reads import sessions
from assets.weekly import code_of
from resources.fitted import Fitted
from resources.registry import RoomModel
from resources.warehouse import Warehouse

FIT_DAYS = 112
"""Sessions older than this say little about the pages of today."""


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The model of the sessions before `day`, judged on the last of them. Raises NotEnough while there are too few."""
    from assets.insights.sessions.methods import propensity
    from resources.learning.model import load

    folder = warehouse.place.models
    since = max(warehouse.shop.start, day - timedelta(days=FIT_DAYS))
    previous = load(before.parameters, folder) if before else None
    found = propensity.fit(sessions(warehouse, since, day), since, day, previous)
    return Fitted(MODEL.name, day, found.model.method, found.model.parameters(folder), found.metrics, found.is_accepted)


MODEL = RoomModel("session_propensity", history_days=8, fit=fit, code=code_of(__file__))
