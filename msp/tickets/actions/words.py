"""What people write on a ticket: replies, the client's answers, notes, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from msp.errors import Refused, Stale
from msp.hints import hint
from msp.outbox import queries as outbox
from msp.tickets import queries
from msp.tickets.actions.story import Actor, index, settle, tell, whole_second
from msp.tickets.facts import Story
from msp.tickets.models import Attachment, Draft, Message, Note, NoteAttachment, NoteToken, Participant, Ticket
from msp.tickets.rules import GONE, Channel, Status, tokens
from tenants.gathered import bring
from tenants.models import Contact
from tenants.rows import draw, insert_many, insert_once
from tenants.work import later


@dataclass(frozen=True, slots=True)
class Upload:
    """A file already in the store: the stranger's name, our place."""

    name: str
    content_type: str
    size: int
    sha256: str
    place: str


@dataclass(frozen=True, slots=True)
class Known:
    """What its author's page has asked of a ticket already: the id of the reply, whether he keeps a draft of it."""

    message_id: int
    drafted: bool
    story: Story


@dataclass(frozen=True, slots=True)
class Answer:
    """What an agent sends. `then` is the state it leaves behind, None the one it has; `followers` join from now on."""

    text: str
    seen_message_id: int | None = None
    then: Status | None = None
    resolution: str = ""
    followers: Sequence[Contact] = ()
    uploads: Sequence[Upload] = ()
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """A client's words on a ticket that is already there, however they came."""

    text: str
    channel: Channel
    contact: Contact | None = None
    by: str = "client"
    name: str = ""
    quoted: str = ""
    html: str | None = None
    language: str = ""
    raw_id: int | None = None
    mail_id: str | None = None
    automatic: bool = False
    uploads: Sequence[Upload] = ()


def reply(session: Session, ticket: Ticket, actor: Actor, given: Answer, at: datetime, undo: timedelta) -> Message:
    """A public reply. It leaves as mail, and is found by its words, when the time to undo is over.

    Whoever follows the ticket gets it. Who joins with it, and how the ticket was resolved, is written by `answer`.

    Raises Stale when the client or a colleague wrote since the author looked, Refused without words.
    """
    if not given.text.strip():
        raise Refused("An empty reply helps nobody.", {"text": ["Please write something."]})
    if ticket.status in GONE:
        raise Refused("This ticket is closed for good; its successor takes replies.")
    if given.seen_message_id is not None and ticket.last_message_id != given.seen_message_id:
        raise Stale("Somebody wrote while you were writing. Look first, then send.")
    known = given.known
    if known is None or known.drafted:
        drop_draft(session, ticket, actor.id, "reply")
    message = _message(session, ticket, actor, given.text, at, Channel.PORTAL, id=known.message_id if known else None)
    attach(session, ticket, message, given.uploads)
    tell(session, ticket, actor, "replied", at, message_id=message.id)
    if ticket.taken_at is None and actor.id == ticket.owner_id:
        ticket.taken_at = whole_second(at)
    _turn_after_reply(session, ticket, actor, given.then, at)
    settle(session, ticket, at, known.story if known else None)
    later(session, "mail.reply", ticket.tenant_id, ticket.id, message.id, at=at, available_at=at + undo)
    return message


def take_back(session: Session, ticket: Ticket, message: Message, actor: Actor, at: datetime) -> None:
    """Undo a reply that has not left yet; it answers no promise then. Raises Refused when it has left."""
    if actor.id is None or message.by != "agent" or message.by_id != actor.id:
        raise Refused("Only its author can take a reply back.")
    session.flush()
    session.refresh(message, with_for_update=True)
    if outbox.mail_of(session, ticket.tenant_id, f"reply:{message.id}") is not None:
        raise Refused("It has left already.")
    if message.taken_back_at is None:
        message.taken_back_at = at
        tell(session, ticket, actor, "taken_back", at, message_id=message.id)
        keep_draft(session, ticket, actor.id, "reply", message.text, at)
        settle(session, ticket, at)


def take_arrival(session: Session, ticket: Ticket, arrival: Arrival, at: datetime) -> Message | None:
    """A client's (or his machine's) words join the ticket. None where this very mail stands there already."""
    actor = Actor(arrival.by, arrival.contact.id if arrival.contact else None, _name(arrival))
    if arrival.mail_id and queries.message_by_mail_id(session, ticket, arrival.mail_id) is not None:
        return None
    message = _message(
        session,
        ticket,
        actor,
        arrival.text,
        at,
        arrival.channel,
        quoted=arrival.quoted,
        html=arrival.html,
        language=arrival.language,
        raw_id=arrival.raw_id,
        mail_id=arrival.mail_id,
        automatic=arrival.automatic,
    )
    attach(session, ticket, message, arrival.uploads)
    if arrival.contact is not None and arrival.contact.id != ticket.contact_id:
        follow(session, ticket, arrival.contact.id, at)
    tell(session, ticket, actor, "answered", at, message_id=message.id, auto=arrival.automatic)
    if not arrival.automatic and ticket.status == Status.PENDING_CLIENT:
        ticket.status = Status.OPEN
        tell(session, ticket, Actor("system"), "status", at, to=Status.OPEN, why="client_wrote")
    index(session, ticket.tenant_id, ticket.id, arrival.text)
    settle(session, ticket, at)
    return message


def note(
    session: Session, ticket: Ticket, actor: Actor, text: str, at: datetime, uploads: Sequence[Upload] = ()
) -> Note:
    """Words for the desk alone. No clock moves. Raises Refused without words."""
    if not text.strip():
        raise Refused("An empty note helps nobody.", {"text": ["Please write something."]})
    row = Note(
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        at=whole_second(at),
        by_id=actor.id,
        by_name=actor.name,
        text=text,
    )
    session.add(row)
    session.flush()
    for upload in uploads:
        session.add(NoteAttachment(tenant_id=ticket.tenant_id, ticket_id=ticket.id, note_id=row.id, **_columns(upload)))
    found = [{"tenant_id": ticket.tenant_id, "token": token, "ticket_id": ticket.id} for token in sorted(tokens(text))]
    insert_many(session, NoteToken, found, once=True)
    drop_draft(session, ticket, actor.id, "note")
    hint(session, ticket.tenant_id, f"ticket:{ticket.key}")
    return row


def follow(session: Session, ticket: Ticket, contact_id: int, at: datetime) -> None:
    """A person of the client follows the ticket from now on."""
    insert_once(
        session,
        Participant,
        {"tenant_id": ticket.tenant_id, "ticket_id": ticket.id, "contact_id": contact_id, "since": at},
    )


def attach(session: Session, ticket: Ticket, message: Message, uploads: Sequence[Upload]) -> None:
    """Hang stored files on a message."""
    for upload in uploads:
        session.add(
            Attachment(tenant_id=ticket.tenant_id, ticket_id=ticket.id, message_id=message.id, **_columns(upload))
        )


def keep_draft(session: Session, ticket: Ticket, login_id: int, kind: str, text: str, at: datetime) -> None:
    """What the author has typed so far; an empty text forgets it."""
    row = session.get(Draft, (ticket.tenant_id, ticket.id, login_id, kind))
    if row is None and text:
        session.add(
            Draft(tenant_id=ticket.tenant_id, ticket_id=ticket.id, login_id=login_id, kind=kind, text=text, saved_at=at)
        )
    elif row is not None and not text:
        session.delete(row)
    elif row is not None:
        row.text, row.saved_at = text, at


def drop_draft(session: Session, ticket: Ticket, login_id: int | None, kind: str) -> None:
    """It was sent; nothing is left to keep."""
    if login_id is not None:
        keep_draft(session, ticket, login_id, kind, "", ticket.changed_at)


def _message(
    session: Session, ticket: Ticket, actor: Actor, text: str, at: datetime, channel: Channel, **more: Any
) -> Message:
    """Words that leave with all else; `more` are columns, the `id` too where it is drawn already."""
    message = Message(
        id=more.pop("id", None) or draw(session, Message),
        tenant_id=ticket.tenant_id,
        ticket_id=ticket.id,
        at=max(whole_second(at), ticket.opened_at),
        by=actor.by,
        by_id=actor.id,
        by_name=actor.name,
        channel=channel,
        text=text,
        **more,
    )
    bring(session, message)
    ticket.last_message_id = message.id
    return message


def _turn_after_reply(session: Session, ticket: Ticket, actor: Actor, then: Status | None, at: datetime) -> None:
    """The state the author chose; a new ticket that was answered is open."""
    to = then or (Status.OPEN if ticket.status == Status.NEW else None)
    if to is not None and to != ticket.status:
        ticket.status = to
        tell(session, ticket, actor, "status", at, to=to)


def _name(arrival: Arrival) -> str:
    return arrival.contact.name if arrival.contact else arrival.name


def _columns(upload: Upload) -> dict[str, object]:
    return {
        "name": upload.name,
        "content_type": upload.content_type,
        "size": upload.size,
        "sha256": upload.sha256,
        "place": upload.place,
    }
