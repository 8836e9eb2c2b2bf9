"""Questions about companies, people and their rights; they read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from tenants.audit import AccessLog
from tenants.isolation import acting_as
from tenants.kept import Kept
from tenants.models import Access, Address, Agent, Contact, Domain, LedBy, Login, SignedIn, Site, Tenant, TenantKey
from tenants.rules import DESK_KEY, GATE, MAY, Kind, Principal, Role, normal_email, reachable


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person before the page says which tenant is meant: what the gate could find out."""

    login_id: int
    desk: bool
    role: str | None
    sees_all: bool
    language: str
    zone: str
    theme: str
    single_keys: bool
    since: datetime
    access: tuple[tuple[int, bool, str | None, int | None], ...]
    tenant_ids: tuple[tuple[str, int], ...]

    def principal(self, tenant_id: int | None = None) -> Principal | None:
        """The rights of this person, narrowed to one tenant where one is named. None: not his to know of."""
        return self._staff(tenant_id) if self.desk else self._client(tenant_id)

    def _staff(self, tenant_id: int | None) -> Principal | None:
        keys = dict(self.tenant_ids)
        seen = reachable(
            frozenset(keys.values()),
            self.sees_all,
            frozenset(tenant for tenant, denied, _, _ in self.access if not denied),
            frozenset(tenant for tenant, denied, _, _ in self.access if denied),
            keys[DESK_KEY],
        )
        if tenant_id is not None and tenant_id not in seen:
            return None
        role = Role(self.role or Role.AUDITOR)
        return Principal(
            Kind.STAFF, seen, tenant_id, self.login_id, role, None, "", self.language, self.zone, MAY[role]
        )

    def _client(self, tenant_id: int | None) -> Principal | None:
        open_to = {tenant: (role, contact) for tenant, denied, role, contact in self.access if not denied and role}
        if tenant_id is None and open_to:
            tenant_id = min(open_to)
        if tenant_id not in open_to or tenant_id is None:
            return None
        role, contact_id = open_to[tenant_id]
        hat = Role(role or Role.REQUESTER)
        return Principal(
            Kind.CLIENT,
            frozenset({tenant_id}),
            tenant_id,
            self.login_id,
            hat,
            contact_id,
            "",
            self.language,
            self.zone,
            MAY[hat],
        )

    def key_of(self, tenant_id: int) -> str:
        return next(key for key, each in self.tenant_ids if each == tenant_id)


def caller(session: Session, token_hash: str, at: datetime) -> Caller | None:
    """Whoever is signed in under this token, with all that decides his rights, in one statement. As `gate`."""
    told = _CALLER.ask(session, {"token": token_hash, "at": at}).scalar_one_or_none()
    return caller_of(told) if told is not None else None


def caller_of(told: Iterable[Any]) -> Caller:
    """The person `asked_of_login` tells of."""
    login_id, desk, role, sees_all, language, zone, theme, single_keys, since, rights, tenants = told
    return Caller(
        login_id,
        desk,
        role,
        sees_all,
        language,
        zone,
        theme,
        single_keys,
        datetime.fromisoformat(since),
        tuple((tenant, denied, role, contact) for tenant, denied, role, contact in rights or ()),
        tuple((tenants or {}).items()),
    )


def asked_of_login(since: InstrumentedAttribute[datetime]) -> Select[Any]:
    """All that decides a person's rights, as one value; how he came in, and since when, is the asker's to add."""
    access = (
        select(func.json_agg(func.json_build_array(Access.tenant_id, Access.denied, Access.role, Access.contact_id)))
        .where(Access.login_id == Login.id)
        .scalar_subquery()
    )
    his = select(Access.tenant_id).where(Access.login_id == Login.id).correlate(Login)
    keys = (
        select(func.json_object_agg(TenantKey.key, TenantKey.id))
        .where(or_(Login.desk, TenantKey.id.in_(his)))
        .scalar_subquery()
    )
    return select(
        func.json_build_array(
            Login.id,
            Login.desk,
            Login.role,
            Login.sees_all,
            Login.language,
            Login.zone,
            Login.theme,
            Login.single_keys,
            since,
            access,
            keys,
        )
    )


_CALLER = Kept(
    asked_of_login(SignedIn.since)
    .join(SignedIn, SignedIn.login_id == Login.id)
    .where(SignedIn.token_hash == bindparam("token"), SignedIn.until > bindparam("at"), Login.disabled_at.is_(None))
)


def tenant_id_of(session: Session, key: str) -> int | None:
    """The tenant behind a key, whoever asks; what the caller may know of it is decided by the caller."""
    return session.scalar(select(TenantKey.id).where(TenantKey.key == key))


def desk_id(session: Session) -> int:
    """The desk's own row among the tenants."""
    return session.scalars(select(TenantKey.id).where(TenantKey.key == DESK_KEY)).one()


def every_tenant(session: Session) -> frozenset[int]:
    """The ids of all tenants, for sweeps; the desk among them."""
    return frozenset(session.scalars(select(TenantKey.id)))


def login_by_email(session: Session, email: str) -> Login | None:
    return session.scalar(select(Login).where(Login.email == normal_email(email)))


def name_of(session: Session, principal: Principal) -> str:
    """What colleagues or clients call this person; empty where no row of his is to be seen."""
    if principal.kind is Kind.STAFF:
        return session.scalar(select(Agent.name).where(Agent.id == principal.login_id)) or ""
    name = select(Contact.name).where(Contact.tenant_id == principal.tenant, Contact.id == principal.contact_id)
    return session.scalar(name) or ""


def tenants_of(session: Session, principal: Principal) -> Sequence[Tenant]:
    """The clients the principal sees, by their sort key, without the desk's own row."""
    return session.scalars(
        select(Tenant)
        .where(Tenant.tenant_id.in_(principal.tenants), Tenant.key != DESK_KEY)
        .order_by(Tenant.sort_key, Tenant.tenant_id)
    ).all()


def contacts_of(session: Session, tenant_id: int) -> Sequence[Contact]:
    """People of one client who have not left, by their sort key."""
    return session.scalars(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.left_at.is_(None))
        .order_by(Contact.sort_key, Contact.id)
    ).all()


def sites_of(session: Session, tenant_id: int) -> Sequence[Site]:
    return session.scalars(select(Site).where(Site.tenant_id == tenant_id).order_by(Site.name)).all()


def contact_by_email(session: Session, tenant_id: int, email: str) -> Contact | None:
    return session.scalar(
        select(Contact).where(Contact.tenant_id == tenant_id, Contact.normal_email == normal_email(email))
    )


def led_by(session: Session, tenant_id: int, lead_id: int) -> tuple[frozenset[int], frozenset[int]]:
    """Whom a team lead answers for: (contacts, sites)."""
    rows = session.execute(
        select(LedBy.contact_id, LedBy.site_id).where(LedBy.tenant_id == tenant_id, LedBy.lead_id == lead_id)
    ).all()
    return frozenset(c for c, _ in rows if c is not None), frozenset(s for _, s in rows if s is not None)


def agents(session: Session) -> Sequence[Agent]:
    """People of the desk who have not left, by their sort key."""
    return session.scalars(select(Agent).where(Agent.left_at.is_(None)).order_by(Agent.sort_key, Agent.id)).all()


def everybody(session: Session) -> Sequence[Agent]:
    """All people the desk ever had, those who left at the end."""
    return session.scalars(select(Agent).order_by(Agent.left_at.is_not(None), Agent.sort_key, Agent.id)).all()


def owner_of_last_resort(session: Session) -> int | None:
    """Who answers for a client that names nobody: the desk's first owner. As `gate` or `system`."""
    return session.scalar(
        select(Login.id).where(Login.role == Role.OWNER, Login.disabled_at.is_(None)).order_by(Login.id).limit(1)
    )


def tenants_of_sender(session: Session, email: str) -> tuple[frozenset[int], frozenset[int]]:
    """Which tenants an address and its domain belong to: (by address, by domain). As `gate` or `system`."""
    normal = normal_email(email)
    by_address = session.scalars(select(Address.tenant_id).where(Address.email == normal))
    by_domain = session.scalars(select(Domain.tenant_id).where(Domain.name == normal.rpartition("@")[2]))
    return frozenset(by_address), frozenset(by_domain)


def foreign_domains(session: Session, tenant_id: int, domains: frozenset[str]) -> dict[str, int]:
    """Those of the domains that are provably another client's; the gate is asked, for others do not see them."""
    others = select(Domain.name, Domain.tenant_id).where(and_(Domain.name.in_(domains), Domain.tenant_id != tenant_id))
    with acting_as(GATE):
        return {str(name): int(owner) for name, owner in session.execute(others)}


@dataclass(frozen=True, slots=True)
class WayIn:
    """How a person may sign in: his login, whether he has chosen a password, whether the way is shut."""

    login_id: int
    ready: bool
    shut: bool


def ways_in(session: Session, tenant_id: int) -> dict[int, WayIn]:
    """The ways in of one client's people, by contact. As `gate`."""
    rows = session.execute(
        select(Access.contact_id, Login.id, Login.password_hash, Access.denied, Login.disabled_at)
        .join(Login, Login.id == Access.login_id)
        .where(Access.tenant_id == tenant_id, Access.contact_id.is_not(None), Login.desk.is_(False))
    )
    return {
        int(contact_id): WayIn(login_id, hashed is not None, denied or disabled_at is not None)
        for contact_id, login_id, hashed, denied, disabled_at in rows
        if contact_id is not None
    }


def domains_of(session: Session, tenant_id: int) -> Sequence[str]:
    """The mail domains that are provably this client's. As `gate`."""
    return session.scalars(select(Domain.name).where(Domain.tenant_id == tenant_id).order_by(Domain.name)).all()


def desk_logins(session: Session) -> dict[int, Login]:
    """The logins of the desk's people by id, also of those shut out. As `gate`."""
    return {login.id: login for login in session.scalars(select(Login).where(Login.desk))}


def allow_lists(session: Session, tenant_ids: Collection[int]) -> dict[int, dict[int, bool]]:
    """What the desk's allow-lists say of these tenants: by login, then by tenant, whether it is denied. As `gate`."""
    lists: dict[int, dict[int, bool]] = {}
    rows = session.execute(
        select(Access.login_id, Access.tenant_id, Access.denied)
        .join(Login, Login.id == Access.login_id)
        .where(Login.desk, Access.tenant_id.in_(tenant_ids))
    )
    for login_id, tenant_id, denied in rows:
        lists.setdefault(login_id, {})[tenant_id] = denied
    return lists


def open_sessions(session: Session, at: datetime) -> dict[int, int]:
    """How many sessions each login has open. As `gate`."""
    rows = session.execute(
        select(SignedIn.login_id, func.count()).where(SignedIn.until > at).group_by(SignedIn.login_id)
    )
    return dict(rows.all())


def access_log(session: Session, tenant_id: int, limit: int = 200) -> Sequence[AccessLog]:
    """Who at the desk opened what of this tenant, newest first."""
    return session.scalars(
        select(AccessLog).where(AccessLog.tenant_id == tenant_id).order_by(AccessLog.hour.desc()).limit(limit)
    ).all()
