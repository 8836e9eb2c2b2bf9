"""The browser of the tests: what set-up found, else what the machine has; without one the tests fail, aloud."""

import shutil
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from msp.settings import PROJECT

FLAGS: Final = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""For Playwright's `args`: nothing leaves the machine, and small containers suffice."""

PATIENCE: Final = 30_000
"""Milliseconds that `expect` waits: a busy machine is slow, not wrong."""
expect.set_options(timeout=PATIENCE)

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowserError(Exception):
    """There is no Chromium; a test that needs one must not be passed over in silence."""


def executable(note: Path = PROJECT / "var" / "browser") -> str:
    """For Playwright's `executable_path`. Raises NoBrowserError with what to do."""
    found = note.read_text(encoding="utf-8").strip() if note.exists() else ""
    for path in (found, *map(shutil.which, NAMES)):
        if path and Path(path).exists():
            return path
    raise NoBrowserError("NO BROWSER: run `make setup`, which finds or fetches one, or install chromium yourself.")
