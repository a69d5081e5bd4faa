"""A published snapshot of made-up customers, of any number: real tables, real writer, no runs before it."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import duckdb

from assets.features.tables import CONSENTS, IDENTITIES
from assets.insights.customer_360.tables import card_of, tables_with_a_card
from assets.insights.recommendations.tables import RECOMMENDATIONS, SIMILAR
from assets.insights.segments.tables import PROFILES
from assets.outreach.snapshot.models import write_models
from assets.outreach.snapshot.publish import Part, point, write
from resources.contract import CONTRACT
from resources.fitted import Fitted, Metrics
from resources.learning.weights import write_arrays
from resources.snapshot import Snapshot
from resources.tables import Table

AS_OF = date(2026, 1, 12)
CARD = card_of(tables_with_a_card())
TABLES = (CARD, IDENTITIES, RECOMMENDATIONS, SIMILAR, PROFILES)
SEGMENTS, CLASSES, PRODUCTS = 8, 8, 2000
# What the contract delivers of them to whom customers ask.
SERVICE = ("orders", "answers")
# Of a number between 0 and 1 that a customer and a column have.
RANDOM = "(hash(n, '{}') % 1000003 / 1000003.0)"


def tables(
    connection: duckdb.DuckDBPyConnection, customers: int, week: int = 0, weeks: int = 2, card: Table = CARD
) -> None:
    """Makes the tables of a week, and of as many `weeks` in all, the earlier ones with fewer customers. One in ten has no segment."""
    for schema in ("features", "insights"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for table in (card, *TABLES[1:], CONSENTS):
        connection.execute(table.create_sql())
    as_of = AS_OF + timedelta(days=7 * week)
    for before in range(weeks):
        cards = _cards(card, as_of - timedelta(days=7 * before), customers // (before + 1))
        connection.execute(f"INSERT INTO {CARD.qualified} BY NAME {cards}")
    for table, select in (
        (
            IDENTITIES,
            f"SELECT {_who('n')} || 'b' AS customer_id, {_who('n')} AS person_id, 2 AS account_count FROM range(0, {customers}, 20) AS t(n)",
        ),
        (RECOMMENDATIONS, _recommended(customers)),
        (
            SIMILAR,
            f"SELECT 'p' || n AS product_id, k AS position, 'p' || (n * 7 + k * 13) % {PRODUCTS} AS other_product_id, 1.0 / k AS score, "
            f"'customers' AS source FROM range({PRODUCTS}) AS t(n), range(1, 11) AS u(k)",
        ),
        (
            PROFILES,
            f"SELECT segment_id, any_value(segment_zh) AS segment_zh, any_value(segment_en) AS segment_en, count(*) AS customer_count, sum(spend) AS spend "
            f"FROM {CARD.qualified} WHERE as_of = DATE '{as_of}' AND segment_id IS NOT NULL GROUP BY segment_id",
        ),
    ):
        connection.execute(f"INSERT INTO {table.qualified} BY NAME SELECT DATE '{as_of}' AS as_of, * FROM ({select})")
    # Two in three agree to be addressed.
    connection.execute(
        f"INSERT INTO {CONSENTS.qualified} SELECT {_who('n')}, 'marketing', '', n % 3 > 0, TIMESTAMP '2025-01-01' "
        f"FROM range({customers}) AS t(n)"
    )


def service(connection: duckdb.DuckDBPyConnection, customers: int, entries: Sequence[tuple[str, ...]]) -> None:
    """Makes three orders of each customer, in the states that orders pass through, and a knowledge base of these entries: id, intent, question, answer,
    locale. In each order's id is a word that no other order has."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS clean")
    for name in SERVICE:
        connection.execute(CONTRACT[name].clean.create_sql())
    at = f"TIMESTAMP '{AS_OF} 02:00:00' - (k * 9 + n % 7) * INTERVAL 1 DAY"
    connection.execute(
        f"""
        INSERT INTO clean.orders BY NAME
        SELECT 'o' || n || '-' || substr(md5(n || 'order' || k), 1, 10) AS order_id, '1' AS line_no, {_who("n")} AS customer_id, 'p1' AS product_id, 1 AS quantity,
            10 + n % 90 + k AS unit_price, 0 AS discount, {at} AS ordered_at, {at} + INTERVAL 5 MINUTE AS paid_at,
            CASE WHEN k > 0 OR n % 2 = 0 THEN {at} + INTERVAL 1 DAY END AS shipped_at, CASE WHEN k > 0 THEN {at} + INTERVAL 3 DAY END AS delivered_at,
            CAST({at} AS DATE) AS ordered_on, CAST({at} AS DATE) AS delivered_on, n * 3 + k AS row_no, CAST({at} AS DATE) AS known_on, 1 AS sign
        FROM range({customers}) AS t(n), range(3) AS u(k)
        """
    )
    connection.executemany(
        f"INSERT INTO clean.answers BY NAME SELECT ? AS answer_id, ? AS intent, ? AS question, ? AS answer, ? AS locale, DATE '{AS_OF}' - 30 AS known_on",
        entries,
    )


def publish(
    connection: duckdb.DuckDBPyConnection,
    snapshots: Path,
    version: str,
    week: int = 0,
    keep: int = 3,
    also: Sequence[str] = (),
    models: Path | None = None,
) -> Snapshot:
    """Writes the tables as a version, those of the contract named in `also` with them, and points to it. With a folder of `models` the model of intents as
    installed comes with it, as from a shop that has messages."""
    parts = [Part(table.qualified, f"SELECT * FROM {table.qualified}", is_weekly=True) for table in TABLES]
    parts.append(Part(CONSENTS.qualified, f"SELECT * FROM {CONSENTS.qualified}"))
    parts += [Part(f"clean.{name}", f"SELECT * FROM clean.{name}") for name in also]
    as_of = AS_OF + timedelta(days=7 * week)
    beside = [partial(write_models, [_installed(models)], models)] if models else []
    written = write(connection, snapshots, parts, version, as_of, lambda table, column: column or table, beside)
    point(snapshots, written, keep)
    return written


def _installed(models: Path) -> Fitted:
    from assets.insights.service.methods.starter import trained

    models.mkdir(exist_ok=True)
    file = write_arrays(models, trained().model.arrays())
    return Fitted("intents_installed", AS_OF, "as installed", {"file": file}, Metrics("as installed"), in_force=True)


def _who(number: str) -> str:
    return f"'c' || lpad(CAST({number} AS VARCHAR), 8, '0')"


def _cards(card: Table, day: date, customers: int) -> str:
    selected: list[str] = []
    for column in card.columns[2:]:
        name, random = column.name, RANDOM.format(column.name)
        what = {"DATE": f"DATE '{day}' - CAST(700 * {random} AS INTEGER)", "DOUBLE": f"round({random}, 4)"}.get(
            column.type
        )
        if what is None and column.type.startswith("DECIMAL"):
            what = f"round(9000 * {random} ** 3, 2)"
        elif what is None and column.type == "VARCHAR":
            what = f"'{name} ' || CAST(floor(40 * {random}) AS INTEGER)"
        elif what is None:
            what = f"CAST(5 * {random} AS INTEGER)"
        selected.append(f"{what} AS {name}")
    segment = f"CASE WHEN n % 10 > 0 THEN CAST({SEGMENTS} * {RANDOM.format('segment')} AS INTEGER) % {SEGMENTS} END"
    changed = {
        "segment_id": "segment",
        "segment_zh": "'客群' || segment",
        "segment_en": "'Segment ' || segment",
        "class_zh": f"'类' || n % {CLASSES}",
        "class_en": f"'Class ' || n % {CLASSES}",
        # What speaks for a score is put together of many parts.
        "reasons_zh": f"'距上次购买 ' || CAST(700 * {RANDOM.format('a')} AS INTEGER) || ' 天；近 90 天购买 ' || n % 17 || ' 次；品类 ' || n % 23",
        "reasons_en": f"'last bought ' || CAST(700 * {RANDOM.format('a')} AS INTEGER) || ' days ago; ' || n % 17 || ' purchases in 90 days; category ' || n % 23",
        "customer_ids": f"CASE WHEN n % 20 = 0 THEN [{_who('n')}, {_who('n')} || 'b'] END",
        # Without a prediction for some, so that empty values have a place in a list.
        "clv_12m": f"CASE WHEN n % 7 > 0 THEN round(3000 * {RANDOM.format('clv')} ** 2, 2) END",
    }
    replaced = ", ".join(f"{what} AS {name}" for name, what in changed.items() if name in card.column_names)
    return (
        f"SELECT DATE '{day}' AS as_of, {_who('n')} AS person_id, * EXCLUDE (n, segment) REPLACE ({replaced}) "
        f"FROM (SELECT n, {segment} AS segment, {', '.join(selected)} FROM range({customers}) AS t(n))"
    )


def _recommended(customers: int) -> str:
    """Ten of each: seven new ones, three to buy again."""
    product = f"(hash(n, k) % {PRODUCTS})"
    return f"""
        SELECT {_who("n")} AS person_id, CASE WHEN k < 7 THEN 'discover' ELSE 'rebuy' END AS list,
            CASE WHEN k < 7 THEN k + 1 ELSE k - 6 END AS position, 'p' || {product} AS product_id, '商品 ' || {product} AS title,
            CASE WHEN k >= 7 THEN round({RANDOM.format("score")}, 6) END AS score,
            CASE WHEN k < 7 THEN 'collaborative' ELSE 'rebuy' END AS source,
            ['p' || (n + k) % {PRODUCTS}] AS because_of, '买过 商品 ' || (n + k) % {PRODUCTS} AS because_zh,
            'bought product ' || (n + k) % {PRODUCTS} AS because_en,
            CASE WHEN k >= 7 THEN DATE '{AS_OF}' + CAST((n + k) % 40 AS INTEGER) END AS due_on, 'zhike-' || k % 3 AS list_id
        FROM range({customers}) AS t(n), range(10) AS u(k)
    """
