"""What came in, raw and kept before anybody read it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Model
from tenants.models import Instant, one_of


class RawMail(Model):
    """A mail as our edge took it. It lies with the desk until its tenant is known; `moved_to` says where it went."""

    __tablename__ = "raw_mail"
    __staff_only__ = True

    received_at: Mapped[datetime] = mapped_column(Instant)
    door: Mapped[str]
    envelope_from: Mapped[str] = mapped_column(default="")
    envelope_to: Mapped[str] = mapped_column(default="")
    digest: Mapped[str]
    message_id: Mapped[str] = mapped_column(default="")
    size: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[str]
    state: Mapped[str] = mapped_column(default="kept")
    why: Mapped[str] = mapped_column(default="")
    sender: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    moved_to: Mapped[int | None] = mapped_column(BigInteger)
    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    read_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("tenant_id", "digest", "envelope_to"),
        one_of("state", ("kept", "handed_on", "ticketed", "triage", "dropped", "unreadable")),
        Index("ix_raw_mail_triage", "tenant_id", "received_at", postgresql_where=text("state = 'triage'")),
    )
