"""Who may do what: kinds of session, roles and their permissions in one table."""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

DESK_KEY = "DESK"
KEY = re.compile(r"[A-Z][A-Z0-9]{1,9}")


class Kind(StrEnum):
    """What a session is to the database (`app.kind`)."""

    STAFF = "staff"
    CLIENT = "client"
    SYSTEM = "system"
    GATE = "gate"


class Role(StrEnum):
    """The hats of product.md: five of the desk, four of a client."""

    AGENT = "agent"
    LEAD = "lead"
    OWNER = "owner"
    BILLER = "biller"
    AUDITOR = "auditor"
    REQUESTER = "requester"
    TEAM_LEAD = "team_lead"
    CLIENT_ADMIN = "client_admin"
    BILLING_CONTACT = "billing_contact"


DESK_ROLES = (Role.AGENT, Role.LEAD, Role.OWNER, Role.BILLER, Role.AUDITOR)
CLIENT_ROLES = (Role.REQUESTER, Role.TEAM_LEAD, Role.CLIENT_ADMIN, Role.BILLING_CONTACT)


class Permission(StrEnum):
    """What a route may ask of its caller."""

    SEE_TICKETS = "see_tickets"
    WORK_TICKETS = "work_tickets"
    TRIAGE = "triage"
    SEE_TENANTS = "see_tenants"
    RUN_TENANTS = "run_tenants"
    SEE_CONTRACTS = "see_contracts"
    RUN_CONTRACTS = "run_contracts"
    SEE_BILLING = "see_billing"
    RUN_BILLING = "run_billing"
    RUN_ROSTERS = "run_rosters"
    SEE_PEOPLE = "see_people"
    RUN_PEOPLE = "run_people"
    SEE_WORK = "see_work"
    RUN_WORK = "run_work"
    OWN_TICKETS = "own_tickets"
    OWN_PROMISES = "own_promises"
    OWN_INVOICES = "own_invoices"
    OWN_ACCESS_LOG = "own_access_log"
    OWN_PROFILE = "own_profile"
    OWN_TOKENS = "own_tokens"


_READ = frozenset(
    {
        Permission.SEE_TICKETS,
        Permission.SEE_TENANTS,
        Permission.SEE_CONTRACTS,
        Permission.OWN_PROFILE,
        Permission.OWN_TOKENS,
    }
)
_WORK = _READ | {Permission.WORK_TICKETS, Permission.TRIAGE}

MAY: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _WORK,
    Role.LEAD: _WORK | {Permission.SEE_PEOPLE, Permission.RUN_TENANTS, Permission.RUN_ROSTERS, Permission.SEE_WORK},
    Role.OWNER: _WORK
    | {
        Permission.RUN_TENANTS,
        Permission.RUN_CONTRACTS,
        Permission.SEE_BILLING,
        Permission.RUN_BILLING,
        Permission.RUN_ROSTERS,
        Permission.SEE_PEOPLE,
        Permission.RUN_PEOPLE,
        Permission.SEE_WORK,
        Permission.RUN_WORK,
    },
    Role.BILLER: _READ | {Permission.SEE_BILLING, Permission.RUN_BILLING},
    Role.AUDITOR: _READ | {Permission.SEE_BILLING, Permission.SEE_PEOPLE, Permission.SEE_WORK},
    Role.REQUESTER: frozenset({Permission.OWN_TICKETS, Permission.OWN_PROFILE}),
    Role.TEAM_LEAD: frozenset({Permission.OWN_TICKETS, Permission.OWN_PROFILE}),
    Role.CLIENT_ADMIN: frozenset(
        {
            Permission.OWN_TICKETS,
            Permission.OWN_PROMISES,
            Permission.OWN_INVOICES,
            Permission.OWN_ACCESS_LOG,
            Permission.OWN_PROFILE,
            Permission.OWN_TOKENS,
        }
    ),
    Role.BILLING_CONTACT: frozenset({Permission.OWN_INVOICES, Permission.OWN_PROFILE}),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts, what he may see (`tenants`) and where he may write (`tenant`).

    A client's session is narrowed to one tenant and one role; `contact_id` is his row there.
    """

    kind: Kind
    tenants: frozenset[int] = frozenset()
    tenant: int | None = None
    login_id: int | None = None
    role: Role | None = None
    contact_id: int | None = None
    name: str = ""
    language: str = "ja"
    zone: str = "Asia/Tokyo"
    permissions: frozenset[Permission] = field(default=frozenset())

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


GATE = Principal(Kind.GATE)


def job(tenant_id: int) -> Principal:
    """A job works for one tenant, in what it sees and in what it writes."""
    return Principal(Kind.SYSTEM, frozenset({tenant_id}), tenant_id)


def sweep(tenant_ids: frozenset[int]) -> Principal:
    """A sweep looks at every tenant and writes nowhere."""
    return Principal(Kind.SYSTEM, tenant_ids)


def normal_email(address: str) -> str:
    """The form in which an address is compared: NFKC, lower case, no spaces around, the domain in IDNA."""
    name, _, domain = unicodedata.normalize("NFKC", address).strip().lower().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{name}@{domain}"


def normal_name(text: str) -> str:
    """The form in which a name is looked up: NFKC, lower case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def reachable(
    every: frozenset[int], sees_all: bool, allowed: frozenset[int], denied: frozenset[int], desk: int
) -> frozenset[int]:
    """The tenants a desk login may see: all or the allow-list, the desk's own row always, and deny wins."""
    return ((every if sees_all else allowed & every) - denied) | {desk}
