"""One server of a published shop a module; tests that change it have their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.home import Home
from tests.serving.api import Api, make_shop, publish_week, served


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    store, home = make_shop(tmp_path_factory.mktemp("served"))
    publish_week(home, "first")
    with served(store, home) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, Home]:
    """A shop's folder and its home, nothing published."""
    return make_shop(tmp_path)
