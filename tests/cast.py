"""The fixed cast: a desk, Acme and Globex with the same words and names, and Nemo who must never see anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from tenants import actions
from tenants.isolation import acting_as
from tenants.models import Contact, Tenant
from tenants.rules import GATE, MAY, Kind, Principal, Role, job, sweep

PASSWORD = "correct horse battery"
MONDAY_9 = datetime(2026, 6, 1, 0, 0, tzinfo=UTC)  # Monday 09:00 in Tokyo
OPENED = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)


@dataclass
class Company:
    """One client and its four hats; `ids` are contacts, `logins` the ways in."""

    id: int
    key: str
    contacts: dict[Role, int] = field(default_factory=dict)
    logins: dict[Role, int] = field(default_factory=dict)
    emails: dict[Role, str] = field(default_factory=dict)
    site_id: int = 0


@dataclass
class Cast:
    """Everybody, by id. `staff` holds the desk's logins by role; `ben` serves Globex only, `nemo` nobody."""

    desk: int
    acme: Company
    globex: Company
    staff: dict[Role, int]
    ben: int
    nemo: int
    emails: dict[str, str]

    @property
    def every(self) -> frozenset[int]:
        return frozenset({self.desk, self.acme.id, self.globex.id})

    def agent(self, tenant: int | None = None, role: Role = Role.AGENT) -> Principal:
        """Somebody of the desk who sees all clients, writing in one."""
        return Principal(
            Kind.STAFF, self.every, tenant, self.staff[role], role, None, "相沢愛子", permissions=MAY[role]
        )

    def client(self, company: Company, role: Role = Role.CLIENT_ADMIN) -> Principal:
        return Principal(
            Kind.CLIENT,
            frozenset({company.id}),
            company.id,
            company.logins[role],
            role,
            company.contacts[role],
            "髙﨑花子",
            permissions=MAY[role],
        )

    def sweep(self) -> Principal:
        return sweep(self.every)


def gather(session: Session, rewind: Callable[[], None]) -> Cast:
    """Put the cast into an empty database. The caller commits.

    `rewind` lets ids begin at one again, so that both companies' rows carry the same ids: a query that forgets
    the tenant then finds the other company's row, and no test passes by luck.
    """
    password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)  # a thousand tests sign in
    desk = actions.found_desk(session, "デスク株式会社", OPENED)
    staff: dict[Role, int] = {}
    emails: dict[str, str] = {}
    with acting_as(job(desk.tenant_id)):
        for role in (Role.OWNER, Role.LEAD, Role.AGENT, Role.BILLER, Role.AUDITOR):
            email = f"{role}@desk.example"
            person = actions.hire(session, email, f"{role} 相沢", role, password_hash=password)
            session.flush()
            staff[role], emails[role] = person.id, email
        ben = actions.hire(session, "ben@desk.example", "Ben", Role.AGENT, sees_all=False, password_hash=password)
        nemo = actions.hire(session, "nemo@desk.example", "Nemo", Role.AGENT, sees_all=False, password_hash=password)
        session.flush()
        emails |= {"ben": "ben@desk.example", "nemo": "nemo@desk.example"}
    acme = _company(session, "ACME", "acme.example", password, staff[Role.AGENT])
    rewind()
    globex = _company(session, "GLOBEX", "globex.example", password, staff[Role.AGENT])
    actions.allow(session, ben.id, globex.id)
    return Cast(desk.tenant_id, acme, globex, staff, ben.id, nemo.id, emails)


def _company(session: Session, key: str, domain: str, password: str, owner: int) -> Company:
    """Both companies have people of the same names and a site of the same name: only the tenant tells them apart."""
    tenant: Tenant = actions.open_tenant(session, key, "髙﨑商店㈱", OPENED, owner_login_id=owner, kana="タカサキ")
    company = Company(tenant.tenant_id, key)
    with acting_as(job(company.id)):
        actions.claim_domain(session, company.id, domain)
        company.site_id = actions.add_site(session, company.id, "本社").id
        for role in (Role.REQUESTER, Role.TEAM_LEAD, Role.CLIENT_ADMIN, Role.BILLING_CONTACT):
            email = f"{role}@{domain}"
            contact: Contact = actions.add_contact(
                session, company.id, "髙﨑花子", email, role=role, kana="タカサキ ハナコ", verified_at=OPENED
            )
            login = actions.let_in(session, contact)
            with acting_as(GATE):
                login.password_hash = password
            company.contacts[role], company.logins[role], company.emails[role] = contact.id, login.id, email
    return company
