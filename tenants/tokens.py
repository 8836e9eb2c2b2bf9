"""Tokens of programs: what each may touch, their tables, and what the gate asks of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from tenants.isolation import Gate, Walled
from tenants.kept import Kept
from tenants.models import Instant, Login
from tenants.queries import Caller, asked_of_login, caller_of
from tenants.rules import Permission

SCOPES: dict[str, frozenset[Permission]] = {
    "tickets:read": frozenset({Permission.SEE_TICKETS, Permission.OWN_TICKETS}),
    "tickets:write": frozenset({Permission.SEE_TICKETS, Permission.OWN_TICKETS, Permission.WORK_TICKETS}),
    "clients:read": frozenset({Permission.SEE_TENANTS, Permission.OWN_PROFILE}),
    "time:read": frozenset({Permission.SEE_TICKETS}),
    "time:write": frozenset({Permission.SEE_TICKETS, Permission.WORK_TICKETS}),
    "documents:read": frozenset({Permission.SEE_BILLING, Permission.OWN_INVOICES}),
    "sla:read": frozenset(
        {Permission.SEE_CONTRACTS, Permission.OWN_PROMISES, Permission.SEE_TICKETS, Permission.OWN_TICKETS}
    ),
    "sla:write": frozenset({Permission.RUN_TENANTS, Permission.OWN_PROMISES, Permission.WORK_TICKETS}),
}
"""What a token may ask for, and the most it leaves of its person's permissions."""

ALWAYS = frozenset({Permission.OWN_PROFILE})
GRAIN = timedelta(minutes=1)
"""How exactly the last use of a token is known; it costs at most one write in this time."""


class ApiToken(Gate):
    """A program's way in, in its person's name. Only its SHA-256 is kept; `bound_to` narrows it to one tenant."""

    __tablename__ = "api_token"
    __why__ = "a token is looked up before anybody is known"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    prefix: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    login_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("login.id"))
    bound_to: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("tenant_key.id"))
    label: Mapped[str]
    scopes: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_api_token_login_id", "login_id"),)

    def holds(self, at: datetime) -> bool:
        return self.revoked_at is None and self.until > at


class KeptAnswer(Walled):
    """What an unsafe request with an idempotency key was answered, to be answered again. Staff's answers hold
    staff's words, so that only the door itself, acting for the tenant, reads it."""

    __tablename__ = "api_answer"
    __staff_only__ = True

    caller: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    digest: Mapped[str]
    status: Mapped[int] = mapped_column(default=0)
    location: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_api_answer_tenant_id_at", "tenant_id", "at"),)


@dataclass(frozen=True, slots=True)
class Bearer:
    """A program at the door: its token, and the person in whose name it calls."""

    id: int
    prefix: str
    bound_to: int | None
    scopes: frozenset[str]
    used_at: datetime | None
    caller: Caller

    @property
    def permissions(self) -> frozenset[Permission]:
        """The most that its scopes leave of the person's permissions."""
        return ALWAYS.union(*(SCOPES.get(scope, frozenset()) for scope in self.scopes))

    def is_stale(self, at: datetime) -> bool:
        """Whether its last use is known less exactly than it should be."""
        return self.used_at is None or at - self.used_at >= GRAIN


_BEARER = Kept(
    asked_of_login(ApiToken.made_at)
    .add_columns(ApiToken.id, ApiToken.prefix, ApiToken.bound_to, ApiToken.scopes, ApiToken.used_at)
    .join(ApiToken, ApiToken.login_id == Login.id)
    .where(
        ApiToken.token_hash == bindparam("token"),
        ApiToken.revoked_at.is_(None),
        ApiToken.until > bindparam("at"),
        Login.disabled_at.is_(None),
    )
)


def bearer(session: Session, token_hash: str, at: datetime) -> Bearer | None:
    """Whose program this is, with all that decides its rights, in one statement. As `gate`."""
    row = _BEARER.ask(session, {"token": token_hash, "at": at}).one_or_none()
    if row is None:
        return None
    of_login, token_id, prefix, bound_to, scopes, used_at = row
    return Bearer(token_id, prefix, bound_to, frozenset(scopes.split()), used_at, caller_of(of_login))


def tokens_of(session: Session, login_id: int) -> Sequence[ApiToken]:
    """A person's tokens, newest first, also those that are over. As `gate`."""
    return session.scalars(select(ApiToken).where(ApiToken.login_id == login_id).order_by(ApiToken.id.desc())).all()
