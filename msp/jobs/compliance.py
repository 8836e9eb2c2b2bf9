"""Months close by themselves, disputes lapse, and the other side hears of both."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from sqlalchemy.orm import Session

from msp import clock
from msp.errors import Refused
from msp.jobs import compliance_letters as letters
from msp.jobs.hearers import Hearers, client_admins
from msp.outbox import actions as outbox
from msp.outbox.office import office
from msp.reports.closing import close_month, due_months
from msp.reports.compliance import Result, result_of
from msp.tickets import queries as tickets
from msp.tickets.models import Ticket
from sla.actions.disputes import lapse_dispute
from sla.models import Dispute, FrozenMonth
from sla.queries import book
from sla.queries.compliance import dispute as dispute_by_id
from sla.queries.months import pace_of
from sla.rules.disputes import CLIENT, DESK, other_side
from tenants.actions import write_down
from tenants.db import db
from tenants.models import Tenant
from tenants.rules import Role, job

log = structlog.get_logger()


def close_months(tenant_id: int, *_: int) -> None:
    """Close what is over long enough. What cannot close yet is shown to those who can help, once a month."""
    session, at = db.session(), clock.now()
    tenant = session.get_one(Tenant, tenant_id)
    for month in due_months(session, tenant, pace_of(session), at):
        try:
            close_month(session, tenant, month, "", at)
            write_down(session, tenant_id, job(tenant_id), "close_month", at, subject=f"{month:%Y-%m}")
        except Refused as refused:
            log.info("month_held", tenant=tenant.key, month=f"{month:%Y-%m}", why=refused.sentence)
            _say_what_is_missing(session, tenant, result_of(session, tenant, book(session, tenant_id), month, at))


def lapse(tenant_id: int, dispute_id: int) -> None:
    """The time to answer is over: silence rejects."""
    session = db.session()
    found = dispute_by_id(session, tenant_id, dispute_id, lock=True)
    if found is not None and lapse_dispute(session, found, clock.now()):
        write_down(session, tenant_id, job(tenant_id), "lapse_dispute", clock.now(), subject=str(dispute_id))


def disputed(tenant_id: int, dispute_id: int) -> None:
    """The side that has to answer hears of a dispute."""
    session = db.session()
    found, ticket = _dispute(session, tenant_id, dispute_id)
    if found.status == "open":
        _tell(session, found, ticket, other_side(found.side))


def dispute_answered(tenant_id: int, dispute_id: int) -> None:
    """The side that opened it hears what became of it; where nobody answered both do."""
    session = db.session()
    found, ticket = _dispute(session, tenant_id, dispute_id)
    for side in (CLIENT, DESK) if not found.answered_by else (found.side,):
        _tell(session, found, ticket, side)


def month_closed(tenant_id: int, frozen_id: int) -> None:
    """The client's admins get the month in their own language, one step away from every figure."""
    session, at = db.session(), clock.now()
    frozen = session.get_one(FrozenMonth, (tenant_id, frozen_id))
    tenant = session.get_one(Tenant, tenant_id)
    for contact in client_admins(session, tenant_id):
        outbox.write(session, tenant_id, office(), letters.of_month(frozen, tenant, contact, office()), at)


def _tell(session: Session, found: Dispute, ticket: Ticket, side: str) -> None:
    at, tenant = clock.now(), session.get_one(Tenant, found.tenant_id)
    if side == CLIENT:
        for contact in client_admins(session, found.tenant_id):
            outbox.write(session, found.tenant_id, office(), letters.to_client(found, ticket, contact, office()), at)
        return
    hearers = Hearers(session, found.tenant_id, at)
    concerned = _who(hearers, ticket)
    kind = "disputed" if found.status == "open" else "dispute_answered"
    said = {"metric": found.metric, "status": found.status, "title": ticket.title, "side": found.side}
    outbox.notify(
        session, concerned, found.tenant_id, f"{kind}:{found.tenant_id}:{found.id}", kind, ticket.key, said, at
    )
    for login_id in sorted(concerned):
        person = hearers.people[login_id]
        outbox.write(session, found.tenant_id, office(), letters.to_desk(found, ticket, tenant, person, office()), at)


def _who(hearers: Hearers, ticket: Ticket) -> set[int]:
    """The ticket's owner and the leads; whoever runs the desk where there is neither."""
    found = {login for login in {ticket.owner_id, *(lead.id for lead in hearers.leads)} if login in hearers.people}
    return found or _owners(hearers)


def _owners(hearers: Hearers) -> set[int]:
    return {person.id for person in hearers.people.values() if person.role == Role.OWNER}


def _say_what_is_missing(session: Session, tenant: Tenant, result: Result) -> None:
    """The leads and the owner of the desk hear what keeps a month from closing; the notice opens the first ticket."""
    missing = [*result.unexplained, *(line for line in result.lines if line.dispute == "open")]
    if not missing:
        return
    hearers = Hearers(session, tenant.tenant_id, clock.now())
    told: Iterable[int] = {lead.id for lead in hearers.leads} | _owners(hearers)
    month = f"{result.span.month:%Y-%m}"
    said = {"month": month, "count": len(missing), "title": missing[0].title}
    key = f"month_held:{tenant.tenant_id}:{month}"
    outbox.notify(session, told, tenant.tenant_id, key, "month_held", missing[0].key, said, clock.now())


def _dispute(session: Session, tenant_id: int, dispute_id: int) -> tuple[Dispute, Ticket]:
    found = session.get_one(Dispute, (tenant_id, dispute_id))
    ticket = tickets.ticket_by_id(session, tenant_id, found.ticket_id)
    if ticket is None:
        raise LookupError(f"Dispute {dispute_id} names no ticket.")
    return found, ticket
