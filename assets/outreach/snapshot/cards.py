"""Writes `cards.sqlite`, the face of a snapshot for services: what the newest week says of each person, in one row found in microseconds.

Rows go through in batches, so memory does not grow with the persons. A text that many rows share is stored once.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from resources.cards import CARDS, FACTS, FILTERS, SORTS, STEPS, key_of
from resources.quoting import identifier, literal

BATCH = 5_000
PERSONS_A_BATCH = 50_000
# A text column with more values than this is stored as it is.
MOST_TEXTS = 20_000
# Of each account, for who is asked where they are.
LAST_ORDERS = 5
SELLING_DAYS = 28
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE filters (name TEXT, value INTEGER, zh TEXT, en TEXT, PRIMARY KEY (name, value)) WITHOUT ROWID;
CREATE TABLE accounts (customer_id TEXT PRIMARY KEY, person_id TEXT) WITHOUT ROWID;
CREATE TABLE products (id INTEGER PRIMARY KEY, product_id TEXT, title TEXT);
CREATE TABLE reasons (id INTEGER PRIMARY KEY, list TEXT, source TEXT, because_of TEXT, because_zh TEXT, because_en TEXT, list_id TEXT);
CREATE TABLE recommendations (person_id TEXT PRIMARY KEY, items TEXT) WITHOUT ROWID;
CREATE TABLE similar_products (product_id TEXT PRIMARY KEY, items TEXT) WITHOUT ROWID;
CREATE TABLE orders (customer_id TEXT PRIMARY KEY, items TEXT) WITHOUT ROWID;
CREATE TABLE entries (answer_id TEXT PRIMARY KEY, intent TEXT, question TEXT, answer TEXT, locale TEXT) WITHOUT ROWID;
CREATE TABLE segments (segment_id INTEGER PRIMARY KEY, row TEXT);
CREATE TABLE consents (
    person_id TEXT, customer_id TEXT, purpose TEXT, channel TEXT, is_given INTEGER, decided_at INTEGER,
    PRIMARY KEY (person_id, customer_id, purpose, channel)
) WITHOUT ROWID;
CREATE INDEX refusing ON consents (person_id) WHERE purpose = 'personalisation' AND NOT is_given;
CREATE TABLE selling (position INTEGER PRIMARY KEY, product_id TEXT, title TEXT);
"""


def write_cards(connection: duckdb.DuckDBPyConnection, building: Path, version: str) -> None:
    """Writes the file from the tables of the attached `snapshot`, of the newest week of cards; none where there are no cards."""
    there = {
        f"{schema}.{table}"
        for schema, table in connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'snapshot'"
        ).fetchall()
    }
    if "insights.customer_360" not in there:
        return
    ((as_of,),) = connection.execute(
        "SELECT CAST(max(as_of) AS VARCHAR) FROM snapshot.insights.customer_360"
    ).fetchall()
    if as_of is None:
        return
    with closing(sqlite3.connect(building / CARDS, isolation_level=None)) as cards:
        # Nobody reads it before it is whole, and what was cut off is removed.
        cards.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;")
        cards.executescript(f"{SCHEMA} BEGIN;")
        _consents(connection, cards, there, as_of)
        columns = _persons(connection, cards, as_of)
        for table, write in (
            ("features.identities", _accounts),
            ("insights.recommendations", _recommendations),
            ("insights.similar_products", _similar),
            ("insights.segment_profiles", _segments),
        ):
            if table in there:
                write(connection, cards, _newest(table, as_of), as_of)
        if "clean.orders" in there:
            _orders(connection, cards)
            if "insights.recommendations" in there:
                _selling(connection, cards, as_of)
        if "clean.answers" in there:
            _entries(connection, cards)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"version": version, "as_of": as_of, "fresh_at": now, "columns": json.dumps(columns)}
        cards.executemany("INSERT INTO meta VALUES (?, ?)", said.items())
        cards.execute("COMMIT")


def _newest(table: str, as_of: str) -> str:
    return f"(SELECT * EXCLUDE (as_of) FROM snapshot.{table} WHERE as_of = DATE {literal(as_of)})"


def _consents(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, there: set[str], as_of: str) -> None:
    """What holds of each account, by person: a row a decision, and one with an empty purpose of an account of several that decided nothing."""
    decided = "SELECT '' AS customer_id, '' AS purpose, '' AS channel, false AS is_given, TIMESTAMP 'epoch' AS decided_at WHERE false"
    people = "SELECT '' AS customer_id, '' AS person_id WHERE false"
    if "features.consents" in there:
        decided = "SELECT customer_id, purpose, channel, is_given, decided_at FROM snapshot.features.consents"
    if "features.identities" in there:
        people = _newest("features.identities", as_of)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE card_consents AS
        SELECT
            coalesce(p.person_id, d.customer_id) AS person_id, coalesce(d.customer_id, p.customer_id) AS customer_id,
            coalesce(d.purpose, '') AS purpose, coalesce(d.channel, '') AS channel, d.is_given, epoch_us(d.decided_at) AS decided_at
        FROM ({decided}) AS d FULL JOIN (FROM ({people})) AS p ON p.customer_id = d.customer_id
        """
    )
    _copy(connection, cards, "consents", "FROM card_consents ORDER BY ALL")


def _persons(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, as_of: str) -> dict[str, str]:
    """Writes the cards; of who refuses to be treated by personal traits, facts alone. Returns how each of their columns is stored: plain, text (its number in `texts`) or json."""
    rows = _newest("insights.customer_360", as_of)
    kinds = {name: kind for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    columns = _stored_as(connection, rows, kinds)
    selected = ", ".join(_plain(name, kind) for name, kind in kinds.items())
    names = ", ".join(f"{identifier(name)}{' TEXT PRIMARY KEY' if name == 'person_id' else ''}" for name in kinds)
    cards.execute(f"CREATE TABLE cards ({names}) WITHOUT ROWID")
    texts: dict[str, int] = {}
    coded = [at for at, how in enumerate(columns.values()) if how == "text"]
    refusing = "SELECT person_id FROM card_consents WHERE purpose = 'personalisation' AND NOT is_given"
    hidden = ", ".join(
        f"CASE WHEN NOT refuses THEN {identifier(name)} END AS {identifier(name)}"
        for name in kinds
        if name not in FACTS
    )
    replaced = f"* EXCLUDE (refuses) REPLACE ({hidden})" if hidden else "* EXCLUDE (refuses)"
    known = f"(SELECT {replaced} FROM (SELECT *, person_id IN ({refusing}) AS refuses FROM {rows}))"
    found = connection.execute(f"SELECT {selected} FROM {known} ORDER BY person_id")
    insert = f"INSERT INTO cards VALUES ({', '.join('?' * len(kinds))})"
    while batch := found.fetchmany(BATCH):
        cards.executemany(insert, _coded(batch, coded, texts))
    cards.executemany("INSERT INTO texts VALUES (?, ?)", ((number, text) for text, number in texts.items()))
    for name, by in FILTERS.items():
        if by in columns:
            zh, en = (
                f"(SELECT text FROM texts WHERE id = {name}_{language})"
                if columns[f"{name}_{language}"] == "text"
                else f"{name}_{language}"
                for language in ("zh", "en")
            )
            cards.execute(
                f"INSERT INTO filters SELECT ?, {by}, max({zh}), max({en}) FROM cards WHERE {by} IS NOT NULL GROUP BY {by}",
                [name],
            )
            for sort in SORTS:
                if sort in columns:
                    cards.execute(f"CREATE INDEX {name}_{sort} ON cards ({by}, {key_of(sort)})")
    return columns


def _stored_as(connection: duckdb.DuckDBPyConnection, rows: str, kinds: dict[str, str]) -> dict[str, str]:
    texts = [name for name, kind in kinds.items() if kind == "VARCHAR" and name != "person_id"]
    counted = ", ".join(f"approx_count_distinct({identifier(name)})" for name in texts)
    counts = connection.execute(f"SELECT {counted or 1} FROM {rows}").fetchall()[0]
    few = {name for name, count in zip(texts, counts, strict=False) if count <= MOST_TEXTS}
    return {name: "text" if name in few else "json" if kind.endswith("[]") else "plain" for name, kind in kinds.items()}


def _plain(name: str, kind: str) -> str:
    """A column as a service shows it: a date as text, money as a number, a list as JSON."""
    column = identifier(name)
    if kind.endswith("[]"):
        return f"CAST(to_json({column}) AS VARCHAR)"
    if kind.startswith("DECIMAL"):
        return f"CAST({column} AS DOUBLE)"
    return f"CAST({column} AS VARCHAR)" if kind in ("DATE", "TIMESTAMP") else column


def _coded(batch: Sequence[tuple[Any, ...]], coded: Sequence[int], texts: dict[str, int]) -> Iterator[list[Any]]:
    for row in batch:
        values = list(row)
        for at in coded:
            text = values[at]
            if text is not None:
                values[at] = texts.setdefault(text, len(texts))
        yield values


def _accounts(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, rows: str, as_of: str) -> None:
    _copy(connection, cards, "accounts", f"SELECT customer_id, person_id FROM {rows} ORDER BY customer_id")


def _recommendations(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, rows: str, as_of: str) -> None:
    """A person's lists are a row of items in order: product and reason by number, and where it has them score and days until it is due."""
    reason = ("list", "source", "because_of", "because_zh", "because_en", "list_id")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE card_products AS SELECT row_number() OVER () AS product, product_id, title FROM "
        f"(SELECT product_id, max(title) AS title FROM {rows} GROUP BY product_id ORDER BY product_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE card_reasons AS SELECT row_number() OVER () AS reason, * FROM "
        f"(SELECT DISTINCT {', '.join(reason)} FROM {rows} ORDER BY ALL)"
    )
    _copy(connection, cards, "products", "FROM card_products ORDER BY product")
    _copy(
        connection,
        cards,
        "reasons",
        "SELECT * REPLACE (CAST(to_json(because_of) AS VARCHAR) AS because_of) FROM card_reasons ORDER BY reason",
    )
    same = " AND ".join(f"k.{name} IS NOT DISTINCT FROM r.{name}" for name in reason)
    item = (
        "CASE WHEN r.score IS NULL AND r.due_on IS NULL THEN json_array(p.product, k.reason) "
        f"ELSE json_array(p.product, k.reason, round(r.score, 4), r.due_on - DATE {literal(as_of)}) END"
    )
    query = (
        f"SELECT r.person_id, CAST(to_json(list({item} ORDER BY r.list, r.position)) AS VARCHAR) FROM {rows} AS r "
        f"JOIN card_products AS p ON p.product_id = r.product_id JOIN card_reasons AS k ON {same} "
        "WHERE r.person_id BETWEEN $first AND $last GROUP BY r.person_id ORDER BY r.person_id"
    )
    persons = connection.execute(
        "SELECT min(person_id), max(person_id) FROM (SELECT person_id, ntile($batches) OVER (ORDER BY person_id) AS batch "
        f"FROM (SELECT DISTINCT person_id FROM {rows})) GROUP BY batch ORDER BY batch",
        {"batches": _batches(connection, rows)},
    ).fetchall()
    for first, last in persons:
        _copy(connection, cards, "recommendations", query, {"first": first, "last": last})
    connection.execute("DROP TABLE card_products")
    connection.execute("DROP TABLE card_reasons")


def _selling(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, as_of: str) -> None:
    """The products that most customers bought lately, of those that the shop's rules let on the lists of the week."""
    rows = _newest("insights.recommendations", as_of)
    _copy(
        connection,
        cards,
        "selling",
        f"""
        SELECT row_number() OVER (ORDER BY buyers DESC, product_id), product_id, title FROM (
            SELECT p.product_id, p.title, count(DISTINCT o.customer_id) AS buyers
            FROM (SELECT product_id, max(title) AS title FROM {rows} WHERE list = 'discover' GROUP BY product_id) AS p
            JOIN snapshot.clean.orders AS o ON o.product_id = p.product_id
            WHERE o.sign = 1 AND o.quantity > 0 AND o.cancelled_at IS NULL
                AND o.known_on < DATE {literal(as_of)} AND o.ordered_on >= DATE {literal(as_of)} - {SELLING_DAYS}
            GROUP BY ALL ORDER BY buyers DESC, p.product_id LIMIT (SELECT max(position) FROM {rows} WHERE list = 'discover')
        ) ORDER BY 1
        """,
    )


def _batches(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((persons,),) = connection.execute(f"SELECT count(DISTINCT person_id) FROM {rows}").fetchall()
    return persons // PERSONS_A_BATCH + 1


def _similar(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, rows: str, as_of: str) -> None:
    item = "{'position': position, 'product_id': other_product_id, 'score': round(score, 4), 'source': source}"
    _copy(
        connection,
        cards,
        "similar_products",
        f"SELECT product_id, CAST(to_json(list({item} ORDER BY position)) AS VARCHAR) FROM {rows} GROUP BY product_id ORDER BY product_id",
    )


def _orders(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection) -> None:
    """The newest orders of each account, a row of items: the minute at which each was ordered, its worth in cents, how many minutes later it was paid,
    shipped, delivered and, if so, cancelled. What was booked back counts for nothing; an order is delivered or cancelled when all its lines are. Accounts
    that are thought to be one person's stay apart: whoever shares a device with another is not to be told of their orders."""
    priced = connection.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = 'snapshot' AND schema_name = 'clean' AND table_name = 'orders' AND column_name = 'unit_price'"
    ).fetchall()
    money = "CAST(round(100 * sum(quantity * unit_price - coalesce(discount, 0))) AS BIGINT)" if priced else "NULL"
    line = "order_id, line_no, customer_id, quantity, ordered_at, paid_at, shipped_at, delivered_at, cancelled_at"
    line += ", unit_price, discount" if priced else ""
    *steps, cancelled = (f"epoch({column})::BIGINT // 60 - ordered" for column in STEPS)
    item = f"order_id, ordered, cents, {', '.join(steps)}"
    _copy(
        connection,
        cards,
        "orders",
        f"""
        WITH lines AS (
            SELECT {line} FROM snapshot.clean.orders
            WHERE customer_id IS NOT NULL AND quantity > 0 AND coalesce(line_type, 'product') = 'product'
            GROUP BY {line} HAVING sum(sign) > 0
        ), orders AS (
            SELECT customer_id, order_id, epoch(min(ordered_at))::BIGINT // 60 AS ordered, max(paid_at) AS paid_at, max(shipped_at) AS shipped_at,
                CASE WHEN count(delivered_at) = count(*) THEN max(delivered_at) END AS delivered_at,
                CASE WHEN count(cancelled_at) = count(*) THEN max(cancelled_at) END AS cancelled_at, {money} AS cents
            FROM lines GROUP BY ALL
        )
        SELECT customer_id, CAST(to_json(max_by(CASE WHEN cancelled_at IS NULL THEN json_array({item}) ELSE json_array({item}, {cancelled}) END, (ordered, order_id), {LAST_ORDERS})) AS VARCHAR)
        FROM orders GROUP BY customer_id ORDER BY customer_id
        """,
    )


def _entries(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection) -> None:
    """Each entry of the knowledge base as it was last known."""
    newest = ", ".join(f"arg_max({column}, known_on)" for column in ("intent", "question", "answer", "locale"))
    query = f"SELECT answer_id, {newest} FROM snapshot.clean.answers GROUP BY answer_id ORDER BY answer_id"
    _copy(connection, cards, "entries", query)


def _segments(connection: duckdb.DuckDBPyConnection, cards: sqlite3.Connection, rows: str, as_of: str) -> None:
    _copy(
        connection, cards, "segments", f"SELECT segment_id, CAST(to_json(s) AS VARCHAR) FROM {rows} AS s ORDER BY ALL"
    )


def _copy(
    connection: duckdb.DuckDBPyConnection,
    cards: sqlite3.Connection,
    table: str,
    query: str,
    parameters: dict[str, Any] | None = None,
) -> None:
    found = connection.execute(query, parameters)
    insert = f"INSERT INTO {table} VALUES ({', '.join('?' * len(found.description or []))})"
    while batch := found.fetchmany(BATCH):
        cards.executemany(insert, batch)
