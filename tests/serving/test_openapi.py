"""The API answers what its OpenAPI says it answers, to all that it allows and to what it does not."""

from contextlib import suppress

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from tests.serving.api import Api

EXAMPLES = 20
STATUSES = {"401", "403", "413", "422", "429", "503"}


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_is_described(api: Api, mode: GenerationMode) -> None:
    headers = {"Authorization": f"Bearer {api.key('admin')}"}
    described = schemathesis.openapi.from_url(f"{api.address}/openapi.json", headers=headers)
    for found in described.get_all_operations():
        asked_for = found.ok()

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(asked_for.as_strategy(generation_mode=mode))
        def every(case: schemathesis.Case) -> None:
            case.call_and_validate(headers=headers)

        # Some routes take nothing that could be wrong.
        with suppress(Unsatisfiable):
            every()


def test_every_status_is_declared(api: Api) -> None:
    paths = api.ask("/openapi.json").json()["paths"]
    routes = [route for methods in paths.values() for route in methods.values()]
    assert len(routes) == 17
    for route in routes:
        assert set(route["responses"]) >= STATUSES
        assert route["summary"]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]),
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.binary(max_size=300),
)
def test_what_is_malformed_is_refused_with_a_reason_and_changes_nothing(
    api: Api, method: str, path: str, body: bytes
) -> None:
    headers = {"authorization": f"Bearer {api.key('admin')}", "content-type": "application/json"}
    for asked in (f"/{path}", f"/customers/{path}", f"/customers?after={path}", f"/events?{path}"):
        answer = requests.request(method, api.address + asked, headers=headers, data=body, timeout=30)
        assert answer.status_code < 500, asked
        if answer.status_code >= 400 and method != "HEAD":
            assert answer.json()["error"]
    assert not (api.home.landing / "events").exists()
