"""The corner shop, run once a session; tests that spoil it work on a copy."""

from pathlib import Path

import pytest

from tests.pipelines.corner import Said, open_corner, run
from tests.shop_builder import Bench


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with its files, nothing run. Not to be changed."""
    return open_corner(tmp_path_factory.mktemp("opened"))


@pytest.fixture(scope="session")
def first_run(opened: Bench, tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Said]:
    """The shop after `zhike run --json`, and what that said. Not to be changed."""
    bench = opened.copy(tmp_path_factory.mktemp("corner"))
    return bench, run(bench, "--json")


@pytest.fixture
def corner(first_run: tuple[Bench, Said], tmp_path: Path) -> Bench:
    """A copy of the shop after all days and weeks, to be changed."""
    return first_run[0].copy(tmp_path)


@pytest.fixture
def new_corner(opened: Bench, tmp_path: Path) -> Bench:
    """A copy of the shop's files, nothing run."""
    return opened.copy(tmp_path)
