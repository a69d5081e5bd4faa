"""The demo shop hands over what its truth says: the planted process, the values, and every dirty row."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from stores.demo.buyers import (
    BgNbd,
    GammaGamma,
    draw_persons,
    purchase_days,
    simulate_purchases,
)
from stores.demo.generate import generate
from stores.demo.tables import FACTS, KEYS, SCHEMAS

SIZE = {"customers": 300, "days": 10}
HAPPENED = {
    "orders": "ordered_at",
    "events": "occurred_at",
    "reviews": "reviewed_at",
    "messages": "sent_at",
    "outcomes": "occurred_at",
}
IMPOSSIBLE = {
    "orders": "quantity = 0 OR unit_price < 0 OR ordered_at IS NULL",
    "events": "event_type = 'hover' OR occurred_at IS NULL",
    "reviews": "rating NOT BETWEEN 1 AND 5 OR TRY_CAST(reviewed_at AS TIMESTAMP) IS NULL",
    "messages": "sender NOT IN ('customer', 'agent', 'bot') OR text IS NULL",
    "outcomes": "occurred_at IS NULL",
    "customers": "birth_year < 1900",
    "products": "price < 0",
    "links": "key_value IS NULL",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    generate(folder, **SIZE)
    return folder


@pytest.fixture(scope="module")
def delivered(shop: Path) -> duckdb.DuckDBPyConnection:
    """Every table as delivered: its columns, `delivered_on`, and `row_key`; the truth's tables as truth_<name>."""
    connection = duckdb.connect()
    for table in SCHEMAS:
        key = " || '/' || ".join(f"coalesce(CAST({column} AS VARCHAR), 'None')" for column in KEYS[table])
        connection.execute(f"""
            CREATE TABLE {table} AS
            SELECT *, {key} AS row_key, row_number() OVER () AS row_no FROM (
                SELECT *, DATE '2025-12-31' AS delivered_on FROM '{shop}/source/history/{table}.parquet'
                UNION ALL BY NAME
                SELECT * EXCLUDE (filename), CAST(split_part(filename, '/', -2) AS DATE) AS delivered_on
                FROM read_parquet('{shop}/source/days/*/{table}.parquet', filename = true)
            )
        """)
    for path in (shop / "truth").glob("*.parquet"):
        connection.execute(f"CREATE TABLE truth_{path.stem} AS FROM '{path}'")
    return connection


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _planted(connection: duckdb.DuckDBPyConnection, table: str, kind: str, detail: str = "%") -> list[tuple]:
    return connection.execute(
        'SELECT delivered_on, key FROM truth_dirt WHERE "table" = ? AND kind = ? AND detail LIKE ? ORDER BY ALL',
        [table, kind, detail],
    ).fetchall()


def _contents(table: str) -> str:
    """The delivered columns of a table but known_on, which follows from the delivery."""
    return ", ".join(column for column in SCHEMAS[table] if column != "known_on")


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not(shop: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", **SIZE)
    generate(tmp_path / "other", seed=8, **SIZE)
    first, again, other = _files(shop), _files(tmp_path / "again"), _files(tmp_path / "other")
    assert first == again
    assert first["source/history/orders.parquet"] != other["source/history/orders.parquet"]


@pytest.mark.parametrize("table", SCHEMAS)
def test_every_table_is_filled_in_history_and_days(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    in_history, in_days = delivered.execute(
        f"SELECT count_if(delivered_on = '2025-12-31'), count_if(delivered_on > '2025-12-31') FROM {table}"
    ).fetchone()
    assert in_history > 0
    assert in_days > 0


def test_facts_are_delivered_every_day_with_their_columns(shop: Path) -> None:
    days = sorted(path.name for path in (shop / "source" / "days").iterdir())
    assert days == [f"2026-01-{day:02d}" for day in range(1, 11)]
    for day in days:
        for table in FACTS:
            columns = duckdb.sql(f"DESCRIBE FROM '{shop}/source/days/{day}/{table}.parquet'").fetchall()
            assert [column[0] for column in columns] == list(SCHEMAS[table])


@pytest.mark.parametrize("table", FACTS)
def test_rows_know_nothing_later_than_their_delivery(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    instants = [name for name in SCHEMAS[table] if name.endswith("_at")]
    latest = ", ".join(f"TRY_CAST({name} AS TIMESTAMP)" for name in instants)
    too_early = f"SELECT count(*) FROM {table} WHERE CAST(greatest({latest}, NULL) AS DATE) > delivered_on"
    assert delivered.execute(too_early).fetchone() == (0,)


@pytest.mark.parametrize("table", FACTS)
def test_duplicates_in_a_delivery_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    found = delivered.execute(f"""
        SELECT delivered_on, row_key FROM (
            SELECT delivered_on, row_key,
                row_number() OVER (PARTITION BY delivered_on, row_key, {_contents(table)} ORDER BY row_no) AS copy
            FROM {table}
        ) WHERE copy > 1 ORDER BY ALL
    """).fetchall()
    assert found == _planted(delivered, table, "duplicate")
    assert found


@pytest.mark.parametrize("table", [*FACTS, "customers"])
def test_rows_delivered_again_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    found = delivered.execute(f"""
        SELECT DISTINCT delivered_on, row_key FROM (
            SELECT delivered_on, row_key,
                min(delivered_on) OVER (PARTITION BY row_key, {_contents(table)}) AS first_delivered_on
            FROM {table}
        ) WHERE delivered_on > first_delivered_on ORDER BY ALL
    """).fetchall()
    assert found == _planted(delivered, table, "redelivered")


@pytest.mark.parametrize("table", IMPOSSIBLE)
def test_impossible_rows_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    found = delivered.execute(f"SELECT delivered_on, row_key FROM {table} WHERE {IMPOSSIBLE[table]} ORDER BY ALL")
    assert found.fetchall() == _planted(delivered, table, "impossible")
    assert _planted(delivered, table, "impossible")


@pytest.mark.parametrize("table", FACTS)
def test_late_rows_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    found = delivered.execute(f"""
        SELECT min(delivered_on), row_key FROM {table} GROUP BY row_key
        HAVING min(delivered_on) > DATE '2025-12-31' AND min(delivered_on) > min(TRY_CAST({HAPPENED[table]} AS DATE))
        ORDER BY ALL
    """).fetchall()
    assert found == _planted(delivered, table, "late")


def test_late_rows_come_in_orders_events_and_links(delivered: duckdb.DuckDBPyConnection) -> None:
    tables = delivered.execute("SELECT DISTINCT \"table\" FROM truth_dirt WHERE kind = 'late'").fetchall()
    assert {("orders",), ("events",), ("links",)} <= set(tables)


def test_corrections_and_progress_of_orders_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection) -> None:
    found = delivered.execute(f"""
        WITH stated AS (
            SELECT DISTINCT {_contents("orders")}, delivered_on, row_key FROM orders
        ), followed AS (
            SELECT *, lag(quantity) OVER state AS earlier_quantity, lag(cancelled_at) OVER state AS earlier_cancelled,
                lag(delivered_at) OVER state AS earlier_arrived, row_number() OVER state AS state_no
            FROM stated WINDOW state AS (PARTITION BY row_key ORDER BY delivered_on)
        )
        SELECT delivered_on, row_key,
            CASE WHEN quantity <> earlier_quantity THEN 'quantity'
                WHEN cancelled_at IS DISTINCT FROM earlier_cancelled THEN 'cancelled'
                WHEN delivered_at IS DISTINCT FROM earlier_arrived THEN '' END AS change
        FROM followed WHERE state_no > 1 AND change IS NOT NULL ORDER BY ALL
    """).fetchall()
    planted = delivered.execute("""
        SELECT delivered_on, key, detail FROM truth_dirt WHERE kind IN ('correction', 'progress') ORDER BY ALL
    """).fetchall()
    assert found == planted
    assert {change for _, _, change in planted} == {"quantity", "cancelled", ""}


@pytest.mark.parametrize("table", ["orders", "events", "reviews"])
def test_unknown_products_are_those_of_the_truth(delivered: duckdb.DuckDBPyConnection, table: str) -> None:
    found = delivered.execute(f"""
        SELECT delivered_on, row_key FROM {table}
        WHERE product_id <> 'shipping' AND product_id NOT IN (SELECT product_id FROM products) ORDER BY ALL
    """).fetchall()
    assert found == _planted(delivered, table, "unknown_product")


def test_parameters_count_the_dirt_by_day(shop: Path, delivered: duckdb.DuckDBPyConnection) -> None:
    parameters = json.loads((shop / "truth" / "parameters.json").read_text(encoding="utf-8"))
    counted = [(d["table"], d["delivered_on"], d["kind"], d["detail"], d["rows"]) for d in parameters["dirt"]]
    listed = delivered.execute("""
        SELECT "table", CAST(delivered_on AS VARCHAR), kind, detail, count(*) FROM truth_dirt GROUP BY ALL
    """).fetchall()
    assert sorted(counted) == sorted(listed)
    for table, rows in parameters["rows"].items():
        assert delivered.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)


def test_orders_come_to_the_drawn_value_to_the_cent(delivered: duckdb.DuckDBPyConnection) -> None:
    compared, equal = delivered.execute("""
        WITH last_state AS (
            SELECT * FROM orders WHERE order_id LIKE 'o%' AND line_type = 'product'
            QUALIFY row_number() OVER (PARTITION BY row_key ORDER BY delivered_on DESC) = 1
        ), totals AS (
            SELECT order_id, sum(quantity * unit_price - discount) AS total FROM last_state GROUP BY order_id
        )
        SELECT count(*), count_if(t.total = v.value) FROM truth_orders AS v JOIN totals AS t USING (order_id)
    """).fetchone()
    assert compared == equal
    assert compared == delivered.execute("SELECT count(*) FROM truth_orders").fetchone()[0]


def test_accounts_of_one_person_are_joined_by_their_links(delivered: duckdb.DuckDBPyConnection) -> None:
    alone, several = delivered.execute("""
        WITH keys AS (
            SELECT DISTINCT t.person_id, l.customer_id, l.key_type, l.key_value
            FROM links AS l JOIN truth_customers AS t USING (customer_id) WHERE l.key_value IS NOT NULL
        ), joined AS (
            SELECT DISTINCT a.customer_id FROM keys AS a JOIN keys AS b USING (key_type, key_value)
            WHERE a.customer_id <> b.customer_id AND a.person_id = b.person_id
        )
        SELECT count_if(j.customer_id IS NULL), count(*)
        FROM truth_customers AS t LEFT JOIN joined AS j USING (customer_id)
        WHERE t.customer_id <> t.person_id
    """).fetchone()
    assert several > 0
    assert alone == 0
    shared_by_strangers = delivered.execute("""
        SELECT key_value FROM links JOIN truth_customers USING (customer_id) WHERE key_value IS NOT NULL
        GROUP BY key_type, key_value HAVING count(DISTINCT person_id) > 1
    """).fetchall()
    assert shared_by_strangers == []


def test_planted_pairs_are_bought_together(delivered: duckdb.DuckDBPyConnection) -> None:
    share = delivered.execute("""
        WITH bought AS (SELECT DISTINCT order_id, product_id FROM orders WHERE quantity > 0)
        SELECT count_if(b.order_id IS NOT NULL) / count(*) FROM truth_affinities AS t
        JOIN bought AS a USING (product_id)
        LEFT JOIN bought AS b ON b.order_id = a.order_id AND b.product_id = t.bought_with
    """).fetchone()[0]
    assert share > 0.1


def test_who_leaves_had_a_reason_more_often_than_who_stays(delivered: duckdb.DuckDBPyConnection) -> None:
    leaving, staying = (
        delivered.execute(
            "SELECT count(cause) / count(*) FROM truth_orders WHERE kind = 'purchase' AND is_last = ?", [is_last]
        ).fetchone()[0]
        for is_last in (True, False)
    )
    assert leaving > 0.65
    assert staying < 0.1


def test_repeat_purchases_have_the_mean_of_the_bg_nbd() -> None:
    """Against E[X(t)] of Fader, Hardie & Lee (2005), averaged over the simulated arrivals."""
    process, end = BgNbd(), 791
    persons = draw_persons(np.random.default_rng(1), 20_000, end, process, GammaGamma(), visitor_share=0.0)
    purchases = simulate_purchases(np.random.default_rng(2), persons, end)
    repeats = (~purchases["is_first"]).sum() / len(persons)
    since = end - persons["arrival"].to_numpy()
    r, alpha, a, b = process.r, process.alpha, process.a, process.b
    shrink = (alpha / (alpha + since)) ** r * hyp2f1(r, b, a + b - 1, since / (alpha + since))
    assert repeats == pytest.approx(((a + b - 1) / (a - 1) * (1 - shrink)).mean(), rel=0.03)


def test_purchase_values_have_the_mean_of_the_gamma_gamma() -> None:
    spend = GammaGamma()
    rng = np.random.default_rng(3)
    persons = draw_persons(rng, 20_000, 100, BgNbd(), spend, visitor_share=0.0)
    first_day = pd.DataFrame({"person": np.arange(20_000), "time": 0.5, "is_last": False})
    bought = purchase_days(rng, persons, first_day, spend)
    assert bought["value"].mean() / 100 == pytest.approx(spend.p * spend.gamma / (spend.q - 1), rel=0.02)
