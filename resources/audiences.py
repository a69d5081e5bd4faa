"""Named lists of customers, as store.yaml declares them under `audiences`, and the advertising platforms whose keys are kept, under `platforms`."""

import json
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, Literal

import duckdb
from pydantic import BaseModel, ConfigDict, Field, model_validator

from resources.errors import ZhikeError, engine_words
from resources.quoting import identifier
from resources.words import Words

Platform = Literal["google", "meta", "tiktok", "tencent", "oceanengine"]
# Whether somebody on a list may be reached, and the first reason why not.
REACHED = "may_be_reached"
REACHES = (REACHED, "refused", "no_consent", "held_out", "contacted_lately")
# What names a person is no trait of theirs.
NAMES = {"person_id", "customer_ids"}
WHERE = "store.yaml, audiences"
# What a condition may call: the answer follows from the values alone.
_CALLED = (
    "+ - * / % // || ~~ !~~ ~~* !~~* ^@ abs ceil contains date_diff date_trunc datediff day dayofweek ends_with floor greatest ifnull least "
    "len length list_contains list_has_all list_has_any lower ltrim month nullif prefix quarter regexp_full_match regexp_matches round rtrim "
    "sign starts_with strlen substr substring suffix to_days to_months to_weeks to_years trim trunc upper year"
)
FUNCTIONS = frozenset(_CALLED.split())
# Of what a parsed condition may be made.
PARTS = {"BETWEEN", "CASE", "CAST", "COLUMN_REF", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "OPERATOR"}


class Range(BaseModel):
    """A range, its ends included."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _has_room(self) -> "Range":
        if self.least is None and self.most is None:
            raise ValueError("a range names `least`, `most` or both")
        if self.least is not None and self.most is not None and self.most < self.least:
            raise ValueError("`most` lies below `least`")
        return self


class Audience(BaseModel):
    """One list: who fulfils all that is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Words
    where: str | None = Field(
        None, description="A condition in SQL over the columns of insights.customer_360, without who they are."
    )
    segments: tuple[str, ...] = Field((), description="Segments by their names, in Chinese or English.")
    classes: tuple[str, ...] = Field((), description="RFM classes by their names, in Chinese or English.")
    risk: Range | None = Field(None, description="The probability of leaving, from 0 to 1.")
    value: Range | None = Field(None, description="The value in twelve months, in the shop's currency.")
    best_share: float | None = Field(None, gt=0, le=1, description="Only the best by value: this share of customers.")
    categories: tuple[str, ...] = Field((), description="Who looks at one of these categories most or second most.")
    brands: tuple[str, ...] = Field((), description="Who looks at one of these brands most.")
    next_order_within_days: int | None = Field(
        None, ge=0, le=366, description="Whose next order is expected within so many days."
    )
    lookalike_seed: int | None = Field(
        None,
        ge=100,
        description="The best by value, so many of those who may be reached: a platform looks for others like them.",
    )

    @model_validator(mode="after")
    def _says_who(self) -> "Audience":
        if not self.needs and self.where is None:
            raise ValueError(f"audience {self.name.en}: nothing says who is on it")
        return self

    @property
    def needs(self) -> list[str]:
        """The columns of insights.customer_360 that it needs beside those that its condition names."""
        said = {
            "segment_zh": self.segments,
            "class_zh": self.classes,
            "p_churn": self.risk,
            "clv_12m": self.value or self.best_share or self.lookalike_seed,
            "category": self.categories,
            "brand": self.brands,
            "next_order_on": self.next_order_within_days is not None,
        }
        return [column for column, asked in said.items() if asked]


class Platforms(BaseModel):
    """The platforms for which keys of customers are made on arrival. An unsalted hash of a telephone number is undone in minutes: such a key is
    personal, and none is made unless it is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    names: tuple[Platform, ...] = Field(description="google, meta, tiktok, tencent, oceanengine.")
    calling_code: str = Field("86", pattern=r"^[1-9]\d{0,2}$", description="The country of numbers that name none.")


def named(audiences: Collection[str]) -> None:
    """Raises ValueError for a name of a list that is none."""
    odd = [name for name in audiences if not (name.isascii() and name.isidentifier() and name == name.lower())]
    if odd:
        raise ValueError(f"audiences: {odd[0]!r} is no name of a-z, 0-9 and _")


def holds(condition: str) -> str:
    """A condition of a list as one expression in SQL, whatever stands beside it; what is not known does not hold."""
    # A comment in its last line would hide the bracket.
    return f"coalesce((\n{condition}\n), false)"


def require_condition(name: str, condition: str, columns: "tuple[tuple[str, str], ...]") -> None:
    """Raises ZhikeError unless the condition of a list is one expression over these columns (name, type) and functions of their values."""
    fault = _fault(condition, columns)
    if fault:
        remedy = (
            "write one condition over the columns of insights.customer_360; docs/audiences.md lists what it may call"
        )
        raise ZhikeError(f"the condition of audience {name} {fault}", WHERE, remedy)


@lru_cache(maxsize=256)
def _fault(condition: str, columns: "tuple[tuple[str, str], ...]") -> str | None:
    sql = f"SELECT 1 FROM customer_360 WHERE {holds(condition)}"
    declared = ", ".join(f"{identifier(column)} {kind}" for column, kind in columns if column not in NAMES)
    with duckdb.connect() as parser:
        try:
            if len(duckdb.extract_statements(sql)) != 1:
                return "is more than one statement"
            ((text,),) = parser.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
            tree = json.loads(text)
            if tree["error"]:
                return f"is no condition: {tree['error_message']}"
            if not _is_plain(tree["statements"]):
                return "is more than a condition"
            node = tree["statements"][0]["node"]["where_clause"]
            known = {column.lower() for column, _ in columns}
            for part, called in _parts(node):
                if part not in PARTS:
                    return f"holds what is no condition on a customer ({part.lower()})"
                if part == "FUNCTION" and called not in FUNCTIONS:
                    return f"calls {called}(), which is none of those that it may"
                # The engine also takes the day, its user and a whole row for a column.
                if part == "COLUMN_REF" and called.lower().removeprefix("customer_360.") not in known:
                    return f"names {called}, which is no column"
            parser.execute(f"CREATE TABLE customer_360 ({declared})")
            parser.execute(sql)
        except duckdb.Error as error:
            return f"does not hold: {engine_words(error)}"
        except RecursionError:
            return "is nested too deep"
    return None


def _is_plain(statements: list[Any]) -> bool:
    """Whether what was parsed is the select that was put around a condition, and nothing that a bracket of its own made of it."""
    node = statements[0]["node"]
    # With a bracket of its own a condition would stand beside what was put around it, and not within.
    where = node.get("where_clause") or {}
    return (
        len(statements) == 1
        and node["type"] == "SELECT_NODE"
        and node["from_table"]["type"] == "BASE_TABLE"
        and [each["class"] for each in node["select_list"]] == ["CONSTANT"]
        and not any(
            node[part] for part in ("modifiers", "group_expressions", "group_sets", "having", "qualify", "sample")
        )
        and not node["cte_map"]["map"]
        and (where.get("type"), len(where.get("children", ()))) == ("OPERATOR_COALESCE", 2)
    )


def _parts(node: Any) -> Iterator[tuple[str, str]]:
    """The class of every part of a parsed expression, and what it calls or names."""
    if isinstance(node, dict):
        if "class" in node:
            yield node["class"], node.get("function_name") or ".".join(node.get("column_names", ()))
        for part in node.values():
            yield from _parts(part)
    elif isinstance(node, list):
        for part in node:
            yield from _parts(part)
