"""What set-up needs of the machine itself: Debian packages and a browser."""

# ruff: noqa: S603, T201 - it starts what it names itself, and speaks to whoever waits

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PACKAGES = ("chromium", "fonts-noto-cjk", "libatomic1")
"""libatomic1 is for the Node inside Playwright's wheel, which drives the browser."""
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic")


def say(sentence: str) -> None:
    """One line to whoever waits."""
    print(sentence, flush=True)


def stop(sentence: str) -> NoReturn:
    """End set-up with the one sentence that says what to do."""
    sys.exit(f"\n{sentence}\n")


def must(command: list[str]) -> None:
    """Run a command that has to end well."""
    code = subprocess.run(command, check=False).returncode
    if code:
        stop(f"Set-up stopped: `{' '.join(command)}` ended with {code}; its own words are above.")


def is_root() -> bool:
    """Whether we may install packages ourselves."""
    return os.geteuid() == 0


def need_packages(*names: str, why: str) -> None:
    """Install Debian packages, as root and said aloud; anybody else is told what to type."""
    if not shutil.which("apt-get"):
        stop(f"{why}: please install what your system calls {' and '.join(names)}, then try again.")
    if not is_root():
        stop(f"{why}: please run `sudo apt-get install {' '.join(names)}`, then try again.")
    say(f"{why}: installing the Debian packages {' '.join(names)} ...")
    if not apt_install(*names):
        stop(f"{why}, and apt-get could not install {' '.join(names)}; its own words are above.")


def apt_install(*names: str) -> bool:
    """Whether the packages could be installed; the lists are renewed first, for bare images have none."""
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = [*apt, "install", "-y", "--no-install-recommends", *names]
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
    return subprocess.run(install, stdout=subprocess.DEVNULL, check=False).returncode == 0


def find_or_fetch_browser(root: Path, python: Path) -> bool:
    """Leave the path of a working Chromium in var/browser: the machine's, Debian's when root, else Playwright's own.

    Ends set-up when none can be had, or driven: tests in a browser are not skipped in silence.
    """
    note = root / "var" / "browser"
    if note.exists() and Path(note.read_text()).exists():
        return False
    playwright = [str(python), "-m", "playwright"]
    found = installed_browser()
    lacking = not found or not has_japanese_font() or not succeeds(*playwright, "--version")
    if lacking and is_root() and shutil.which("apt-get"):
        say(f"For the tests in a browser: installing the Debian packages {' '.join(BROWSER_PACKAGES)} ...")
        apt_install(*BROWSER_PACKAGES)
        found = installed_browser()
    if not found and succeeds(*playwright, "--version"):
        say("No browser for the tests: fetching Playwright's own ...")
        subprocess.run([*playwright, "install", "chromium"], check=False)
        found = browser_of_playwright(python)
    if not found or not succeeds(*playwright, "--version"):
        stop(
            "NO BROWSER: the tests in a browser cannot run, so the tests do not run at all. "
            f"Please run `sudo apt-get install {' '.join(BROWSER_PACKAGES)}`, then try again."
        )
    note.write_text(found)
    return True


def succeeds(*command: str) -> bool:
    """Whether a command ends well; what it prints is of no interest."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def browser_of_playwright(python: Path) -> str:
    """The path of the browser that Playwright fetched, or nothing when it does not start."""
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: print(p.chromium.executable_path)"
    answer = subprocess.run([str(python), "-c", ask], stdout=subprocess.PIPE, text=True, check=False)
    path = answer.stdout.strip()
    return path if works(path) else ""


def installed_browser() -> str:
    """The path of the first browser on this machine that starts, or nothing."""
    candidates = filter(None, map(shutil.which, BROWSERS))
    return next((path for path in candidates if works(path)), "")


def has_japanese_font() -> bool:
    """Whether pages with Japanese text show more than boxes."""
    lister = shutil.which("fc-list")
    return bool(lister and subprocess.run([lister, ":lang=ja"], capture_output=True, check=False).stdout)


def works(path: str) -> bool:
    """Whether this browser draws a page; one without its libraries is there but does not start."""
    if not path or not Path(path).exists():
        return False
    command = [path, *FLAGS, "--dump-dom", "data:text/html,<p>drawn</p>"]
    try:
        drawn = subprocess.run(command, capture_output=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    return b"drawn" in drawn
