"""A real browser on the style guide, without a server: the macros are rendered and the files served from disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup
from playwright.sync_api import Page, Route

from msp.web import format
from msp.web.format import Language, Reader
from msp.web.pages import CSP
from msp.web.samples import samples

WEB = Path(format.__file__).parent
NOW = datetime(2026, 11, 21, 1, 2, tzinfo=UTC)
KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def templates(language: Language = "en") -> Environment:
    """The pages' templates with the filters, and the msgids themselves as texts."""
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    format.install(environment, lambda: Reader(language, ZoneInfo("Asia/Tokyo"), NOW))
    environment.globals.update(
        url_for=lambda _endpoint, filename: f"/static/{filename}",
        csrf_token=lambda: "token",
        once=lambda name, **given: Markup(environment.get_template(name).render(**given)),  # noqa: S704 - ours
    )
    return environment


@cache
def style_guide(language: Language = "en", theme: str = "light") -> str:
    """The whole page of components."""
    context: dict[str, Any] = {
        "language": language,
        "theme": theme,
        "principal_name": "佐藤 健",
        "palette_url": "/palette",
    }
    page = templates(language).get_template("style_guide.html")
    return page.render(**context, **samples(Reader(language, ZoneInfo("Asia/Tokyo"), NOW)))


class Desk:
    """The page under test and what it asked of the server."""

    def __init__(self, page: Page, html: str) -> None:
        self.page = page
        self.html = html
        self.posted: list[tuple[str, str]] = []
        self.complaints: list[str] = []
        page.route("**/*", self._answer)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.goto("http://desk.test/")
        page.wait_for_function("document.querySelector('[data-rail-toggle]').hasAttribute('aria-expanded')")

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.method == "POST":
            self.posted.append((path, route.request.post_data or ""))
            route.fulfill(status=204)
        elif path == "/":
            route.fulfill(
                body=self.html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": CSP}
            )
        elif (WEB / path.lstrip("/")).is_file():
            file = WEB / path.lstrip("/")
            route.fulfill(path=file, content_type=KINDS[file.suffix])
        else:
            route.fulfill(body="", content_type="text/javascript" if path.endswith(".js") else "text/html")

    def asks(self, module: str, expression: str, *given: Any) -> Any:
        """Evaluate `expression` with the exports of one of the page's modules as `m` and the arguments as `given`."""
        return self.page.evaluate(
            f"async (given) => {{ const m = await import('/static/js/{module}.js'); return {expression}; }}",
            json.loads(json.dumps(given)),
        )
