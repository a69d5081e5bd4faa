"""The console of the demo shop: its rooms stand, and every number leads to its query, which gives it again."""

import re
from collections.abc import Iterator

import pytest
import requests

from resources.home import Home
from tests.insights.demo_bench import NEWEST
from tests.serving.api import Api, served
from tests.shop_builder import Bench

ROOMS = (
    "/",
    "/console/segments",
    "/console/customers",
    "/console/products",
    "/console/voice",
    "/console/recommendations",
    "/console/forecast",
    "/console/health",
)
FIGURE = re.compile(r'<a class="figure" href="(/console/queries/[^"]+)"><data value="([^"]+)"')
RESULT = re.compile(r'<p class="result"><data value="[^"]*">([^<]+)</data>')


@pytest.fixture(scope="module")
def visitor(published: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[requests.Session]:
    bench = published.copy(tmp_path_factory.mktemp("console"))
    with served(bench.store, Home(bench.place)) as api, requests.Session() as session:
        session.headers["x-address"] = api.address
        enter(session, api)
        yield session


def enter(session: requests.Session, api: Api) -> None:
    assert (
        session.post(
            f"{api.address}/login", data={"key": api.key("read")}, timeout=60, allow_redirects=False
        ).status_code
        == 303
    )


def see(visitor: requests.Session, path: str) -> str:
    answer = visitor.get(f"{visitor.headers['x-address']}{path}", timeout=60)
    assert answer.status_code == 200, path
    return answer.text.replace("&amp;", "&")


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_stands_in_both_languages_and_is_in_the_menu(visitor: requests.Session, room: str) -> None:
    for language in ("zh", "en"):
        page = see(visitor, f"{room}?lang={language}")
        assert f'<html lang="{language}">' in page and f'<a href="{room}" aria-current="page">' in page
        assert str(NEWEST) in page


def test_the_numbers_of_a_page_are_those_that_their_queries_give(visitor: requests.Session) -> None:
    figures = {figure for room in ("/", "/console/customers") for figure in FIGURE.findall(see(visitor, room))}
    assert len(figures) > 40
    card = re.search(r'href="(/console/customers/[^"]+)"', see(visitor, "/console/customers?sort=p_churn"))
    assert card
    of_the_card = FIGURE.findall(see(visitor, card[1]))
    assert len(of_the_card) > 8
    for address, value in [*sorted(figures)[::7], *of_the_card]:
        page = see(visitor, address)
        result = RESULT.search(page)
        assert result and float(result[1].replace(",", "")) == pytest.approx(float(value), abs=1e-3, rel=1e-3), address
        assert "SELECT" in page and re.search(r"\b(clean|features|insights|outreach|ops)\.\w+", page)


def test_a_query_answers_about_rows_only(visitor: requests.Session) -> None:
    address = str(visitor.headers["x-address"])
    for path, status in (("no.such", 404), ("week.orders?row=nonsense", 404)):
        assert visitor.get(f"{address}/console/queries/{path}", timeout=60).status_code == status
    nobody = see(visitor, "/console/queries/customers.spend?row=' OR true --&lang=en")
    assert "No result" in nobody and "&#39; OR true" in nobody
