"""What the watch may ask, and from where."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from msp import clock
from msp.outbox.models import Mail
from msp.tickets import actions
from msp.tickets.rules import Channel
from tenants import work
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tests.cast import Cast
from tests.conftest import SignIn
from tests.promises import agree_on_office_hours


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_it_lives_and_is_ready(session: Session, browser_of: SignIn, path: str) -> None:
    assert browser_of().get(path).status_code == 200


@pytest.mark.parametrize(("address", "status"), [("10.0.0.9", 200), ("127.0.0.1", 200), ("93.184.216.34", 404)])
def test_figures_are_for_our_own_network(
    app: Flask, session: Session, browser_of: SignIn, address: str, status: int
) -> None:
    answer = browser_of().get("/metrics", environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def figures_of(page: str) -> dict[str, float]:
    """What the whole desk is said to do, by name and labels."""
    lines = [line.rpartition(" ") for line in page.splitlines() if line.startswith("msp_desk_")]
    return {name: float(value) for name, _, value in lines}


def test_the_figures_tell_of_the_whole_desk_whoever_did_the_work(
    session: Session, cast: Cast, browser_of: SignIn
) -> None:
    at = clock.now()
    due, mail = at - timedelta(seconds=90), {"to": [], "subject": "x", "text": "x"}
    with acting_as(job(cast.acme.id)):
        work.later(session, "mail.send", cast.acme.id, 1, at=due)
        work.later(session, "upkeep.refold", cast.acme.id, 1, at=at, available_at=at + timedelta(hours=1))
        for number, state in enumerate(("sent", "sent", "refused")):
            made = {"tenant_id": cast.acme.id, "key": f"k{number}", "mail_id": f"m{number}", "made_at": at}
            session.add(Mail(**made, **mail, state=state))
        contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        agree_on_office_hours(session, cast.acme.id)
        matter = actions.Matter("印刷できません", "複合機です", Channel.MAIL, contact)
        who = actions.Actor("client", contact.id, contact.name)
        ticket = actions.open_ticket(session, session.get_one(Tenant, cast.acme.id), matter, who, at)
        session.flush()
        ticket.next_due_at = at - timedelta(seconds=60)
        session.commit()
    page = browser_of().get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.9"}).text
    found = figures_of(page)
    assert found["msp_desk_database_up"] == 1
    assert 'msp_denied_crossings_total{process="' in page
    assert found['msp_desk_work_waiting{queue="mail"}'] >= 1
    assert 90 <= found['msp_desk_work_age_seconds{queue="mail"}'] < 150
    assert found['msp_desk_work_age_seconds{queue="upkeep"}'] < 90
    assert found['msp_desk_work_waiting{queue="webhooks"}'] == 0
    assert (found['msp_desk_mails{state="sent"}'], found['msp_desk_mails{state="refused"}']) == (2, 1)
    assert found["msp_desk_promises_late"] == 1
    assert 60 <= found["msp_desk_promises_late_seconds"] < 120
    assert found['msp_desk_step_lateness_seconds{quantile="0.99"}'] == 0


def test_the_figures_say_when_the_database_does_not_answer(
    session: Session, browser_of: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionError("gone"))

    monkeypatch.setattr("msp.web.health.vitals", gone)
    answer = browser_of().get("/metrics", environ_overrides={"REMOTE_ADDR": "10.0.0.9"})
    assert answer.status_code == 200
    assert figures_of(answer.text) == {"msp_desk_database_up": 0}
