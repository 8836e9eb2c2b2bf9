"""A month end: start it, take its clients in turn, stop it between two, take it up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from billing.actions.issue import issue
from billing.models import Run, RunItem
from billing.rules.money import Money
from tenants.errors import Refused
from tenants.rows import set_shared_once

KIND = "invoice"
Tickets = Mapping[int, tuple[str, str]]
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Looked:
    """One client's draft as somebody looked at it before pressing: `seen` is its hash."""

    tenant_id: int
    draft_id: int
    seen: str
    currency: str
    payable: Decimal


def start_run(
    session: Session,
    issuer_id: int,
    month: date,
    looked: Sequence[Looked],
    by_id: int | None,
    at: datetime,
    *,
    sends: bool = True,
) -> Run:
    """The run of an issuer's month over these clients, in their order; while one works, that very one.

    As `staff` or `system`. Raises `Refused` for nobody.
    """
    if not looked:
        raise Refused("Nothing was chosen.")
    values = {
        "issuer_id": issuer_id,
        "kind": KIND,
        "month": month,
        "state": "working",
        "drafts": [_kept(one) for one in looked],
        "turn": 0,
        "sends": sends,
        "started_at": at,
        "started_by_id": by_id,
    }
    set_shared_once(session, Run, values)
    working = session.scalar(_working(issuer_id, month))
    if working is None:
        raise Refused("The run ended meanwhile. Look at it, then press again.")
    return working


def turn_of(run: Run) -> int | None:
    """The tenant whose turn it is; None where nobody's is."""
    if run.state != "working" or run.turn >= len(run.drafts):
        return None
    tenant_id: int = run.drafts[run.turn]["tenant"]
    return tenant_id


def issue_in_turn(
    session: Session, tenant_id: int, run_id: int, at: datetime, tickets: Tickets | None = None
) -> RunItem | None:
    """Issue what a run holds of this tenant, if it is his turn; the run goes on to the next in the same transaction.

    What cannot be issued is kept with its reason and uses no number. None when it is not his turn: another was faster,
    or the run was stopped. Locks the run before the tenant. A database that went away raises and is tried again.
    """
    run = _held(session, run_id)
    if turn_of(run) != tenant_id:
        return None
    looked = run.drafts[run.turn]
    item = _item(run, tenant_id, at)
    try:
        with session.begin_nested():
            made = issue(
                session,
                tenant_id,
                looked["draft"],
                run.started_by_id,
                at,
                seen=looked["seen"],
                tickets=tickets,
                sends=run.sends,
            )
            item.document_id, item.number, item.payable = made.id, made.number, made.payable
    except Refused as refused:
        _fail(item, refused)
    except Exception as error:
        if isinstance(error, DBAPIError) and not isinstance(error, IntegrityError):
            raise
        log.exception("run_item_failed", run_id=run_id, tenant_id=tenant_id)
        _fail(item, _fault(type(error).__name__))
    session.add(item)
    _go_on(run, at)
    session.flush()
    return item


def give_up(session: Session, tenant_id: int, run_id: int, reason: str, at: datetime) -> None:
    """Pass a client over whose work was given up after its last try."""
    run = _held(session, run_id)
    if turn_of(run) != tenant_id:
        return
    item = _item(run, tenant_id, at)
    _fail(item, _fault(reason))
    session.add(item)
    _go_on(run, at)
    session.flush()


def stop_run(session: Session, run_id: int, at: datetime) -> Run:
    """Stop between two clients; what is under way ends as it would."""
    run = _held(session, run_id)
    if run.state == "working":
        run.state, run.ended_at = "stopped", at
    return run


def resume_run(session: Session, run_id: int) -> Run:
    """Go on where it was stopped. Raises `Refused` while another run of that month works."""
    run = _held(session, run_id)
    if run.state == "stopped":
        if session.scalar(_working(run.issuer_id, run.month)) is not None:
            raise Refused("Another run of this month is at work.")
        run.state, run.ended_at = "working", None
        session.flush()
    return run


def _go_on(run: Run, at: datetime) -> None:
    run.turn += 1
    if run.turn == len(run.drafts):
        run.state, run.ended_at = "done", at


def _held(session: Session, run_id: int) -> Run:
    run = session.scalar(
        select(Run).where(Run.id == run_id).with_for_update().execution_options(populate_existing=True)
    )
    if run is None:
        raise Refused("There is nothing here.")
    return run


def _working(issuer_id: int, month: date) -> Select[Run]:
    return select(Run).where(Run.issuer_id == issuer_id, Run.kind == KIND, Run.month == month, Run.state == "working")


def _kept(one: Looked) -> dict[str, Any]:
    payable = Money(one.payable, one.currency).amount
    return {
        "tenant": one.tenant_id, "draft": one.draft_id, "seen": one.seen, "currency": one.currency,
        "payable": str(payable),
    }  # fmt: skip


def _item(run: Run, tenant_id: int, at: datetime) -> RunItem:
    """One client's part, issued unless told otherwise."""
    looked = run.drafts[run.turn]
    return RunItem(
        tenant_id=tenant_id,
        run_id=run.id,
        place=run.turn,
        draft_id=looked["draft"],
        currency=looked["currency"],
        payable=Decimal(looked["payable"]),
        state="issued",
        settled_at=at,
    )


def _fail(item: RunItem, refused: Refused) -> None:
    item.state, item.reason, item.facts = "failed", refused.sentence, refused.facts


def _fault(what: str) -> Refused:
    """A fault of ours, named without the data it went wrong with; those are in the log."""
    return Refused("Something failed here: %(error)s.", error=what)
