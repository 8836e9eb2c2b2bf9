"""Tests find the browser that set-up found, and say so aloud when there is none."""

import sys
from pathlib import Path

import pytest

from tests import chromium


@pytest.fixture(autouse=True)
def _bare_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "NAMES", ())


def test_the_browser_of_set_up_is_taken(tmp_path: Path) -> None:
    (tmp_path / "browser").write_text(sys.executable)
    assert chromium.executable(tmp_path / "browser") == sys.executable


def test_a_browser_that_is_gone_is_none(tmp_path: Path) -> None:
    (tmp_path / "browser").write_text("/nowhere/chromium")
    with pytest.raises(chromium.NoBrowserError, match="make setup"):
        chromium.executable(tmp_path / "browser")


def test_without_any_browser_it_is_said_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(chromium.NoBrowserError, match="make setup"):
        chromium.executable(tmp_path / "browser")
