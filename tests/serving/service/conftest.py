"""One server of a shop that answers customers, a module."""

from collections.abc import Iterator

import pytest

from tests.serving.api import Api, make_shop, served
from tests.serving.service.shop import publish_service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    store, home = make_shop(tmp_path_factory.mktemp("service"))
    publish_service(home)
    with served(store, home) as running:
        yield running
