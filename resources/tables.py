"""What a warehouse table is: its columns with types and descriptions, its partitioning, its key."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import dagster as dg

MONEY = "DECIMAL(18,4)"
# The one partition of a table that has none.
WHOLE = "all"

Partitioning = Literal["daily", "weekly", "none"]


@dataclass(frozen=True)
class Column:
    """A column. `personal` ones are masked in samples; `money` ones are absent in a shop without prices;
    `needs` names the contract table without which the column has nothing to say."""

    name: str
    type: str
    description: str
    personal: bool = False
    money: bool = False
    needs: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of the warehouse. Daily tables are partitioned by `delivered_on`, weekly ones by `as_of`."""

    schema: str
    name: str
    description: str
    partitioning: Partitioning
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    holds_verdicts: bool = False
    """Whether a daily table is itself made by fits: what changes in it makes no fit old."""
    card: tuple[str, ...] = ()
    """Of a weekly table with a `person_id`: the columns that insights.customer_360 shows of a person."""

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def asset_key(self) -> "dg.AssetKey":
        # Here, so that commands that only read know the contract without Dagster.
        import dagster as dg

        return dg.AssetKey([self.schema, self.name])

    @property
    def partition_column(self) -> str | None:
        return {"daily": "delivered_on", "weekly": "as_of", "none": None}[self.partitioning]

    @property
    def part(self) -> str:
        """The SQL of a row's partition key as text."""
        return f"CAST({self.partition_column} AS VARCHAR)" if self.partition_column else f"'{WHOLE}'"

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def personal_columns(self) -> set[str]:
        return {column.name for column in self.columns if column.personal}

    def for_shop(self, has_prices: bool, declared: frozenset[str]) -> "Table":
        """The table as this shop has it: without money where there are no prices, without columns whose source it lacks."""
        kept = tuple(
            column
            for column in self.columns
            if (has_prices or not column.money) and (column.needs is None or column.needs in declared)
        )
        there = {column.name for column in kept}
        return replace(self, columns=kept, card=tuple(name for name in self.card if name in there))

    def whole(self, there: Collection[str], relation: str | None = None) -> str:
        """A select of all columns of the table, or of `relation`, in which only some are `there`: the others, which the shop lacks, are 0
        or empty. So one select serves every shop."""
        columns = ", ".join(
            f'"{column.name}"'
            if column.name in there
            else f'CAST({_nothing(column)} AS {column.type}) AS "{column.name}"'
            for column in self.columns
        )
        return f"SELECT {columns} FROM {relation or self.qualified}"

    def create_sql(self, name: str | None = None, *, temporary: bool = False) -> str:
        columns = ", ".join(f'"{column.name}" {column.type}' for column in self.columns)
        kind = "TEMP TABLE" if temporary else "TABLE IF NOT EXISTS"
        return f"CREATE {kind} {name or self.qualified} ({columns})"

    def dagster_schema(self) -> "dg.TableSchema":
        import dagster as dg

        return dg.TableSchema(
            columns=[
                dg.TableColumn(
                    column.name, column.type, column.description, tags={"personal": ""} if column.personal else {}
                )
                for column in self.columns
            ]
        )


def _nothing(column: Column) -> str:
    return "0" if column.type == MONEY or column.name.endswith("_count") else "NULL"
