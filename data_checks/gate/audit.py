"""Profiles the staged rows and lets Great Expectations judge the profile.

The figures are exact and come from one statement, so that the engine does the work and Great Expectations sees one row
a partition: its cost does not grow with the table (on DuckDB it cannot push its own queries down).
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

import duckdb

from data_checks.gate.expectation import MISSING, PART, Expectation
from resources.errors import ZhikeError
from resources.tables import Table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Verdict:
    """What came of one expectation: the figure of every partition, and the partitions that break its bounds."""

    expectation: Expectation
    values: dict[str, Any]
    bad: list[str]


@dataclass(frozen=True)
class PartitionFigures:
    """A staged partition: its rows, and the figure of each expectation by name."""

    row_count: int
    figures: dict[str, Any]


def audit(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    figures: str | None,
    expectations: Sequence[Expectation],
    keys: "Sequence[date | str]",
    missing: dict[str, list[str]],
) -> tuple[list[Verdict], dict[str, PartitionFigures]]:
    """The verdict on every expectation, and every partition's row count."""
    frame = profile(connection, table, figures, expectations, [str(key) for key in keys], missing)
    bad = _unexpected(table.qualified, expectations, frame)
    verdicts = []
    for number, expectation in enumerate(expectations):
        column = _column(number, expectation)
        values = {key: _plain(value) for key, value in zip(frame["part"], frame[column], strict=True)}
        verdicts.append(Verdict(expectation, values, sorted(bad.get(expectation.name, []))))
    counts = {
        row["part"]: PartitionFigures(
            int(row["row_count"]),
            {e.name: verdict.values[row["part"]] for e, verdict in zip(expectations, verdicts, strict=True)},
        )
        for row in frame.to_dict("records")
    }
    return verdicts, counts


def _column(number: int, expectation: Expectation) -> str:
    return expectation.figure if expectation.given else f"figure_{number}"


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    return float(value) if not isinstance(value, str) else value


def profile(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    figures: str | None,
    expectations: Sequence[Expectation],
    keys: list[str],
    missing: dict[str, list[str]],
) -> "pd.DataFrame":
    """One row a partition: `part`, `row_count` and a column for each figure."""
    part = table.partition_column or "'all'"
    aggregates, joins, selected = [], [], []
    for number, expectation in enumerate(expectations):
        column = _column(number, expectation)
        if expectation.given:
            if expectation.figure != MISSING:
                selected.append(f"CAST({f'g.{column}' if figures else 'NULL'} AS DOUBLE) AS {column}")
            continue
        if expectation.figure.lstrip().upper().startswith("SELECT"):
            select = expectation.figure.replace(PART, table.part)
            joins.append(f"LEFT JOIN ({select}) AS q{number}(part, {column}) ON q{number}.part = k.part")
            selected.append(f"CAST(q{number}.{column} AS DOUBLE) AS {column}")
        else:
            aggregates.append(f"CAST({expectation.figure} AS DOUBLE) AS {column}")
            selected.append(f"s.{column}")
    joins += [f"LEFT JOIN ({figures}) AS g ON CAST(g.{table.partition_column} AS VARCHAR) = k.part"] if figures else []
    query = f"""
        SELECT k.part, coalesce(s.row_count, 0) AS row_count
            {"".join(", " + column for column in selected)}
        FROM (SELECT unnest($keys) AS part) AS k
        LEFT JOIN (
            SELECT {part} AS part, count(*) AS row_count
                {"".join(", " + aggregate for aggregate in aggregates)}
            FROM stage GROUP BY 1
        ) AS s ON CAST(s.part AS VARCHAR) = k.part
        {" ".join(joins)}
        ORDER BY k.part
    """
    frame = connection.execute(query, {"keys": keys}).df()
    frame[MISSING] = [float(len(missing.get(key, []))) for key in frame["part"]]
    return frame


@cache
def _context() -> Any:
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


@cache
def _batch_definition() -> Any:
    source = _context().data_sources.add_pandas("profiles")
    return source.add_dataframe_asset("profile").add_batch_definition_whole_dataframe("whole")


def _unexpected(name: str, expectations: Sequence[Expectation], frame: "pd.DataFrame") -> "dict[str, list[str]]":
    """For each expectation that Great Expectations finds broken the partitions whose figure is out of its bounds."""
    import great_expectations as gx
    import pandas as pd

    # A row for each figure and bound, for one expectation of them all: what a suite costs does not grow with its expectations.
    judged = pd.DataFrame(
        [
            (expectation.name, part, *pair)
            for number, expectation in enumerate(expectations)
            for part, value in zip(frame["part"], frame[_column(number, expectation)], strict=True)
            for pair in ((value, expectation.at_least), (expectation.at_most, value))
        ],
        columns=["check", "part", "larger", "smaller"],
    ).astype({"larger": float, "smaller": float})
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": judged})
    suite = gx.ExpectationSuite(
        name=name,
        expectations=[  # pyright: ignore[reportArgumentType]
            {
                "type": "expect_column_pair_values_a_to_be_greater_than_b",
                "kwargs": {
                    "column_A": "larger",
                    "column_B": "smaller",
                    "or_equal": True,
                    # A figure that is NULL gives no verdict, and a bound that is not set holds.
                    "ignore_row_if": "either_value_is_missing",
                },
            }
        ],
    )
    result = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["check", "part"]}
    )
    bad: dict[str, list[str]] = {}
    for entry in result.results:
        if entry.success:
            continue
        if "unexpected_index_list" not in entry.result:
            raise ZhikeError(
                f"the checks could not be judged: {entry.exception_info}", name, "correct the figures of its suite"
            )
        for found in entry.result["unexpected_index_list"]:
            bad.setdefault(found["check"], []).append(found["part"])
    return bad
