"""Who hears of a step: codes of the ladder turned into people, each reachable and allowed to see the client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from msp.tickets.models import Ticket
from sla import queries as promises
from sla.models import Watcher
from sla.rules.ladder import Rung
from sla.rules.roster import Roster
from tenants.isolation import among
from tenants.models import Access, Agent, Contact, Login, TenantKey
from tenants.rules import DESK_KEY, Role

BY_DEFAULT = ("owner", "lead")
CLIENT_ADMIN = "client_admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the desk who may see the client: how to reach him and in which words."""

    id: int
    name: str
    email: str
    role: str
    tier: int
    language: str
    zone: str


@dataclass(slots=True)
class Hearers:
    """The desk as one client's tickets see it at an instant; read once for any number of steps."""

    session: Session
    tenant_id: int
    at: datetime
    _rosters: dict[int, Roster | None] = field(default_factory=dict)
    _people: dict[int, Person] | None = None
    _watching: dict[int, set[int]] = field(default_factory=dict)

    @property
    def people(self) -> Mapping[int, Person]:
        """Everybody at the desk who is there and may see this client."""
        if self._people is None:
            self._people = {person.id: person for person in _reachable(self.session, self.tenant_id)}
        return self._people

    @property
    def leads(self) -> list[Person]:
        return [person for person in self.people.values() if person.role == Role.LEAD]

    def watch(self, ticket_ids: Iterable[int]) -> None:
        """Look up who was called in beside the owners of these tickets."""
        wanted = set(ticket_ids)
        self._watching = {ticket_id: set() for ticket_id in wanted}
        rows = self.session.execute(
            select(Watcher.ticket_id, Watcher.login_id).where(
                Watcher.tenant_id == self.tenant_id, among(Watcher.ticket_id, wanted)
            )
        )
        for ticket_id, login_id in rows:
            self._watching[ticket_id].add(login_id)

    def of(self, rung: Rung, ticket: Ticket) -> dict[int, datetime]:
        """Who hears, by login, each with the instant from which: later only for those whose quiet hours hold it back.

        Where a code names nobody (a roster with a gap, an owner who left) the leads hear instead.
        """
        found: dict[int, datetime] = {}
        for code in rung.audience or BY_DEFAULT:
            if code == CLIENT_ADMIN:
                continue
            named = {login: when for login, when in self._named(code, rung, ticket).items() if login in self.people}
            for login, when in (named or {lead.id: self.at for lead in self.leads}).items():
                found[login] = min(when, found.get(login, when))
        for login in self._watching.get(ticket.id, ()):
            if login in self.people:
                found[login] = self.at
        return found

    def _named(self, code: str, rung: Rung, ticket: Ticket) -> dict[int, datetime]:
        kind, _, which = code.partition(":")
        number = int(which) if which.isascii() and which.isdecimal() else 0
        match kind:
            case "owner":
                return {ticket.owner_id: self.at}
            case "lead":
                return {lead.id: self.at for lead in self.leads}
            case "tier":
                tier = number or ticket.tier
                return {each.id: self.at for each in self.people.values() if each.tier == tier and _works(each)}
            case "agent":
                return {number: self.at}
            case "roster":
                return self._on_call(number, rung)
        return {}

    def _on_call(self, roster_id: int, rung: Rung) -> dict[int, datetime]:
        if roster_id not in self._rosters:
            self._rosters[roster_id] = promises.roster(self.session, roster_id, self.at)
        roster = self._rosters[roster_id]
        if roster is None:
            return {}
        now = int(self.at.timestamp())
        leaves = now if rung.through_quiet else roster.leaves_at(now)
        when = self.at if leaves is None or leaves <= now else datetime.fromtimestamp(leaves, UTC)
        return dict.fromkeys(roster.on_call(now), when)


def client_admins(session: Session, tenant_id: int) -> Sequence[Contact]:
    """Those of the client who look after its promises and have a proven address."""
    return session.scalars(
        select(Contact)
        .where(
            Contact.tenant_id == tenant_id,
            Contact.role == Role.CLIENT_ADMIN,
            Contact.left_at.is_(None),
            Contact.verified_at.is_not(None),
            Contact.email.is_not(None),
        )
        .order_by(Contact.id)
    ).all()


def _reachable(session: Session, tenant_id: int) -> list[Person]:
    """A deny wins, the desk's own row is everybody's (tenants.rules.reachable); for one client, in one statement."""
    rows = session.execute(
        select(Agent, Login.language, Login.zone, Login.sees_all, Access.denied, TenantKey.key)
        .join(Login, Login.id == Agent.id)
        .join(TenantKey, TenantKey.id == tenant_id)
        .outerjoin(Access, (Access.login_id == Login.id) & (Access.tenant_id == TenantKey.id))
        .where(Agent.left_at.is_(None), Login.disabled_at.is_(None))
        .order_by(Agent.id)
    )
    return [
        Person(agent.id, agent.name, agent.email, agent.role, agent.tier, language, zone)
        for agent, language, zone, sees_all, denied, key in rows
        if key == DESK_KEY or denied is False or (sees_all and denied is None)
    ]


def _works(person: Person) -> bool:
    return person.role in (Role.AGENT, Role.LEAD)
