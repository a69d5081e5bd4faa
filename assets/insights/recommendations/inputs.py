"""What the lists of a Monday rest on, read from the warehouse: rows known before it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assets.features.frames import prepare_persons
from assets.features.tables import CUSTOMER_DAYS
from assets.insights.recommendations.content import describe
from assets.insights.recommendations.fitting import Bounds
from assets.insights.recommendations.interactions import Ids
from assets.insights.recommendations.judging import Window
from assets.insights.recommendations.past import Past
from assets.insights.recommendations.reranking import Rules
from assets.insights.recommendations.taste import price_labels
from assets.insights.recommendations.weighting import PURCHASE, Weighting
from resources.contract import CONTRACT
from resources.shop import Shop
from resources.warehouse import Warehouse

if TYPE_CHECKING:
    import pandas as pd

HERE = Path(__file__).parent
HORIZONS_DAYS = (28, 56, 84)
FEEDBACK_DAYS = 56


def bounds_of(shop: Shop) -> Bounds:
    wanted = shop.recommendations
    return Bounds(neighbours=wanted.neighbours, candidates=wanted.candidates, history=wanted.history)


def rules_of(shop: Shop) -> Rules:
    wanted = shop.recommendations
    return Rules(
        wanted.length,
        wanted.a_category,
        wanted.ignored,
        wanted.least_price,
        wanted.hidden_categories,
        wanted.hidden_products,
    )


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


def select(warehouse: Warehouse, name: str, **parameters: Any) -> "pd.DataFrame":
    """The rows of one of the room's SQL files; temporary views of the clean tables must be there."""
    return warehouse.connection.execute(_sql(name), parameters).df()


def _sql(name: str) -> str:
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def prepare(warehouse: Warehouse, week: date) -> None:
    """The views that the room's selects use, and `persons` as of the week."""
    for name in ("orders", "events", "products", "customers"):
        warehouse.view(CONTRACT[name].clean)
    warehouse.view(CUSTOMER_DAYS)
    prepare_persons(warehouse, [week])


def known(warehouse: Warehouse, week: date) -> Known:
    import pandas as pd

    prepare(warehouse, week)
    shop = warehouse.shop
    outlier = shop.limits.outlier_quantity
    log, older = _log(warehouse, week)
    catalogue = select(warehouse, "catalogue", week=week, has_catalogue="products" in shop.tables)
    gaps = select(warehouse, "gaps", week=week, outlier_quantity=outlier)
    products = catalogue["product_id"].to_numpy(dtype=object)
    order = np.argsort(products)
    catalogue = catalogue.iloc[order].reset_index(drop=True)
    log = log[log["product_id"].isin(products)].reset_index(drop=True)
    labels = {
        "category": pd.factorize(catalogue["category"], sort=True)[0].astype(np.int64),
        "price": price_labels(catalogue["price"].to_numpy(float)),
    }
    return Known(Past(log, products[order], describe(catalogue), labels, older), catalogue, gaps)


def _log(warehouse: Warehouse, week: date) -> "tuple[pd.DataFrame, Callable[[Ids], pd.DataFrame] | None]":
    """Of each person the products dealt with last, as many as the shop sets; and what reads the purchases of others, of some people at
    a time, from a temporary table (which the engine can put on disk): of a few customers there is no end to them."""
    connection, history = warehouse.connection, warehouse.shop.recommendations.history
    outlier = warehouse.shop.limits.outlier_quantity
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE dealt AS {_sql('dealt')}", {"week": week, "outlier_quantity": outlier}
    )
    log = connection.execute(
        "SELECT * EXCLUDE (place) FROM dealt WHERE place <= $history ORDER BY person_id, product_id, event_type",
        {"history": history},
    ).df()
    # Of each week its own: a fit looks at two.
    table = f"older_purchases_{week:%Y%m%d}"
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT person_id, product_id FROM dealt "
        "WHERE place > $history AND event_type = 'purchase' ORDER BY person_id, product_id",
        {"history": history},
    )
    connection.execute("DROP TABLE dealt")

    def older(people: Ids) -> "pd.DataFrame":
        return connection.execute(
            f"SELECT person_id, product_id FROM {table} WHERE person_id IN (SELECT unnest($people))",
            {"people": list(people)},
        ).df()

    is_there = connection.execute(f"SELECT count(*) > 0 FROM {table}").fetchall()[0][0]
    return log, older if is_there else None


def people(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """The customers of features.customers of a week with their groups, after making `customers_then` and `segments_then`, the rows of that
    week of the two tables they come from."""
    connection = warehouse.connection
    there = {row[0] for row in connection.execute("DESCRIBE features.customers").fetchall()}
    columns = ", ".join(
        name if name in there else f"CAST(NULL AS VARCHAR) AS {name}" for name in ("gender", "age_band", "region")
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE customers_then AS SELECT person_id, {columns} FROM features.customers WHERE as_of = $week",
        {"week": week},
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE segments_then AS "
        "SELECT person_id, segment_id, segment_zh, segment_en FROM insights.segments WHERE as_of = $week",
        {"week": week},
    )
    return select(warehouse, "people", week=week)


def people_then(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """All accounts known before a past Monday, as persons, with their groups: by attributes alone, as no weekly row may be used."""
    connection = warehouse.connection
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE customers_then AS SELECT DISTINCT coalesce(p.person_id, c.customer_id) AS person_id "
        "FROM clean_customers AS c LEFT JOIN persons AS p ON p.as_of = $week AND p.customer_id = c.customer_id WHERE c.known_on < $week",
        {"week": week},
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE segments_then (person_id VARCHAR, segment_id INTEGER, segment_zh VARCHAR, segment_en VARCHAR)"
    )
    return select(warehouse, "people", week=week)


def groups_of(customers: "pd.DataFrame") -> "pd.DataFrame":
    """person_id and its groups, the one to be preferred first."""
    return customers[["person_id", "segment_group", "age_group", "gender_group"]].astype(object)


def window(warehouse: Warehouse, week: date, days: int) -> Window:
    """The past up to a Monday and what was bought in the days from it on, as known when they were over."""
    found = known(warehouse, week)
    later = select(
        warehouse,
        "later",
        week=week,
        days=days,
        known_before=week + timedelta(days=days),
        outlier_quantity=warehouse.shop.limits.outlier_quantity,
    )
    return Window(found.past, found.gaps, later, groups_of(people_then(warehouse, week)))


def shown(warehouse: Warehouse, week: date) -> "pd.DataFrame":
    """Impressions of our lists in the weeks before a Monday, with what came of them."""
    prepare(warehouse, week)
    return select(warehouse, "feedback", week=week, days=FEEDBACK_DAYS)
