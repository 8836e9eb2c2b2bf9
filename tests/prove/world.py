"""Two companies with the same ids, each full of words of its own that nobody else may ever see."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.rules.periods import period_of
from msp.files import files
from msp.intake import actions as intake
from msp.intake.models import RawMail
from msp.jobs import documents as document_jobs
from msp.outbox import actions as outbox
from msp.tickets import actions as tickets
from msp.tickets.models import Attachment, Category, Message, NoteAttachment, Ticket
from msp.tickets.rules import Channel
from tenants import actions as people
from tenants import work
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact, LedBy, Tenant
from tenants.rules import Role, job
from tests.cast import Cast, Company
from tests.promises import agree_on_office_hours
from tests.prove import watching

OWN, SIBLING = 1, 2
COMPANIES = ("ACME", "GLOBEX")
SECRETS = ("secret", "draft")
UNDO = timedelta(seconds=10)
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")


@dataclass(frozen=True, slots=True)
class Furniture:
    """What stands in one company's rooms; ids are the same in the other's as far as may be.

    `beside` are the ids of its second ticket: right for the company, wrong under the first ticket's address.
    """

    company: Company
    ids: dict[str, int]
    beside: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class World:
    """Everything the walls are tried on."""

    cast: Cast
    acme: Furniture
    globex: Furniture
    desk: Furniture


def canary(key: str, what: str = "") -> str:
    """Words that belong to one company alone; lower-case letters only, so that no form of search changes them."""
    return f"canary{key.lower()}{what}"


def furnish_desk(cast: Cast, at: datetime) -> Furniture:
    """Prices, an issuer, a category; a mail in triage."""
    with acting_as(job(cast.desk)), transaction() as session:
        issuer = billing.open_issuer(
            session,
            "株式会社デスク",
            name_en="Desk Inc.",
            address="東京都千代田区1-1",
            registration_number="T7000012050002",
        )
        billing.add_work_type(session, "remote", "リモート作業", "Remote work")
        billing.set_desk_rate(session, Decimal(9000), "JPY", date(2020, 1, 1))
        session.add(Category(code="it", parent=None, name_ja="情報機器", name_en="IT"))
        assert intake.keep(session, cast.desk, _letter(), "pipe", "x@nowhere.example", ["help@desk.example"], at) == 1
        raw = session.scalars(select(RawMail).where(RawMail.tenant_id == cast.desk)).one()
        raw.state = "triage"
        watched = watching.of_the_desk(session, cast, at)
        return Furniture(Company(cast.desk, "DESK"), {"raw_id": raw.id, "issuer_id": issuer.id} | watched)


def furnish(cast: Cast, company: Company, desk: Furniture, at: datetime) -> Furniture:
    """A company's tickets, words, files, time, draft and document, all with its canary in them."""
    ids: dict[str, int] = {}
    beside: dict[str, int] = {}
    with acting_as(job(company.id)), transaction() as session:
        tenant = session.get_one(Tenant, company.id)
        tenant.name, tenant.signature = f"髙﨑商店㈱ {canary(company.key, 'name')}", canary(company.key, "signature")
        agree_on_office_hours(session, company.id)
        people.add_site(session, company.id, canary(company.key, "site"))
        people.add_contact(session, company.id, canary(company.key, "person"), f"person@{company.key.lower()}.example")
        price = Decimal(7777 if company.key == "ACME" else 8888)
        billing.set_tenant_rate(session, company.id, price, "JPY", date(2020, 1, 1), at)
        led, lead = company.contacts[Role.REQUESTER], company.contacts[Role.TEAM_LEAD]
        session.add(LedBy(tenant_id=company.id, lead_id=lead, contact_id=led))
        own = _ticket(session, cast, company, tenant, Role.REQUESTER, at, ids)
        sibling = _ticket(session, cast, company, tenant, Role.CLIENT_ADMIN, at, beside)
        assert (own.number, sibling.number) == (OWN, SIBLING)
        _bill(session, cast, company, desk, own, at, ids)
        ids["work_id"] = work.later(session, "upkeep.link_audit", company.id, 1, at=at, key="world") or 0
        ids["contact_id"] = company.contacts[Role.REQUESTER]
        ids["site_id"] = company.site_id
        ids |= watching.of_a_company(session, company.id, canary(company.key, "secret"), at)
    with acting_as(job(company.id)), transaction():
        document_jobs.render(company.id, ids["document_id"])
    return Furniture(company, ids, beside)


def _ticket(
    session: Session, cast: Cast, company: Company, tenant: Tenant, role: Role, at: datetime, ids: dict[str, int]
) -> Ticket:
    agent = tickets.Actor("agent", cast.staff[Role.AGENT], "相沢")
    contact = session.get_one(Contact, (company.id, company.contacts[role]))
    words = canary(company.key, role.value.replace("_", ""))
    upload = _upload(company, f"{words}.png")
    matter = tickets.Matter(
        f"印刷できません {words}",
        f"複合機です {words}",
        Channel.MAIL,
        contact,
        html=f"<p>{words}</p>",
        uploads=[upload],
    )
    ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), at)
    session.flush()
    mail_id = session.scalars(select(Message.id).where(Message.ticket_id == ticket.id)).one()
    reply = tickets.reply(session, ticket, agent, f"確認します {words}", at + UNDO, None, UNDO)
    note = tickets.note(session, ticket, agent, canary(company.key, "secret"), at + UNDO, [_upload(company, "n.png")])
    tickets.keep_draft(session, ticket, cast.staff[Role.AGENT], "note", canary(company.key, "draft"), at)
    session.flush()
    file_id = session.scalars(select(Attachment.id).where(Attachment.ticket_id == ticket.id)).one()
    assert file_id == session.scalars(select(NoteAttachment.id).where(NoteAttachment.ticket_id == ticket.id)).one()
    everybody = {*cast.staff.values(), cast.ben, cast.nemo}
    said = {"title": ticket.title}
    outbox.notify(session, everybody, company.id, f"told:{ticket.key}", "follow_up_due", ticket.key, said, at)
    ids |= {"message_id": reply.id, "note_id": note.id, "ticket_id": ticket.id, "file_id": file_id, "mail_id": mail_id}
    return ticket


def _bill(
    session: Session, cast: Cast, company: Company, desk: Furniture, ticket: Ticket, at: datetime, ids: dict[str, int]
) -> None:
    account = {
        "issuer_id": desk.ids["issuer_id"],
        "recipient": canary(company.key, "recipient"),
        "emails": [company.emails[Role.BILLING_CONTACT]],
    }
    billing.set_account(session, company.id, account, at)
    agent_id = cast.staff[Role.AGENT]
    for months in (1, 0):
        begun = at - timedelta(days=31 * months)
        said = {"work_type": "remote", "started_at": begun, "ended_at": begun + timedelta(hours=1)}
        entry = billing.log_time(
            session, company.id, ticket.id, agent_id, said | {"text": canary(company.key, "time")}, at
        )
        ids["entry_id"] = entry.id
    last = billing.recompute_draft(session, company.id, period_of((at - timedelta(days=31)).date()), at)
    assert last is not None
    ids["document_id"] = billing.issue(session, company.id, last.id, cast.staff[Role.OWNER], at).id
    running = billing.recompute_draft(session, company.id, period_of(at.date()), at)
    assert running is not None
    ids["draft_id"] = running.id


def _upload(company: Company, name: str) -> tickets.Upload:
    place, digest = files().keep(company.id, PNG + canary(company.key, "file").encode())
    return tickets.Upload(name, "image/png", len(PNG), digest, place)


def _letter() -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"] = "stranger@nowhere.example", "help@desk.example"
    letter["Subject"], letter["Message-ID"] = "はじめまして", "<world@nowhere.example>"
    letter.set_content("教えてください")
    return letter.as_bytes()


def build(cast: Cast, at: datetime, rewind: object) -> World:
    """The whole world, committed; inside an app context. `rewind` lets ids begin at one again between the companies."""
    assert callable(rewind)
    desk = furnish_desk(cast, at)
    rewind()
    acme = furnish(cast, cast.acme, desk, at)
    rewind()
    globex = furnish(cast, cast.globex, desk, at)
    db.session.remove()
    current_app.logger.debug("the world stands")
    return World(cast, acme, globex, desk)
