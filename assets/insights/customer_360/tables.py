"""The table of cards: what every table that declares a card says of a person."""

import importlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import assets
from assets.features.tables import AS_OF, PERSON
from resources.shop import Shop
from resources.tables import Column, Table

if TYPE_CHECKING:
    import dagster as dg

KEY = ("as_of", "person_id")


def declarations() -> list[str]:
    """The modules below `assets` that declare tables."""
    folder = Path(assets.__path__[0])
    files = folder.rglob("tables.py")
    return sorted(".".join(file.relative_to(folder.parent).with_suffix("").parts) for file in files)


def tables_with_a_card() -> list[Table]:
    """Every table that declares a card, wherever below `assets`."""
    declared = (each for name in declarations() for each in vars(importlib.import_module(name)).values())
    return list({each.qualified: each for each in declared if isinstance(each, Table) and each.card}.values())


def parts_for(shop: Shop, there: Collection["dg.AssetKey"]) -> list[Table]:
    """The tables that give a card, as a shop has them whose graph has the tables `there`."""
    declared = {part.asset_key: part.for_shop(shop.has_prices, shop.declared) for part in tables_with_a_card()}
    # One all of whose columns need what the shop does not hand over has nothing to say.
    return [declared[key] for key in there if key in declared and declared[key].card]


def card_columns(table: Table) -> Iterator[tuple[str, Column]]:
    """The columns of a table's card, each with the column that it is on the card. Of a table with more rows a person it is the list of
    their values, named in the plural. Raises ValueError for one that is personal or that the table lacks."""
    columns = {column.name: column for column in table.columns}
    for name in table.card:
        column = columns.get(name)
        if column is None or column.personal:
            raise ValueError(f"the card of {table.qualified}: {name} is personal, or no column of it")
        if table.key == KEY:
            yield name, column
        else:
            yield (
                name,
                replace(
                    column,
                    name=f"{name}s",
                    type=f"{column.type}[]",
                    description=f"All of the person's. {column.description}",
                ),
            )


def card_of(parts: Sequence[Table]) -> Table:
    """The table of cards that these tables give. Raises ValueError where two of them give a column of one name."""
    columns = [AS_OF, PERSON, *(column for part in parts for _, column in card_columns(part))]
    names = [column.name for column in columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"more than one table gives {', '.join(twice)} to the card")
    return Table(
        schema="insights",
        name="customer_360",
        description="All that is known of each person as of a Monday, on one card: purchases, segment, RFM class, value, risk with reasons, "
        "taste, opinions. A quantity that a person has none of is empty.",
        partitioning="weekly",
        key=KEY,
        columns=tuple(columns),
    )
