"""docs/tables.md, made from the asset graph: `python -m pipelines.tables_page > docs/tables.md`."""

from collections.abc import Iterator

import dagster as dg

from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.descriptions import chinese
from resources.shop import load_shop

PARTITIONING = {
    "daily": "A partition a delivery day.",
    "weekly": "A partition an as-of Monday; `{name}_latest` is the newest.",
    "none": "Not partitioned.",
}


def page() -> str:
    """The page: every table of a shop that hands over everything, with its columns."""
    calendar = Calendar.of(load_shop("demo"))
    lines = [
        "# Tables",
        "",
        "What every table of the warehouse holds, in the order in which they are made. A shop that hands over less has fewer tables and columns; the",
        "delivered columns of `raw` and `clean` are described in [contract.md](contract.md). The same text stands as comments in the published",
        "snapshot. This page is made from the asset graph: `python -m pipelines.tables_page > docs/tables.md`.",
    ]
    for asset in build_assets(calendar):
        name = ".".join(asset.key.path)
        if asset.key.path[0] in ("features", "insights"):
            lines += ["", *_table(asset, name, calendar)]
    return "\n".join(lines) + "\n"


def _table(asset: dg.AssetsDefinition, name: str, calendar: Calendar) -> Iterator[str]:
    metadata = asset.metadata_by_key[asset.key]
    schema = metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    partitioning = {calendar.daily: "daily", calendar.weekly: "weekly"}.get(asset.partitions_def, "none")
    yield f"## {name}"
    yield ""
    yield f"{asset.descriptions_by_key[asset.key]} {PARTITIONING[partitioning].format(name=name)} Key: {metadata['zhike/key']}."
    yield ""
    yield chinese(name)
    yield ""
    yield "| column | type | | |"
    yield "| --- | --- | --- | --- |"
    for column in schema.columns:
        personal = " Personal." if "personal" in (column.tags or {}) else ""
        yield f"| {column.name} | {column.type.replace('|', '/')} | {column.description}{personal} | {chinese(name, column.name)} |"


def main() -> None:
    print(page(), end="")


if __name__ == "__main__":
    main()
