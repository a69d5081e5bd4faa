"""A shop's mapping is one SELECT over its declared sources, and can do nothing else.

It runs where the warehouse can be written and files can be opened, since rows that pass from one connection to another cost thrice what
reading them from Parquet does. So it is judged before, as the parser of the engine itself sees it (json_serialize_sql), never by its text:
a SELECT reaches something only through what it selects from or a function that it calls, and both have to be known names.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from resources.errors import ZhikeError, engine_words

# Functions whose answer follows from their arguments or is the time, those of resources/reading.py among them. What reads a setting, a variable,
# the catalogue or the key's macros is left out, and so is what gives another answer each time.
FUNCTIONS = frozenset(Path(__file__).with_name("mapping_functions.txt").read_text(encoding="utf-8").split())
# Functions that make rows of their arguments alone.
ROW_MAKERS = {"unnest", "range", "generate_series", "json_each", "json_tree", "regexp_split_to_table"}
# What may stand behind FROM beside tables and functions: parts of the select itself.
PARTS = {"JOIN", "SUBQUERY", "EMPTY", "EXPRESSION_LIST", "COLUMN_DATA", "PIVOT"}


def require_select(sql: str, sources: "set[str]", what: str, where: str) -> None:
    """Raises ZhikeError unless `sql` is exactly one SELECT that reads nothing but `sources`, what it defines itself under WITH, and
    functions of their arguments. `what` names it in the message, `where` the place to correct it."""
    fault = _fault(sql, frozenset(sources))
    if fault:
        raise ZhikeError(f"{what} {fault.does}", where, fault.remedy)


class _Fault(NamedTuple):
    does: str
    remedy: str = (
        "write one SELECT over the names under `sources` in store.yaml; declare every file that it reads there"
    )


# A mapping is asked for with every delivery of a table.
@lru_cache(maxsize=256)
def _fault(sql: str, sources: "frozenset[str]") -> _Fault | None:
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        return _Fault(f"is not valid SQL: {engine_words(error)}", "correct it")
    kinds = [statement.type.name.lower() for statement in statements]
    if kinds != ["select"]:
        return _Fault(f"is not one SELECT but {' and '.join(kinds) or 'empty'}")
    with duckdb.connect() as parser:
        ((text,),) = parser.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
    tree = json.loads(text)
    if tree["error"]:
        return _Fault(f"is not one SELECT: {tree['error_message']}")
    for reading in _readings(tree["statements"], frozenset(name.casefold() for name in sources)):
        return _Fault(f"reads {reading}, which is none of the sources {', '.join(sorted(sources))}")
    for name in _called(tree["statements"]):
        if name not in FUNCTIONS | ROW_MAKERS:
            listed = "use one of those that resources/mapping_functions.txt lists"
            return _Fault(f"calls {name}(), which is no function of a row's values alone, or unknown", listed)
    return None


def _called(node: Any) -> Iterator[str]:
    """The functions that a parsed statement calls on rows: operators, aggregates and windows too."""
    parts = node if isinstance(node, list) else node.values() if isinstance(node, dict) else ()
    if isinstance(node, dict) and "function_name" in node:
        yield node["function_name"]
    for part in parts:
        yield from _called(part)


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
        place = [part for part in (node.get("catalog_name"), node.get("schema_name")) if part]
        # A source has no schema, even where its name has a point.
        if place or node["table_name"].casefold() not in known:
            yield f"{'.'.join([*place, node['table_name']])!r}"
    elif kind == "TABLE_FUNCTION":
        called = node["function"]
        name = called.get("function_name", "")
        if name not in ROW_MAKERS or called.get("schema") or called.get("catalog"):
            yield f"{name}()"
    elif kind == "SHOW_REF":
        yield "what the warehouse holds (DESCRIBE, SHOW, SUMMARIZE)"
    elif "sample" in node and "cte_map" not in node and kind not in PARTS:
        yield f"{kind}"
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
