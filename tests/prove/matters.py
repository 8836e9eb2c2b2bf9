"""The tickets of the proofs' companies: what was asked, answered and noted, and what is written but not sent yet."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.files import files
from msp.outbox import actions as outbox
from msp.tickets import actions as tickets
from msp.tickets.actions.answer import answer
from msp.tickets.models import Attachment, Message, NoteAttachment, Ticket
from msp.tickets.rules import Channel, Level, Status
from tenants.models import Contact, Tenant
from tenants.rules import Role
from tests.cast import Cast, Company
from tests.prove import belongings, uneven
from tests.prove.marked import INSIDE, UNSENT, canary

UNDO, A_DAY = timedelta(seconds=10), timedelta(days=1)
LATER = {"ACME": timedelta(), "GLOBEX": timedelta(minutes=30)}
"""What happened to both at the same instant would show no question that takes the one's for the other's."""
PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010806000000")


def opened(
    session: Session, cast: Cast, company: Company, tenant: Tenant, role: Role | None, at: datetime, ids: dict[str, Any]
) -> Ticket:
    agent = by_desk(cast)
    person = session.scalars(select(Contact.id).where(Contact.name == canary(company.key, "person"))).one()
    contact = session.get_one(Contact, (company.id, company.contacts[role] if role else person))
    words = canary(company.key, role.replace("_", "") if role else "person")
    inside = canary(company.key, INSIDE[role or ""])
    upload = _upload(company, f"{words}.png")
    matter = tickets.Matter(
        f"印刷できません {words}",
        f"複合機です {words}",
        Channel.MAIL,
        contact,
        impact=Level.MEDIUM if role else Level.HIGH,
        urgency=Level.HIGH,
        site_id=company.site_id,
        html=f"<p>{words}</p>",
        uploads=[upload],
    )
    ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), at)
    session.flush()
    mail_id = session.scalars(select(Message.id).where(Message.ticket_id == ticket.id)).one()
    reply = tickets.reply(session, ticket, agent, tickets.Answer(f"確認します {words} {inside}"), at + UNDO, UNDO)
    twice = tickets.reply(
        session, ticket, agent, tickets.Answer(canary(company.key, UNSENT)), _today(company, at), UNDO
    )
    fresh = tickets.reply(
        session, ticket, agent, tickets.Answer(canary(company.key, UNSENT)), _today(company, at), UNDO
    )
    secret = f"{canary(company.key, 'secret')} {inside}"
    note = tickets.note(session, ticket, agent, secret, at + UNDO, [_upload(company, f"{inside}.png")])
    if role:
        draft = f"{canary(company.key, 'draft')} {inside}"
        tickets.keep_draft(session, ticket, cast.staff[Role.AGENT], "note", draft, at)
    session.flush()
    file_id = session.scalars(select(Attachment.id).where(Attachment.ticket_id == ticket.id)).one()
    assert file_id == session.scalars(select(NoteAttachment.id).where(NoteAttachment.ticket_id == ticket.id)).one()
    everybody = {*cast.staff.values(), cast.ben, cast.nemo}
    said = {"title": ticket.title}
    outbox.notify(session, everybody, company.id, f"told:{ticket.key}", "follow_up_due", ticket.key, said, at)
    belongings.around(session, company, ticket, words, inside, person, at, unsent={twice.id, fresh.id})
    ids |= {"message_id": reply.id, "note_id": note.id, "ticket_id": ticket.id, "file_id": file_id, "mail_id": mail_id}
    ids |= {"last_message_id": ticket.last_message_id, "fresh_id": fresh.id, "twice_id": twice.id}
    return ticket


def settled_a_moment_ago(session: Session, cast: Cast, company: Company, tenant: Tenant, at: datetime) -> Ticket:
    """A ticket whose reply says how it was resolved, and may still be taken back."""
    contact = session.get_one(Contact, (company.id, company.contacts[Role.REQUESTER]))
    words = canary(company.key, "requester")
    matter = tickets.Matter(f"再起動 {words}", words, Channel.MAIL, contact, urgency=Level.HIGH)
    ticket = tickets.open_ticket(session, tenant, matter, tickets.Actor("client", contact.id, contact.name), at)
    if company.key == uneven.FIRST:
        tickets.wait_on_client(session, ticket, by_desk(cast), at + timedelta(hours=1))
    said = tickets.Answer(canary(company.key, UNSENT), None, Status.RESOLVED)
    answer(session, ticket, by_desk(cast), said, _today(company, at), UNDO)
    session.flush()
    return ticket


def _today(company: Company, at: datetime) -> datetime:
    """The instant at which the proofs look."""
    return at - LATER[company.key] + A_DAY


def by_desk(cast: Cast) -> tickets.Actor:
    return tickets.Actor("agent", cast.staff[Role.AGENT], "相沢")


def _upload(company: Company, name: str) -> tickets.Upload:
    place, digest = files().keep(company.id, PNG + canary(company.key, "file").encode())
    return tickets.Upload(name, "image/png", len(PNG), digest, place)
