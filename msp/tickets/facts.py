"""A ticket's events as others read them: the clocks, and whoever asks how replies left; nothing is staff-only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from sqlalchemy import BigInteger, ScalarSelect, and_, bindparam, func, select
from sqlalchemy.orm import Session

from msp.tickets.models import Event
from sla import queries as promises
from sla.models import Contract, Escalation, Step
from sla.queries import Book
from sla.rules import events as sla
from tenants.ids import among_words
from tenants.isolation import within
from tenants.kept import Kept

TAKEN_BACK = "taken_back"
KINDS = {
    "opened": "created",
    "replied": "agent_reply",
    "answered": "client_reply",
    "vendor_wrote": "vendor_reply",
    "status": "status",
    "priority": "priority",
}


class Told(Protocol):
    """What is read of an event."""

    @property
    def at(self) -> datetime: ...
    @property
    def type(self) -> str: ...
    @property
    def by(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


class Fact(NamedTuple):
    """An event read for its clocks alone."""

    at: datetime
    type: str
    by: str
    data: dict[str, Any]


def reached(tenant: Any, ticket: Any) -> ScalarSelect[Any]:
    """The steps of a ticket's ladders that are written, each as (metric, cycle, step)."""
    return (
        select(func.json_agg(func.json_build_array(Escalation.metric, Escalation.cycle, Escalation.step)))
        .where(Escalation.tenant_id == tenant, Escalation.ticket_id == ticket)
        .scalar_subquery()
    )


BEARS = among_words(Event.type, (*KINDS, TAKEN_BACK))
TENANT, TICKET = bindparam("tenant", type_=BigInteger), bindparam("ticket", type_=BigInteger)
_STORY = Kept(
    select(
        Contract.id,
        Contract.stamp,
        reached(TENANT, TICKET),
        Event.at,
        Event.type,
        Event.by,
        Event.data,
    )
    .select_from(Event)
    .outerjoin(Contract, and_(Contract.tenant_id == Event.tenant_id, Contract.is_default))
    .where(Event.tenant_id == TENANT, Event.ticket_id == TICKET, BEARS)
    .order_by(Event.at, Event.id)
)


class Story(NamedTuple):
    """What bears on one ticket's clocks, in the order in which it happened, what is promised to its client, and the
    steps that were reached before. The promises are None where they were not asked for.
    """

    facts: Sequence[Fact] = ()
    book: Book | None = None
    reached: Collection[Step] = ()


def story_of(session: Session, tenant_id: int, ticket_id: int) -> Story:
    """The story of a ticket; of one of which nothing is kept yet, no promises.

    One statement when they are known here already.
    """
    rows = _STORY.ask(session, {"tenant": tenant_id, "ticket": ticket_id}).all()
    if not rows:
        return Story()
    contract_id, stamp, steps = rows[0][:3]
    book = promises.compiled(session, tenant_id, contract_id, stamp)
    return Story([Fact(*row[3:]) for row in rows], book, steps_of(steps))


def steps_of(answered: Iterable[Iterable[Any]] | None) -> set[Step]:
    """What `reached` answers."""
    return {(metric, cycle, step) for metric, cycle, step in answered or ()}


def clock_stories(session: Session, tenant_id: int, ticket_ids: Collection[int]) -> dict[int, list[sla.Event]]:
    """`clock_events` of several tickets of one tenant, at least one, in one statement."""
    told: dict[int, list[Fact]] = {ticket_id: [] for ticket_id in ticket_ids}
    rows = session.execute(
        select(Event.ticket_id, Event.at, Event.type, Event.by, Event.data)
        .where(
            Event.tenant_id == tenant_id,
            within(Event.ticket_id, ticket_ids),
            BEARS,
        )
        .order_by(Event.ticket_id, Event.at, Event.id)
    )
    for ticket_id, *fact in rows:
        told[ticket_id].append(Fact(*fact))
    return {ticket_id: clock_events(facts) for ticket_id, facts in told.items()}


def clock_events(events: Iterable[Told]) -> list[sla.Event]:
    """The events that may move a clock, in the order in which they were recorded; a reply taken back never was."""
    story = list(events)
    taken_back = {event.data["message_id"] for event in story if event.type == TAKEN_BACK}
    return [
        _read(event)
        for event in story
        if event.type in KINDS and not (event.type == "replied" and event.data.get("message_id") in taken_back)
    ]


def without_address(events: Iterable[Event]) -> set[int]:
    """The replies, by id, that nobody could get by mail when it was last tried."""
    found: set[int] = set()
    for event in events:
        if event.type == "mail_failed" and event.data.get("why") == "no_address" and "message_id" in event.data:
            found.add(event.data["message_id"])
        elif event.type == "sent_again":
            found.discard(event.data["message_id"])
    return found


def _read(event: Told) -> sla.Event:
    return sla.Event(
        at=int(event.at.timestamp()),
        kind=KINDS[event.type],
        to=event.data.get("to", "open"),
        by=event.by,
        priority=event.data.get("priority", ""),
        mode=event.data.get("mode"),
        auto=event.data.get("auto", False),
    )
