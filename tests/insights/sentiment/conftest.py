"""The model as installed, trained once."""

import pytest

from assets.insights.sentiment.methods.scoring import Engine
from assets.insights.sentiment.model import installed_model


@pytest.fixture(scope="session")
def installed() -> Engine:
    return Engine(installed_model())
