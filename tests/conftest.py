"""The tea house, run once a session; tests that spoil it work on a copy."""

import os
from pathlib import Path

# One thread a worker: the workers fill the cores. Before the first library that asks is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from tests.shared import once
from tests.shop_builder import WEEKS, Bench, open_tea_house

LONGEST = (
    "test_web_ui.py",
    "test_cli.py",
    "test_house_laws.py",
    "test_as_of.py",
    "test_any_shop.py",
    "test_presets.py",
    "test_extend.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: of two workers one would otherwise be alone with them at the end."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


@pytest.fixture(scope="session")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with its files, nothing run. Not to be changed."""
    return open_tea_house(tmp_path_factory.mktemp("delivered"))


@pytest.fixture(scope="session")
def tea_house(delivered: Bench, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The shop with all days and weeks run as one range each. Not to be changed."""

    def make(folder: Path) -> None:
        bench = delivered.copy(folder)
        assert bench.run_days().success
        assert bench.run_weeks(WEEKS[0]).success

    return Bench(once(tmp_path_factory, "tea_house", make))


@pytest.fixture
def unrun(delivered: Bench, tmp_path: Path) -> Bench:
    """A copy of the shop's files, nothing run."""
    return delivered.copy(tmp_path)


@pytest.fixture
def spoilt(tea_house: Bench, tmp_path: Path) -> Bench:
    """A copy of the shop after all days and weeks, to be changed."""
    return tea_house.copy(tmp_path)
