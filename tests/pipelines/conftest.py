"""The corner shop, run once a session; tests that spoil it work on a copy."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.pipelines.corner import Said, open_corner, run
from tests.shared import once
from tests.shop_builder import Bench


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with its files, nothing run. Not to be changed."""
    return open_corner(tmp_path_factory.mktemp("opened"))


@pytest.fixture(scope="session")
def first_run(opened: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Said]:
    """The shop after `zhike run --json`, and what that said. Not to be changed."""

    def make(folder: Path) -> None:
        said = run(opened.copy(folder), "--json")
        (folder / "said.json").write_text(json.dumps(asdict(said)), encoding="utf-8")

    folder = once(tmp_path_factory, "corner", make)
    return Bench(folder), Said(**json.loads((folder / "said.json").read_text(encoding="utf-8")))


@pytest.fixture
def corner(first_run: tuple[Bench, Said], tmp_path: Path) -> Bench:
    """A copy of the shop after all days and weeks, to be changed."""
    return first_run[0].copy(tmp_path)


@pytest.fixture
def new_corner(opened: Bench, tmp_path: Path) -> Bench:
    """A copy of the shop's files, nothing run."""
    return opened.copy(tmp_path)
