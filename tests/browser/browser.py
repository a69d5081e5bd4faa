"""A browser as people have it: the system's Chromium, what it says of a page, and what axe-core finds in it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

WIDTHS, HEIGHT = (1280, 390), 900
CHROMIUM = shutil.which("chromium")
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
RUN = """axe.run(document, {resultTypes: ['violations'], rules: {'color-contrast': {enabled: %s}}}).then(
    found => found.violations.map(each => each.id + ': ' + each.nodes.map(node => node.html).slice(0, 3).join(' | ')))"""
SCROLLS = "() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"


@dataclass
class Tab:
    """A page of a browser, and what it did that it should not have done."""

    page: Page
    own: str
    """How the addresses begin that it may ask."""
    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda asked: self._asked(asked.url))

    def _asked(self, address: str) -> None:
        if not address.startswith((self.own, "data:")):
            self.elsewhere.append(address)

    def faults(self, contrast_at: int) -> list[str]:
        """What is wrong with what is shown, at each width, in words. Contrast takes axe longer than all other rules: it is looked at where told."""
        found = [f"console: {error}" for error in self.errors] + [f"asks {address}" for address in self.elsewhere]
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": HEIGHT})
            beyond = self.page.evaluate(SCROLLS)
            found += [f"{width} px: {beyond} px beyond the edge"] if beyond > 0 else []
            found += [f"{width} px: {barrier}" for barrier in self.barriers(contrast=width == contrast_at)]
        self.errors.clear()
        self.elsewhere.clear()
        return found

    def barriers(self, *, contrast: bool) -> list[str]:
        """What axe finds. By way of the debugger: the policies of our pages let no script in."""
        debugger = self.page.context.new_cdp_session(self.page)
        try:
            if not _evaluated(debugger, "'axe' in window"):
                _evaluated(debugger, f"{AXE.read_text('utf-8')}; 0")
            return _evaluated(debugger, RUN % ("true" if contrast else "false"))
        finally:
            debugger.detach()


def _evaluated(debugger: Any, script: str) -> Any:
    asked = {"expression": script, "awaitPromise": True, "returnByValue": True, "allowUnsafeEvalBlockedByCSP": True}
    answer = debugger.send("Runtime.evaluate", asked)
    assert "exceptionDetails" not in answer, answer["exceptionDetails"]
    return answer["result"].get("value")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser, until the context ends; skips where it has none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser: Browser, own: str, **settings: Any) -> Iterator[Tab]:
    """A page that may ask addresses that begin with `own` only, with nothing kept from before."""
    context: BrowserContext = browser.new_context(viewport={"width": WIDTHS[0], "height": HEIGHT}, **settings)
    context.set_default_timeout(20_000)
    try:
        yield Tab(context.new_page(), own)
    finally:
        context.close()
