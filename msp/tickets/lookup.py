"""Tickets, people and clients found by what somebody types: words, a name in any reading, a telephone number's end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    func,
    intersect,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from msp.tickets.desk import Client
from msp.tickets.models import NoteToken, Ticket, Token
from msp.tickets.queries import PAGE
from msp.tickets.readings import katakana, readings
from msp.tickets.rules import query_tokens
from tenants.isolation import among
from tenants.models import Contact
from tenants.rules import Kind, Principal, normal_email, normal_name

FEWEST_DIGITS = 4


def tickets_holding(
    session: Session, principal: Principal, words: str, tenant_id: int | None = None, limit: int = PAGE
) -> Sequence[Row[int, int, str, str, str, str, datetime]]:
    """Tickets of one client, or of all, that hold every word, newest first.

    Answers (tenant_id, id, key, title, status, requester, changed_at). Notes' words count for the desk only. The index
    is asked first and alone, and each of the newest hits is looked up by its key: left to itself the planner reads all
    tickets to find fifty.
    """
    wanted = query_tokens(words)[:8]
    if not wanted:
        return []
    tenants = principal.tenants if tenant_id is None else {tenant_id}
    holders = [_holders(principal, tenants, token, prefix) for token, prefix in wanted]
    hits = (intersect(*holders) if len(holders) > 1 else holders[0]).subquery()
    distinct = select(hits.c.tenant_id, hits.c.ticket_id).distinct().order_by(hits.c.ticket_id.desc())
    newest = distinct.limit(limit).subquery()
    one = (
        select(
            Ticket.tenant_id, Ticket.id, Ticket.key, Ticket.title, Ticket.status, Ticket.requester, Ticket.changed_at
        )
        .where(Ticket.tenant_id == newest.c.tenant_id, Ticket.id == newest.c.ticket_id)
        .offset(0)
        .lateral()
    )
    found = select(one).select_from(newest.join(one, true())).order_by(one.c.id.desc())
    return session.execute(found).all()


def people_named(session: Session, tenant_ids: Collection[int], typed: str, limit: int = 8) -> Sequence[Contact]:
    """Contacts whose name or reading begins as typed, or whose telephone number ends so, of the named tenants."""
    ways = [_begins(column, way) for way in readings(typed) for column in (Contact.normal_name, Contact.sort_key)]
    number = "".join(sign for sign in normal_name(typed) if sign.isdecimal())
    if len(number) >= FEWEST_DIGITS:
        ways.append(func.regexp_replace(Contact.phone, "[^0-9]", "", "g").endswith(number, autoescape=True))
    if not ways:
        return []
    return session.scalars(
        select(Contact)
        .where(among(Contact.tenant_id, tenant_ids), Contact.left_at.is_(None), or_(*ways))
        .order_by(Contact.sort_key, Contact.tenant_id, Contact.id)
        .limit(limit)
    ).all()


def people_of_address(session: Session, tenant_ids: Collection[int], email: str) -> Sequence[Contact]:
    """Contacts of the named tenants who have this address."""
    return session.scalars(
        select(Contact)
        .where(among(Contact.tenant_id, tenant_ids), Contact.normal_email == normal_email(email))
        .where(Contact.left_at.is_(None))
        .order_by(Contact.tenant_id)
    ).all()


def clients_named(known: Sequence[Client], typed: str) -> list[Client]:
    """Those of the clients whose key, name or reading holds what was typed."""
    ways = readings(typed)
    return [one for one in known if any(way in name for way in ways for name in _names(one))]


def _names(client: Client) -> tuple[str, ...]:
    return client.key.lower(), normal_name(client.name), normal_name(client.short), katakana(normal_name(client.kana))


def _begins(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    return and_(column >= start, column < start + "\U0010ffff")


def _holders(principal: Principal, tenants: Collection[int], token: str, prefix: bool) -> CompoundSelect[int, int]:
    """(tenant, ticket) of what holds one word."""
    sources: list[type[Token] | type[NoteToken]] = [Token]
    if principal.kind is Kind.STAFF:
        sources.append(NoteToken)
    return union_all(*(_in_index(source, tenants, token, prefix) for source in sources))


def _in_index(
    index: type[Token] | type[NoteToken], tenants: Collection[int], token: str, prefix: bool
) -> Select[int, int]:
    found = select(index.tenant_id, index.ticket_id).where(among(index.tenant_id, tenants))
    if prefix:
        return found.where(index.token >= token, index.token < token + "\U0010ffff")
    return found.where(index.token == token)
