"""Time typed with an answer: a length that ended now, or from when to when."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import TimeEntry
from tenants.isolation import acting_as
from tenants.rules import job
from tests.msp.web.desk.conftest import NOW, Day

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("typed", "begin", "minutes"),
    [("15", NOW - 15 * MINUTE, 15), ("0:20", NOW - 20 * MINUTE, 20), ("9:05-9:30", NOW - 55 * MINUTE, 25),
     ("23:30～0:15", NOW - 630 * MINUTE, 45)],
)  # fmt: skip
def test_what_is_typed_with_an_answer_is_logged(
    agent: FlaskClient, day: Day, typed: str, begin: object, minutes: int
) -> None:
    ticket = day.opens(day.cast.acme)
    token = re.search(r'name="send_token" value="([^"]+)"', agent.get(f"/tickets/{ticket.key}?kind=note").text)
    assert token is not None
    said = {"send_token": token[1], "kind": "note", "body": "見ました", "minutes": typed, "work_type": "remote"}
    assert agent.post(f"/tickets/{ticket.key}/answer", data=said).status_code == 303
    with acting_as(job(day.cast.acme.id)):
        (entry,) = day.session.scalars(select(TimeEntry).where(TimeEntry.ticket_id == ticket.id)).all()
    assert (entry.started_at, entry.raw_seconds) == (begin, minutes * 60)


def test_what_is_no_time_holds_the_answer_back(agent: FlaskClient, day: Day) -> None:
    ticket = day.opens(day.cast.acme)
    token = re.search(r'name="send_token" value="([^"]+)"', agent.get(f"/tickets/{ticket.key}?kind=note").text)
    assert token is not None
    said = {"send_token": token[1], "kind": "note", "body": "見ました", "minutes": "soon", "work_type": "remote"}
    answer = agent.post(f"/tickets/{ticket.key}/answer", data=said)
    assert answer.status_code == 422
    assert "見ました" in answer.text
