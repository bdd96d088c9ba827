"""A real browser for the pages: Debian's Chromium, driven by Playwright.

``window``: opens a page in a window of its own, wide or narrow, Thai or English; a page that logs an error or throws fails
the test. ``look``: what a reviewer does with a page: pictures at 1280 and 390 pixels into THNID_SCREENSHOTS (else a
temporary folder), nothing that sticks out at the side, and axe-core finds no serious fault.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

WIDE, NARROW = 1280, 390
HEIGHTS = {WIDE: 900, NARROW: 844}
SERIOUS = {"serious", "critical"}
LIMIT_MS = 10_000

OpenWindow = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this folder."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.fail("chromium is missing: run ci/setup --with-third-party", pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages go."""
    named = os.environ.get("THNID_SCREENSHOTS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def window(chromium: Browser) -> Iterator[OpenWindow]:
    """``window(url, width=1280, language="th", expected=...)`` opens a page as a new visitor.

    ``expected``: a pattern of console errors that the test provokes.
    """
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def open_window(
        url: str, *, width: int = WIDE, language: str | None = None, expected: str | None = None
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            locale="th-TH",
            reduced_motion="reduce",
            has_touch=width == NARROW,
        )
        context.set_default_timeout(LIMIT_MS)
        if language is not None:
            context.add_cookies([{"name": "lang", "value": language, "url": url}])
        contexts.append(context)
        page = context.new_page()

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error" and not (expected and re.search(expected, message.text)):
                troubles.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.goto(url)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture
def look(screenshots: Path) -> Look:
    """``look(page, name)``: pictures, width, and accessibility of the page as it is now."""

    def look_at(page: Page, name: str) -> None:
        before = page.viewport_size
        for width, height in HEIGHTS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=screenshots / f"{name}-{width}.png", full_page=True)
            sticks_out = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
            assert sticks_out <= 0, f"{name} is {sticks_out} pixels too wide at {width}"
            assert_accessible(page, f"{name} at {width}")
        if before is not None:
            page.set_viewport_size(before)

    return look_at


def assert_accessible(page: Page, name: str) -> None:
    """axe-core finds nothing serious or critical."""
    if page.evaluate("typeof axe") == "undefined":  # half a megabyte: once for each document
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((results) => results.violations)")
    serious = [
        f"{fault['id']}: {fault['help']}: {[node['html'][:120] for node in fault['nodes']]}"
        for fault in found
        if fault["impact"] in SERIOUS
    ]
    assert serious == [], name
