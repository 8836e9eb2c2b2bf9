"""Contest a cycle, propose to leave it out, answer, say why a promise was broken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from sla.models import BreachReason, CycleOutcome, Dispute
from sla.queries.compliance import outcome
from sla.queries.months import is_closed
from sla.rules.compliance import MET, MISSED, Entry
from sla.rules.disputes import REASONS, Pace, other_side
from tenants.errors import Refused, Stale
from tenants.work import later

LONGEST = 2000


def open_dispute(
    session: Session,
    tenant_id: int,
    cycle: tuple[int, str, int],
    side: str,
    reason: str,
    by: str,
    pace: Pace,
    at: datetime,
) -> Dispute:
    """One side wants a decided cycle (ticket, metric, number) left out of the agreed figure. The other side hears.

    What is not answered by the deadline is rejected by itself.
    """
    words = _words(reason)
    found = outcome(session, tenant_id, *cycle)
    if found is None or _outcome(found) not in (MET, MISSED):
        raise Refused("Only a promise that was kept or broken can be left out.")
    _month_is_open(session, found)
    if _live(session, tenant_id, cycle) is not None:
        raise Refused("This promise is disputed already.")
    dispute = Dispute(
        tenant_id=tenant_id,
        ticket_id=cycle[0],
        metric=cycle[1],
        cycle=cycle[2],
        side=side,
        reason=words,
        opened_at=at,
        opened_by=by,
        deadline=datetime.fromtimestamp(pace.deadline(int(at.timestamp())), UTC),
    )
    session.add(dispute)
    session.flush()
    later(session, "mail.disputed", tenant_id, dispute.id, at=at)
    after = dispute.deadline + timedelta(seconds=1)
    later(session, "upkeep.lapse_dispute", tenant_id, dispute.id, at=at, available_at=after)
    return dispute


def answer_dispute(
    session: Session, dispute: Dispute, side: str, accepted: bool, words: str, by: str, at: datetime
) -> None:
    """The other side accepts, and the cycle is left out, or rejects with a reason. The row is locked by the caller."""
    if side != other_side(dispute.side):
        raise Refused("The other side has to answer this.")
    if dispute.status != "open":
        raise Stale("This has been answered meanwhile.")
    if at > dispute.deadline:
        raise Stale("The time to answer is over; silence has rejected it.")
    said = words.strip()[:LONGEST]
    if not accepted and not said:
        raise Refused("Say why it is rejected.", {"answer": ["Say why it is rejected."]})
    dispute.status = "accepted" if accepted else "rejected"
    dispute.answer, dispute.answered_at, dispute.answered_by = said, at, by
    later(session, "mail.dispute_answered", dispute.tenant_id, dispute.id, at=at)


def withdraw_dispute(dispute: Dispute, side: str, by: str, at: datetime) -> None:
    """Whoever opened it takes it back while nobody has answered."""
    if side != dispute.side:
        raise Refused("Only the side that opened it can take it back.")
    if dispute.status != "open":
        raise Stale("This has been answered meanwhile.")
    dispute.status, dispute.answered_at, dispute.answered_by = "withdrawn", at, by


def lapse_dispute(session: Session, dispute: Dispute, at: datetime) -> bool:
    """Nobody answered in time: rejected, and both sides can read that it was by silence. False where it was settled."""
    if dispute.status != "open" or at <= dispute.deadline:
        return False
    dispute.status, dispute.answered_at = "rejected", dispute.deadline
    later(session, "mail.dispute_answered", dispute.tenant_id, dispute.id, at=at)
    return True


def give_reason(
    session: Session, tenant_id: int, cycle: tuple[int, str, int], code: str, words: str, by: str, at: datetime
) -> BreachReason:
    """The desk says why a promise was broken; said again it takes the place of what was said before."""
    said = words.strip()[:LONGEST]
    if code not in REASONS:
        raise Refused("Choose one of these.", {"code": ["Choose one of these."]})
    if code == "other" and not said:
        raise Refused("Say it in words.", {"words": ["Say it in words."]})
    found = outcome(session, tenant_id, *cycle)
    if found is None or found.breached_at is None:
        raise Refused("This promise is not broken.")
    _month_is_open(session, found)
    row = session.get(BreachReason, (tenant_id, *cycle))
    if row is None:
        row = BreachReason(tenant_id=tenant_id, ticket_id=cycle[0], metric=cycle[1], cycle=cycle[2])
        session.add(row)
    row.code, row.words, row.by_name, row.at = code, said, by, at
    return row


def _live(session: Session, tenant_id: int, cycle: tuple[int, str, int]) -> int | None:
    return session.scalar(
        select(Dispute.id).where(
            Dispute.tenant_id == tenant_id,
            Dispute.ticket_id == cycle[0],
            Dispute.metric == cycle[1],
            Dispute.cycle == cycle[2],
            Dispute.status.in_(("open", "accepted")),
        )
    )


def _outcome(row: CycleOutcome) -> str:
    started, stopped, breached = (
        None if at is None else int(at.timestamp()) for at in (row.started_at, row.stopped_at, row.breached_at)
    )
    return Entry(row.ticket_id, row.metric, row.cycle, row.state, started or 0, stopped, breached).outcome


def _month_is_open(session: Session, row: CycleOutcome) -> None:
    if row.decided_at is not None and is_closed(session, row.tenant_id, row.decided_at):
        raise Refused("The month is closed; nothing in it changes any more.")


def _words(reason: str) -> str:
    said = reason.strip()[:LONGEST]
    if not said:
        raise Refused("Say why.", {"reason": ["Say why."]})
    return said
