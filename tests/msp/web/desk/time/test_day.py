"""The end of a day: what an agent did is proposed to him alone and taken once; every page in both languages."""

from __future__ import annotations

import re

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from billing.models import PassedOver
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.rules import job
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day
from tests.msp.web.desk.time.conftest import MINUTE, address, entries, log

HTMX = {"HX-Request": "true"}


def looked_and_typed(agent: FlaskClient, ticket: Ticket, at: time_machine.Traveller) -> None:
    """Opened at ten, typed until eight past, answered at twelve past."""
    agent.get(f"/tickets/{ticket.key}")
    at.move_to(NOW + 8 * MINUTE)
    agent.post(f"/tickets/{ticket.key}/draft", data={"kind": "note", "body": "調べています"})
    at.move_to(NOW + 12 * MINUTE)
    page = agent.get(f"/tickets/{ticket.key}?kind=note").text
    token = re.search(r'name="send_token" value="([^"]+)"', page)
    assert token is not None
    said = {"send_token": token[1], "kind": "note", "body": "部品を頼みました", "minutes": "", "work_type": "remote"}
    assert agent.post(f"/tickets/{ticket.key}/answer", data=said).status_code in (200, 303)
    at.move_to(NOW + 30 * MINUTE)


def spans(page: str) -> list[tuple[str, str]]:
    return re.findall(r'name="begin" value="([^"]+)"[^>]*><input type="hidden" name="end" value="([^"]+)"', page)


def test_what_an_agent_did_is_proposed_to_him_alone_and_taken_once(
    agent: FlaskClient, day: Day, acmes: Ticket, browser_of: SignIn, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    page = agent.get("/time/day").text
    assert spans(page) == [("2026-06-01T01:00:00Z", "2026-06-01T01:12:00Z")]
    assert spans(browser_of("lead@desk.example").get("/time/day").text) == []
    begin, end = spans(page)[0]
    said = {"begin": begin, "end": end, "day": "2026-06-01"}
    answer = agent.post(f"/tickets/{acmes.key}/time/proposed", data=said, headers=HTMX)
    assert answer.status_code == 200
    assert spans(answer.text) == []
    agent.post(f"/tickets/{acmes.key}/time/proposed", data=said)
    (entry,) = entries(day, acmes)
    assert (entry.state, entry.raw_seconds) == ("draft", 720)


def test_a_stretched_span_is_as_long_as_it_was_stretched(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    said = {"begin": "2026-06-01T00:55:00Z", "end": "2026-06-01T01:17:00Z"}
    agent.post(f"/tickets/{acmes.key}/time/proposed", data=said)
    assert entries(day, acmes)[0].raw_seconds == 22 * 60
    ahead = {"begin": "2026-06-01T04:55:00Z", "end": "2026-06-01T05:17:00Z"}
    assert agent.post(f"/tickets/{acmes.key}/time/proposed", data=ahead).status_code == 422


def test_a_discarded_span_does_not_come_back(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    begin, end = spans(agent.get("/time/day").text)[0]
    page = agent.post("/time/day/pass-over", data={"begin": begin, "end": end, "day": "2026-06-01"}, headers=HTMX).text
    assert spans(page) == []
    with acting_as(job(day.cast.desk)):
        assert len(day.session.scalars(select(PassedOver)).all()) == 1
    assert entries(day, acmes) == []


def test_all_are_taken_at_once_client_by_client(
    agent: FlaskClient, day: Day, acmes: Ticket, globexes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    looked_and_typed(agent, acmes, monday_ten)
    agent.get(f"/tickets/{globexes.key}")
    monday_ten.move_to(NOW + 34 * MINUTE)
    agent.post(f"/tickets/{globexes.key}/draft", data={"kind": "note", "body": "見ています"})
    monday_ten.move_to(NOW + 60 * MINUTE)
    assert len(spans(agent.get("/time/day").text)) == 2
    assert agent.post("/time/day/accept-all", data={"day": "2026-06-01"}).status_code == 303
    assert len(entries(day, acmes)) == len(entries(day, globexes)) == 1
    assert agent.post("/time/day/accept-all", data={"day": "2026-06-01"}).status_code == 303
    assert len(entries(day, acmes)) == 1


def test_a_span_beside_a_draft_of_its_ticket_makes_it_longer(
    agent: FlaskClient, day: Day, acmes: Ticket, monday_ten: time_machine.Traveller
) -> None:
    entry = log(day, acmes, 30, unfinished=True)
    looked_and_typed(agent, acmes, monday_ten)
    begin, end = spans(agent.get("/time/day").text)[0]
    assert agent.post(f"{address(entry)}/grow", data={"begin": begin, "end": end}).status_code == 303
    (now,) = entries(day, acmes)
    assert now.raw_seconds == 42 * 60
    assert spans(agent.get("/time/day").text) == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_pages_stand_in_both_languages(
    day: Day, acmes: Ticket, browser_of: SignIn, language: str, monday_ten: time_machine.Traveller
) -> None:
    entry = log(day, acmes)
    owner = browser_of("owner@desk.example")
    owner.post("/profile", data={"language": language, "zone": "Asia/Tokyo", "theme": "auto"})
    owner.post(f"/tickets/{acmes.key}/timer")
    looked_and_typed(owner, acmes, monday_ten)
    places = (
        "/time", "/time/day", "/time/approvals?state=approved", "/timer", f"/tickets/{acmes.key}/time", address(entry),
        "/settings/work-types", "/settings/work-types/new", "/settings/work-types/remote",
        f"/tickets/{acmes.key}/timer/stop",
        f"/tickets/{acmes.key}/visit",
    )  # fmt: skip
    for place in places:
        answer = owner.get(place)
        assert answer.status_code == 200, place
        assert f'<html lang="{language}"' in answer.text
