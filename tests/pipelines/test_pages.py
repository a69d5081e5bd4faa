"""The pages of tables and of the contract say what the code says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import contract_page, tables_page

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("name", "page"), [("tables.md", tables_page.page), ("contract.md", contract_page.page)])
def test_a_made_page_is_as_the_code_would_make_it(name: str, page: Callable[[], str]) -> None:
    assert (DOCS / name).read_text() == page()
