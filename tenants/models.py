"""Companies, people, access, sessions, audit: tables, and facts about one row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.isolation import Desk, Gate, Model, Walled
from tenants.rules import CLIENT_ROLES, DESK_KEY, DESK_ROLES

Instant = DateTime(timezone=True)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """Text with a CHECK, since a native enum's `=` picks the wrong index under row security (safety.md 1)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class TenantKey(Gate):
    """Which tenants exist: id and key, read before anybody is known."""

    __tablename__ = "tenant_key"
    __why__ = "the guard turns ACME into an id before it knows the caller"
    __open_to__ = ("gate", "system", "staff")

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def is_desk(self) -> bool:
        return self.key == DESK_KEY


class Login(Gate):
    """One person's way in. `desk` logins work for the desk; the others are contacts of clients."""

    __tablename__ = "login"
    __why__ = "signing in comes before knowing the tenant"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    desk: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str | None]
    sees_all: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(default="ja")
    zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    theme: Mapped[str] = mapped_column(default="auto")
    single_keys: Mapped[bool] = mapped_column(default=True)
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        CheckConstraint(f"role IS NULL OR role IN ({', '.join(repr(str(role)) for role in DESK_ROLES)})", name="role"),
        CheckConstraint("desk = (role IS NOT NULL)", name="desk_has_role"),
    )


class Access(Gate):
    """Which tenants a login may serve: for the desk an allow-list in which a deny wins, for a contact his role."""

    __tablename__ = "access"
    __why__ = "the list of tenants is what a session is made of"

    login_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("login.id"), primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenant_key.id"), primary_key=True)
    denied: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str | None]
    contact_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        CheckConstraint(
            f"role IS NULL OR role IN ({', '.join(repr(str(role)) for role in CLIENT_ROLES)})", name="role"
        ),
        Index("ix_access_tenant_id", "tenant_id"),
    )


class SignedIn(Gate):
    """A session kept on the server; the cookie holds the token, the row its SHA-256."""

    __tablename__ = "signed_in"
    __why__ = "a session is looked up before anybody is known"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    login_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("login.id"))
    since: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_signed_in_login_id", "login_id"), Index("ix_signed_in_until", "until"))


class OneTimeToken(Gate):
    """An invitation or a password reset; used once, gone when over."""

    __tablename__ = "one_time_token"
    __why__ = "who follows an invitation is not yet known"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    login_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("login.id"))
    purpose: Mapped[str]
    until: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (one_of("purpose", ("invite", "reset")),)


class ReplyAddress(Gate):
    """The token in a reply address: which ticket and whom it was made for. Only its hash is kept."""

    __tablename__ = "reply_address"
    __why__ = "a mail is placed before its sender is known"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenant_key.id"))
    ticket_id: Mapped[int] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)


class Domain(Gate):
    """A mail domain that is provably one client's."""

    __tablename__ = "domain"
    __why__ = "a sender's domain tells the tenant"

    name: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenant_key.id"))

    __table_args__ = (Index("ix_domain_tenant_id", "tenant_id"),)


class Address(Gate):
    """A contact's normalised address and the tenant it belongs to; one address may belong to several."""

    __tablename__ = "address"
    __why__ = "a sender's address tells the tenant"

    email: Mapped[str] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("tenant_key.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(BigInteger)


class Tenant(Walled):
    """One client company, or the desk itself."""

    __tablename__ = "tenant"

    tenant_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("tenant_key.id"), primary_key=True, autoincrement=False, sort_order=-2
    )
    key: Mapped[str]
    name: Mapped[str]
    kana: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(default="")
    short: Mapped[str]
    tile: Mapped[int] = mapped_column(default=1)
    language: Mapped[str] = mapped_column(default="ja")
    zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    billing_zone: Mapped[str] = mapped_column(default="Asia/Tokyo")
    owner_login_id: Mapped[int | None] = mapped_column(BigInteger)
    mail_name: Mapped[str | None]
    mail_address: Mapped[str | None]
    signature: Mapped[str] = mapped_column(default="")
    billing: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    opened_on: Mapped[date | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (one_of("language", ("ja", "en")), CheckConstraint("tile BETWEEN 1 AND 12", name="tile"))


class Site(Model):
    """A place of a client where work is done."""

    __tablename__ = "site"

    name: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    zone: Mapped[str | None]

    __table_args__ = (UniqueConstraint("tenant_id", "name"),)


class Contact(Model):
    """A person at a client."""

    __tablename__ = "contact"

    name: Mapped[str]
    kana: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(default="")
    email: Mapped[str | None]
    normal_email: Mapped[str | None]
    phone: Mapped[str] = mapped_column(default="")
    normal_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="ja")
    zone: Mapped[str | None]
    role: Mapped[str] = mapped_column(default="requester")
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    verified_at: Mapped[datetime | None] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        UniqueConstraint("tenant_id", "normal_email"),
        one_of("role", CLIENT_ROLES),
        one_of("language", ("ja", "en")),
        Index("ix_contact_tenant_id_normal_name", "tenant_id", "normal_name"),
    )


class LedBy(Model):
    """Whose tickets a team lead sees: chosen people or chosen sites."""

    __tablename__ = "led_by"

    lead_id: Mapped[int] = mapped_column(BigInteger)
    contact_id: Mapped[int | None] = mapped_column(BigInteger)
    site_id: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "lead_id"], ["contact.tenant_id", "contact.id"]),
        ForeignKeyConstraint(["tenant_id", "contact_id"], ["contact.tenant_id", "contact.id"]),
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        CheckConstraint("(contact_id IS NULL) <> (site_id IS NULL)", name="one"),
    )


class Agent(Desk):
    """A person of the desk, as colleagues see him. The id is his login's."""

    __tablename__ = "agent"
    __why__ = "people of the desk serve many tenants"

    id: Mapped[int] = mapped_column(BigInteger, ForeignKey("login.id"), primary_key=True, autoincrement=False)
    name: Mapped[str]
    kana: Mapped[str] = mapped_column(default="")
    sort_key: Mapped[str] = mapped_column(default="")
    email: Mapped[str]
    role: Mapped[str]
    tier: Mapped[int] = mapped_column(default=1)
    signature: Mapped[str] = mapped_column(default="")
    left_at: Mapped[datetime | None] = mapped_column(Instant)


class DeskSetting(Desk):
    """A setting of the desk that its owner may change while it runs."""

    __tablename__ = "desk_setting"
    __why__ = "settings of the desk itself"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)


class Counter(Walled):
    """The last number given out of a kind; numbers people see have no gaps, so no sequence makes them."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(BigInteger)
