"""The pages of tables and of the contract say what the code says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assets.outreach.snapshot.parts import is_published
from pipelines import contract_page, tables_page, wordings_page
from pipelines.definitions import build_assets
from resources.calendar import Calendar
from resources.descriptions import chinese
from resources.shop import load_shop

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("name", "page"),
    [("tables.md", tables_page.page), ("contract.md", contract_page.page), ("wordings.md", wordings_page.page)],
)
def test_a_made_page_is_as_the_code_would_make_it(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / name).read_text() == page()


def test_every_published_table_and_column_is_described_in_chinese_too() -> None:
    for asset in build_assets(Calendar.of(load_shop("demo"))):
        table = ".".join(asset.key.path)
        # The snapshot and the report are no tables.
        schema = asset.metadata_by_key[asset.key].get("dagster/column_schema")
        if not is_published(table) or schema is None:
            continue
        assert chinese(table), table
        silent = [column.name for column in schema.columns if not chinese(table, column.name) and not column.tags]
        assert silent == [], f"{table}: write them into resources/descriptions.yaml"
