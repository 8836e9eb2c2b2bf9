"""The bell and the page behind it: each sees his own, of clients he still serves, and what he saw is no news."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from msp.jobs import escalations
from msp.outbox import actions as outbox
from msp.tickets.models import Ticket
from sla.models import Escalation
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Role, job
from tests.cast import Company
from tests.conftest import SignIn
from tests.msp.web.desk.conftest import NOW, Day

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "escalation": ({"metric": "first_response", "step": "100%"}, "First response: the time is used up"),
    "mail_failed": ({"to": ["a@acme.example"], "why": "550 No such user"}, "550 No such user"),
    "follow_up_due": ({}, "It is time to look at it again"),
}

PART = {"HX-Request": "true"}


def tell(day: Day, company: Company, login_id: int, subject: str, kind: str = "follow_up_due", n: int = 0) -> None:
    with acting_as(job(company.id)), transaction() as rows:
        said = KINDS[kind][0] | {"title": f"{subject} の件"}
        key = f"{kind}:{subject}:{n}"
        outbox.notify(rows, {login_id}, company.id, key, kind, subject, said, NOW + timedelta(seconds=n))


@pytest.fixture
def me(day: Day) -> int:
    return day.cast.staff[Role.AGENT]


@pytest.fixture
def ticket(day: Day) -> Ticket:
    return day.opens(day.cast.acme)


def english(agent: FlaskClient) -> FlaskClient:
    agent.post("/profile", data={"language": "en", "zone": "Asia/Tokyo"})
    return agent


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_happened_and_leads_to_its_ticket(
    agent: FlaskClient, day: Day, me: int, ticket: Ticket, kind: str
) -> None:
    tell(day, day.cast.acme, me, ticket.key, kind)
    page = english(agent).get("/notices").text
    assert KINDS[kind][1] in page
    assert f'href="/tickets/{ticket.key}"' in page
    assert "髙﨑商店㈱" in page


@pytest.mark.parametrize(
    ("step", "words"), [("75%", "75 % of the time used"), ("-15m", "15 min before due"), ("+1h", "1 h after due")]
)
def test_each_sort_of_step_has_its_words(agent: FlaskClient, day: Day, me: int, step: str, words: str) -> None:
    with acting_as(job(day.cast.acme.id)), transaction() as rows:
        said = {"metric": "resolution", "step": step}
        outbox.notify(rows, {me}, day.cast.acme.id, "x", "escalation", "ACME-1", said, NOW)
    assert words in english(agent).get("/notices").text


def test_a_broken_promise_rings_the_owners_bell(agent: FlaskClient, day: Day, ticket: Ticket) -> None:
    with acting_as(job(ticket.tenant_id)), transaction() as rows:
        escalation = step_of(rows, ticket)
        escalations.tell(ticket.tenant_id, escalation.id)
    assert "1 new" in english(agent).get("/notices/bell", headers=PART).text


def step_of(rows: Session, ticket: Ticket) -> Escalation:
    escalation = Escalation(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        metric="first_response",
        cycle=1,
        step="100%",
        at=NOW,
        noticed_at=NOW,
    )
    rows.add(escalation)
    rows.flush()
    return escalation


def test_the_newest_stands_first_and_older_ones_behind(
    agent: FlaskClient, day: Day, me: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("msp.web.notices.PAGE", 2)
    for n in range(3):
        tell(day, day.cast.acme, me, f"ACME-{n + 1}", n=n)
    first = agent.get("/notices").text
    assert first.index("ACME-3 の件") < first.index("ACME-2 の件")
    older = first.partition('href="/notices?before=')[2].partition('"')[0]
    second = agent.get(f"/notices?before={older}").text
    assert ("ACME-1 の件" in second, "ACME-2 の件" in second) == (True, False)


def test_opening_the_ticket_makes_its_notices_old_news(agent: FlaskClient, day: Day, me: int, ticket: Ticket) -> None:
    tell(day, day.cast.acme, me, ticket.key)
    tell(day, day.cast.acme, me, "ACME-77")
    assert "2 new" in english(agent).get("/notices/bell", headers=PART).text
    agent.get(f"/tickets/{ticket.key}")
    assert "1 new" in agent.get("/notices/bell", headers=PART).text


def test_all_are_seen_at_once_but_what_came_after_the_page(agent: FlaskClient, day: Day, me: int) -> None:
    for n in range(3):
        tell(day, day.cast.acme, me, f"ACME-{n + 1}", n=n)
    until = english(agent).get("/notices").text.partition('name="until" value="')[2].partition('"')[0]
    tell(day, day.cast.acme, me, "ACME-9", n=9)
    assert agent.post("/notices/seen", data={"until": until}).status_code == 303
    assert "1 new" in agent.get("/notices/bell", headers=PART).text
    assert agent.get("/notices").text.count('class="is-new"') == 1


def test_nobody_reads_a_colleagues_notices_or_of_a_client_he_no_longer_serves(
    day: Day, browser_of: SignIn, me: int
) -> None:
    tell(day, day.cast.globex, me, "GLOBEX-1")
    tell(day, day.cast.acme, day.cast.ben, "ACME-1")
    ben = english(browser_of("ben@desk.example"))
    assert "の件" not in ben.get("/notices").text
    assert "new" not in ben.get("/notices/bell", headers=PART).text
    ben.post("/notices/seen", data={"until": str(2**62)})
    assert "GLOBEX-1 の件" in browser_of("agent@desk.example").get("/notices").text


def test_a_client_has_no_bell(day: Day, browser_of: SignIn) -> None:
    client = browser_of(day.cast.acme.emails[Role.CLIENT_ADMIN])
    assert client.get("/notices").status_code == 403
    assert 'id="bell"' not in client.get("/portal/ACME/tickets").text


@pytest.mark.parametrize("wild", ["x", "-1", str(10**20)])
def test_a_wild_place_is_no_fault(agent: FlaskClient, wild: str) -> None:
    assert agent.get(f"/notices?before={wild}").status_code == 200
    assert agent.post("/notices/seen", data={"until": wild}).status_code == 303


def test_the_bell_costs_the_page_nothing_and_itself_one_question(agent: FlaskClient, statements: list[str]) -> None:
    agent.get("/tickets")
    statements.clear()
    page = agent.get("/tickets").text
    assert 'hx-get="/notices/bell"' in page
    assert not [one for one in statements if "notice" in one]
    agent.get("/notices/bell", headers=PART)
    assert len([one for one in statements if "notice" in one]) == 1
