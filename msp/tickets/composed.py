"""A ticket as it is answered: held, with all that the answer is looked over with and settled by, in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from msp.tickets.facts import BEARS, Fact, Story, reached, steps_of, story_of
from msp.tickets.models import Draft, Event, Message, Ticket
from msp.tickets.others import NAMES
from sla import queries as promises
from sla.models import Contract
from tenants.kept import Kept
from tenants.rows import as_read, drawn, told_whole
from tenants.rules import Principal


class Composed(NamedTuple):
    """A ticket nobody else changes until the commit, its author's drafts by kind, the id his reply will have.

    Beside it what its clocks are folded from, and the names of all clients its author sees, by key.
    """

    ticket: Ticket
    drafts: dict[str, str]
    message_id: int
    story: Story
    names: dict[str, str]


_DRAFTS = (
    select(func.json_object_agg(Draft.kind, Draft.text))
    .where(Draft.tenant_id == Ticket.tenant_id, Draft.ticket_id == Ticket.id, Draft.login_id == bindparam("author"))
    .scalar_subquery()
)
_STORY = (
    select(
        func.json_agg(
            aggregate_order_by(func.json_build_array(Event.at, Event.type, Event.by, Event.data), Event.at, Event.id)
        )
    )
    .where(Event.tenant_id == Ticket.tenant_id, Event.ticket_id == Ticket.id, BEARS)
    .scalar_subquery()
)
_BEFORE = aliased(Ticket)
_VERSION = (
    select(_BEFORE.version)
    .where(_BEFORE.tenant_id == bindparam("tenant"), _BEFORE.number == bindparam("number"))
    .scalar_subquery()
)
_COMPOSED = Kept(
    select(
        func.json_build_array(
            told_whole(Ticket),
            _VERSION,
            _DRAFTS,
            drawn(Message),
            Contract.id,
            Contract.stamp,
            _STORY,
            reached(Ticket.tenant_id, Ticket.id),
            NAMES.scalar_subquery(),
        )
    )
    .select_from(Ticket)
    .outerjoin(Contract, and_(Contract.tenant_id == Ticket.tenant_id, Contract.is_default))
    .where(Ticket.tenant_id == bindparam("tenant"), Ticket.number == bindparam("number"))
    .with_for_update(of=Ticket)
)


def composed(session: Session, principal: Principal, tenant_id: int, number: int) -> Composed | None:
    """The ticket for this author's answer. One statement when the promises are known here already.

    Who had to wait for the ticket sees its row as it stands now, and all else as it stood when he asked: its story is
    read anew then.
    """
    given = {"tenant": tenant_id, "number": number, "author": principal.login_id, "tenants": principal.tenants}
    told = _COMPOSED.ask(session, given).scalar_one_or_none()
    if told is None:
        return None
    whole, version, drafts, message_id, contract_id, stamp, events, steps, names = told
    ticket = as_read(session, Ticket, whole)
    story = story_of(session, tenant_id, ticket.id) if version != ticket.version else None
    if story is None:
        facts = [Fact(datetime.fromisoformat(at), *rest) for at, *rest in events or ()]
        story = Story(facts, promises.compiled(session, tenant_id, contract_id, stamp), steps_of(steps))
    return Composed(ticket, drafts or {}, message_id, story, names or {})
