"""Pictures of a day: whose pages are taken in one language, and documents drawn."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, ViewportSize

SIZE: ViewportSize = {"width": 1440, "height": 900}


@dataclass
class Album:
    """Where the pictures of one language go, and the browser that takes them."""

    folder: Path
    language: str
    port: int
    browser: Any

    def at(self, path: str) -> str:
        return f"http://localhost:{self.port}{path}"

    def sign_in(self, email: str) -> Page:
        locale = "ja-JP" if self.language == "ja" else "en-GB"
        context = self.browser.new_context(viewport=SIZE, locale=locale)
        page: Page = context.new_page()
        page.goto(self.at("/sign-in"))
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", "tomoshibi-demo")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/(tickets|month|portal)"))
        page.goto(self.at("/profile"))
        page.check(f"input[name=language][value={self.language}]")
        page.click("main form button[type=submit] >> nth=0")
        page.wait_for_load_state()
        page.goto(self.at("/tickets"))
        return page

    def take(self, page: Page, name: str) -> Path:
        page.wait_for_timeout(600)
        path = self.folder / f"{self.language}-{name}.png"
        page.screenshot(path=path)
        return path

    def take_end(self, page: Page, name: str) -> Path:
        """The newest of a long page."""
        page.keyboard.press("End")
        return self.take(page, name)

    def draw(self, document: Path) -> Iterator[Path]:
        """The PDF as pictures, by poppler."""
        prefix = document.with_suffix("")
        subprocess.run(["pdftoppm", "-r", "80", "-png", str(document), str(prefix)], check=True)
        yield from sorted(document.parent.glob(f"{prefix.name}-*.png"))
