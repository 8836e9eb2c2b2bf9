"""Verbs on people of the desk and of clients, and their ways in; they write and never commit."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from tenants.actions.entrance import sign_out_everywhere
from tenants.isolation import acting_as
from tenants.models import Access, Address, Agent, Contact, Login, ReplyAddress
from tenants.queries import login_by_email
from tenants.rules import GATE, Role, normal_email, normal_name


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


def reply_token(session: Session, tenant_id: int, ticket_id: int, contact_id: int | None, hashed: str) -> None:
    """Remember the hash of a reply address's secret, bound to ticket and person (None: whoever follows the ticket)."""
    with acting_as(GATE):
        session.add(ReplyAddress(token_hash=hashed, tenant_id=tenant_id, ticket_id=ticket_id, contact_id=contact_id))
