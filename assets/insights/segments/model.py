"""The segmentation of a shop: fitted on buyers as of first Mondays, frozen in between."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from assets.features.labels import labelled_customers
from assets.features.reads import buyers, customers_as_of, gaps_before
from assets.weekly import code_of
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd


PERIOD_DAYS = 91


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The segments of the buyers as of `day`. Raises NotEnough while there are too few of them."""
    from assets.features.methods.cut_points import CutPoints
    from assets.insights.segments.methods import clusters

    previous = clusters.Fit.from_parameters(before.parameters) if before else None
    customers, gaps = buyers(customers_as_of(warehouse, day)), gaps_before(warehouse, day)
    cut_points = CutPoints.of(customers, gaps["gap_days"].to_numpy(), gaps["gap_count"].to_numpy())
    found = clusters.fit(customers, cut_points, later=_later(warehouse, day), previous=previous)
    metrics = Metrics(found.reason, found.tables, figures=found.figures)
    return Fitted(MODEL.name, day, "kmeans", found.parameters(), metrics, found.accepted)


def _later(warehouse: Warehouse, day: date) -> "pd.DataFrame | None":
    """The buyers as of a period ago with what they did in it; None where the shop had no history then."""
    earlier = day - timedelta(days=PERIOD_DAYS)
    if earlier < MODEL.first_day(warehouse.shop):
        return None
    return labelled_customers(warehouse, [earlier], PERIOD_DAYS, day)


def assigned(fitted: Fitted, customers: "pd.DataFrame") -> "pd.DataFrame":
    """The segments of customers as of a Monday by one fit: the columns of insights.segments."""
    from assets.insights.segments.methods import clusters

    return clusters.assign(clusters.Fit.from_parameters(fitted.parameters), buyers(customers))


MODEL = RoomModel("segments", history_days=91, fit=fit, code=code_of(__file__))
