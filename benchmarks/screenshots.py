"""The pictures of docs/console.md: `python -m benchmarks.screenshots [--store demo]` after the shop was run, in the same ZHIKE_HOME.

A server of the shop is opened for it, with a key of its own that is revoked at the end, in the system's Chromium, in both languages.
"""

import argparse
import shutil
import sys
from pathlib import Path

from benchmarks.serving import free_port, served
from resources.errors import ZhikeError
from resources.home import Home, default_home
from resources.shop import load_shop
from serving import keys

IMAGES = Path(__file__).parent.parent / "docs" / "images"
KEY = "screenshots"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
DESK, PHONE = {"width": 1000, "height": 720}, {"width": 390, "height": 720}
# By picture: the address, and how large the window is. A first customer is found by their link.
PICTURES = {
    "today": ("/", DESK),
    "segments": ("/console/segments", DESK),
    "customer": ("/console/customers", DESK),
    "products": ("/console/products", DESK),
    "voice": ("/console/voice", PHONE),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", default="demo")
    shop = load_shop(parser.parse_args().store)
    home, port = Home(default_home() / shop.id), free_port()
    key = keys.make(home, KEY, ["read", "marketing", "service"])
    try:
        with served(shop.folder, home, port):
            take(f"http://127.0.0.1:{port}", key)
    finally:
        keys.revoke(home, KEY)


def take(address: str, key: str) -> None:
    """Writes every picture in every language. Raises ZhikeError where there is no browser."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        raise ZhikeError("there is no chromium", "the search path", "install it: apt-get install chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for language, locale in LANGUAGES.items():
            page = browser.new_context(locale=locale, viewport=DESK).new_page()
            page.goto(address)
            page.keyboard.type(key)
            page.keyboard.press("Enter")
            page.wait_for_url(f"{address}/")
            for name, (path, window) in PICTURES.items():
                page.set_viewport_size(window)
                page.goto(address + path)
                if name == "customer":
                    page.locator("tbody th a").first.click()
                    page.wait_for_load_state()
                page.screenshot(path=IMAGES / f"console-{name}-{language}.png")
        browser.close()


if __name__ == "__main__":
    try:
        main()
    except ZhikeError as error:
        sys.exit(str(error))
