"""Sending documents: each leaves once by itself after its undo window, and again when a person asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import BillingAccount, Dispatch, Document, Opening
from billing.queries.sending import SENDING, TEXTS, sending
from tenants.errors import Refused
from tenants.models import DeskSetting, Tenant
from tenants.rows import insert_once
from tenants.work import later


def send_issued(session: Session, document: Document, at: datetime, *, sends: bool = True) -> Dispatch:
    """A document was issued: it leaves after the undo window, or is held with the reason why it does not."""
    return _dispatch(session, document, 1, None, at, held="" if sends else "later")


def send_again(session: Session, tenant_id: int, document_id: int, by_id: int | None, at: datetime) -> Dispatch:
    """A person asks for it: another sending to the addresses of today, with its own undo window.

    Raises Refused while one waits, and where there is no address. What the account says of not sending is overruled.
    """
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    document = session.get(Document, (tenant_id, document_id))
    if document is None:
        raise Refused("There is nothing here.")
    last = session.scalar(
        select(Dispatch)
        .where(Dispatch.tenant_id == tenant_id, Dispatch.document_id == document_id)
        .order_by(Dispatch.turn.desc())
        .limit(1)
        .with_for_update()
    )
    if last is not None and last.state == "waiting":
        raise Refused("It is on its way already.")
    account = session.get(BillingAccount, tenant_id)
    if account is None or not account.emails:
        raise Refused("The client has no address for invoices yet.")
    if last is not None and last.state == "held":
        last.state, last.held, last.settled_at = "stopped", "", at
    return _dispatch(session, document, (last.turn if last is not None else 0) + 1, by_id, at, asked=True)


def stop_sending(session: Session, tenant_id: int, document_id: int, at: datetime) -> None:
    """Within the undo window: it does not leave. Raises Refused when it has left."""
    waiting = session.scalar(
        select(Dispatch)
        .where(Dispatch.tenant_id == tenant_id, Dispatch.document_id == document_id, Dispatch.state == "waiting")
        .with_for_update()
    )
    if waiting is None:
        raise Refused("It has left already.")
    waiting.state, waiting.settled_at = "stopped", at


def taken_to_send(session: Session, tenant_id: int, dispatch_id: int, at: datetime) -> Dispatch | None:
    """A sending whose undo window is over, locked; None for one that was stopped, has left, or is early."""
    row = session.scalar(
        select(Dispatch)
        .where(Dispatch.tenant_id == tenant_id, Dispatch.id == dispatch_id, Dispatch.state == "waiting")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return row if row is not None and row.leaves_at is not None and row.leaves_at <= at else None


def hold(dispatch: Dispatch, why: str, at: datetime) -> None:
    """It cannot leave as things are."""
    dispatch.state, dispatch.held, dispatch.settled_at = "held", why, at


def written(dispatch: Dispatch, at: datetime) -> None:
    """Its mail stands in the outbox."""
    dispatch.state, dispatch.settled_at = "written", at


def opened(session: Session, tenant_id: int, document_id: int, contact_id: int, name: str, at: datetime) -> bool:
    """A person of the client opened it; the first time is kept."""
    values = {"tenant_id": tenant_id, "document_id": document_id, "contact_id": contact_id, "name": name, "at": at}
    return insert_once(session, Opening, values) is not None


def set_sending(session: Session, undo_minutes: int, texts: Mapping[str, str]) -> None:
    """The desk's undo window and texts; a text like the one that comes with the house is not kept."""
    own = {name: text for name, text in texts.items() if name in TEXTS and text and text != TEXTS[name]}
    row = session.get(DeskSetting, SENDING) or DeskSetting(name=SENDING)
    row.value = {"undo_minutes": undo_minutes, "texts": own}
    session.add(row)


def _dispatch(
    session: Session,
    document: Document,
    turn: int,
    by_id: int | None,
    at: datetime,
    *,
    held: str = "",
    asked: bool = False,
) -> Dispatch:
    account = session.get(BillingAccount, document.tenant_id)
    if not held and not asked and account is not None and account.sent_by == "none":
        held = "do_not_send"
    if not held and (account is None or not account.emails):
        held = "no_address"
    leaves_at = None if held else at + sending(session).undo
    dispatch = Dispatch(
        tenant_id=document.tenant_id,
        document_id=document.id,
        turn=turn,
        state="held" if held else "waiting",
        held=held,
        leaves_at=leaves_at,
        made_at=at,
        by_id=by_id,
    )
    session.add(dispatch)
    session.flush()
    if leaves_at is not None:
        later(session, "documents.send", document.tenant_id, dispatch.id, at=at, available_at=leaves_at)
    return dispatch
