"""The other clients an author sees, and their words in a text of his that is about to leave (product.md B16)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from msp.tickets import foreign
from msp.tickets.desk import EVERY_CLIENT
from msp.tickets.models import Ticket
from tenants import queries as people
from tenants.kept import Kept
from tenants.models import Tenant
from tenants.rules import DESK_KEY, Principal

NAMES = select(func.json_object_agg(Tenant.key, Tenant.name)).where(*EVERY_CLIENT)
_NAMES = Kept(NAMES)


def client_names(session: Session, principal: Principal) -> dict[str, str]:
    """What all clients the principal sees are called, by key; the desk itself among them."""
    return _NAMES.ask(session, {"tenants": principal.tenants}).scalar_one() or {}


def words_of_others(session: Session, ticket: Ticket, names: Mapping[str, str], text: str) -> list[str]:
    """Names, domains and ticket numbers in the text of clients, among the named ones, whose ticket it is not."""
    own = ticket.key.rpartition("-")[0]
    others = {key: name for key, name in names.items() if key != own}
    called = foreign.names_in(text, names.get(own, ""), [name for key, name in others.items() if key != DESK_KEY])
    keys = foreign.keys_in(text, own, others.keys())
    domains = foreign.domains_in(text)
    theirs = people.foreign_domains(session, ticket.tenant_id, domains) if domains else ()
    return [*sorted(called), *sorted(theirs), *keys]
