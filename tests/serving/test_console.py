"""The console's frame: who gets in and how long, what forms and pages are protected by, both languages, what is not there."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import requests

from benchmarks.serving_shop import publish, tables
from resources.home import Home
from resources.privacy import account_id
from serving import keys
from serving.console.sessions import COOKIE, Sessions
from tests.serving.api import EMAIL, Api, make_shop, served

PAGES = (
    "/console/customers",
    "/console/customers/c00000010",
    "/console/customers?q=c0000001",
    "/console/customers?q=nobody",
    "/console/nothing",
)
# A title, a name, and an id, as somebody would write them who means harm.
SCRIPT, CLOSING, FORMULA = "<script>alert(1)</script>", "</script><img src=x onerror=alert(2)>", "=cmd()"
CHINESE = re.compile(r"[\u4e00-\u9fff]+")


class Texts(HTMLParser):
    """The texts of a page by its own words and by what shops wrote (`translate="no"`), and its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.own: list[str] = []
        self.others: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in ("meta", "link", "input", "img", "br"):
            self.open.append((tag, given.get("translate") == "no" or tag == "bdi" or "lang" in given and tag != "html"))

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("meta", "link", "input", "img", "br"):
            assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        (self.others if any(foreign for _, foreign in self.open) else self.own).append(data)


class Visitor(requests.Session):
    """Who uses the console in a browser without scripts."""

    def __init__(self, api: Api, language: str = "en") -> None:
        super().__init__()
        self.api, self.headers["accept-language"] = api, language

    def see(self, path: str, **given: object) -> requests.Response:
        return self.get(self.api.address + path, timeout=60, **given)

    def fill(self, path: str, **fields: str) -> requests.Response:
        """Sends a form, again where the logins of the tests before it came too fast."""
        while True:
            answer = self.post(self.api.address + path, data=fields, timeout=60, allow_redirects=False)
            if answer.status_code != 429:
                return answer
            time.sleep(int(answer.headers["retry-after"]))

    def log_in(self, *scopes: str) -> "Visitor":
        assert self.fill("/login", key=self.api.key(*(scopes or ("admin",)))).status_code == 303
        return self


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server of a shop with untrusted texts in it."""
    store, home = make_shop(tmp_path_factory.mktemp("console"))
    with duckdb.connect() as connection:
        tables(connection, 400)
        connection.execute(
            "INSERT INTO features.identities SELECT max(as_of), $account, 'c00000007', 2 FROM features.identities",
            {"account": account_id(EMAIL, home.key)},
        )
        for number, text in ((7, SCRIPT), (8, CLOSING)):
            connection.execute(
                "UPDATE insights.recommendations SET title = $text, because_zh = $text, because_en = $text WHERE person_id = $person",
                {"text": text, "person": f"c{number:08}"},
            )
        for column in ("customer_360", "recommendations"):
            connection.execute(
                f"UPDATE insights.{column} SET person_id = $id WHERE person_id = 'c00000009'", {"id": FORMULA}
            )
        publish(connection, home.snapshot, "first")
    with served(store, home) as running:
        yield running


def test_nobody_sees_a_page_without_a_login_and_is_led_back_to_it(shop: Api) -> None:
    visitor = Visitor(shop)
    led = visitor.see("/console/customers?q=c0000001", allow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/login?next=%2Fconsole%2Fcustomers%3Fq%3Dc0000001")
    form = visitor.see(led.headers["location"])
    assert form.status_code == 200 and '<html lang="en">' in form.text
    assert 'name="next" value="/console/customers?q=c0000001"' in form.text
    refused = visitor.fill("/login", key="zk_wrong", next="/console/customers?q=c0000001")
    assert (refused.status_code, COOKIE in visitor.cookies) == (403, False)
    assert "zk_wrong" not in refused.text and 'value="/console/customers?q=c0000001"' in refused.text
    entered = visitor.fill("/login", key=shop.key("read"), next="/console/customers?q=c0000001")
    assert (entered.status_code, entered.headers["location"]) == (303, "/console/customers?q=c0000001")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie
    assert shop.key("read") not in cookie and "Secure" not in cookie
    assert visitor.see(entered.headers["location"]).status_code == 200
    assert shop.key("read") not in shop.log.read_text("utf-8")


@pytest.mark.parametrize(
    "wanted",
    ["//elsewhere.example", "https://elsewhere.example/", "/\\elsewhere.example", "/\t/elsewhere.example", "/login"],
)
def test_a_login_leads_to_this_server_only(shop: Api, wanted: str) -> None:
    assert Visitor(shop).fill("/login", key=shop.key("read"), next=wanted).headers["location"] == "/"


def test_behind_a_proxy_with_tls_the_cookie_is_for_tls_only(shop: Api) -> None:
    answer = requests.post(
        f"{shop.address}/login",
        data={"key": shop.key("read")},
        headers={"x-forwarded-proto": "https"},
        allow_redirects=False,
        timeout=60,
    )
    assert "Secure" in answer.headers["set-cookie"]


def test_a_revoked_key_ends_its_logins(shop: Api) -> None:
    text = keys.make(shop.home, "leaver", ["read"])
    visitor = Visitor(shop)
    assert visitor.fill("/login", key=text).status_code == 303
    assert visitor.see("/console/customers", allow_redirects=False).status_code == 200
    keys.revoke(shop.home, "leaver")
    assert visitor.see("/console/customers", allow_redirects=False).status_code == 303
    assert visitor.fill("/login", key=text).status_code == 403


def test_a_session_ends_with_its_hours_its_key_or_a_newer_one_too_many(place: tuple[Path, Home]) -> None:
    text = keys.make(place[1], "somebody", ["read"])
    known = keys.Keys(place[1])
    key = known.of(text)
    assert key
    sessions, over = Sessions(known), Sessions(known, hours=0)
    first, second = sessions.begin(key), sessions.begin(key)
    assert sessions.of(first) and first != second
    assert over.of(over.begin(key)) is None
    sessions.end(first)
    assert sessions.of(first) is None and sessions.of(second) and sessions.of("") is None
    keys.revoke(place[1], "somebody")
    keys.make(place[1], "somebody", ["read"])
    assert sessions.of(second) is None


def test_logging_out_takes_the_token_of_the_session(shop: Api) -> None:
    visitor, other = Visitor(shop).log_in(), Visitor(shop).log_in()
    token = token_of(visitor.see("/console/customers"))
    for shown in ({}, {"token": "x"}, {"token": token_of(other.see("/console/customers"))}):
        refused = visitor.fill("/logout", **shown)
        assert refused.status_code == 403 and "out of date" in refused.text
    assert visitor.see("/console/customers", allow_redirects=False).status_code == 200
    kept = dict(visitor.cookies)
    assert visitor.fill("/logout", token=token).status_code == 303
    # The cookie itself is worth nothing any more.
    again = requests.get(f"{shop.address}/console/customers", cookies=kept, allow_redirects=False, timeout=60)
    assert again.status_code == 303


def test_cookies_of_other_servers_of_the_machine_log_nobody_out(shop: Api) -> None:
    own = Visitor(shop).log_in().cookies[COOKIE]
    for others in ('settings={"theme": "dark"}', "a[b]=c", "flag"):
        headers = {"cookie": f"{others}; {COOKIE}={own}"}
        page = requests.get(f"{shop.address}/console/customers", headers=headers, allow_redirects=False, timeout=60)
        assert page.status_code == 200


def token_of(answer: requests.Response) -> str:
    found = re.search(r'name="token" value="([^"]+)"', answer.text)
    assert found
    return found[1]


def test_forms_of_other_sites_are_refused(shop: Api) -> None:
    for header in ({"origin": "https://elsewhere.example"}, {"origin": "null"}):
        answer = requests.post(f"{shop.address}/login", data={"key": shop.key("read")}, headers=header, timeout=60)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_cookie_opens_no_api_and_a_key_in_a_header_no_page(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    assert visitor.see("/customers/c00000007").status_code == 401
    assert shop.ask("/console/customers", "admin", allow_redirects=False).status_code == 303


def test_too_many_logins_are_asked_to_wait(place: tuple[Path, Home]) -> None:
    with served(*place) as api:
        form = {"data": {"key": "zk_wrong"}, "headers": {"accept-language": "en"}, "timeout": 60}
        with ThreadPoolExecutor(16) as visitors:
            answers = list(visitors.map(lambda _: requests.post(f"{api.address}/login", **form), range(200)))
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused and {answer.status_code for answer in answers} == {403, 429}
        assert int(refused[0].headers["retry-after"]) >= 1 and '<html lang="en">' in refused[0].text


def test_every_answer_is_protected(shop: Api) -> None:
    visitor = Visitor(shop)
    answers = [visitor.see("/login"), visitor.see("/console/customers", allow_redirects=False)]
    visitor.log_in()
    answers += [visitor.see(page) for page in PAGES]
    style = next(
        given["href"] for tag, given in Texts(answers[0].text).tags if tag == "link" and given["rel"] == "stylesheet"
    )
    answers.append(visitor.see(str(style)))
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers[:-1])
    assert "immutable" in answers[-1].headers["cache-control"]
    assert re.fullmatch(r"/static/console\.[0-9a-f]{12}\.css", str(style))
    for answer in answers[:-1]:
        for tag, given in Texts(answer.text).tags:
            # The policy would let none of these through.
            assert "style" not in given and not any(name.startswith("on") for name in given), (tag, given)
            assert tag != "style" and (tag != "script" or given["src"])


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_in_one_language_wholly(shop: Api, page: str) -> None:
    visitor = Visitor(shop, "zh-CN,zh;q=0.9").log_in()
    chinese, english = (
        visitor.see(page + ("&" if "?" in page else "?") + f"lang={language}") for language in ("zh", "en")
    )
    assert '<html lang="zh">' in chinese.text and '<html lang="en">' in english.text
    # What is published of a person in the bench's English is in it without Chinese; titles are the shop's own.
    assert not CHINESE.findall(" ".join(Texts(english.text).own))
    known = re.compile(r"c\d+|RFM|zk_|ID|Segment \d|Class \d|[a-z_]+ \d+|Zhike|first|nobody")
    left = re.findall(r"[A-Za-z]{4,}", known.sub("", " ".join(Texts(chinese.text).own)))
    assert not left, left
    # The choice is kept.
    assert '<html lang="en">' in visitor.see(page).text


def test_what_is_not_there_is_said_in_the_language_of_who_asks(shop: Api) -> None:
    for language, unknown, nowhere in (
        ("zh", "最新一周没有这位客户", "没有这个页面"),
        ("en", "no customer of this id in the newest week", "There is no such page"),
    ):
        visitor = Visitor(shop, language).log_in()
        for path, said in (
            ("/console/customers/nobody", unknown),
            ("/console/nowhere", nowhere),
        ):
            answer = visitor.see(path)
            assert (answer.status_code, said in answer.text) == (404, True), path
        assert visitor.fill("/console/customers").status_code == 405


def test_a_room_says_which_scope_opens_it(shop: Api) -> None:
    answer = Visitor(shop).log_in("feedback").see("/console/customers")
    assert answer.status_code == 403
    assert "Your key does not open this page" in answer.text and "read, service, marketing" in answer.text


def test_the_menu_has_the_rooms_that_a_key_opens(shop: Api) -> None:
    for scope, there in (("read", (True, False)), ("service", (False, True)), ("admin", (True, True))):
        menu = Visitor(shop).log_in(scope).see("/console/customers").text.partition("</nav>")[2].partition("</nav>")[0]
        assert tuple(f'href="/console/{room}"' in menu for room in ("segments", "service")) == there
        assert 'href="/console/customers" aria-current="page"' in menu


def test_a_room_that_the_shop_has_no_tables_for_is_absent(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    assert 'href="/console/forecast"' not in visitor.see("/console/customers").text
    answer = visitor.see("/console/forecast")
    assert answer.status_code == 404 and "This shop has no page Forecast" in answer.text


def test_a_shop_with_nothing_published_is_told_what_to_run(place: tuple[Path, Home]) -> None:
    with served(*place) as api:
        for language, said in (("en", "zhike run"), ("zh", "zhike run")):
            answer = Visitor(api, language).log_in().see("/")
            assert answer.status_code == 503 and said in answer.text and f'<html lang="{language}">' in answer.text


def test_a_customer_is_found_by_the_first_signs_of_any_account(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    found = visitor.see("/console/customers?q=c0000001")
    ids = re.findall(r'href="/console/customers/(c0000001\d)"', found.text)
    assert ids == [f"c0000001{n}" for n in range(10)]
    # Twenty of a hundred, then those after them, each once.
    seen: list[str] = []
    path = "/console/customers?q=c000001"
    while path:
        page = visitor.see(path)
        seen += re.findall(r'href="/console/customers/(c000001\w+)"', page.text)
        following = re.search(r'quiet" href="(/console/customers\?q=c000001&amp;after=[^"]+)"', page.text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == sorted({*(f"c000001{n:02}" for n in range(100)), *(f"c000001{n:02}b" for n in range(0, 100, 20))})
    # One who is found alone is shown at once: by a whole id, another account, an address, or the end of an id.
    for typed, person in (
        ("c00000007", "c00000007"),
        ("c00000020b", "c00000020"),
        (EMAIL, "c00000007"),
        ("00399", "c00000399"),
    ):
        answer = visitor.see("/console/customers", params={"q": typed})
        assert answer.status_code == 200 and f"Customer {person}" in answer.text, typed
    suggested = visitor.see("/console/customers?suggest=c0000002").json()
    assert suggested == ["c00000020", "c00000020b", *(f"c0000002{n}" for n in range(1, 7))]


def test_untrusted_texts_are_texts(shop: Api) -> None:
    visitor = Visitor(shop).log_in()
    for person, text in (("c00000007", SCRIPT), ("c00000008", CLOSING)):
        page = visitor.see(f"/console/customers/{person}")
        found = Texts(page.text)
        assert text in found.others
        assert [
            given for tag, given in found.tags if tag == "script" and not str(given.get("src")).startswith("/static/")
        ] == []
        assert not any("onerror" in given for _, given in found.tags)
    card = visitor.see("/console/customers/%3Dcmd()")
    assert card.status_code == 200 and "Customer =cmd()" in card.text
    asked = visitor.see("/console/customers", params={"q": CLOSING})
    assert asked.status_code == 200 and CLOSING not in asked.text and "&lt;/script&gt;" in asked.text
