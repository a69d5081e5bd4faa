"""docs/contract.md, made from the contract: `python -m pipelines.contract_page > docs/contract.md`."""

from collections.abc import Iterator

from resources.contract import CONTRACT, ContractTable, Field

ARRIVAL = {"hash": " Stored as a keyed hash.", "mask": " Addresses and numbers in it are masked.", "as_is": ""}


def page() -> str:
    """The page: every table with its columns."""
    lines = [
        "# What a shop hands over",
        "",
        "Only `orders` is a must. Columns marked * are required. Ids are text. Instants without an offset are the shop's wall",
        "time. Money is exact to four decimals, in the shop's one currency. This page is made from the contract:",
        "`python -m pipelines.contract_page > docs/contract.md`.",
    ]
    for table in CONTRACT.values():
        lines += ["", *_table(table)]
    return "\n".join(lines) + "\n"


def _table(table: ContractTable) -> Iterator[str]:
    change = "" if table.is_fact else " `known_on`, if mapped, says from which day a row of the history holds."
    yield f"## {table.name}"
    yield ""
    yield f"A row: {table.grain}. Key: {', '.join(table.key)}.{change}"
    yield ""
    yield "| column | type | |"
    yield "| --- | --- | --- |"
    for field in table.fields:
        yield f"| {field.name}{'*' if field.required else ''} | {field.type} | {_notes(field)} |"


def _notes(field: Field) -> str:
    values = f" One of {', '.join(field.values)}." if field.values else ""
    return field.description + values + (" Personal." if field.personal else "") + ARRIVAL[field.arrival]


if __name__ == "__main__":
    print(page(), end="")
