"""A mail becomes part of a ticket of its client, or a new one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from msp.files import files
from msp.intake import queries, reading
from msp.intake.actions.bounces import take_bounce
from msp.intake.actions.facts import let_go, note
from msp.intake.actions.wording import title_of, words_of
from msp.intake.models import RawMail, State, Thread, Why
from msp.intake.rules.automatic import Kind
from msp.intake.rules.message import Mail
from msp.intake.rules.senders import Proof
from msp.intake.rules.threading import Clues, message_ids
from msp.outbox.office import Office
from msp.outbox.rules import opened, token_hash
from msp.tickets import actions as tickets
from msp.tickets import queries as ticket_queries
from msp.tickets.models import Ticket
from msp.tickets.rules import Channel
from tenants import actions as people
from tenants import queries as people_queries
from tenants.models import Contact, Tenant
from tenants.rows import insert_many
from tenants.work import later

A_DAY = timedelta(days=1)
MOST_MACHINE_MAILS = 5


def take_in(session: Session, tenant_id: int, raw_id: int, office: Office, at: datetime) -> None:
    """Place a mail that was handed on. As job of its client; a second time it changes nothing."""
    raw = queries.raw_mail(session, tenant_id, raw_id, lock=True)
    if raw is None or raw.state != State.KEPT:
        return
    # one mail of a client after the other, so that twins and new contacts meet
    tenant = session.get_one(Tenant, tenant_id, with_for_update={"key_share": True})
    content = files().read(raw.place)
    mail = reading.read(content, raw.envelope_from, {office.mailbox}, tenant.language == "ja")
    note(raw, mail, at)
    ours = opened(office.keys, mail.judgement.bounce.message_id) if mail.judgement.bounce else None
    if mail.judgement.kind is Kind.BOUNCE and mail.judgement.bounce and ours:
        take_bounce(session, raw, mail.judgement.bounce, ours, at)
        return
    twin = queries.twin_of(session, raw)
    if twin is not None:
        let_go(raw, Why.DUPLICATE, twin.ticket_id)
        return
    contact = _contact(session, tenant, raw, mail, at)
    clues = reading.clues_of(mail, raw.envelope_to, office)
    ticket = _ticket(session, tenant, raw, mail, clues, contact)
    if mail.judgement.automatic and not raw.placing:
        ticket = ticket or queries.same_notice(session, tenant_id, title_of(mail, tenant), raw.received_at - A_DAY)
        against = _against_a_machine(session, raw, mail, ticket)
        if against is not None:
            let_go(raw, against, ticket.id if ticket else None)
            return
    if ticket is not None and not tickets.is_over(session, ticket, raw.received_at):
        _join(session, ticket, raw, mail, contact, tenant, content, at)
    else:
        ticket = _open(session, tenant, raw, mail, contact, content, follows=ticket, at=at)
    raw.state, raw.ticket_id = State.TICKETED, ticket.id
    _remember_thread(session, ticket, mail)


def _against_a_machine(session: Session, raw: RawMail, mail: Mail, ticket: Ticket | None) -> Why | None:
    """Only a notice opens a ticket of its own, no machine wakes what is over, and a storm fills no story."""
    if ticket is None:
        return None if mail.judgement.kind is Kind.NOTICE else Why.AUTOMATIC
    if tickets.is_over(session, ticket, raw.received_at):
        return Why.AUTOMATIC
    joined = queries.machine_mails_since(session, raw.tenant_id, ticket.id, raw.received_at - A_DAY)
    return Why.ENOUGH if joined >= MOST_MACHINE_MAILS else None


def _contact(session: Session, tenant: Tenant, raw: RawMail, mail: Mail, at: datetime) -> Contact | None:
    """Who wrote: as an agent said, as his address says, or made new where the domain is the client's own.

    Whoever has left is nobody of the client: what he writes is told under his name, and no mail goes to him.
    """
    chosen = raw.placing.get("contact_id")
    if chosen is not None:
        return session.get_one(Contact, (tenant.tenant_id, chosen))
    if mail.sender is None:
        return None
    contact = people_queries.contact_by_email(session, tenant.tenant_id, mail.sender.address)
    if contact is None and (raw.placing or _is_own_person(session, tenant, mail)):
        name = raw.placing.get("name") or mail.sender.name or mail.sender.address.partition("@")[0]
        contact = people.add_contact(
            session, tenant.tenant_id, name[:200], mail.sender.address, language=tenant.language
        )
    if contact is not None and contact.left_at is not None:
        return None
    if contact is not None and contact.verified_at is None and raw.proof == Proof.PROVEN:
        contact.verified_at = at
    return contact


def _is_own_person(session: Session, tenant: Tenant, mail: Mail) -> bool:
    """Whether a person of the client's own domain wrote; a machine there is no contact."""
    if mail.sender is None or mail.judgement.automatic:
        return False
    _, by_domain = people_queries.tenants_of_sender(session, mail.sender.address)
    return by_domain == {tenant.tenant_id}


def _ticket(
    session: Session, tenant: Tenant, raw: RawMail, mail: Mail, clues: Clues, contact: Contact | None
) -> Ticket | None:
    """The ticket it belongs to, locked: by an agent's word, our marks, the conversation, a key in the subject."""
    ticket_id = _named(session, tenant, raw, mail, clues) or _by_key(session, tenant, clues, contact)
    found = ticket_queries.ticket_by_id(session, tenant.tenant_id, ticket_id) if ticket_id else None
    if found is None:
        return None
    last = queries.successor(session, found)
    return ticket_queries.ticket_by_id(session, tenant.tenant_id, last.id, lock=True)


def _named(session: Session, tenant: Tenant, raw: RawMail, mail: Mail, clues: Clues) -> int | None:
    number = raw.placing.get("number")
    if number is not None:
        ticket = ticket_queries.ticket(session, tenant.tenant_id, number)
        return ticket.id if ticket else None
    tokens = queries.by_tokens(session, [token_hash(token).hex() for token in clues.tokens])
    for tenant_id, ticket_id in tokens.values():
        if tenant_id == tenant.tenant_id:
            return ticket_id
    for ours in clues.ours:
        if ours.tenant_id == tenant.tenant_id and ours.ticket_id:
            return ours.ticket_id
    overtaken = [] if queries.bears_a_known_id(session, raw) else [mail.message_id]
    return queries.ticket_of_thread(session, tenant.tenant_id, [*overtaken, *clues.ids])


def _by_key(session: Session, tenant: Tenant, clues: Clues, contact: Contact | None) -> int | None:
    """Anybody can write a key into a subject, so it counts for those who follow the ticket only."""
    for key in clues.keys:
        if contact is not None and key.tenant == tenant.key:
            ticket = ticket_queries.ticket(session, tenant.tenant_id, key.number)
            if ticket is not None and _follows(session, ticket, contact):
                return ticket.id
    return None


def _follows(session: Session, ticket: Ticket, contact: Contact) -> bool:
    if ticket.contact_id == contact.id:
        return True
    return contact.id in ticket_queries.participants_of(session, ticket.tenant_id, ticket.id)


def _join(
    session: Session,
    ticket: Ticket,
    raw: RawMail,
    mail: Mail,
    contact: Contact | None,
    tenant: Tenant,
    content: bytes,
    at: datetime,
) -> None:
    words = words_of(mail, tenant)
    arrival = tickets.Arrival(
        words.text,
        Channel.MAIL,
        contact,
        name=raw.sender_name or raw.sender,
        quoted=words.quoted,
        html=words.html,
        language=contact.language if contact else tenant.language,
        raw_id=raw.id,
        mail_id=_free_mail_id(session, ticket, mail),
        automatic=mail.judgement.automatic,
        uploads=_uploads(tenant.tenant_id, mail, content),
    )
    tickets.take_arrival(session, ticket, arrival, raw.received_at)
    for follower in _followers(session, tenant.tenant_id, raw, mail):
        if follower.id != ticket.contact_id:
            tickets.follow(session, ticket, follower.id, at)
    if ticket.done and ticket.resolved_at is not None and not mail.judgement.automatic:
        actor = tickets.Actor("client", contact.id if contact else None, contact.name if contact else raw.sender_name)
        tickets.reopen(session, ticket, actor, max(raw.received_at, ticket.resolved_at))


def _open(
    session: Session,
    tenant: Tenant,
    raw: RawMail,
    mail: Mail,
    contact: Contact | None,
    content: bytes,
    follows: Ticket | None,
    at: datetime,
) -> Ticket:
    words = words_of(mail, tenant)
    name = contact.name if contact else raw.sender_name or raw.sender
    matter = tickets.Matter(
        title_of(mail, tenant),
        words.text,
        Channel.MAIL,
        contact,
        requester=name,
        owner_id=tenant.owner_login_id or queries.owner_of_last_resort(session),
        language=contact.language if contact else tenant.language,
        quoted=words.quoted,
        html=words.html,
        raw_id=raw.id,
        mail_id=mail.message_id or None,
        automatic=mail.judgement.automatic,
        uploads=_uploads(tenant.tenant_id, mail, content),
        followers=_followers(session, tenant.tenant_id, raw, mail),
    )
    actor = tickets.Actor("client", contact.id if contact else None, name)
    ticket = tickets.open_ticket(session, tenant, matter, actor, raw.received_at)
    if follows is not None:
        tickets.link(session, ticket, follows, "follows", tickets.SYSTEM, at)
    if mail.judgement.may_answer and contact is not None and contact.verified_at and raw.proof == Proof.PROVEN:
        later(session, "mail.received", tenant.tenant_id, ticket.id, at=at)
    return ticket


def _followers(session: Session, tenant_id: int, raw: RawMail, mail: Mail) -> list[Contact]:
    """Known people of the same client whom the sender wrote to as well; nobody is added on a stranger's word."""
    if raw.proof != Proof.PROVEN:
        return []
    return list(queries.verified_people(session, tenant_id, reading.recipients_of(mail)))


def _free_mail_id(session: Session, ticket: Ticket, mail: Mail) -> str | None:
    """The Message-ID, unless another mail of the ticket bears it: that one had another body, so this one is new."""
    if not mail.message_id or ticket_queries.message_by_mail_id(session, ticket, mail.message_id) is not None:
        return None
    return mail.message_id


def _uploads(tenant_id: int, mail: Mail, content: bytes) -> list[tickets.Upload]:
    """Its files; and the raw mail itself where anything of it could not be read."""
    kept = [_upload(tenant_id, file.name, file.type, file.data) for file in mail.attachments]
    return kept if mail.whole else [*kept, _upload(tenant_id, "mail.eml", "message/rfc822", content)]


def _upload(tenant_id: int, name: str, content_type: str, data: bytes) -> tickets.Upload:
    place, digest = files().keep(tenant_id, data)
    return tickets.Upload(name, content_type, len(data), digest, place)


def _remember_thread(session: Session, ticket: Ticket, mail: Mail) -> None:
    """Who answers this mail, or the one it answers, is in the same conversation."""
    answered = [one for value in mail.headers.all("in-reply-to") for one in message_ids(value)]
    ids = [one for one in dict.fromkeys((mail.message_id, *answered[:5])) if one]
    rows = [{"tenant_id": ticket.tenant_id, "mail_id": one, "ticket_id": ticket.id} for one in ids]
    insert_many(session, Thread, rows, once=True)
