"""What is expected of a table's rows, as data: a name that is a sentence, a figure, its bounds, and why it matters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resources.tables import Table

# A share of fewer offending rows than this gives no verdict: on a day of seven reviews one bad one is no broken delivery.
FEW = 10
PART = "{part}"
MISSING = "missing_inputs"

Severity = Literal["critical", "error", "warning"]
Unit = Literal["number", "rows", "share", "money", "times"]


@dataclass(frozen=True)
class Expectation:
    """A bound on one figure of every staged partition.

    `figure` is an aggregate over the partition's rows; a select of (partition key, value) when it starts with SELECT; or,
    when `given`, the name of a figure that came with the rows. A figure that is NULL gives no verdict. PART in a select stands
    for the partition key as text. `offending` is the predicate of the rows of `sample_from` shown when the bound is broken.
    A partition that breaks a critical one is not published; an error is published and fails the command, a warning is told.
    `model` names the model whose fit the figure is of: the check then shows what that fit showed on its hold-out, of its tables
    those named in `shows`, or all.
    `unit` says how people read the figure: a number, a count of rows that break a rule, a share (0 to 1), money, or how
    many times what is usual. Where it
    `tells_problems`, those that came with the rows are what the check says.
    """

    name: str
    why: str
    figure: str
    at_least: float | None = None
    at_most: float | None = None
    offending: str | None = None
    severity: Severity = "critical"
    given: bool = False
    sample_from: str = "stage"
    model: str | None = None
    shows: tuple[str, ...] | None = None
    unit: Unit = "number"
    tells_problems: bool = False


def no_row(name: str, where: str, why: str, severity: Severity = "critical") -> Expectation:
    """No row of the partition fulfils `where`."""
    figure = f"count(*) FILTER (WHERE {where})"
    return Expectation(name, why, figure, at_most=0, offending=where, severity=severity, unit="rows")


def moves_add_up(table: str, origin: str, target: str, why: str, times: int = 1) -> list[Expectation]:
    """Of moves from `origin` to `target` within a week: those who arrived are `times` the rows of `table`, and none is a move of nobody."""
    return [
        Expectation(
            "who_arrived_is_who_is_there",
            why,
            f"""
            SELECT CAST(a.as_of AS VARCHAR), coalesce(m.customers, 0) - {times} * coalesce(s.customers, 0) FROM asked AS a
            LEFT JOIN (SELECT as_of, sum(customer_count) AS customers FROM stage WHERE {target} IS NOT NULL GROUP BY as_of) AS m
                ON m.as_of = a.as_of
            LEFT JOIN (SELECT as_of, count(*) AS customers FROM {table} GROUP BY as_of) AS s ON s.as_of = a.as_of
            """,
            at_least=0,
            at_most=0,
        ),
        no_row("a_move_has_a_from_or_a_to", f"{origin} IS NULL AND {target} IS NULL", "A move of nobody."),
    ]


def share_of_rows(name: str, where: str, at_most: float, why: str, severity: Severity = "critical") -> Expectation:
    """At most this share of the partition's rows fulfils `where`, unless they are few."""
    found = f"count(*) FILTER (WHERE {where})"
    # Named once: a predicate with a subquery would be evaluated for every mention.
    figure = f"list_filter([{found}], lambda n: n >= {FEW})[1] / count(*)"
    return Expectation(name, why, figure, at_most=at_most, offending=where, severity=severity, unit="share")


def unique(name: str, columns: tuple[str, ...], why: str) -> Expectation:
    """No two rows of a partition have the same values in `columns`; two rows without a value have the same."""
    return Expectation(
        name,
        why,
        f"count(*) - count(DISTINCT row({', '.join(columns)}))",
        at_most=0,
        offending=f"row({', '.join((PART, *columns))}) IN "
        f"(SELECT row({', '.join((PART, *columns))}) FROM stage GROUP BY ALL HAVING count(*) > 1)",
        unit="rows",
    )


def suite_of(table: Table, suite: Sequence[Expectation]) -> list[Expectation]:
    """What is expected of a table: that no two rows have its key, and its suite."""
    key = tuple(name for name in table.key if name != table.partition_column)
    why = f"Two rows with the same {', '.join(key)} would be counted and acted on twice."
    return [*([unique("every_key_has_one_row", key, why)] if key else []), *suite]


def fit_figure(
    name: str,
    why: str,
    model: str,
    figure: str,
    at_least: float | None = None,
    at_most: float | None = None,
    severity: Severity = "warning",
    shows: tuple[str, ...] | None = None,
) -> Expectation:
    """A figure of `Metrics.figures` of the newest fit of `model` that made rows of the partition."""
    return Expectation(
        name,
        why,
        f"""
        SELECT s.part, arg_max(CAST(r.metrics -> 'figures' ->> '{figure}' AS DOUBLE), s.fitted_as_of)
        FROM (SELECT DISTINCT {PART} AS part, fitted_as_of FROM stage) AS s
        JOIN models.registry AS r ON r.name = '{model}' AND r.fitted_as_of = s.fitted_as_of
        GROUP BY s.part
        """,
        at_least=at_least,
        at_most=at_most,
        severity=severity,
        model=model,
        shows=shows,
    )


def every_buyer_has_one(what: str, why: str) -> Expectation:
    """As many rows a week as buyers in features.customers, unless the week has none at all."""
    return Expectation(
        f"every_buyer_has_{what}_or_nobody_has",
        why,
        """
        SELECT CAST(a.as_of AS VARCHAR), CASE WHEN s.buyers > 0 THEN c.buyers - s.buyers END FROM asked AS a
        LEFT JOIN (SELECT as_of, count(*) AS buyers FROM stage GROUP BY as_of) AS s ON s.as_of = a.as_of
        LEFT JOIN (SELECT as_of, count(*) AS buyers FROM features.customers WHERE frequency > 0 GROUP BY as_of) AS c ON c.as_of = a.as_of
        """,
        at_least=0,
        at_most=0,
    )
