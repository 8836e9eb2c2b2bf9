"""Mail, notices and webhooks going out, with their delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, UniqueConstraint
from sqlalchemy import text as condition
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from msp.outbox.rules import Automatic
from tenants.isolation import Desk, Model
from tenants.models import Instant, one_of


class Mail(Model):
    """One mail to one or more people of one client. Its Message-ID is made with the row and never changes.

    `answers` holds what each recipient's server said, '' for yes; `again` how often a person asked to try anew. A mail
    with a `purpose` carries a link that opens an account; its place in the text is filled when it leaves.
    """

    __tablename__ = "mail"

    ticket_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    key: Mapped[str]
    mail_id: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    to: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    cc: Mapped[list[dict[str, str]]] = mapped_column(JSONB, default=list)
    subject: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(default="ja")
    reply_to: Mapped[str | None]
    references: Mapped[list[str]] = mapped_column(JSONB, default=list)
    attachments: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    automatic: Mapped[str | None]
    purpose: Mapped[str | None]
    login_id: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    again: Mapped[int] = mapped_column(default=0)
    answers: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None]

    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        UniqueConstraint("tenant_id", "mail_id"),
        one_of("state", ("waiting", "sent", "refused", "failed")),
        one_of("purpose", ("invite", "reset")),
        one_of("automatic", tuple(Automatic)),
        Index("ix_mail_tenant_id_ticket_id", "tenant_id", "ticket_id"),
        Index("ix_mail_tenant_id_state", "tenant_id", "state", "made_at"),
        Index("ix_mail_automatic", "tenant_id", "made_at", postgresql_where=condition("automatic IS NOT NULL")),
    )


class Notice(Desk):
    """Something about a ticket that one person of the desk should see; `kind` says what happened, `data` its facts.

    `subject` is the ticket's key.
    """

    __tablename__ = "notice"
    __why__ = "a person of the desk reads notices of many tenants in one list"
    __about__ = "about_tenant"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    login_id: Mapped[int] = mapped_column(BigInteger)
    about_tenant: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("login_id", "key"),
        Index("ix_notice_login_id_at", "login_id", "at"),
        Index("ix_notice_unseen", "login_id", postgresql_where=condition("seen_at IS NULL")),
    )


class Webhook(Desk):
    """An address of another program that hears of what happens here. Its secret is made from `salt` and never kept."""

    __tablename__ = "webhook"
    __why__ = "one address hears of all clients of the desk"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    url: Mapped[str]
    salt: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSONB, default=list)
    made_at: Mapped[datetime] = mapped_column(Instant)
    shut_at: Mapped[datetime | None] = mapped_column(Instant)


class Delivery(Model):
    """One call of a webhook. Its delivery id is made with the row and never changes, however often it is sent.

    `body` is sent byte for byte; `status` and `answer` are what the address said last; `again` is how often a person
    asked for it anew.
    """

    __tablename__ = "webhook_delivery"
    __staff_only__ = True

    webhook_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("webhook.id"))
    key: Mapped[str]
    delivery_id: Mapped[str]
    event: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="waiting")
    tries: Mapped[int] = mapped_column(default=0)
    again: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    status: Mapped[int | None]
    answer: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        UniqueConstraint("tenant_id", "webhook_id", "key"),
        one_of("state", ("waiting", "taken", "refused")),
        Index("ix_webhook_delivery_webhook_id", "webhook_id", "made_at"),
    )
