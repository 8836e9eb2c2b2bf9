"""What our mails say: facts of tickets and people brought to the outbox, asked anew at the moment of writing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from flask_babel import force_locale, gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.hints import hint
from msp.intake import queries as intake
from msp.outbox import actions as outbox
from msp.outbox import queries as outbox_queries
from msp.outbox.actions import Enclosure, Writing
from msp.outbox.models import Mail
from msp.outbox.office import Office
from msp.outbox.rules import Automatic, File, Letter, Mailbox, answer_subject, answered, envelope_sender
from msp.outbox.rules import compose as as_bytes
from msp.tickets import actions as tickets
from msp.tickets import queries as ticket_queries
from msp.tickets.models import Attachment, Message, Ticket
from msp.tickets.rules import DONE
from tenants import actions as people
from tenants import queries as people_queries
from tenants.isolation import acting_as
from tenants.models import Agent, Contact, Login, Tenant
from tenants.rules import GATE, job

LINK = "{link}"


def write_reply(session: Session, message: Message, office: Office, at: datetime) -> None:
    """A public reply to the requester, whoever follows in Cc. A ticket merged meanwhile speaks as its successor."""
    first = ticket_queries.ticket_by_id(session, message.tenant_id, message.ticket_id)
    if first is None:
        return
    ticket = intake.successor(session, first)
    to, cc = _recipients(session, ticket, first)
    if not to:
        _tell_nobody_gets_it(session, ticket, message, at)
        return
    files = session.scalars(
        select(Attachment)
        .where(Attachment.tenant_id == message.tenant_id, Attachment.message_id == message.id)
        .order_by(Attachment.id)
    )
    writing = Writing(
        key=f"reply:{message.id}",
        to=_boxes(to),
        cc=_boxes(cc),
        subject=answer_subject(ticket.key, ticket.title),
        text=_signed(session, ticket.tenant_id, message.text, message.by_id),
        language=to[0].language,
        ticket_id=ticket.id,
        message_id=message.id,
        contact_id=None if cc else to[0].id,
        references=_references(session, ticket),
        enclosures=tuple(Enclosure(one.name, one.content_type, one.place) for one in files),
    )
    outbox.write(session, ticket.tenant_id, office, writing, at)
    hint(session, ticket.tenant_id, f"ticket:{ticket.key}")


def write_reply_again(session: Session, mail: Mail) -> list[str]:
    """Whom a reply's mail concerns now; answers the addresses that have not got it, none where nobody can."""
    message = session.get(Message, (mail.tenant_id, mail.message_id)) if mail.message_id else None
    first = ticket_queries.ticket_by_id(session, mail.tenant_id, message.ticket_id) if message else None
    if first is None:
        return []
    to, cc = _recipients(session, intake.successor(session, first), first)
    return outbox.readdress(mail, _boxes(to), _boxes(cc))


def write_receipt(session: Session, tenant_id: int, ticket_id: int, office: Office, at: datetime) -> None:
    """`We have your mail, ACME-1042`: to a verified person only, and seldom."""
    ticket = ticket_queries.ticket_by_id(session, tenant_id, ticket_id)
    contact = _requester(session, ticket) if ticket else None
    if ticket is None or contact is None or contact.verified_at is None:
        return
    (box,) = _boxes([contact])
    if not outbox.may_answer(session, tenant_id, box.address, at):
        return
    with force_locale(contact.language):
        text = gettext(
            "Thank you for your mail. We have it, and its number is %(key)s.\n\n"
            "To add something, answer this mail. This is an automatic message; a person will write to you next.",
            key=ticket.key,
        )
    _write_to_requester(session, ticket, contact, f"received:{ticket.id}", text, Automatic.ANSWER, office, at)


def write_resolution(session: Session, tenant_id: int, ticket_id: int, office: Office, at: datetime) -> None:
    """How it was resolved, to the requester; nothing where it was taken up again meanwhile."""
    ticket = ticket_queries.ticket_by_id(session, tenant_id, ticket_id)
    contact = _requester(session, ticket) if ticket else None
    if ticket is None or contact is None or ticket.status not in DONE or ticket.resolved_at is None:
        return
    with force_locale(contact.language):
        text = gettext(
            "%(key)s has been resolved:\n\n%(resolution)s\n\n"
            "If this does not settle it, answer this mail and we take it up again.",
            key=ticket.key,
            resolution=ticket.resolution,
        )
    key = f"resolved:{ticket.id}:{int(ticket.resolved_at.timestamp())}"
    _write_to_requester(session, ticket, contact, key, text, Automatic.NOTICE, office, at)


def write_link(session: Session, tenant_id: int, login: Login, purpose: str, office: Office, at: datetime) -> None:
    """An invitation or a reset. The link itself is made when the mail leaves, so that no row holds it."""
    with force_locale(login.language):
        if purpose == "invite":
            subject = gettext("Your access to the help desk")
            text = gettext(
                "You have been given access to the help desk at %(url)s.\n\nChoose your password here within seven "
                "days:\n%(link)s",
                url=office.base_url,
                link=LINK,
            )
        else:
            subject = gettext("Choose a new password")
            text = gettext(
                "Somebody, probably you, asked for a new password at %(url)s.\n\nChoose it here within an hour:\n"
                "%(link)s\n\nIf it was not you, do nothing; your password stays as it is.",
                url=office.base_url,
                link=LINK,
            )
    writing = Writing(
        key=f"{purpose}:{login.id}:{at:%Y%m%d%H%M}",
        to=(Mailbox(login.email),),
        subject=subject,
        text=text,
        language=login.language,
        automatic=Automatic.NOTICE,
        purpose=purpose,
        login_id=login.id,
    )
    outbox.write(session, tenant_id, office, writing, at)


def compose(
    session: Session, mail: Mail, office: Office, read: Callable[[str], bytes], at: datetime
) -> tuple[str, bytes]:
    """The return path and the bytes of a mail that is about to leave. Raises ValueError for one that cannot."""
    tenant = session.get_one(Tenant, mail.tenant_id)
    letter = Letter(
        sender=office.sender(tenant.mail_name or _desk_name(session), tenant.mail_address),
        to=_mailboxes(mail.to),
        cc=_mailboxes(mail.cc),
        subject=mail.subject,
        text=_with_link(session, mail, office, at),
        message_id=mail.mail_id,
        date=mail.made_at,
        reply_to=Mailbox(mail.reply_to) if mail.reply_to else None,
        files=tuple(File(one["name"], one["type"], read(one["place"])) for one in mail.attachments),
        in_reply_to=mail.references[-1] if mail.references else "",
        references=tuple(mail.references),
        automatic=Automatic(mail.automatic) if mail.automatic else None,
        language=mail.language,
    )
    return envelope_sender(letter), as_bytes(letter)


def _write_to_requester(
    session: Session,
    ticket: Ticket,
    contact: Contact,
    key: str,
    text: str,
    automatic: Automatic,
    office: Office,
    at: datetime,
) -> None:
    """What a machine writes. Words of a stranger's choosing, such as the title, go to verified addresses only."""
    title = ticket.title if contact.verified_at else ""
    writing = Writing(
        key=key,
        to=_boxes([contact]),
        subject=answer_subject(ticket.key, title),
        text=_signed(session, ticket.tenant_id, text, None),
        language=contact.language,
        ticket_id=ticket.id,
        contact_id=contact.id,
        references=_references(session, ticket),
        automatic=automatic,
    )
    outbox.write(session, ticket.tenant_id, office, writing, at)


def _tell_nobody_gets_it(session: Session, ticket: Ticket, message: Message, at: datetime) -> None:
    """The story says that a reply has nobody to go to, and the ticket's owner hears of it."""
    why = "no_address"
    tickets.tell(session, ticket, tickets.SYSTEM, "mail_failed", at, message_id=message.id, to=[], why=why)
    key = f"{why}:{ticket.tenant_id}:{message.id}"
    said = {"to": [], "why": why, "title": ticket.title}
    outbox.notify(session, {ticket.owner_id}, ticket.tenant_id, key, "mail_failed", ticket.key, said, at)


def _requester(session: Session, ticket: Ticket) -> Contact | None:
    return next(iter(_reachable(session, ticket.tenant_id, [ticket.contact_id])), None)


def _recipients(session: Session, ticket: Ticket, first: Ticket) -> tuple[list[Contact], list[Contact]]:
    """(to, cc): the requester and those who follow, of this client, still there, with an address of their own."""
    following = ticket_queries.participants_of(session, ticket.tenant_id, ticket.id)
    found = _reachable(session, ticket.tenant_id, [first.contact_id, ticket.contact_id, *following])
    to = [one for one in found if one.id in (first.contact_id, ticket.contact_id)] or found[:1]
    return to, [one for one in found if one not in to]


def _reachable(session: Session, tenant_id: int, ids: Sequence[int | None]) -> list[Contact]:
    """Contacts a mail may go to. An address in another client's domain is none of this one's (screens.md 3)."""
    rows = session.scalars(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.id.in_([one for one in ids if one is not None]))
        .where(Contact.left_at.is_(None), Contact.normal_email.is_not(None))
        .order_by(Contact.id)
    ).all()
    domains = frozenset(one.normal_email.rpartition("@")[2] for one in rows if one.normal_email)
    foreign = people_queries.foreign_domains(session, tenant_id, domains)
    return [one for one in rows if one.normal_email and one.normal_email.rpartition("@")[2] not in foreign]


def _boxes(contacts: Sequence[Contact]) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(one.normal_email, one.name) for one in contacts if one.normal_email)


def _mailboxes(boxes: Sequence[dict[str, str]]) -> tuple[Mailbox, ...]:
    return tuple(Mailbox(one["address"], one["name"]) for one in boxes)


def _references(session: Session, ticket: Ticket) -> tuple[str, ...]:
    """The conversation so far, oldest first; the last one is what is answered."""
    messages = ticket_queries.messages_of(session, ticket.tenant_id, ticket.id)
    told = [(one.at, one.mail_id) for one in messages if one.mail_id]
    told += [(one.made_at, one.mail_id) for one in outbox_queries.mails_of_ticket(session, ticket.tenant_id, ticket.id)]
    chain: tuple[str, ...] = ()
    for _, mail_id in sorted(told):
        chain = answered(chain, mail_id)
    return chain


def _signed(session: Session, tenant_id: int, text: str, agent_id: int | None) -> str:
    """The author's signature, then the one this client is used to."""
    agent = session.get(Agent, agent_id) if agent_id is not None else None
    tenant = session.get_one(Tenant, tenant_id)
    lines = [one.strip() for one in (agent.signature if agent else "", tenant.signature) if one.strip()]
    return "\n".join([text.rstrip(), "", "-- ", *lines, ""]) if lines else f"{text.rstrip()}\n"


def _with_link(session: Session, mail: Mail, office: Office, at: datetime) -> str:
    if mail.purpose is None or mail.login_id is None:
        return mail.text
    with acting_as(GATE):
        token = people.one_time_token(session, mail.login_id, mail.purpose, at)
    return mail.text.replace(LINK, f"{office.base_url}/welcome/{token}")


def _desk_name(session: Session) -> str:
    desk_id = people_queries.desk_id(session)
    with acting_as(job(desk_id)):
        return session.scalars(select(Tenant.name).where(Tenant.tenant_id == desk_id)).one()
