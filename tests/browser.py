"""A desk served for real and somebody's browser on it, which writes down whatever a page should not have done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import ThreadedWSGIServer

from msp.web.assets import version
from tests.chromium import FLAGS, executable
from tests.serving import PATIENCE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

STANDARDS: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PROBE: Final = """
async (only) => {
  const found = await axe.run(document, {runOnly: only, resultTypes: ["violations"], iframes: false});
  const where = (one) => one.nodes.slice(0, 4).map((node) => node.target.join(" ")).join(", ");
  return found.violations.map((one) => `${one.id}: ${where(one)}`);
}
"""
TOO_WIDE: Final = """
() => [...document.querySelectorAll("html, .main, .detail, .context, .pane-body, .rail, .portal-main, dialog[open]")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0)
  .map((each) => `${each.tagName}.${each.className} is ${each.scrollWidth - each.clientWidth} px too wide`)
"""
SQUEEZED: Final = """
() => [...document.querySelectorAll("select, textarea, input:not([type=hidden], [type=checkbox], [type=radio])")]
  .map((each) => [each, getComputedStyle(each), each.clientWidth])
  .filter(([each, style, width]) => width > 1 && each.checkVisibility({visibilityProperty: true}) &&
    width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) < 24)
  .map(([each, style, width]) => `${each.tagName} ${each.name} of ${width} px has no room for words`)
"""


class Server(ThreadedWSGIServer):
    """It is closed when all it was asked is answered. What a browser drops as it leaves is worked on to its end, and
    the desk must not be put away under it; but a stream has no end of its own, and holds nothing."""

    def __init__(self, app: Flask) -> None:
        super().__init__("127.0.0.1", 0, self._answer)
        self._desk = app
        self._at_work: set[Thread] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._at_work.add(thread)
        thread.start()

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._at_work.discard(current_thread())

    def server_close(self) -> None:
        """Raises TimeoutError where an answer takes longer than anybody waits."""
        super().server_close()
        until = monotonic() + PATIENCE
        while self._at_work:
            if monotonic() > until:
                raise TimeoutError(f"{len(self._at_work)} requests are not answered after {PATIENCE:.0f} s")
            sleep(0.01)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = self._desk(environ, start_response)
        if environ["PATH_INFO"] == "/events":
            self._at_work.discard(current_thread())
        return answer


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of the desk while it is open."""
    server = Server(app)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Raises NoBrowserError where the machine has none."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable(), args=list(FLAGS))
        yield browser
        browser.close()


class Visitor:
    """Somebody at the desk. `complaints` are errors of the page's own and requests that left the origin."""

    def __init__(self, browser: Browser, url: str, language: str) -> None:
        self.url = url
        self.complaints: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=url, viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale=language
        )
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)

    def sign_in(self, email: str, password: str) -> None:
        self.page.goto("/sign-in")
        self.page.fill("#f-email", email)
        self.page.fill("#f-password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda address: "/sign-in" not in address)

    def go(self, path: str, status: int = 200) -> None:
        """Open an address and wait until the page has asked for its parts."""
        answer = self.page.goto(path)
        if answer is None or answer.status != status:
            raise AssertionError(f"{path} answered {answer.status if answer else 'nothing'}, not {status}")
        expect(self.page.locator(".htmx-request")).to_have_count(0)

    def wear(self, theme: str) -> None:
        """The system's colours; the page follows without being loaded again."""
        self.page.emulate_media(color_scheme="dark" if theme == "dark" else "light")

    def hindrances(self) -> list[str]:
        """What axe-core finds by all our standards. It comes as a file of the desk's, which the browser keeps
        compiled: brought along by the driver it would cost more than what it does."""
        self.page.add_script_tag(url=f"/static/{version()}/vendor/axe.min.js")
        found: list[str] = self.page.evaluate(PROBE, {"type": "tag", "values": STANDARDS})
        return found

    def too_wide(self, width: int) -> list[str]:
        """What must be scrolled sideways in a window of so many pixels, and fields nobody could read there."""
        self.page.set_viewport_size({"width": width, "height": 900})
        found: list[str] = self.page.evaluate(TOO_WIDE) + self.page.evaluate(SQUEEZED)
        return found

    def _said(self, message: Any) -> None:
        """That a page which must not be there is not there is no complaint."""
        if message.type == "error" and not message.text.startswith(
            "Failed to load resource: the server responded with"
        ):
            self.complaints.append(message.text)
        elif message.type == "error" and message.location.get("url") != self.page.url:
            self.complaints.append(f"{message.location.get('url')}: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"asked {request.url}")
