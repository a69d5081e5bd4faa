"""What forecasts rest on: the ledger of a shop's daily series, its known events, and how methods did on its past."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.insights.predictions.tables import PREDICTIONS
from resources.code import sql_files
from resources.contract import CONTRACT
from resources.sales import sales
from resources.settings import Event
from resources.shop import Shop
from resources.warehouse import Warehouse
from resources.words import Words

if TYPE_CHECKING:
    from assets.insights.forecast.methods.study import PastStudy

SQL = sql_files(__file__)
SPRING_FESTIVALS = (
    date(2009, 1, 26), date(2010, 2, 14), date(2011, 2, 3), date(2012, 1, 23), date(2013, 2, 10), date(2014, 1, 31),
    date(2015, 2, 19), date(2016, 2, 8), date(2017, 1, 28), date(2018, 2, 16), date(2019, 2, 5), date(2020, 1, 25),
    date(2021, 2, 12), date(2022, 2, 1), date(2023, 1, 22), date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17),
    date(2027, 2, 6), date(2028, 1, 26), date(2029, 2, 13), date(2030, 2, 3),
)  # fmt: skip
"""New Year's Day of the Chinese calendar; outside these years the festival is not known."""
# New Year's Eve and the seven days of the public holiday, counted from New Year's Day.
CHINESE = (
    Event(name=Words("双11", "Singles' Day"), month_day="11-11", first=0, last=0),
    Event(name=Words("618", "618"), month_day="06-18", first=0, last=0),
    Event(name=Words("春节", "Spring Festival"), month_day=None, dates=list(SPRING_FESTIVALS), first=-1, last=6),
)


def known_events(shop: Shop) -> Sequence[Event]:
    """The shop's own events; those of Chinese shops where it has a Chinese locale and names none."""
    if shop.settings.events is None:
        return CHINESE if shop.locale.startswith("zh") else ()
    return tuple(shop.settings.events)


def study_of(warehouse: Warehouse) -> "PastStudy":
    """How the methods did on the shop's past, made once a run: its chunks of weeks need the same past."""
    return warehouse.once("forecast study", lambda: _study(warehouse))


def _study(warehouse: Warehouse) -> "PastStudy":
    from assets.insights.forecast.methods.series import CUSTOMERS, DEMAND, ORDERS, REVENUE, Ledger
    from assets.insights.forecast.methods.study import PastStudy
    from assets.insights.forecast.methods.weeks import ForecastCache

    shop = warehouse.shop
    inputs = {
        "orders": CONTRACT["orders"].clean,
        "products": CONTRACT["products"].clean,
        "sales": sales(shop, "orders"),
    }
    ledger = warehouse.select(SQL("ledger"), inputs)
    totals = [ORDERS, CUSTOMERS, *([REVENUE] if shop.has_prices else []), DEMAND]
    ledger = ledger[shop.has_prices | (ledger["series"] != "revenue")]
    return PastStudy(ForecastCache(Ledger(ledger, totals), shop.settings.forecast_days, known_events(shop)))


def closed_on(warehouse: Warehouse, week: date) -> date:
    """The first Monday on which all that was forecast on another may be known."""
    return study_of(warehouse).cache.closed_on(week)


def spend_of_weeks(warehouse: Warehouse, weeks: Sequence[date]) -> dict[date, dict[str, Any]]:
    """By week what buyers are expected to spend, and who paid the revenue of as many days before; weeks without either are left out."""
    if not warehouse.shop.has_prices:
        return {}
    inputs = {
        "orders": CONTRACT["orders"].clean,
        "predictions": PREDICTIONS,
        "sales": sales(warehouse.shop, "orders"),
    }
    rows = warehouse.select(SQL("agreement"), inputs, {"weeks": list(weeks)}).dropna().to_dict("records")
    return {row["as_of"].date(): row | {"horizon_days": int(row["horizon_days"])} for row in rows}
