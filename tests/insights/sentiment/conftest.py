"""The model as installed, trained once."""

import pytest

from assets.insights.sentiment.engines import installed_model
from assets.insights.sentiment.scoring import Engine


@pytest.fixture(scope="session")
def installed() -> Engine:
    return Engine(installed_model())
