"""Verbs on people of the desk and of clients, and their ways in; they write and never commit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenants.actions.entrance import sign_out_everywhere
from tenants.errors import Refused
from tenants.isolation import acting_as
from tenants.models import Access, Address, Agent, Contact, LedBy, Login, ReplyAddress, Site
from tenants.queries import login_by_email
from tenants.rules import GATE, Role, normal_email, normal_name
from tenants.work import later


def hire(session: Session, email: str, name: str, role: Role, sees_all: bool = True, **facts: Any) -> Agent:
    """A new person of the desk, with a login that has no password yet. As `staff` or `system`.

    Raises Refused where somebody signs in with this address already.
    """
    settings = {each: facts.pop(each) for each in ("language", "zone", "password_hash") if each in facts}
    with acting_as(GATE):
        if login_by_email(session, email) is not None:
            raise Refused("Somebody signs in with this address.", {"email": ["Somebody signs in with this address."]})
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
    """A person at a client; his address is known to the gate from now on. Raises Refused where a colleague has it."""
    _address_is_free(session, tenant_id, normal_email(email) if email else None)
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


def invite(session: Session, contact: Contact, at: datetime) -> Login:
    """Let a contact in and send him the way; pressed again it is sent again. Raises Refused without an address."""
    if contact.normal_email is None:
        raise Refused("Without an e-mail address nobody can sign in.", {"email": ["This is needed."]})
    login = let_in(session, contact)
    later(session, "mail.invite", contact.tenant_id, login.id, at=at, key=_occasion(login.id, at))
    return login


def edit_contact(session: Session, contact: Contact, facts: Mapping[str, Any]) -> None:
    """What is known of a person. His role holds from the next request on; another address takes his way in along.

    Raises Refused for an address a colleague has.
    """
    before = contact.normal_email
    for name, value in facts.items():
        setattr(contact, name, value)
    contact.normal_name = normal_name(contact.name)
    contact.sort_key = normal_name(contact.kana or contact.name)
    contact.normal_email = normal_email(contact.email) if contact.email else None
    if contact.normal_email != before:
        _address_is_free(session, contact.tenant_id, contact.normal_email, contact.id)
        contact.verified_at = None
    session.flush()
    with acting_as(GATE):
        access = _access_of(session, contact)
        if access is not None:
            access.role = contact.role
        if contact.normal_email == before:
            return
        if before is not None:
            session.execute(delete(Address).where(Address.email == before, Address.tenant_id == contact.tenant_id))
        if contact.normal_email is not None:
            session.add(Address(email=contact.normal_email, tenant_id=contact.tenant_id, contact_id=contact.id))
        if access is not None:
            session.delete(access)
            session.flush()
    if access is not None and contact.normal_email is not None and not access.denied:
        let_in(session, contact)


def keep_out(session: Session, contact: Contact, out: bool = True) -> None:
    """Shut a contact's way into this company, or open it again; his other companies stay open to him."""
    with acting_as(GATE):
        access = _access_of(session, contact)
        if access is not None:
            access.denied = out


def let_lead(session: Session, lead: Contact, contacts: Collection[int], sites: Collection[int]) -> None:
    """Whose tickets a team lead sees: these people and these sites, and no others. Raises Refused for strangers."""
    tenant_id = lead.tenant_id
    own = set(session.scalars(select(Contact.id).where(Contact.tenant_id == tenant_id, Contact.left_at.is_(None))))
    places = set(session.scalars(select(Site.id).where(Site.tenant_id == tenant_id)))
    if not (set(contacts) <= own - {lead.id} and set(sites) <= places):
        raise Refused("Choose one of these.", {"led": ["Choose one of these."]})
    session.execute(delete(LedBy).where(LedBy.tenant_id == tenant_id, LedBy.lead_id == lead.id))
    session.add_all(LedBy(tenant_id=tenant_id, lead_id=lead.id, contact_id=each) for each in sorted(set(contacts)))
    session.add_all(LedBy(tenant_id=tenant_id, lead_id=lead.id, site_id=each) for each in sorted(set(sites)))
    session.flush()


def say_farewell(session: Session, contact: Contact, at: datetime) -> None:
    """A person has left the client: no mail reaches him here and he cannot sign in; his tickets stay."""
    contact.left_at = at
    session.flush()
    with acting_as(GATE):
        access = _access_of(session, contact)
        if access is not None:
            session.delete(access)
        session.execute(delete(Address).where(Address.tenant_id == contact.tenant_id, Address.contact_id == contact.id))


def invite_agent(session: Session, login_id: int, desk_id: int, at: datetime) -> None:
    """Send a person of the desk the link to choose a password. As the desk."""
    later(session, "mail.invite", desk_id, login_id, at=at, key=_occasion(login_id, at))


def change_role(session: Session, agent: Agent, role: Role, tier: int, sees_all: bool) -> None:
    """What a person of the desk does and whether he sees every client; holds from the next request on.

    Raises Refused where the desk would be left without an owner.
    """
    if agent.role == Role.OWNER and role is not Role.OWNER:
        _another_owner(session, agent.id)
    agent.role, agent.tier = role, tier
    with acting_as(GATE):
        login = session.get_one(Login, agent.id)
        login.role, login.sees_all = role, sees_all


def dismiss(session: Session, agent: Agent, at: datetime) -> None:
    """A person of the desk leaves: his sessions end, his name stays on what he did.

    Raises Refused where the desk would be left without an owner.
    """
    if agent.role == Role.OWNER:
        _another_owner(session, agent.id)
    agent.left_at = at
    shut_out(session, agent.id, at)


def take_back_in(session: Session, agent: Agent) -> None:
    """He is with the desk again; the password he had opens."""
    agent.left_at = None
    with acting_as(GATE):
        session.get_one(Login, agent.id).disabled_at = None


def disallow(session: Session, login_id: int, tenant_id: int) -> None:
    """Take a tenant off a desk login's list, whatever stood there."""
    with acting_as(GATE):
        row = session.get(Access, (login_id, tenant_id))
        if row is not None:
            session.delete(row)


def _another_owner(session: Session, login_id: int) -> None:
    others = select(Agent.id).where(Agent.role == Role.OWNER, Agent.left_at.is_(None), Agent.id != login_id)
    if session.scalar(others.limit(1)) is None:
        raise Refused("The desk needs an owner; name another first.", {"role": ["The desk needs an owner."]})


def _access_of(session: Session, contact: Contact) -> Access | None:
    return session.scalar(select(Access).where(Access.tenant_id == contact.tenant_id, Access.contact_id == contact.id))


def _address_is_free(session: Session, tenant_id: int, email: str | None, but: int = 0) -> None:
    if email is None:
        return
    of_others = select(Contact.id).where(
        Contact.tenant_id == tenant_id, Contact.normal_email == email, Contact.id != but
    )
    with session.no_autoflush:
        taken = session.scalar(of_others)
    if taken is not None:
        raise Refused("A colleague has this address.", {"email": ["A colleague has this address."]})


def _occasion(login_id: int, at: datetime) -> str:
    """Pressed twice in a minute it is one mail."""
    return f"{login_id}:{at:%Y%m%d%H%M}"


def shut_out(session: Session, login_id: int, at: datetime) -> None:
    """Take a person's way in; holds from the next request on."""
    with acting_as(GATE):
        session.get_one(Login, login_id).disabled_at = at
        sign_out_everywhere(session, login_id)


def reply_token(session: Session, tenant_id: int, ticket_id: int, contact_id: int | None, hashed: str) -> None:
    """Remember the hash of a reply address's secret, bound to ticket and person (None: whoever follows the ticket)."""
    with acting_as(GATE):
        session.add(ReplyAddress(token_hash=hashed, tenant_id=tenant_id, ticket_id=ticket_id, contact_id=contact_id))
