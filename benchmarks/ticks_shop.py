"""A published snapshot of made-up customers with what they did and models in force, of any number: real tables, real writers, no runs before it."""

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from assets.features.queries import SQL, VIEWS
from assets.features.tables import CUSTOMER_DAYS
from assets.insights.segments.tables import SEGMENTS
from assets.outreach.snapshot.history import write_history
from assets.outreach.snapshot.models import write_models
from assets.outreach.snapshot.publish import Part, point, write
from benchmarks.serving_shop import AS_OF, PRODUCTS, TABLES
from resources.contract import CONTRACT
from resources.fitted import Fitted, Metrics
from resources.home import Home
from resources.snapshot import Snapshot

if TYPE_CHECKING:
    import pandas as pd

BUSY_EVERY = 10
LINES, EVENTS = (20, 3), (100, 3)
"""Of a busy customer, one in ten, and of another."""
DAYS, RECENT_DAYS, FITTED_ON = 700, 50, 4000
UNTIL = AS_OF - timedelta(days=1)
CLEAN = {name: CONTRACT[name].clean for name in ("orders", "events", "customers", "products")}
KINDS = "['view', 'view', 'view', 'cart', 'favorite', 'click']"


def add_history(connection: duckdb.DuckDBPyConnection, customers: int) -> None:
    """Makes what the customers of `serving_shop.tables` did until the day before the week, and what they are."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS clean")
    for table in (*CLEAN.values(), CUSTOMER_DAYS, SEGMENTS):
        connection.execute(table.create_sql())
    who = "'c' || lpad(CAST(n AS VARCHAR), 8, '0')"
    busy = f"n % {BUSY_EVERY} = 0"
    product = f"'p' || hash(n, k, 1) % {PRODUCTS}"
    day = f"DATE '{UNTIL}' - CAST(hash(n, k, 2) % {DAYS} AS INTEGER)"
    lines = f"range(CASE WHEN {busy} THEN {LINES[0]} ELSE {LINES[1]} END) AS u(k)"
    connection.execute(
        f"INSERT INTO clean.orders BY NAME SELECT *, ordered_on AS delivered_on, row_number() OVER () AS row_no, ordered_on AS known_on, 1 AS sign, "
        f"CAST(ordered_on AS TIMESTAMP) + INTERVAL 3 HOUR AS ordered_at FROM (SELECT 'o' || n || '-' || k AS order_id, '1' AS line_no, "
        f"{who} AS customer_id, {product} AS product_id, 1 AS quantity, 10 + hash(k, n) % 90 AS unit_price, {day} AS ordered_on, 'app' AS channel "
        f"FROM range({customers}) AS t(n), {lines})"
    )
    kept = f"CASE WHEN k % 2 = 0 THEN hash(n, k, 3) % {RECENT_DAYS} ELSE hash(n, k, 3) % {DAYS} END"
    actions = f"range(CASE WHEN {busy} THEN {EVENTS[0]} ELSE {EVENTS[1]} END) AS u(k)"
    connection.execute(
        f"INSERT INTO clean.events BY NAME SELECT * EXCLUDE (second), occurred_on AS delivered_on, row_number() OVER () AS row_no, "
        f"occurred_on AS known_on, 1 AS sign, CAST(occurred_on AS TIMESTAMP) + to_seconds(second) AS occurred_at FROM ("
        f"SELECT 'e' || n || '-' || k AS event_id, {who} AS customer_id, {KINDS}[CAST(1 + hash(n, k, 4) % 6 AS INTEGER)] AS event_type, "
        f"{product} AS product_id, DATE '{UNTIL}' - CAST({kept} AS INTEGER) AS occurred_on, 'app' AS channel, "
        f"CAST(hash(n, k, 5) % 57600 AS INTEGER) AS second FROM range({customers}) AS t(n), {actions})"
    )
    connection.execute(
        "INSERT INTO clean.customers BY NAME SELECT person_id AS customer_id, TIMESTAMP '2024-01-01' AS registered_at, DATE '2024-01-01' AS known_on "
        f"FROM insights.customer_360 WHERE as_of = DATE '{AS_OF}'"
    )
    connection.execute(
        "INSERT INTO clean.products BY NAME SELECT 'p' || n AS product_id, '商品 ' || n AS title, 'category ' || n % 40 AS category, "
        f"'brand ' || n % 90 AS brand, 10 + n % 90 AS price, true AS in_stock, DATE '2024-01-01' AS known_on FROM range({PRODUCTS}) AS t(n)"
    )
    connection.execute(
        "INSERT INTO insights.segments BY NAME SELECT as_of, person_id, segment_id, segment_zh, segment_en FROM insights.customer_360 "
        f"WHERE as_of = DATE '{AS_OF}' AND segment_id IS NOT NULL"
    )
    views = {
        "asked": "SELECT DISTINCT delivered_on FROM clean.orders UNION SELECT delivered_on FROM clean.events",
        "events": "FROM clean.events",
        "sales": _sales(),
    }
    for name, select in views.items():
        connection.execute(f"CREATE TEMP VIEW {name} AS {select}")
    connection.execute(f"INSERT INTO features.customer_days BY NAME {SQL('customer_days')}", {"session_seconds": 1800})
    for name in views:
        connection.execute(f"DROP VIEW {name}")


def _sales() -> str:
    return (
        "SELECT order_id, line_no, customer_id, product_id, channel, ordered_at, ordered_on, delivered_on, known_on, row_no, sign, quantity, "
        "CAST(quantity * unit_price AS DECIMAL(18, 4)) AS amount FROM clean.orders"
    )


def publish_all(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    version: str,
    fits: list[Fitted],
    until: date = UNTIL,
    keep: int = 3,
) -> Snapshot:
    """Writes all of it as a version that holds events up to a day, and points to it."""
    parts = [Part(t.qualified, f"SELECT * FROM {t.qualified}", is_weekly=True) for t in (*TABLES, SEGMENTS)]
    for table, first in (
        (CUSTOMER_DAYS, "customer_id"),
        (CLEAN["orders"], "customer_id"),
        (CLEAN["products"], None),
    ):
        parts.append(Part(table.qualified, f"SELECT * FROM {table.qualified}", first=first))
    beside = [partial(write_models, fits, home.models), partial(write_history, connection, until, 7)]
    written = write(connection, home.snapshot, parts, version, AS_OF, lambda table, column: column or table, beside)
    point(home.snapshot, written, keep)
    return written


def models(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Fitted]:
    """Models in force of every kind that a tick asks, fitted on some thousand of the customers."""
    persons = f"customer_id < 'c' || lpad('{FITTED_ON}', 8, '0')"
    execute = connection.execute
    execute(f"CREATE OR REPLACE TEMP TABLE weeks AS SELECT DATE '{AS_OF}' AS as_of")
    execute(
        "CREATE OR REPLACE TEMP TABLE merged AS SELECT NULL::DATE AS as_of, '' AS customer_id, '' AS person_id LIMIT 0"
    )
    for name in ("orders", "events", "customers"):
        execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM clean.{name} WHERE {persons}")
    execute("CREATE OR REPLACE TEMP VIEW products AS FROM clean.products")
    execute(f"CREATE OR REPLACE TEMP TABLE customer_days AS FROM features.customer_days WHERE {persons}")
    execute(f"CREATE OR REPLACE TEMP VIEW sales AS {_sales().replace('clean.orders', 'orders')}")
    for name in VIEWS:
        execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {SQL(name)}")
    return [_visits(connection, home), _purchase(connection, home), *_lists(connection, home)]


def _visits(connection: duckdb.DuckDBPyConnection, home: Home) -> Fitted:
    from assets.insights.sessions import queries
    from assets.insights.sessions.methods.propensity import FEATURES, TREES
    from resources.learning.model import fit

    since = AS_OF - timedelta(days=queries.SCORED_DAYS)
    parameters = {"since": since, "session_seconds": 1800, "look_back_days": queries.LOOK_BACK_DAYS}
    found = connection.execute(queries.SQL("sessions"), parameters).df()
    buys = _drawn(len(found), found["cart_count"].to_numpy(float))
    model = fit("boosting", found, buys, FEATURES, settings=TREES)
    return _fitted("session_propensity", model.parameters(home.models))


def _purchase(connection: duckdb.DuckDBPyConnection, home: Home) -> Fitted:
    from assets.insights.predictions.methods.features import caps, inputs
    from resources.learning.model import fit

    found = connection.execute(f"SELECT * FROM ({SQL('customers')}) ORDER BY person_id").df()
    buys = _drawn(len(found), found["purchases_90d"].to_numpy(float))
    model = fit("blend", found, buys, inputs(list(found), 365), caps=caps(365))
    return _fitted("purchase", {"purchase": model.parameters(home.models), "spend": None, "horizon_days": 56})


def _drawn(rows: int, leaning: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return (np.random.default_rng(0).random(rows) < 0.2 + 0.3 * (leaning > 0)).astype(float)


def _lists(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Fitted]:
    from assets.insights.recommendations.methods import kept, lists
    from assets.insights.recommendations.methods.blend import Blend
    from assets.insights.recommendations.methods.blended_model import Bounds, Settings
    from assets.insights.recommendations.methods.history import Past
    from assets.insights.recommendations.methods.reranking import Rules
    from assets.insights.recommendations.methods.sources.content import describe
    from assets.insights.recommendations.queries import SQL as LISTS
    from assets.insights.recommendations.queries import groups_of, labels_of
    from resources.learning.weights import write_arrays

    def frame(name: str, **parameters: Any) -> "pd.DataFrame":
        return connection.execute(LISTS(name), parameters or None).df()

    execute = connection.execute
    execute(
        "CREATE OR REPLACE TEMP VIEW persons AS SELECT DISTINCT customer_id AS person_id, CAST(NULL AS INTEGER) AS segment_id, "
        "CAST(NULL AS VARCHAR) AS segment_zh, CAST(NULL AS VARCHAR) AS segment_en FROM customers"
    )
    catalogue = frame("catalogue", has_catalogue=True)
    products = catalogue["product_id"].to_numpy(dtype=object)
    past = Past(
        frame("interacted", week=AS_OF).drop(columns="place"), products, describe(catalogue), labels_of(catalogue)
    )
    people, gaps, shown = frame("people"), frame("gaps"), frame("feedback", week=AS_OF, days=56)
    blend = Blend({"item_graph": ("even", 1.0), "taste": ("category", 0.3), "popular": ("all", 0.05)}, 0.0)
    settings = Settings(Settings.default().weighting, blend)
    arms = {"collaborative": 0.2, "content": 0.1, "group": 0.1}
    by = lists.Making(settings, arms, Rules(), 0.0, Bounds())
    learned = lists.Learned.of(lists.Week(AS_OF, past, catalogue, gaps, people, groups_of(people), shown), by)
    file = write_arrays(home.models, kept.arrays(learned, gaps))
    made = {"arms": arms, "lists": {"discover": True, "rebuy": False}}
    return [
        _fitted("recommendations", settings.parameters() | made),
        _fitted("recommendation_lists", kept.parameters(learned) | {"file": file}),
    ]


def _fitted(name: str, parameters: dict[str, Any]) -> Fitted:
    return Fitted(name, AS_OF, "made up", parameters, Metrics("made up"), in_force=True)
