"""The queue of all clients: what it shows, to whom, and what it costs."""

from __future__ import annotations

from datetime import timedelta

from flask.testing import FlaskClient

from tests.cast import MONDAY_9
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import HOUR, Day


def test_it_opens(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    page = agent.get("/tickets")
    assert page.status_code == 200, page.text[-3000:]
    assert ticket.title in page.text


def test_detail(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    page = agent.get(f"/tickets/{ticket.key}")
    assert page.status_code == 200, page.text[-3000:]
    page = agent.get(f"/tickets?ticket={ticket.key}")
    assert page.status_code == 200, page.text[-3000:]
