"""Front-end files stand under an address that changes with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from msp.web import assets
from tests.conftest import SignIn


def test_every_file_a_page_asks_for_is_kept_for_good(session: Session, browser_of: SignIn) -> None:
    client = browser_of()
    asked = re.findall(r'(?:href|src)="(/static/[^"#]+)', client.get("/sign-in").get_data(as_text=True))
    assert len(asked) > 5
    for address in set(asked):
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_page_drawn_before_an_upgrade_gets_its_files_and_keeps_none(app: Flask) -> None:
    answer = app.test_client().get("/static/0123456789ab/js/main.js")
    assert answer.status_code == 200
    assert "max-age=0" in answer.headers["Cache-Control"]
    assert "immutable" not in answer.headers["Cache-Control"]


def test_nothing_else_is_handed_out(app: Flask) -> None:
    for path in ("../assets.py", "%2e%2e/assets.py", "js/nothing.js", "js"):
        assert app.test_client().get(f"/static/{assets.version()}/{path}").status_code == 404, path


def test_the_version_follows_names_and_contents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    (tmp_path / "a.js").write_text("1")
    seen = set()
    for change in (
        lambda: None,
        lambda: (tmp_path / "a.js").write_text("2"),
        lambda: (tmp_path / "a.js").rename(tmp_path / "b.js"),
    ):
        change()
        seen.add(assets.version.__wrapped__())
    assert len(seen) == 3
