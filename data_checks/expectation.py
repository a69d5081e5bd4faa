"""What is expected of a table's rows, as data: a name that is a sentence, a figure, its bounds, and why it matters."""

from dataclasses import dataclass
from typing import Literal

# A share of fewer offending rows than this gives no verdict: on a day of seven reviews one bad one is no broken delivery.
FEW = 10
PART = "{part}"

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class Expectation:
    """A bound on one figure of every staged partition.

    `figure` is an aggregate over the partition's rows; a select of (partition key, value) when it starts with SELECT; or,
    when `given`, the name of a figure that came with the rows. A figure that is NULL gives no verdict.
    `offending` is the predicate of the rows of `sample_from` shown when the bound is broken; PART in it stands for their partition.
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


def no_row(name: str, where: str, why: str, severity: Severity = "critical") -> Expectation:
    """No row of the partition fulfils `where`."""
    return Expectation(name, why, f"count(*) FILTER (WHERE {where})", at_most=0, offending=where, severity=severity)


def share_of_rows(name: str, where: str, at_most: float, why: str, severity: Severity = "critical") -> Expectation:
    """At most this share of the partition's rows fulfils `where`, unless they are few."""
    found = f"count(*) FILTER (WHERE {where})"
    # Named once: a predicate with a subquery would be evaluated for every mention.
    figure = f"list_filter([{found}], lambda n: n >= {FEW})[1] / count(*)"
    return Expectation(name, why, figure, at_most=at_most, offending=where, severity=severity)


def unique(name: str, columns: tuple[str, ...], why: str) -> Expectation:
    """No two rows of a partition have the same values in `columns`; two rows without a value have the same."""
    return Expectation(
        name,
        why,
        f"count(*) - count(DISTINCT row({', '.join(columns)}))",
        at_most=0,
        offending=f"row({', '.join((PART, *columns))}) IN "
        f"(SELECT row({', '.join((PART, *columns))}) FROM stage GROUP BY ALL HAVING count(*) > 1)",
    )
