"""Tickets, their events and words: tables, and facts about one row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from msp.tickets.rules import DONE, PRIORITIES, UNDONE, Channel, Level, Status, TicketKind
from tenants.isolation import Desk, Drawn, Model, Walled
from tenants.models import Instant, one_of

_BY_MAIL = text("mail_id IS NOT NULL")
_UNDONE = text(f"status IN ({', '.join(repr(str(status)) for status in UNDONE)})")


class Category(Desk):
    """A node of the desk's category tree; its code stands on tickets, its words in two languages here."""

    __tablename__ = "category"
    __why__ = "one tree serves all clients of the desk"

    code: Mapped[str] = mapped_column(primary_key=True)
    parent: Mapped[str | None]
    name_ja: Mapped[str]
    name_en: Mapped[str]
    place: Mapped[int] = mapped_column(default=0)

    def name(self, language: str) -> str:
        return self.name_ja if language == "ja" else self.name_en


class Ticket(Drawn):
    """One matter of one tenant. Its events are the truth; what stands here is the view the queue is ordered by."""

    __tablename__ = "ticket"

    number: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    title: Mapped[str]
    kind: Mapped[str] = mapped_column(default=TicketKind.QUESTION)
    category: Mapped[str | None]
    impact: Mapped[str] = mapped_column(default=Level.LOW)
    urgency: Mapped[str] = mapped_column(default=Level.MEDIUM)
    priority: Mapped[str] = mapped_column(default="P4")
    status: Mapped[str] = mapped_column(default=Status.NEW)
    channel: Mapped[str] = mapped_column(default=Channel.DESK)
    tier: Mapped[int] = mapped_column(default=1)
    owner_id: Mapped[int] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    requester: Mapped[str] = mapped_column(default="")
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolution: Mapped[str] = mapped_column(default="")
    follow_up_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    due_metric: Mapped[str | None]
    due_target: Mapped[int | None] = mapped_column(BigInteger)
    due_calendar: Mapped[str | None]
    clock: Mapped[str] = mapped_column(default="none")
    next_due_at: Mapped[datetime | None] = mapped_column(Instant)
    breached: Mapped[bool] = mapped_column(default=False)
    last_message_id: Mapped[int | None] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own attribute
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        ForeignKeyConstraint(["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"]),
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        one_of("kind", tuple(TicketKind)),
        one_of("status", tuple(Status)),
        one_of("channel", tuple(Channel)),
        one_of("impact", tuple(Level)),
        one_of("urgency", tuple(Level)),
        one_of("priority", PRIORITIES),
        one_of("clock", ("running", "paused", "stopped", "none")),
        CheckConstraint("tier BETWEEN 1 AND 3", name="tier"),
        Index("ix_ticket_queue", "due_at", "opened_at", "id", "tenant_id", postgresql_where=_UNDONE),
        Index("ix_ticket_tenant_queue", "tenant_id", "due_at", "opened_at", "id", postgresql_where=_UNDONE),
        Index("ix_ticket_tenant_opened", "tenant_id", "opened_at", "id", postgresql_where=_UNDONE),
        Index("ix_ticket_owner_queue", "owner_id", "due_at", "opened_at", "id", postgresql_where=_UNDONE),
        Index("ix_ticket_next_due", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
        Index("ix_ticket_tenant_changed", "tenant_id", "changed_at"),
        Index("ix_ticket_tenant_contact", "tenant_id", "contact_id", "changed_at"),
        Index("ix_ticket_follow_up", "follow_up_at", postgresql_where=text("follow_up_at IS NOT NULL")),
    )

    @property
    def undone(self) -> bool:
        return self.status in UNDONE

    @property
    def done(self) -> bool:
        return self.status in DONE


class Event(Model):
    """One append-only fact about a ticket; `data` holds what the kind of event needs."""

    __tablename__ = "event"
    __append_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    type: Mapped[str]
    by: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    by_name: Mapped[str] = mapped_column(default="")
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("by", ("client", "agent", "system")),
        Index("ix_event_tenant_id_ticket_id", "tenant_id", "ticket_id", "at", "id"),
    )


class Message(Drawn):
    """Words that both sides see: a client's message or a public reply, with the channel they took."""

    __tablename__ = "message"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    by_name: Mapped[str]
    channel: Mapped[str]
    automatic: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="")
    text: Mapped[str] = mapped_column(Text)
    quoted: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str | None] = mapped_column(Text)
    raw_id: Mapped[int | None] = mapped_column(BigInteger)
    mail_id: Mapped[str | None]
    taken_back_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("by", ("client", "agent", "system", "vendor")),
        one_of("channel", tuple(Channel)),
        Index("ix_message_mail", "tenant_id", "ticket_id", "mail_id", unique=True, postgresql_where=_BY_MAIL),
        Index("ix_message_tenant_id_ticket_id", "tenant_id", "ticket_id", "at", "id"),
    )


class Note(Model):
    """Words for the desk alone. The row is itself the event, so that a client's session folds the same clocks."""

    __tablename__ = "note"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(Instant)
    by_id: Mapped[int | None] = mapped_column(BigInteger)
    by_name: Mapped[str]
    text: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        Index("ix_note_tenant_id_ticket_id", "tenant_id", "ticket_id", "at", "id"),
    )


class Attachment(Model):
    """A file that came or went with a message. The name is the stranger's, the place in the store is ours."""

    __tablename__ = "attachment"

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    message_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    place: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "message_id"], ["message.tenant_id", "message.id"]),
        Index("ix_attachment_tenant_id_message_id", "tenant_id", "message_id"),
        Index("ix_attachment_tenant_id_ticket_id", "tenant_id", "ticket_id"),
    )


class NoteAttachment(Model):
    """A file that belongs to a note, for the desk alone."""

    __tablename__ = "note_attachment"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger)
    note_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    place: Mapped[str]

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "note_id"], ["note.tenant_id", "note.id"]),
        Index("ix_note_attachment_tenant_id_ticket_id", "tenant_id", "ticket_id"),
    )


class Participant(Walled):
    """A person of the client who follows a ticket beside its requester."""

    __tablename__ = "participant"

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    contact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    since: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        ForeignKeyConstraint(["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"]),
        Index("ix_participant_tenant_id_contact_id", "tenant_id", "contact_id"),
    )


class Tag(Walled):
    """A word on a ticket, for the desk's own sorting."""

    __tablename__ = "tag"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        Index("ix_tag_tenant_id_name", "tenant_id", "name"),
    )


class Link(Walled):
    """Two tickets of one client that belong together: `related`, `caused_by`, `follows`, `merged_into`."""

    __tablename__ = "link"

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    other_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        ForeignKeyConstraint(["tenant_id", "other_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("kind", ("related", "caused_by", "follows", "merged_into")),
        Index("ix_link_tenant_id_other_id", "tenant_id", "other_id"),
    )


class Token(Walled):
    """A search token of what both sides see; an index by row, since full text is not leakproof (safety.md 1)."""

    __tablename__ = "token"

    token: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),)


class NoteToken(Walled):
    """A search token of a note, for the desk alone."""

    __tablename__ = "note_token"
    __staff_only__ = True

    token: Mapped[str] = mapped_column(String(collation="C"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),)


class Draft(Walled):
    """What an agent has typed and not yet sent: one per ticket, author and kind."""

    __tablename__ = "draft"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    login_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        one_of("kind", ("reply", "note")),
    )
