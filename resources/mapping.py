"""A shop's mapping is one SELECT over its declared sources, and can do nothing else.

It runs where the warehouse can be written, so it is judged before: by the parser of the engine itself (json_serialize_sql), never
by its text. The connection cannot be closed to files as a whole (`enable_external_access` cannot be opened again, and the snapshot
is written through it), so whatever reads beyond the sources is refused by name.
"""

import json
from collections.abc import Iterator
from typing import Any

import duckdb

from resources.errors import ZhikeError, engine_words

# Functions that make rows of their arguments alone.
ROW_MAKERS = {"unnest", "range", "generate_series", "json_each", "json_tree", "regexp_split_to_table"}
REMEDY = "write one SELECT over the names under `sources` in store.yaml; declare every file that it reads there"


def require_select(connection: duckdb.DuckDBPyConnection, sql: str, sources: "set[str]", what: str, where: str) -> None:
    """Raises ZhikeError unless `sql` is exactly one SELECT that reads nothing but `sources`, what it defines itself under WITH, and
    functions that make rows of their arguments. `what` names it in the message, `where` the place to correct it."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise ZhikeError(f"{what} is not valid SQL: {engine_words(error)}", where, "correct it") from None
    kinds = [statement.type.name.lower() for statement in statements]
    if kinds != ["select"]:
        raise ZhikeError(f"{what} is not one SELECT but {' and '.join(kinds) or 'empty'}", where, REMEDY)
    ((text,),) = connection.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        raise ZhikeError(f"{what} is not one SELECT: {tree['error_message']}", where, REMEDY)
    known = {name.casefold() for name in sources}
    for reading in _readings(tree["statements"], frozenset(known)):
        raise ZhikeError(
            f"{what} reads {reading}, which is none of the sources {', '.join(sorted(sources))}", where, REMEDY
        )


def _readings(node: Any, known: "frozenset[str]") -> Iterator[str]:
    """What a parsed statement reads beyond `known` names: tables, files, functions that read."""
    if isinstance(node, list):
        for part in node:
            yield from _readings(part, known)
        return
    if not isinstance(node, dict):
        return
    kind = node.get("type")
    if kind == "BASE_TABLE":
        name = ".".join(
            part for part in (node.get("catalog_name"), node.get("schema_name"), node["table_name"]) if part
        )
        if name.casefold() not in known:
            yield f"{name!r}"
    elif kind == "TABLE_FUNCTION":
        called = node["function"]
        name = called.get("function_name", "")
        if name not in ROW_MAKERS or called.get("schema") or called.get("catalog"):
            yield f"{name}()"
    elif kind == "SHOW_REF":
        yield "what the warehouse holds (DESCRIBE, SHOW, SUMMARIZE)"
    # A name that WITH defines is known in what stands beside it and below, and the queries before it do not know it.
    named = node.get("cte_map", {}).get("map", []) if isinstance(node.get("cte_map"), dict) else []
    inner = known
    for entry in named:
        inner |= {entry["key"].casefold()}
        # A recursive one reads itself.
        yield from _readings(entry["value"], inner)
    if kind in ("RECURSIVE_CTE_NODE", "CTE_NODE"):
        inner |= {node.get("cte_name", "").casefold()}
    for name, part in node.items():
        if name != "cte_map":
            yield from _readings(part, inner)
