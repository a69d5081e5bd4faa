"""What an asset function is given by the gate, and what it gives back."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import duckdb

from resources.evidence import Evidence
from resources.tables import Table
from resources.warehouse import Inputs, Warehouse

if TYPE_CHECKING:
    import pandas as pd


# Rows of another table: the table, the `source_table` that they are of, and their select.
Beside = tuple[Table, str, str]


@dataclass(frozen=True)
class Rows:
    """What an asset function gives to the gate: a select or a frame with the table's columns.

    `inputs` and `parameters` are what the select reads under unqualified names (see Warehouse.given) and its parameters.
    `figures` is a select of (partition key, figure, …) that came with the rows; `problems` are told where it is refused;
    `book` are statements of the same transaction; `beside` are rows of other tables that
    are published with these (what was put in quarantine): see Beside. `arrivals` are
    given where rows of a day follow from earlier rows of their key: the table in which a key's later rows arrived, and the key.
    `outdated` is a select, with its parameters, of partitions of the same table that are to be run again.
    `timeless_on` is, in a table of changes whose file has no days, the day on which all of it counts as known: a change of these rows
    says nothing of when, so no week is run again for it.
    `evidence` is what checks show beside their verdict, by name of the expectation. `plots` are numbers of a partition, by its key, which
    the web UI plots over the partitions.
    """

    relation: "str | pd.DataFrame"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    inputs: Inputs = field(default_factory=dict)
    figures: str | None = None
    beside: Sequence[Beside] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[str] = ()
    book: Sequence[tuple[str, list[Any]]] = ()
    arrivals: "tuple[Table, tuple[str, ...]] | None" = None
    outdated: "tuple[str, Mapping[str, Any]] | None" = None
    timeless_on: date | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    plots: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def figures_of(partition: str, names: Sequence[str], values: "Mapping[date, Sequence[float | None]]") -> str | None:
    """The select of figures that come with rows: by partition key, in the order of `names`. None where there are none."""
    if not values:
        return None
    rows = ", ".join(
        f"(DATE '{day}', {', '.join('NULL' if figure is None else repr(float(figure)) for figure in figures)})"
        for day, figures in values.items()
    )
    return f"SELECT * FROM (VALUES {rows}) AS f({', '.join((partition, *names))})"


@dataclass(frozen=True)
class Work:
    """What an asset function is given: the open warehouse and the partitions asked for. The gate's own temporary table `asked`
    holds their keys in the table's partition column; checks read it, and `stage`, too."""

    warehouse: Warehouse
    keys: tuple[date, ...]

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        return self.warehouse.connection

    def batches(self, table: str, columns: Sequence[str], size: int) -> Iterator[list[dict[str, Any]]]:
        """The rows of a temporary table that numbers them from 1 in `n`, in order, `size` at a time: memory does not grow with them."""
        count = self.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for start in range(0, count, size):
            rows = self.connection.execute(
                f"SELECT {', '.join(columns)} FROM {table} WHERE n > $start AND n <= $start + $size ORDER BY n",
                {"start": start, "size": size},
            ).fetchall()
            yield [dict(zip(columns, row, strict=True)) for row in rows]
