"""A program's answer, too, leaves with words of another client in it only when somebody has confirmed it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from msp.errors import Stale
from msp.tickets import desk, foreign
from msp.tickets.models import Ticket
from tenants.isolation import acting_as
from tenants.queries import foreign_domains
from tenants.rules import DESK_KEY, GATE, Principal


def check_words(rows: Session, who: Principal, ticket: Ticket, text: str, confirmed: bool) -> None:
    """Names, domains and ticket numbers of other clients in a reply. Raises Stale (409) naming them."""
    found = [] if confirmed else _words(rows, who, ticket, text)
    if found:
        raise Stale(
            "Words of other clients stand in this text; send “confirm” to send it all the same.", {"text": found}
        )


def _words(rows: Session, who: Principal, ticket: Ticket, text: str) -> list[str]:
    clients = desk.every_client(rows, who)
    own = next(each for each in clients if each.id == ticket.tenant_id)
    others = [each for each in clients if each.id != own.id]
    names = foreign.names_in(text, own.name, [each.name for each in others if each.key != DESK_KEY])
    keys = foreign.keys_in(text, own.key, {each.key for each in others})
    domains: Collection[str] = foreign.domains_in(text)
    if domains:
        with acting_as(GATE):
            domains = foreign_domains(rows, own.id, frozenset(domains))
    return [*names, *sorted(domains), *keys]
