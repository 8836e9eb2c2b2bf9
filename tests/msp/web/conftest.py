"""What tests of the page's own modules share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.msp.web.style_guide import Desk, style_guide


@pytest.fixture(scope="module")
def modules(browser: Browser) -> Iterator[Desk]:
    """For questions to the modules alone, which change nothing on the page."""
    page = browser.new_page()
    yield Desk(page, style_guide())
    page.close()
