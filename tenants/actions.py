"""Verbs on companies, people, access and sessions; they write and never commit."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from tenants.audit import AccessLog, Audit, AuditDetail
from tenants.isolation import acting_as
from tenants.models import (
    Access,
    Address,
    Agent,
    Contact,
    Domain,
    Login,
    OneTimeToken,
    ReplyAddress,
    SignedIn,
    Site,
    Tenant,
    TenantKey,
)
from tenants.passwords import hash_password, is_right, new_token, token_hash
from tenants.queries import login_by_email
from tenants.rows import insert_once, set_shared_once
from tenants.rules import DESK_KEY, GATE, Principal, Role, job, normal_email, normal_name
from tenants.work import later

SESSION_LASTS = timedelta(hours=12)
INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(hours=1)


def sign_in(session: Session, email: str, password: str, at: datetime) -> tuple[Login, str] | None:
    """Check the password and open a session under a new token. None for a wrong pair, whatever is wrong. As `gate`."""
    login = login_by_email(session, email)
    right = is_right(password, login.password_hash if login else None)
    if login is None or not right or login.disabled_at is not None:
        return None
    return login, open_session(session, login.id, at)


def open_session(session: Session, login_id: int, at: datetime) -> str:
    """A new session; answers the token for the cookie. As `gate`."""
    token = new_token()
    session.add(
        SignedIn(token_hash=token_hash(token), login_id=login_id, since=at, seen_at=at, until=at + SESSION_LASTS)
    )
    return token


def sign_out(session: Session, token: str) -> None:
    """End this session. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.token_hash == token_hash(token)))


def sign_out_everywhere(session: Session, login_id: int) -> None:
    """End every session of a person. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.login_id == login_id))


def forget_over(session: Session, before: datetime) -> None:
    """Drop sessions and one-time tokens that ended before an instant. As `gate`."""
    session.execute(delete(SignedIn).where(SignedIn.until < before))
    session.execute(delete(OneTimeToken).where(OneTimeToken.until < before))


def one_time_token(session: Session, login_id: int, purpose: str, at: datetime) -> str:
    """A token for an invitation or a reset; earlier ones of the same purpose end. As `gate`."""
    session.execute(
        update(OneTimeToken)
        .where(OneTimeToken.login_id == login_id, OneTimeToken.purpose == purpose, OneTimeToken.used_at.is_(None))
        .values(used_at=at)
    )
    token = new_token()
    lasts = INVITATION_LASTS if purpose == "invite" else RESET_LASTS
    session.add(OneTimeToken(token_hash=token_hash(token), login_id=login_id, purpose=purpose, until=at + lasts))
    return token


def choose_password(session: Session, token: str, password: str, at: datetime) -> Login | None:
    """Use an invitation or a reset. All open sessions of the person end. None: used, over or unknown. As `gate`."""
    row = session.scalar(
        select(OneTimeToken)
        .where(OneTimeToken.token_hash == token_hash(token), OneTimeToken.until > at, OneTimeToken.used_at.is_(None))
        .with_for_update()
    )
    if row is None:
        return None
    row.used_at = at
    login = session.get_one(Login, row.login_id)
    login.password_hash = hash_password(password)
    sign_out_everywhere(session, login.id)
    return login


def ask_reset(session: Session, email: str, at: datetime) -> None:
    """Somebody says he forgot his password: a mail goes to him if we know him, by work of the desk. As `gate`."""
    login = login_by_email(session, email)
    if login is None or login.disabled_at is not None:
        return
    desk = session.scalars(select(TenantKey.id).where(TenantKey.key == DESK_KEY)).one()
    with acting_as(job(desk)):
        later(session, "mail.reset", desk, login.id, at=at, key=f"{login.id}:{at:%Y%m%d%H%M}")


def set_preferences(session: Session, login_id: int, **wishes: Any) -> None:
    """Language, zone, theme and single keys of a person. As `gate`."""
    login = session.get_one(Login, login_id)
    for name, value in wishes.items():
        setattr(login, name, value)


def found_desk(session: Session, name: str, at: datetime, **facts: Any) -> Tenant:
    """The desk's own row among the tenants; the first act of an installation."""
    return open_tenant(session, DESK_KEY, name, at, **facts)


def tenant_of_desk(session: Session) -> int | None:
    """The desk's own tenant, once it is founded. As `gate`."""
    return session.scalar(select(TenantKey.id).where(TenantKey.key == DESK_KEY))


def open_tenant(session: Session, key: str, name: str, at: datetime, **facts: Any) -> Tenant:
    """A new client company. Its key goes through the gate; the rest stands behind the wall from the start."""
    with acting_as(GATE):
        row = TenantKey(key=key)
        session.add(row)
        session.flush()
    with acting_as(_writing(row.id)):
        tenant = Tenant(tenant_id=row.id, key=key, name=name, **{"short": name, "opened_on": at.date()} | facts)
        session.add(tenant)
    return tenant


def hire(session: Session, email: str, name: str, role: Role, sees_all: bool = True, **facts: Any) -> Agent:
    """A new person of the desk, with a login that has no password yet. As `staff` or `system`."""
    settings = {each: facts.pop(each) for each in ("language", "zone", "password_hash") if each in facts}
    with acting_as(GATE):
        login = Login(email=normal_email(email), desk=True, role=role, sees_all=sees_all, **settings)
        session.add(login)
        session.flush()
    agent = Agent(id=login.id, name=name, email=email, role=role, **{"sort_key": normal_name(name)} | facts)
    session.add(agent)
    return agent


def allow(session: Session, login_id: int, tenant_id: int, denied: bool = False) -> None:
    """Put a tenant on a desk login's list, or (`denied`) keep it from him whatever else says yes."""
    with acting_as(GATE):
        row = session.get(Access, (login_id, tenant_id)) or Access(login_id=login_id, tenant_id=tenant_id)
        row.denied = denied
        session.add(row)


def add_contact(session: Session, tenant_id: int, name: str, email: str | None = None, **facts: Any) -> Contact:
    """A person at a client; his address is known to the gate from now on."""
    contact = Contact(
        tenant_id=tenant_id,
        name=name,
        email=email,
        normal_email=normal_email(email) if email else None,
        **{"normal_name": normal_name(name), "sort_key": normal_name(facts.get("kana") or name)} | facts,
    )
    session.add(contact)
    session.flush()
    if contact.normal_email:
        with acting_as(GATE):
            session.add(Address(email=contact.normal_email, tenant_id=tenant_id, contact_id=contact.id))
    return contact


def add_site(session: Session, tenant_id: int, name: str, **facts: Any) -> Site:
    """A place of a client."""
    site = Site(tenant_id=tenant_id, name=name, **facts)
    session.add(site)
    session.flush()
    return site


def let_in(session: Session, contact: Contact) -> Login:
    """Give a contact a login for his company; one login may serve several. Raises ValueError without an address."""
    if contact.normal_email is None:
        raise ValueError("A contact without an address cannot sign in.")
    with acting_as(GATE):
        login = login_by_email(session, contact.normal_email)
        if login is None:
            login = Login(email=contact.normal_email, desk=False, language=contact.language)
            session.add(login)
            session.flush()
        access = session.get(Access, (login.id, contact.tenant_id)) or Access(
            login_id=login.id, tenant_id=contact.tenant_id
        )
        access.denied, access.role, access.contact_id = False, contact.role, contact.id
        session.add(access)
    return login


def shut_out(session: Session, login_id: int, at: datetime) -> None:
    """Take a person's way in; holds from the next request on."""
    with acting_as(GATE):
        session.get_one(Login, login_id).disabled_at = at
        sign_out_everywhere(session, login_id)


def claim_domain(session: Session, tenant_id: int, name: str) -> bool:
    """Say that a mail domain is this client's. False where it is somebody's already."""
    with acting_as(GATE):
        return set_shared_once(session, Domain, {"name": name.strip().lower(), "tenant_id": tenant_id})


def reply_token(session: Session, tenant_id: int, ticket_id: int, contact_id: int | None, hashed: str) -> None:
    """Remember the hash of a reply address's secret, bound to ticket and person (None: whoever follows the ticket)."""
    with acting_as(GATE):
        session.add(ReplyAddress(token_hash=hashed, tenant_id=tenant_id, ticket_id=ticket_id, contact_id=contact_id))


def write_down(
    session: Session,
    tenant_id: int,
    principal: Principal,
    verb: str,
    at: datetime,
    subject: str = "",
    outcome: str = "done",
    request_id: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    """One row of the audit, in the act's own transaction; personal detail stands beside, covered by its hash."""
    salt = secrets.token_hex(8) if detail else ""
    row = Audit(
        tenant_id=tenant_id,
        at=at,
        login_id=principal.login_id,
        kind=principal.kind,
        verb=verb,
        subject=subject,
        outcome=outcome,
        request_id=request_id,
        detail_hash=detail_digest(salt, detail) if detail else "",
    )
    session.add(row)
    if detail:
        session.flush()
        session.add(AuditDetail(tenant_id=tenant_id, audit_id=row.id, salt=salt, detail=detail))


def detail_digest(salt: str, detail: dict[str, Any]) -> str:
    return hashlib.sha256((salt + json.dumps(detail, sort_keys=True, ensure_ascii=False)).encode()).hexdigest()


def looked_at(session: Session, tenant_id: int, principal: Principal, subject: str, name: str, at: datetime) -> None:
    """Somebody of the desk opened something of this tenant: one row an hour, person and thing."""
    if principal.login_id is not None:
        insert_once(
            session,
            AccessLog,
            {
                "tenant_id": tenant_id,
                "hour": at.replace(minute=0, second=0, microsecond=0),
                "login_id": principal.login_id,
                "subject": subject,
                "at": at,
                "name": name,
            },
        )


def _writing(tenant_id: int) -> Principal:
    return Principal(kind=GATE.kind, tenants=frozenset({tenant_id}), tenant=tenant_id)
