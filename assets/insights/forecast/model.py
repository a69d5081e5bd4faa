"""The method by which a shop is forecast: chosen on first Mondays by what the methods did on the Mondays before."""

from datetime import date

from assets.insights.forecast.reads import study_of
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted
from resources.registry import RoomModel
from resources.warehouse import Warehouse

HISTORY_DAYS = 14


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The method chosen as of `day`. Raises NotEnough before the first sale."""
    study = study_of(warehouse)
    if study.cache.ledger.as_of(day) is None:
        raise NotEnough(f"{HISTORY_DAYS} days from the first sale on", "no sale yet")
    choice = study.choice(day)
    return Fitted(MODEL.name, day, choice.method, {}, choice.metrics, in_force=True)


MODEL = RoomModel("forecast", history_days=HISTORY_DAYS, fit=fit, code=code_of(__file__), begins_at_once=True)
