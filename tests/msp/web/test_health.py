"""What the watch may ask, and from where."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import SignIn


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_lives_and_is_ready(session: Session, browser_of: SignIn, path: str) -> None:
    assert browser_of().get(path).status_code == 200


@pytest.mark.parametrize(("address", "status"), [("10.0.0.9", 200), ("127.0.0.1", 200), ("93.184.216.34", 404)])
def test_figures_are_for_our_own_network(
    app: Flask, session: Session, browser_of: SignIn, address: str, status: int
) -> None:
    answer = browser_of().get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status
