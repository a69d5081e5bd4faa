"""The report and the console in a browser: for everybody to read, by keyboard, in both languages, on a desk and on a telephone, and nothing
from elsewhere. Every room of the console is looked at because it is in the menu."""

import random
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page

from resources.home import Home
from serving.console.rooms import ROOMS
from serving.console.site import QUERIES
from tests.browser.browser import WIDTHS, Tab, chromium, tab
from tests.insights.conftest import backfilled, dailies, demo_source, published  # noqa: F401
from tests.insights.demo_bench import NEWEST
from tests.insights.test_report import SECTIONS, tables, value
from tests.serving.api import Api, served
from tests.shop_builder import Bench

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
# Where a page's contrast is looked at: at both widths, and in both languages.
CONTRAST = {"zh": WIDTHS[0], "en": WIDTHS[1]}
LINKS = "links => links.map(link => link.getAttribute('href'))"
FIGURE = re.compile(r'<a class="figure" href="([^"]+)"><data value="([^"]+)"')
QUERY = re.compile(r'<code translate="no">(.*?)</code></pre>', re.DOTALL)
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def report(published: Bench) -> Path:  # noqa: F811
    return published.place / "reports" / f"{NEWEST}.html"


@pytest.fixture(scope="module")
def api(browser: Browser, published: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:  # noqa: F811
    """The demo shop, served. After the browser: without one there is nothing to serve for."""
    bench = published.copy(tmp_path_factory.mktemp("browsed"))
    with served(bench.store, Home(bench.place), "--rate", "1000") as running:
        yield running


@pytest.fixture(scope="module", params=LANGUAGES)
def visitor(request: pytest.FixtureRequest, browser: Browser, api: Api) -> Iterator[Tab]:
    """Who is logged in, with a browser of their language."""
    with tab(browser, api.address, locale=LANGUAGES[request.param]) as opened:
        log_in(opened.page, api)
        yield opened


def log_in(page: Page, api: Api) -> None:
    """By keyboard: the cursor is in the field already."""
    page.goto(api.address)
    page.keyboard.type(api.key("read", "marketing", "service"))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{api.address}/")


def reach(page: Page, selector: str) -> None:
    """By Tab alone, to the first element of a selector. Fails where it is not reached."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {selector}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_is_for_everybody(browser: Browser, report: Path, language: str) -> None:
    with tab(browser, report.as_uri()) as opened:
        opened.page.goto(report.as_uri())
        opened.page.locator(f"label[for=show-{language}]").click()
        assert opened.faults(CONTRAST[language]) == []


def test_the_report_is_complete_without_scripts(browser: Browser, report: Path) -> None:
    with tab(browser, report.as_uri(), java_script_enabled=False) as opened:
        opened.page.goto(report.as_uri())
        for language, other in (("zh", "en"), ("en", "zh")):
            opened.page.locator(f"label[for=show-{language}]").click()
            for section in SECTIONS:
                title = opened.page.locator(f"#{section} h2")
                assert (
                    title.locator(f"[lang={language}]").is_visible()
                    and not title.locator(f"[lang={other}]").is_visible()
                )
            assert opened.page.locator("figure svg").first.is_visible()


def test_every_page_of_the_console_is_for_everybody(visitor: Tab, api: Api) -> None:
    """The rooms of the menu, and of what a room has below its own page one each; somebody waits for a person."""
    asked = {"conversation_id": "c1", "turn_id": "t1", "text": "转人工"}
    assert api.ask("/answers", "service", method="POST", json=asked).ok
    found: dict[str, list[str]] = {}
    for address in every_page(visitor.page, api):
        if faults := visitor.faults(CONTRAST[visitor.page.locator("html").get_attribute("lang") or ""]):
            found[address] = faults
    assert found == {}


def test_the_pages_that_refuse_are_for_everybody_too(browser: Browser, api: Api) -> None:
    with tab(browser, api.address, locale=LANGUAGES["zh"]) as opened:
        opened.page.goto(api.address)
        assert opened.faults(WIDTHS[1]) == []
        log_in(opened.page, api)
        opened.page.goto(f"{api.address}/console/nowhere")
        # A browser tells of every answer that is none.
        opened.errors = [error for error in opened.errors if "404" not in error]
        assert opened.faults(WIDTHS[1]) == []


@pytest.mark.parametrize("visitor", ["zh"], indirect=True)
def test_numbers_of_the_console_are_those_of_the_published_tables(visitor: Tab, api: Api) -> None:
    """Ten figures drawn at random, asked of the Parquet files by the query that each leads to."""
    see = lambda address: visitor.page.request.get(api.address + address).text()  # noqa: E731
    figures = {
        unescape(address): float(shown)
        for room in menu(visitor.page, api)
        for address, shown in FIGURE.findall(see(room))
        # How many rows a table has is in the engine's own book, which Parquet files lack.
        if "/health.rows" not in address
    }
    connection = tables(api.home.snapshot / "current")
    for address in random.Random(7).sample(sorted(figures), 10):
        (sql,) = QUERY.findall(see(address))
        (row,) = parse_qs(urlsplit(address).query).get("row", [""])
        found = value(connection, unescape(sql), row)
        assert figures[address] == pytest.approx(found, abs=1e-4, rel=1e-6), address


def test_who_has_only_a_keyboard_finds_a_customer_and_keeps_their_language(browser: Browser, api: Api) -> None:
    """From the login to a card: three keys and Enter in the search. The language that was chosen is that of the next page too."""
    with tab(browser, api.address, locale=LANGUAGES["zh"]) as opened:
        page = opened.page
        log_in(page, api)
        reach(page, ".switch a")
        page.keyboard.press("Enter")
        page.wait_for_url("**lang=en")
        reach(page, "a[href='/console/customers']")
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/customers")
        assert page.locator("html").get_attribute("lang") == "en"
        assert not HAN.search(page.locator("h1").inner_text())
        # The cursor is in the search.
        page.keyboard.type(three_signs(api))
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/customers/*")
        assert opened.faults(WIDTHS[1]) == []


def three_signs(api: Api) -> str:
    """Of which one customer's id is the only one to hold them."""
    query = (
        "SELECT DISTINCT person_id FROM features.customers WHERE as_of = (SELECT max(as_of) FROM features.customers)"
    )
    people = [person for (person,) in tables(api.home.snapshot / "current").execute(query).fetchall()]
    endings = sorted({person[-3:] for person in people})
    return next(ending for ending in endings if sum(ending in person for person in people) == 1)


def menu(page: Page, api: Api) -> list[str]:
    """The addresses of the rooms that the shop has."""
    page.goto(api.address)
    return page.locator("nav.rooms a").evaluate_all(LINKS)


def every_page(page: Page, api: Api) -> Iterator[str]:
    """Opens each room of the menu, then one page of each kind that a room has below it, found by its links; gives their addresses."""
    waiting, links = menu(page, api), []
    rooms = [room for room in (*ROOMS, QUERIES) if room.address in waiting or room is QUERIES]
    kinds = {room.address.rstrip("/") + path for room in rooms for path in room.views if path}
    assert len(waiting) >= 7
    while waiting:
        address = waiting.pop()
        if is_page(page, api.address + address):
            yield address
            links += page.locator("a[href]").evaluate_all(LINKS)
        for kind in sorted(kinds):
            pattern = re.escape(kind).replace(r"\{", "{").replace(r"\}", "}")
            pattern = re.sub(r"{[^}]*}", "[^/?#]+", pattern) + r"(\?.*)?"
            if here := next((link for link in links if re.fullmatch(pattern, link)), None):
                kinds.remove(kind)
                waiting.append(here)
    assert not kinds, "no link leads there"


def is_page(page: Page, address: str) -> bool:
    """Whether an address is a page, which is open then, or something else: a file to keep, or rows for a script of ours."""
    try:
        answer = page.goto(address)
    except Error as error:
        if "Download is starting" in str(error):
            return False
        raise
    assert answer is not None and answer.status == 200, address
    return answer.headers["content-type"].startswith("text/html")
