"""Steps that were reached are told to whom they concern, go on to the next rung, and do what the ladder says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Histogram
from sqlalchemy import select
from sqlalchemy.orm import Session

from msp import clock
from msp.jobs import calls
from msp.jobs.calls import Call
from msp.jobs.hearers import Hearers
from msp.outbox.office import office
from msp.tickets import queries as tickets
from msp.tickets.actions.escalation import ACTS, escalate
from msp.tickets.models import Ticket
from sla import queries as promises
from sla.models import Escalation
from sla.queries import Book
from sla.rules.ladder import Rung, rungs
from tenants.db import db
from tenants.isolation import among
from tenants.rows import change_many
from tenants.work import later

log = structlog.get_logger()
TOLD = Counter("msp_escalations_told", "Steps of promises that people were told of")
TOLD_LATE = Histogram(
    "msp_escalation_told_seconds",
    "From the instant a step was reached until people were told",
    buckets=(0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600),
)


def tell(tenant_id: int, *escalation_ids: int) -> None:
    """Whoever must hear of these steps does, each step once; what cannot be told with the others is told alone."""
    session, at = db.session(), clock.now()
    try:
        with session.begin_nested():
            _tell(session, tenant_id, escalation_ids, at)
    except Exception:
        if len(escalation_ids) == 1:
            raise
        log.exception("steps_told_one_by_one", tenant=tenant_id, steps=len(escalation_ids))
        for escalation_id in escalation_ids:
            later(session, "escalations.tell", tenant_id, escalation_id, at=at, key=f"{escalation_id}:alone")


def unanswered(tenant_id: int, escalation_id: int, entry: int, place: int) -> None:
    """Nobody has it in hand after the time agreed: the next rung hears, unless the promise is over."""
    session, at = db.session(), clock.now()
    call = _standing_call(session, tenant_id, escalation_id, entry, place)
    if call is not None:
        _make(session, tenant_id, [call], promises.book(session, tenant_id), at)


def wake(tenant_id: int, escalation_id: int, entry: int, place: int) -> None:
    """Quiet hours are over: whoever is on call by now and has not heard hears, unless it is settled meanwhile."""
    session, at = db.session(), clock.now()
    call = _standing_call(session, tenant_id, escalation_id, entry, place)
    if call is not None:
        _call(session, tenant_id, [call], at)


def act(tenant_id: int, escalation_id: int, number: int) -> None:
    """Raise the priority, hand over to the next tier or call the lead in, as the system, once."""
    session, at = db.session(), clock.now()
    escalation = session.get_one(Escalation, (tenant_id, escalation_id))
    ticket = tickets.ticket_by_id(session, tenant_id, escalation.ticket_id, lock=True)
    if ticket is None:
        raise LookupError(f"Escalation {escalation_id} names no ticket.")
    named = {"id": escalation.id, "metric": escalation.metric, "step": escalation.step}
    leads = [(lead.id, lead.name) for lead in Hearers(session, tenant_id, at).leads]
    escalate(session, ticket, ACTS[number], named, leads, at)


def _tell(session: Session, tenant_id: int, escalation_ids: Collection[int], at: datetime) -> None:
    fresh = session.scalars(
        select(Escalation)
        .where(Escalation.tenant_id == tenant_id, among(Escalation.id, escalation_ids), Escalation.told_at.is_(None))
        .order_by(Escalation.at, Escalation.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if not fresh:
        return
    about = {one.ticket_id for one in fresh}
    found = {
        ticket.id: ticket
        for ticket in session.scalars(select(Ticket).where(Ticket.tenant_id == tenant_id, among(Ticket.id, about)))
    }
    book = promises.book(session, tenant_id)
    in_hand = promises.acknowledged(session, tenant_id, about)
    heard = [one for one in fresh if (one.ticket_id, one.metric, one.cycle) not in in_hand]
    ladders = {one.id: _ladder(book, one) for one in heard}
    _make(
        session,
        tenant_id,
        [Call(one, found[one.ticket_id], rung, entry) for one in heard for entry, rung in enumerate(ladders[one.id])],
        book,
        at,
    )
    for one in heard:
        wanted = dict.fromkeys(act for rung in ladders[one.id] for act in rung.acts if act in ACTS)
        for each in wanted:
            number = ACTS.index(each)
            later(session, "escalations.act", tenant_id, one.id, number, at=at, key=f"{one.id}:{each}")
    change_many(session, Escalation, tenant_id, [{"id": one.id, "told_at": at} for one in fresh])
    for one in fresh:
        TOLD_LATE.observe(max(0.0, (at - one.at).total_seconds()))
    TOLD.inc(len(fresh))


def _make(session: Session, tenant_id: int, made: Sequence[Call], book: Book, at: datetime) -> None:
    """The calls are heard, and the rungs after them are left for their instants."""
    _call(session, tenant_id, made, at)
    for call in made:
        due = _next_rung_at(call, book, at)
        if due is not None:
            ids = (call.escalation.id, call.entry, call.place + 1)
            later(session, "escalations.unanswered", tenant_id, *ids, at=at, available_at=due)


def _call(session: Session, tenant_id: int, made: Sequence[Call], at: datetime) -> None:
    """Whoever may be disturbed hears now; for the others it is tried again when their quiet hours are over."""
    hearers = Hearers(session, tenant_id, at)
    hearers.watch(call.ticket.id for call in made)
    held = calls.make(session, hearers, made, office(), at)
    for call in made:
        until = held.get(call.key)
        if until is not None:
            ids = (call.escalation.id, call.entry, call.place)
            key = f"{call.key}:{int(until.timestamp())}"
            later(session, "escalations.wake", tenant_id, *ids, at=at, key=key, available_at=until)


def _next_rung_at(call: Call, book: Book, at: datetime) -> datetime | None:
    """When the rung after this one hears; None where this is the last, or it waits for nobody."""
    first = _ladder(book, call.escalation)[call.entry]
    hours = book.hours.get(call.escalation.calendar)
    if call.rung.wait is None or call.place >= len(first.then) or hours is None:
        return None
    due = hours.add(int(at.timestamp()), call.rung.wait)
    return None if due is None else max(datetime.fromtimestamp(due, UTC), at + timedelta(seconds=1))


def _ladder(book: Book, escalation: Escalation) -> tuple[Rung, ...]:
    """What the step's own terms set off; owner and leads hear where those are gone or say nothing."""
    terms = book.terms.get(escalation.terms)
    found = rungs(terms.ladder, escalation.metric, escalation.step) if terms else ()
    return found or (Rung(escalation.metric, escalation.step),)


def _standing_call(session: Session, tenant_id: int, escalation_id: int, entry: int, place: int) -> Call | None:
    """A later rung's call; None where somebody has the promise in hand, or its cycle is over."""
    escalation = session.get_one(Escalation, (tenant_id, escalation_id))
    ticket = tickets.ticket_by_id(session, tenant_id, escalation.ticket_id)
    if ticket is None:
        raise LookupError(f"Escalation {escalation_id} names no ticket.")
    cycle = (escalation.ticket_id, escalation.metric, escalation.cycle)
    if cycle in promises.acknowledged(session, tenant_id, [ticket.id]) or not _runs(session, escalation):
        return None
    ladder = _ladder(promises.book(session, tenant_id), escalation)
    chain = (ladder[entry], *ladder[entry].then) if entry < len(ladder) else ()
    return Call(escalation, ticket, chain[place], entry, place) if place < len(chain) else None


def _runs(session: Session, escalation: Escalation) -> bool:
    """Whether the promise is still to be kept."""
    return any(
        (one.metric, one.cycle) == (escalation.metric, escalation.cycle) and one.status in ("running", "paused")
        for one in promises.clocks_of(session, escalation.tenant_id, escalation.ticket_id)
    )
