"""The mail room, with an edge that proves senders."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.cast import MONDAY_9, Cast
from tests.msp.mailroom import EDGE, Mailroom


@pytest.fixture
def room(app: Flask, session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Mailroom:
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], mail_edge=EDGE))
    made = Mailroom(app, session, cast, MONDAY_9)
    monkeypatch.setattr("msp.clock.now", lambda: made.at)
    return made
