"""What the lists of a Monday rest on, read from the warehouse: rows known before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.features.reads import as_of
from assets.features.tables import CUSTOMERS
from assets.insights.recommendations.methods.history import Past
from assets.insights.recommendations.methods.holdout import Window
from assets.insights.recommendations.methods.interactions import Ids
from assets.insights.recommendations.methods.sources.content import describe
from assets.insights.recommendations.methods.weighting import PURCHASE, Weighting
from assets.insights.recommendations.queries import FEEDBACK_DAYS, SQL, groups_of, labels_of
from assets.insights.segments.tables import SEGMENTS
from resources.shop import Shop
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HORIZONS_DAYS = (28, 56, 84)
# The customers of a published week with their segment; of a past one all accounts known then, as no weekly row may be used.
PERSONS = """
SELECT c.person_id, c.age_band, c.gender, c.region, s.segment_id, s.segment_zh, s.segment_en
FROM customer_features AS c
LEFT JOIN segments AS s ON s.as_of = c.as_of AND s.person_id = c.person_id
WHERE c.as_of = $week
"""
PERSONS_THEN = """
SELECT DISTINCT
    coalesce(m.person_id, c.customer_id) AS person_id,
    CAST(NULL AS INTEGER) AS segment_id, CAST(NULL AS VARCHAR) AS segment_zh, CAST(NULL AS VARCHAR) AS segment_en
FROM customers_then AS c LEFT JOIN merged AS m ON m.as_of = c.as_of AND m.customer_id = c.customer_id
"""


def fixed_weighting(shop: Shop) -> Weighting | None:
    """What events are worth by the shop's own settings; None where it leaves that to its past."""
    worths = shop.recommendations.event_worths
    return Weighting({PURCHASE: 1.0, **worths}, shop.recommendations.half_life_days) if worths is not None else None


@dataclass(frozen=True, eq=False)
class Known:
    """As of a Monday: the past, the catalogue (a row a product, in the order of `past.products`), and gaps between purchases."""

    past: Past
    catalogue: "pd.DataFrame"
    gaps: "pd.DataFrame"


def known(warehouse: Warehouse, week: date) -> Known:
    """What was known before a Monday."""
    with warehouse.given(as_of(warehouse, [week])):
        log, older = _log(warehouse, week)
        has_catalogue = "products" in warehouse.shop.tables
        catalogue = warehouse.connection.execute(SQL("catalogue"), {"has_catalogue": has_catalogue}).df()
        gaps = warehouse.connection.execute(SQL("gaps")).df()
    products = catalogue["product_id"].to_numpy(dtype=object)
    order = np.argsort(products)
    catalogue = catalogue.iloc[order].reset_index(drop=True)
    log = log[log["product_id"].isin(products)].reset_index(drop=True)
    return Known(Past(log, products[order], describe(catalogue), labels_of(catalogue), older), catalogue, gaps)


def _log(warehouse: Warehouse, week: date) -> "tuple[pd.DataFrame, Callable[[Ids], pd.DataFrame] | None]":
    """Of each person the products interacted with last, as many as the shop sets; and what reads the purchases of others, of some
    people at a time, from a temporary table (which the engine can put on disk): of a few customers there is no end to them."""
    connection, history = warehouse.connection, warehouse.shop.recommendations.history
    # Of each week its own: a fit looks at two.
    older_table = f"older_purchases_{week:%Y%m%d}"
    with warehouse.given({"interacted": (SQL("interacted"), {"week": week})}):
        log = connection.execute(
            "SELECT * EXCLUDE (place) FROM interacted WHERE place <= $history ORDER BY person_id, product_id, event_type",
            {"history": history},
        ).df()
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE {older_table} AS SELECT person_id, product_id FROM interacted "
            "WHERE place > $history AND event_type = 'purchase' ORDER BY person_id, product_id",
            {"history": history},
        )

    def older(people: Ids) -> "pd.DataFrame":
        return connection.execute(
            f"SELECT person_id, product_id FROM {older_table} WHERE person_id IN (SELECT unnest($people))",
            {"people": list(people)},
        ).df()

    is_there = connection.execute(f"SELECT count(*) > 0 FROM {older_table}").fetchall()[0][0]
    return log, older if is_there else None


def persons(week: date) -> dict[str, Any]:
    """What a select reads of the customers of a published week: `persons`."""
    return {"customer_features": CUSTOMERS, "segments": SEGMENTS, "persons": (PERSONS, {"week": week})}


def people(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The customers of a published week with their segments and groups, ordered by person."""
    return warehouse.select(SQL("people"), as_of(warehouse, [week], is_published=True) | persons(week))


def window(warehouse: Warehouse, week: date, days: int) -> Window:
    """The past up to a Monday and what was bought in the days from it on, as known when they were over."""
    found = known(warehouse, week)
    inputs = as_of(warehouse, [week])
    later = warehouse.select(SQL("later"), inputs, {"days": days})
    customers = warehouse.select(SQL("people"), inputs | {"persons": PERSONS_THEN})
    return Window(found.past, found.gaps, later, groups_of(customers))


def shown(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """Impressions of our lists in the weeks before a Monday, with what came of them."""
    return warehouse.select(SQL("feedback"), as_of(warehouse, [week]), {"week": week, "days": FEEDBACK_DAYS})
