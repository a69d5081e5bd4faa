"""Takes who leaves out of the warehouse, in one transaction: what was delivered, what follows from it, what the book says of both."""

from collections.abc import Iterator

import duckdb

from pipelines.erasing.leaving import Leaving, columns_of
from resources.contract import CONTRACT, GUEST
from resources.erased import ACCOUNT, ERASED_ROWS, FOLLOWED, Tombstones, crowded_keys, guest_id, sweep
from resources.quoting import literal
from resources.tables import WHOLE

PERSON = "person_id"
# Columns of one row a person or an account.
OWNERS = (PERSON, ACCOUNT)
# Of the rows that follow from one delivered row: the columns that name it.
FROM_ROWS = ("message_id", "review_id", "event_id")
# Weekly rows that are no person's and quote what persons wrote.
QUOTING = {"insights.aspect_trends": ("quotes",), "insights.unanswered_questions": ("question", "variants", "reply")}
# Models that keep rows of what persons wrote, by the table from which they are fitted.
ROW_KEEPING = {"intents": "messages"}


def make_leaving(connection: duckdb.DuckDBPyConnection, leaving: Leaving) -> list[str]:
    """Makes `leaving`, their ids by kind, and `quoted`, what tables of nobody quote of their words. Returns the latter."""
    there = columns_of(connection)
    ids = [(ACCOUNT, account) for account in leaving.accounts]
    ids += [(kind, value) for kind, values in leaving.ids.items() for value in values]
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE leaving AS SELECT unnest($kinds) AS kind, unnest($ids) AS id",
        {"kinds": [kind for kind, _ in ids], "ids": [value for _, value in ids]},
    )
    _find_quoted(connection, there)
    return [row[0] for row in connection.execute("FROM quoted ORDER BY quote").fetchall()]


def forget_in_warehouse(
    connection: duckdb.DuckDBPyConnection, leaving: Leaving, tombstones: Tombstones, accounts_a_key: int
) -> None:
    """Removes the rows of who is `leaving`, and notes in ops.erasures how many of which table. Twice is a no-op."""
    tombstones.register(connection)
    there = columns_of(connection)
    connection.execute("BEGIN TRANSACTION")
    try:
        _find_persons(connection, there)
        if "raw.links" in there:
            crowded_keys(connection, "raw.links", accounts_a_key)
        counts = {
            **_forget_quoted(connection, there),
            **_forget_fits(connection, there),
            **_forget_delivered(connection, there),
            **dict(_forget_owned(connection, there)),
        }
        rows = [[leaving.proof_id, name, count] for name, count in counts.items() if count]
        if rows:
            connection.executemany("INSERT INTO ops.erasures VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _find_persons(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> None:
    """Makes `gone_persons`: whose rows go, by week. In a week in which an account of theirs was thought to be another's, that other's rows
    rest on what goes: they go too, and the week is to be run again."""
    identities = (
        "UNION SELECT as_of, person_id FROM features.identities WHERE customer_id IN (SELECT id FROM accounts)"
        if "features.identities" in there
        else ""
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE gone_persons AS
        WITH accounts AS (SELECT id FROM leaving WHERE kind = '{ACCOUNT}')
        SELECT CAST(NULL AS DATE) AS as_of, id AS person_id FROM accounts {identities}
        """
    )
    others = f"as_of IS NOT NULL AND person_id NOT IN (SELECT id FROM leaving WHERE kind = '{ACCOUNT}')"
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE to_run_again AS
        SELECT w.table_name, w.partition_key FROM ops.windows AS w
        JOIN (SELECT DISTINCT CAST(as_of AS VARCHAR) AS week FROM gone_persons WHERE {others}) AS o ON o.week = w.partition_key
        WHERE list_contains($weekly, w.table_name)
        """,
        {"weekly": [name for name, columns in there.items() if PERSON in columns and "as_of" in columns]},
    )
    _mark(connection, "features.identities")


def _mark(connection: duckdb.DuckDBPyConnection, cause: str) -> None:
    """Marks what is in `to_run_again`."""
    connection.execute(
        "INSERT INTO ops.causes SELECT table_name, partition_key, $cause, '', NULL FROM to_run_again AS t WHERE NOT EXISTS "
        "(FROM ops.causes AS c WHERE c.table_name = t.table_name AND c.partition_key = t.partition_key AND c.input_name = $cause)",
        {"cause": cause},
    )
    connection.execute(
        "UPDATE ops.windows AS w SET is_stale = true FROM to_run_again AS t "
        "WHERE w.table_name = t.table_name AND w.partition_key = t.partition_key"
    )


def _find_quoted(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> None:
    """Makes `quoted`: what tables of nobody quote of their words, and nobody else wrote."""
    # In a quote blanks are one, and a field stands for a number.
    said = r"regexp_replace(regexp_replace(trim(text), '\s+', ' ', 'g'), '[A-Za-z]{0,4}\d[\d-]{6,}', '{order_id}', 'g')"
    names = [name for name in ("reviews", "messages") if f"clean.{name}" in there]
    connection.execute("CREATE OR REPLACE TEMP TABLE quoted (quote VARCHAR)")
    quotes = " UNION ".join(f"SELECT quote FROM ({_quotes(name, there)})" for name in QUOTING if name in there)
    if not names or not quotes:
        return
    theirs, others = (
        " UNION ".join(
            f"SELECT text, {said} AS said FROM clean.{name} WHERE text IS NOT NULL AND {negated}{_theirs(name)}"
            for name in names
        )
        for negated in ("", "NOT ")
    )
    is_in = "length(q.quote) > 0 AND (contains(w.text, q.quote) OR contains(w.said, q.quote))"
    connection.execute(
        f"INSERT INTO quoted SELECT DISTINCT q.quote FROM ({quotes}) AS q JOIN ({theirs}) AS w ON {is_in}"
    )
    connection.execute(
        f"DELETE FROM quoted WHERE quote IN (SELECT q.quote FROM quoted AS q JOIN ({others}) AS w ON {is_in})"
    )


def _quotes(name: str, there: dict[str, dict[str, str]]) -> str:
    """The rows of a table that quotes, with what they quote."""
    quotes = ", ".join(_as_list(column, there[name]) for column in QUOTING[name] if column in there[name])
    return f"SELECT rowid AS r, unnest(flatten([{quotes}])) AS quote FROM {name}"


def _theirs(name: str) -> str:
    """That a clean row is theirs."""
    followed = FOLLOWED.get(name)
    also = (
        f" OR (coalesce({ACCOUNT}, '') = '' AND {followed} IN (SELECT id FROM leaving WHERE kind = '{followed}'))"
        if followed
        else ""
    )
    return f"coalesce({ACCOUNT} IN (SELECT id FROM leaving WHERE kind = '{ACCOUNT}'){also}, false)"


def _forget_quoted(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> dict[str, int]:
    """Removes weekly rows that quote them, and has these weeks run again."""
    counts: dict[str, int] = {}
    for name in QUOTING:
        if name not in there:
            continue
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE quoting AS SELECT DISTINCT r FROM ({_quotes(name, there)}) WHERE quote IN (FROM quoted)"
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE to_run_again AS SELECT DISTINCT {literal(name)} AS table_name, "
            f"CAST(as_of AS VARCHAR) AS partition_key FROM {name} WHERE rowid IN (FROM quoting)"
        )
        _mark(connection, name)
        counts[name] = _delete(connection, name, there[name], "rowid IN (FROM quoting)")
    return counts


def _as_list(column: str, kinds: dict[str, str]) -> str:
    return f"coalesce({column}, [])" if kinds[column].endswith("[]") else f"[{column}]"


def _forget_fits(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> dict[str, int]:
    """Removes fits that may keep rows of what they wrote; the next run makes them again."""
    gone = 0
    for model, table in ROW_KEEPING.items():
        if f"clean.{table}" not in there:
            continue
        ((first,),) = connection.execute(
            f"SELECT min(delivered_on) FROM clean.{table} WHERE {_theirs(table)}"
        ).fetchall()
        if first is not None:
            gone += len(
                connection.execute(
                    "DELETE FROM models.registry WHERE name = $model AND fitted_as_of > $first RETURNING name",
                    {"model": model, "first": first},
                ).fetchall()
            )
    return {"models.registry": gone}


def _forget_delivered(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> dict[str, int]:
    """What was delivered of them: raw and clean alike, with what was set aside."""
    counts: dict[str, int] = {}
    for name, table in CONTRACT.items():
        if f"raw.{name}" not in there:
            continue
        _set_aside(connection, there, name)
        _note_delivered(connection, name)
        counts[f"raw.{name}"] = sweep(connection, table, f"raw.{name}", by_hash=False)
        _booked(connection, f"raw.{name}", is_daily=table.is_fact)
        _note_erased(connection, name)
        if f"clean.{name}" in there:
            counts[f"clean.{name}"] = sweep(connection, table, f"clean.{name}", by_hash=False)
            _booked(connection, f"clean.{name}", is_daily=table.is_fact)
            if name == "orders":
                _drop_idle_corrections(connection, there["clean.orders"])
    return counts


def _set_aside(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]], name: str) -> None:
    """In quarantine, rows of theirs go; a line of an order stays, without what names them."""
    if "clean.quarantine" not in there or ACCOUNT not in there[f"raw.{name}"]:
        return
    followed = FOLLOWED.get(name)
    also = f" OR as_id({followed}) IN (SELECT id FROM leaving WHERE kind = '{followed}')" if followed else ""
    if name in ("messages", "outcomes"):
        also = f" OR (coalesce(trim({ACCOUNT}), '') = '' AND as_id({followed}) IN (SELECT id FROM leaving WHERE kind = '{followed}'))"
    theirs = f"as_id({ACCOUNT}) IN (SELECT id FROM leaving WHERE kind = '{ACCOUNT}'){also}"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE aside AS SELECT q.rowid AS r, x.* FROM clean.quarantine AS q "
        f"JOIN (FROM raw.{name} WHERE {theirs}) AS x USING (delivered_on, row_no) WHERE q.source_table = {literal(name)}"
    )
    if name != "orders":
        connection.execute("DELETE FROM clean.quarantine WHERE rowid IN (SELECT r FROM aside)")
        return
    if "row" not in there["clean.quarantine"]:
        return
    is_account = f"as_id(a.{ACCOUNT}) IN (SELECT id FROM leaving WHERE kind = '{ACCOUNT}')"
    row = f"CASE WHEN {is_account} THEN replace(CAST(q.row AS VARCHAR), '\"{ACCOUNT}\":' || to_json(a.{ACCOUNT}), '\"{ACCOUNT}\":null') ELSE CAST(q.row AS VARCHAR) END"
    guest = guest_id(f"a.{followed}")
    row = f"CASE WHEN a.{followed} IS NULL THEN {row} ELSE replace({row}, '\"{followed}\":' || to_json(a.{followed}), '\"{followed}\":' || to_json({guest})) END"
    connection.execute(
        f"UPDATE clean.quarantine AS q SET row = CAST({row} AS JSON) FROM aside AS a WHERE a.r = q.rowid"
    )


def _note_delivered(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE handed_over AS SELECT delivered_on, count(*) AS row_count FROM raw.{name} GROUP BY ALL"
    )


def _note_erased(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Adds what went to ops.erased_rows, so that the sum of a day's rows holds."""
    table = ERASED_ROWS.qualified
    known = {"source": name}
    connection.execute(
        f"UPDATE {table} AS e SET erased_count = erased_count + s.row_count FROM swept AS s "
        "WHERE e.source_table = $source AND e.delivered_on = s.delivered_on",
        known,
    )
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT $source AS source_table, delivered_on, h.row_count AS delivered_count, s.row_count AS erased_count "
        "FROM handed_over AS h JOIN swept AS s USING (delivered_on) "
        f"WHERE delivered_on NOT IN (SELECT delivered_on FROM {table} WHERE source_table = $source)",
        known,
    )


def _booked(connection: duckdb.DuckDBPyConnection, name: str, *, is_daily: bool) -> None:
    """Takes what was swept from the row counts of the book."""
    part = "CAST(s.delivered_on AS VARCHAR)" if is_daily else f"'{WHOLE}'"
    connection.execute(
        f"UPDATE ops.windows AS w SET row_count = w.row_count - s.n FROM "
        f"(SELECT {part} AS part, sum(row_count) AS n FROM swept AS s GROUP BY 1) AS s "
        "WHERE w.table_name = $name AND w.partition_key = s.part",
        {"name": name},
    )


def _drop_idle_corrections(connection: duckdb.DuckDBPyConnection, columns: dict[str, str]) -> None:
    """A correction that told nothing but whose order it was, of accounts that are both gone, repeats its row: the rows would come again as one."""
    same = ", ".join(name for name in columns if name != "sign")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE idle AS SELECT delivered_on, row_no FROM "
        f"(FROM clean.orders WHERE order_id LIKE '{GUEST}%') GROUP BY {same} HAVING count(DISTINCT sign) = 2"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE swept AS SELECT delivered_on, 2 * count(*) AS row_count FROM idle GROUP BY 1"
    )
    connection.execute(
        "DELETE FROM clean.orders AS o USING idle AS i WHERE o.delivered_on = i.delivered_on AND o.row_no = i.row_no"
    )
    _booked(connection, "clean.orders", is_daily=True)


def _forget_owned(connection: duckdb.DuckDBPyConnection, there: dict[str, dict[str, str]]) -> Iterator[tuple[str, int]]:
    """What follows from what was delivered: rows of an account or a person, and rows made from one delivered row."""
    for name, columns in there.items():
        schema, _, table = name.partition(".")
        if schema in ("ops", "models") or (schema in ("raw", "clean") and table in CONTRACT):
            continue
        those = [f"{ACCOUNT} IN (SELECT id FROM leaving WHERE kind = '{ACCOUNT}')"] if ACCOUNT in columns else []
        if PERSON in columns:
            those.append(f"{PERSON} IN (SELECT {PERSON} FROM gone_persons WHERE as_of IS NULL)")
            if "as_of" in columns:
                those.append(f"(as_of, {PERSON}) IN (SELECT as_of, {PERSON} FROM gone_persons WHERE as_of IS NOT NULL)")
        if "customer_ids" in columns:
            those.append(f"list_has_any(customer_ids, (SELECT list(id) FROM leaving WHERE kind = '{ACCOUNT}'))")
        those += [
            f"{column} IN (SELECT id FROM leaving WHERE kind = '{column}')" for column in FROM_ROWS if column in columns
        ]
        if those:
            yield name, _delete(connection, name, columns, " OR ".join(those))


def _delete(connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, str], those: str) -> int:
    """Deletes rows, and takes them from the row counts of the book."""
    part = next((f"CAST({each} AS VARCHAR)" for each in ("as_of", "delivered_on") if each in columns), f"'{WHOLE}'")
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE deleting AS SELECT rowid AS r, {part} AS part FROM {name} WHERE {those}"
    )
    ((count,),) = connection.execute("SELECT count(*) FROM deleting").fetchall()
    if count:
        connection.execute(f"DELETE FROM {name} WHERE rowid IN (SELECT r FROM deleting)")
        connection.execute(
            "UPDATE ops.windows AS w SET row_count = w.row_count - d.n FROM (SELECT part, count(*) AS n FROM deleting GROUP BY 1) AS d "
            "WHERE w.table_name = $name AND w.partition_key = d.part",
            {"name": name},
        )
    return count
