"""The chat page and the queue in a browser: zh and en, at the width of a phone and of a desk, within the shop's own site, and without script."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.serving.api import Api, free_port, make_shop, served
from tests.serving.service.shop import Talk, newest_order, publish_service, token

CHROMIUM = "/usr/bin/chromium"
WIDTHS = (390, 1280)
playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright to drive a browser")
if not Path(CHROMIUM).exists():
    pytest.skip("needs Debian's chromium", allow_module_level=True)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass(frozen=True)
class Site:
    """The shop's own site: a folder of pages, served."""

    folder: Path
    address: str


@pytest.fixture(scope="module")
def shop_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    server = ThreadingHTTPServer(("127.0.0.1", free_port()), partial(SimpleHTTPRequestHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()


@pytest.fixture(scope="module")
def chatting(tmp_path_factory: pytest.TempPathFactory, shop_site: Site) -> Iterator[Api]:
    store, home = make_shop(tmp_path_factory.mktemp("chatting"))
    yaml = Path(store) / "store.yaml"
    yaml.write_text(
        yaml.read_text("utf-8") + f"\nsettings: {{chat_sites: ['{shop_site.address}']}}\n", encoding="utf-8"
    )
    publish_service(home)
    with served(store, home) as running:
        yield running


def opened(browser: Any, address: str, width: int, language: str, problems: list[str], **given: Any) -> Any:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, locale={"zh": "zh-CN", "en": "en-US"}[language], **given
    )
    page = context.new_page()
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(address)
    return page


def violations(page: Any) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    return [found["id"] for found in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_guest_asks_is_answered_and_gets_a_person(chatting: Api, browser: Any, width: int, language: str) -> None:
    problems: list[str] = []
    page = opened(browser, f"{chatting.address}/chat", width, language, problems)
    said = {"zh": ("你好", "智能客服", "转人工"), "en": ("hello", "the assistant", "talk to a human")}[language]
    page.fill("textarea", said[0])
    page.press("textarea", "Enter")
    page.wait_for_selector("li.bot")
    assert said[1] in page.inner_text("li.bot p")
    page.fill("textarea", said[2] + " <img src=x onerror=alert(1)>")
    page.click("form button")
    page.wait_for_selector("li.bot:nth-of-type(4)")
    # What is typed is text to the page.
    assert "<img" in page.inner_text("li.customer:nth-of-type(3) p")
    assert page.locator("#said img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    rows = chatting.ask("/queue?limit=200", "service").json()["queue"]
    number = max(row["handover_id"] for row in rows)
    step = {"step": "answer", "text": f"<b>您好</b> {width} {language}"}
    assert chatting.ask(f"/queue/{number}", "service", method="POST", json=step).status_code == 200
    page.wait_for_selector("li.agent")
    assert page.inner_text("li.agent p") == f"<b>您好</b> {width} {language}"
    assert problems == []
    page.context.close()


def test_what_was_perhaps_meant_is_one_tap_away(chatting: Api, browser: Any) -> None:
    page = opened(browser, f"{chatting.address}/chat", 390, "zh", [])
    page.fill("textarea", "😀")
    page.click("form button")
    page.wait_for_selector(".choices button")
    choice = page.inner_text(".choices button >> nth=0")
    page.click(".choices button >> nth=0")
    page.wait_for_selector("li.customer:nth-of-type(3)")
    assert page.inner_text("li.customer:nth-of-type(3) p") == choice
    page.context.close()


def test_the_other_language_is_the_same_conversation(chatting: Api, browser: Any) -> None:
    shown = token(chatting.home, "c00000004", "both languages")
    problems: list[str] = []
    page = opened(browser, f"{chatting.address}/chat#token={shown}", 390, "zh", problems)
    page.fill("textarea", "你好")
    page.click("form button")
    page.wait_for_selector("li.bot")
    page.click("header a")
    page.wait_for_selector("html[lang=en] li.bot")
    assert page.inner_text("li.customer p") == "你好"
    assert shown not in page.url and problems == []
    page.context.close()


@pytest.mark.parametrize("way", ["fragment", "message"])
def test_the_shops_site_shows_the_page_and_says_who_speaks(
    chatting: Api, browser: Any, shop_site: Site, way: str
) -> None:
    order, conversation = newest_order(chatting.home, "c00000004"), f"site-{way}"
    shown = token(chatting.home, "c00000004", conversation)
    hash_, script = (
        (f"#token={shown}", "")
        if way == "fragment"
        else (
            "",
            f"frame.onload = () => frame.contentWindow.postMessage({{zhikeToken: '{shown}'}}, '{chatting.address}')",
        )
    )
    framed = f"<iframe id='frame' title='客服' src='{chatting.address}/chat{hash_}' width='380' height='600'></iframe>"
    content = f"<!doctype html><html lang='zh'><title>店</title><link rel='icon' href='data:,'>{framed}<script>{script}</script>"
    (shop_site.folder / f"{way}.html").write_text(content, encoding="utf-8")
    problems: list[str] = []
    page = opened(browser, f"{shop_site.address}/{way}.html", 390, "zh", problems)
    frame = page.frame_locator("#frame")
    frame.locator("textarea").fill(order)
    frame.locator(f"input[name=token][value='{shown}']").wait_for(state="attached")
    frame.locator("form button").click()
    frame.locator("li.bot").wait_for()
    assert f"您的订单 {order}：已发货" in frame.locator("li.bot p").inner_text()
    assert problems == []
    assert shown not in chatting.log.read_text("utf-8")
    page.context.close()


def test_another_site_may_not_show_the_page(chatting: Api, shop_site: Site) -> None:
    policy = requests.get(f"{chatting.address}/chat", timeout=30).headers["content-security-policy"]
    assert f"frame-ancestors 'self' {shop_site.address}" in policy
    assert "unsafe" not in policy and "*" not in policy


def test_the_page_works_without_script(chatting: Api, browser: Any) -> None:
    page = opened(browser, f"{chatting.address}/chat?lang=en", 390, "en", [], java_script_enabled=False)
    page.fill("textarea", "hello")
    page.click("form button")
    assert "the assistant" in page.inner_text("li.bot p")
    # What holds no sign is no message.
    form = {"token": page.input_value("input[name=token]"), "text": "\x01 \x00"}
    assert requests.post(f"{chatting.address}/chat", data=form, timeout=30).status_code == 200
    page.fill("textarea", "agent")
    page.click("form button")
    assert page.locator("li").count() == 4
    assert "A colleague is taking over" in page.inner_text("li.bot:nth-of-type(4) p")
    page.context.close()


def test_who_has_another_token_reads_nothing_and_who_asks_too_often_waits(chatting: Api) -> None:
    ask = partial(requests.get, f"{chatting.address}/chat/messages", timeout=30)
    Talk(chatting, "private", "c00000004").say("你好")
    for shown in (token(chatting.home, None, "private"), token(chatting.home, "c00000006", "private")):
        refused = ask(headers={"authorization": f"Bearer {shown}"})
        assert (refused.status_code, "messages" in refused.json()) == (403, False)
    own = token(chatting.home, "c00000004", "private")
    assert [each["text"] for each in ask(headers={"authorization": f"Bearer {own}"}).json()["messages"]][0] == "你好"
    assert ask().status_code == 401
    headers = {"authorization": f"Bearer {own}", "x-forwarded-for": "9.9.9.9"}
    answers = [
        requests.post(
            f"{chatting.address}/chat/turns",
            json={"turn_id": f"q{number}", "text": "你好"},
            headers=headers,
            timeout=30,
        )
        for number in range(12)
    ]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers if answer.status_code == 429)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_queue_is_worked_off_in_the_console(chatting: Api, browser: Any, width: int, language: str) -> None:
    conversation = f"console-{width}-{language}"
    Talk(chatting, conversation, "c00000004").say("转人工 <script>alert(1)</script>")
    problems: list[str] = []
    page = opened(browser, f"{chatting.address}/login?next=/console/service", width, language, problems)
    page.fill("#key", chatting.key("service"))
    page.click("main form button")
    page.wait_for_selector("h2 a")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    rows = chatting.ask("/queue?limit=200", "service").json()["queue"]
    number = next(row["handover_id"] for row in rows if row["conversation_id"] == conversation)
    page.click(f"#handover-{number} a")
    assert "<script>" in page.inner_text(".talk")
    assert violations(page) == []
    page.click("button[value=take]")
    page.fill("#note", "核对物流")
    page.click("button[value=note]")
    page.fill("#answer", "您好，已为您催件")
    page.click("button[value=answer]")
    assert "您好，已为您催件" in page.inner_text(".talk")
    assert "核对物流" in page.inner_text("#steps + dl") and "核对物流" not in page.inner_text(".talk")
    page.click("button[value=close]")
    assert page.url.endswith("/console/service")
    assert problems == []
    done = chatting.ask(f"/queue/{number}", "service").json()
    assert (done["state"], [step["step"] for step in done["steps"]]) == (
        "closed",
        ["opened", "take", "note", "answer", "close"],
    )
    # A form of nobody's session changes nothing.
    cookie = {each["name"]: each["value"] for each in page.context.cookies()}
    forged = requests.post(
        f"{chatting.address}/console/service/{number}",
        data={"step": "note", "text": "x", "token": "x"},
        cookies=cookie,
        timeout=30,
    )
    assert forged.status_code == 403
    page.context.close()
