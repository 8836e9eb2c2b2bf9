"""Months close by themselves, disputes lapse, and whoever must hear of it does, once and in his language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.jobs import JOBS, compliance
from msp.outbox.models import Mail, Notice
from msp.tickets import actions
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel, Level
from sla.actions.disputes import give_reason, open_dispute
from sla.models import FrozenMonth
from sla.rules.disputes import CLIENT, DESK, Pace
from tenants.audit import Audit
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import Role, job
from tenants.work import Work
from tests.cast import MONDAY_9, Cast
from tests.promises import agree_on_office_hours

AFTER = datetime(2026, 7, 8, 4, 30, tzinfo=UTC)


@pytest.fixture
def late(session: Session, cast: Cast) -> Iterator[Ticket]:
    """Acme's only ticket of June was answered an hour late; it is the eighth of July, as Acme's system."""
    with time_machine.travel(AFTER, tick=False), acting_as(job(cast.acme.id)):
        agree_on_office_hours(session, cast.acme.id)
        tenant = session.get_one(Tenant, cast.acme.id)
        contact = session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.REQUESTER]))
        matter = actions.Matter("遅い", "動きません", Channel.MAIL, contact, urgency=Level.HIGH)
        ticket = actions.open_ticket(
            session, tenant, matter, actions.Actor("client", contact.id, contact.name), MONDAY_9
        )
        agent = actions.Actor("agent", cast.staff[Role.AGENT], "相沢")
        actions.resolve(session, ticket, agent, "直しました", MONDAY_9 + timedelta(hours=4))
        session.flush()
        yield ticket


def cycle(ticket: Ticket) -> tuple[int, str, int]:
    return ticket.id, "first_response", 1


def do(session: Session, kind: str) -> None:
    """Whatever of this kind waits, done."""
    for row in session.scalars(select(Work).where(Work.kind == kind, Work.done_at.is_(None))).all():
        JOBS[kind](row.tenant_id, *row.ids)
    session.flush()


def mails(session: Session) -> list[Mail]:
    return list(session.scalars(select(Mail).where(Mail.key.like("month:%") | Mail.key.like("dispute:%"))))


def test_a_month_without_reasons_is_held_and_the_desk_hears_once(session: Session, cast: Cast, late: Ticket) -> None:
    for _night in range(2):
        compliance.close_months(cast.acme.id)
        session.flush()
    assert session.scalars(select(FrozenMonth)).all() == []
    told = session.scalars(select(Notice).where(Notice.kind == "month_held")).all()
    assert {one.login_id for one in told} == {cast.staff[Role.LEAD], cast.staff[Role.OWNER]}
    assert {(one.subject, one.data["month"], one.data["count"]) for one in told} == {(late.key, "2026-06", 1)}


def test_an_explained_month_closes_and_its_admins_are_one_step_away(session: Session, cast: Cast, late: Ticket) -> None:
    give_reason(session, cast.acme.id, cycle(late), "volume", "", "相沢", AFTER)
    for _night in range(2):
        compliance.close_months(cast.acme.id)
        do(session, "mail.month_closed")
    (frozen,) = session.scalars(select(FrozenMonth)).all()
    (mail,) = mails(session)
    assert mail.to[0]["address"] == cast.acme.emails[Role.CLIENT_ADMIN]
    assert "/portal/ACME/sla?of=2026-06" in mail.text
    assert frozen.sha256 in mail.text
    assert "50.0" in mail.subject
    assert [row.subject for row in session.scalars(select(Audit).where(Audit.verb == "close_month"))] == ["2026-06"]


@pytest.mark.parametrize(("language", "words"), [("ja", "サービスレベル"), ("en", "Service levels of June 2026")])
def test_the_mail_speaks_the_admins_language(
    session: Session, cast: Cast, late: Ticket, language: str, words: str
) -> None:
    session.get_one(Contact, (cast.acme.id, cast.acme.contacts[Role.CLIENT_ADMIN])).language = language
    give_reason(session, cast.acme.id, cycle(late), "volume", "", "相沢", AFTER)
    compliance.close_months(cast.acme.id)
    do(session, "mail.month_closed")
    (mail,) = mails(session)
    assert words in mail.subject


def test_the_desk_hears_of_a_contest_and_both_of_silence(session: Session, cast: Cast, late: Ticket) -> None:
    one = open_dispute(session, cast.acme.id, cycle(late), CLIENT, "遅すぎます", "髙﨑", Pace(), AFTER)
    do(session, "mail.disputed")
    desk = {f"dispute:{one.id}:open:desk:{cast.staff[role]}" for role in (Role.AGENT, Role.LEAD)}
    assert {mail.key for mail in mails(session)} == desk
    assert all("遅すぎます" in mail.text for mail in mails(session))
    assert {row.login_id for row in session.scalars(select(Notice).where(Notice.kind == "disputed"))} == {
        cast.staff[Role.AGENT],
        cast.staff[Role.LEAD],
    }
    with time_machine.travel(one.deadline + timedelta(seconds=1), tick=False):
        for _again in range(2):
            do(session, "upkeep.lapse_dispute")
            do(session, "mail.dispute_answered")
    assert one.status == "rejected"
    silent = {mail.key for mail in mails(session)} - desk
    admin = cast.acme.contacts[Role.CLIENT_ADMIN]
    assert silent == {f"dispute:{one.id}:rejected:{admin}"} | {key.replace("open", "rejected") for key in desk}


def test_a_proposal_goes_to_the_clients_admins_alone(session: Session, cast: Cast, late: Ticket) -> None:
    open_dispute(session, cast.acme.id, cycle(late), DESK, "停電でした", "相沢", Pace(), AFTER)
    do(session, "mail.disputed")
    (mail,) = mails(session)
    assert mail.to[0]["address"] == cast.acme.emails[Role.CLIENT_ADMIN]
    assert f"/portal/ACME/sla/tickets/{late.number}" in mail.text
