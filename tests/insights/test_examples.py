"""The notebooks of examples/ run on a published snapshot as they stand, cell by cell, and every table that they show has rows."""

import ast
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.shop_builder import Bench

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def snapshot(published: Bench) -> Path:
    return published.place / "snapshot" / "current"


def run(notebook: Path) -> list[Any]:
    """What each cell of a notebook shows: the value of its last expression."""
    shown: list[Any] = []
    names: dict[str, Any] = {}
    for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
        if cell["cell_type"] != "code":
            continue
        parts = ast.parse("".join(cell["source"]))
        last = parts.body.pop() if isinstance(parts.body[-1], ast.Expr) else None
        exec(compile(parts, str(notebook), "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), str(notebook), "eval"), names))
    return shown


@pytest.mark.parametrize("name", ["ten_questions", "model_evidence", "own_segment"])
def test_every_cell_answers(name: str, snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIKE_SNAPSHOT", str(snapshot))
    monkeypatch.setenv("ZHIKE_OUT", str(tmp_path))
    tables = [shown for shown in run(EXAMPLES / f"{name}.ipynb") if isinstance(shown, pd.DataFrame)]
    assert tables
    assert all(len(table) for table in tables), [list(table.columns) for table in tables if table.empty]
