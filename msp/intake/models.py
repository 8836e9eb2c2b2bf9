"""What came in, raw and kept before anybody read it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of


class State(StrEnum):
    """How far a mail has come: with the desk it waits or is handed on, with its client it becomes part of a ticket."""

    KEPT = "kept"
    HANDED_ON = "handed_on"
    TICKETED = "ticketed"
    TRIAGE = "triage"
    DROPPED = "dropped"


class Why(StrEnum):
    """Why a mail waits for an agent, or was dropped. Codes; the page has the words."""

    OWN = "own"
    DUPLICATE = "duplicate"
    AUTOMATIC = "automatic"
    ENOUGH = "enough"
    DELAYED = "delayed"
    SECRETS = "secrets"
    NO_SENDER = "no_sender"
    UNKNOWN_SENDER = "unknown_sender"
    SEVERAL_CLIENTS = "several_clients"
    OTHER_CLIENT = "other_client"
    CLIENT_GONE = "client_gone"
    SENDER_LEFT = "sender_left"
    COLLEAGUE = "colleague"
    REFUTED = "refuted"
    UNPROVEN = "unproven"
    TOO_MANY = "too_many"
    BY_HAND = "by_hand"


class RawMail(Model):
    """A mail as our edge took it. It lies with the desk until its tenant is known; `moved_to` says where it went.

    `hints` are what an agent may be shown to place it, `placing` is what an agent decided. The copy with the client
    names the desk's row in `came_from`.
    """

    __tablename__ = "raw_mail"
    __staff_only__ = True

    received_at: Mapped[datetime] = mapped_column(Instant)
    door: Mapped[str]
    envelope_from: Mapped[str | None]
    envelope_to: Mapped[str] = mapped_column(default="")
    digest: Mapped[str]
    message_id: Mapped[str] = mapped_column(default="")
    body_digest: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.KEPT)
    why: Mapped[str] = mapped_column(default="")
    sender: Mapped[str] = mapped_column(default="")
    sender_name: Mapped[str] = mapped_column(default="")
    proof: Mapped[str] = mapped_column(default="unknown")
    subject: Mapped[str] = mapped_column(default="")
    preview: Mapped[str] = mapped_column(Text, default="")
    hints: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    placing: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    moved_to: Mapped[int | None] = mapped_column(BigInteger)
    came_from: Mapped[int | None] = mapped_column(BigInteger)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("tenant_id", "digest", "envelope_to"),
        one_of("state", tuple(State)),
        one_of("proof", ("proven", "refuted", "unknown")),
        Index("ix_raw_mail_triage", "tenant_id", "received_at", postgresql_where=text("state = 'triage'")),
        Index("ix_raw_mail_tenant_id_message_id", "tenant_id", "message_id"),
        Index("ix_raw_mail_tenant_id_sender", "tenant_id", "sender", "received_at"),
    )


class Thread(Walled):
    """A Message-ID and the ticket its conversation belongs to: our client's mails and those they answer."""

    __tablename__ = "thread"
    __staff_only__ = True

    mail_id: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        Index("ix_thread_tenant_id_ticket_id", "tenant_id", "ticket_id"),
    )
