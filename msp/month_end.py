"""The month end, client by client in the order of their keys, each in a transaction of his own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.actions.runs import Looked, turn_of
from billing.models import DocumentDraft, RunItem
from billing.queries import runs
from msp import clock
from msp.hints import hint
from msp.reports.month import tickets_behind
from tenants.db import transaction
from tenants.isolation import acting_as
from tenants.rules import Principal, job, sweep
from tenants.work import Work, later

Writer = Callable[[int], Principal]
"""Who writes in a tenant: the person who pressed, or a job."""


def start(
    month: date, looked: Mapping[int, Sequence[Looked]], by_id: int | None, desk_id: int, *, sends: bool = True
) -> list[int]:
    """One run for each issuer (id -> his clients' drafts in order), watched from the desk's own tenant. Their ids.

    `sends`: what is issued leaves by mail after its undo window; else somebody sends it later.
    """
    started = []
    with transaction() as session:
        for issuer_id, drafts in sorted(looked.items()):
            now = clock.now()
            run = billing.start_run(session, issuer_id, month, drafts, by_id, now, sends=sends)
            watch(session, desk_id, run.id, now)
            started.append(run.id)
    return started


def watch(session: Session, desk_id: int, run_id: int, at: datetime, available_at: datetime | None = None) -> None:
    """Leave the watch over a run: it sees that the next client's turn comes, whoever died before him."""
    due = available_at or at
    later(session, "documents.run", desk_id, run_id, at=at, key=f"{run_id}:{due.timestamp():.3f}", available_at=due)


def issue_next(run_id: int, who: Writer) -> RunItem | None:
    """Issue what is next in a run, in its client's own transaction; None when nothing is next, or another is at it."""
    tenant_id = _turn(run_id)
    if tenant_id is None:
        return None
    with acting_as(who(tenant_id)), transaction() as session:
        return settle(session, tenant_id, run_id, clock.now())


def at_work(run_id: int) -> bool:
    """Whether somebody's turn is to come in a run."""
    return _turn(run_id) is not None


def settle(session: Session, tenant_id: int, run_id: int, at: datetime) -> RunItem | None:
    """One client's part of a run, with the tickets that its annex names."""
    run = runs.run(session, run_id)
    if run is None or turn_of(run) != tenant_id:
        return None
    behind = tickets_behind(session, tenant_id, run.drafts[run.turn]["draft"])
    hint(session, tenant_id, f"run:{run_id}")
    return billing.issue_in_turn(session, tenant_id, run_id, at, behind)


def ring_next(run_id: int) -> None:
    """Leave the work of the client whose turn it is; one whose work was given up is passed over with the reason."""
    tenant_id = _turn(run_id)
    while tenant_id is not None:
        with acting_as(job(tenant_id)), transaction() as session:
            left = _left(session, tenant_id, run_id)
            now = clock.now()
            if not left or left[-1].done_at is not None:
                later(session, "documents.issue", tenant_id, run_id, at=now, key=f"{run_id}:{len(left)}")
            if not left or left[-1].parked_at is None:
                return
            billing.give_up(session, tenant_id, run_id, left[-1].last_error or "", now)
        tenant_id = _turn(run_id)


def looked_at(session: Session, drafts: Iterable[tuple[int, int, str]]) -> dict[int, list[Looked]]:
    """Drafts as they were looked at (tenant, draft, hash), by issuer; what is gone meanwhile is left out."""
    found: dict[int, list[Looked]] = {}
    for tenant_id, draft_id, seen in drafts:
        draft = session.get(DocumentDraft, (tenant_id, draft_id))
        if draft is not None:
            one = Looked(tenant_id, draft_id, seen, draft.currency, draft.payable)
            found.setdefault(draft.issuer_id, []).append(one)
    return found


def _turn(run_id: int) -> int | None:
    """Whose turn it is, asked anew."""
    with acting_as(sweep(frozenset())), transaction() as session:
        run = runs.run(session, run_id)
        return turn_of(run) if run is not None else None


def _left(session: Session, tenant_id: int, run_id: int) -> Sequence[Work]:
    """The work left for a client's part of a run so far; a stopped run leaves it again."""
    return session.scalars(
        select(Work)
        .where(Work.tenant_id == tenant_id, Work.kind == "documents.issue", Work.key.startswith(f"{run_id}:"))
        .order_by(Work.id)
    ).all()
