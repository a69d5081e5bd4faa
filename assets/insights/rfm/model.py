"""The cut points of a shop: set on the fixed calendar from what was known then, frozen in between."""

from datetime import date
from typing import TYPE_CHECKING

from assets.features.reads import buyers, customers_as_of, gaps_before
from assets.weekly import code_of
from resources.errors import NotEnough
from resources.fitted import Fitted, Metrics
from resources.registry import RoomModel
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from assets.features.methods.cut_points import CutPoints

FEWEST_BUYERS = 20


def fit(warehouse: Warehouse, day: date, before: Fitted | None) -> Fitted:
    """The cut points as of `day`. Raises NotEnough while there are too few buyers to cut anything."""
    from assets.features.methods.cut_points import FEWEST_GAPS, CutPoints

    customers = buyers(customers_as_of(warehouse, day))
    if len(customers) < FEWEST_BUYERS:
        raise NotEnough(f"{FEWEST_BUYERS} buyers", len(customers))
    gaps = gaps_before(warehouse, day)
    measures = ["frequency", *(["spend"] if warehouse.shop.has_prices else [])]
    found = CutPoints.of(customers[measures], gaps["gap_days"].to_numpy(), gaps["gap_count"].to_numpy())
    reason = (
        f"fewer than {FEWEST_GAPS} repeat purchases: recency is cut at days usual in retail"
        if found.are_usual
        else "recency is cut at the 50, 80, 90 and 97 % points of the shop's gaps between purchases"
    )
    borders = {
        f"{name}_{at}": float(point)
        for name in ("recency_days", "frequency", "spend")
        for at, point in enumerate(getattr(found, name), 1)
    }
    figures = {"customers": len(customers), "gaps": int(gaps["gap_count"].sum()), **borders}
    return Fitted(MODEL.name, day, "cut points", found.parameters(), Metrics(reason, figures=figures), True)


def scored(fitted: Fitted, customers: "pd.DataFrame") -> "pd.DataFrame":
    """The scores and classes of customers as of a Monday: the columns of insights.rfm."""
    from assets.features.methods.cut_points import scores
    from assets.insights.rfm.methods.classes import classes

    of = buyers(customers)
    found = scores(of, cut_points(fitted))
    return of[["person_id"]].assign(**found, **classes(found))


def cut_points(fitted: Fitted) -> "CutPoints":
    from assets.features.methods.cut_points import CutPoints

    return CutPoints.from_parameters(fitted.parameters)


MODEL = RoomModel("rfm", history_days=91, fit=fit, code=code_of(__file__), is_memoryless=True)
