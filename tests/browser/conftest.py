"""One Chromium for all tests of this folder; a console of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import browser
from tests.browser.demo import Running, running_console


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    with running_console(tmp_path) as console:
        yield console


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh page; the test fails if anything on it was refused by the content policy or threw."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda m: faults.append(m.text) if "Content Security Policy" in m.text else None)
    yield opened
    context.close()
    assert faults == []
