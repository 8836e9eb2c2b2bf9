"""What an agent does with a mail that waits: place it with a client, or let it go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from msp.errors import NotFound, Refused, Stale
from msp.intake.actions.facts import let_go
from msp.intake.models import RawMail, State, Why
from msp.tickets import queries as tickets
from tenants import queries as people
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import GATE, Principal
from tenants.work import later

NOT_HERE = "There is nothing here."


def place(
    session: Session,
    raw: RawMail,
    principal: Principal,
    tenant_id: int,
    at: datetime,
    contact_id: int | None = None,
    name: str = "",
    number: int | None = None,
) -> None:
    """Say whose mail it is: a person of this client who is known, or a new one by `name` under the mail's address.

    `number` puts it on an existing ticket. The placing itself is done in the client's own unit of work.
    Raises Refused where that would be the wrong client, Stale when a colleague was faster, NotFound.
    """
    _still_waits(raw)
    if tenant_id not in principal.tenants or tenant_id == raw.tenant_id:
        raise NotFound(NOT_HERE)
    if raw.why == Why.SECRETS:
        raise Refused("This mail may hold a code that opens an account; it stays with the desk.")
    _not_anothers(session, raw, tenant_id)
    contact = session.get(Contact, (tenant_id, contact_id)) if contact_id is not None else None
    if contact_id is not None and (contact is None or contact.left_at is not None):
        raise NotFound(NOT_HERE)
    if number is not None and tickets.ticket(session, tenant_id, number) is None:
        raise Refused("This client has no such ticket.", {"number": ["This client has no such ticket."]})
    if contact_id is None and not raw.sender:
        raise Refused("Say who wrote it; the mail does not.", {"contact_id": ["Say who wrote it."]})
    raw.placing = {
        "by": principal.login_id,
        "contact_id": contact_id,
        "name": name.strip()[:200] or raw.sender_name or raw.sender,
        "number": number,
    }
    raw.state, raw.why, raw.moved_to = State.HANDED_ON, Why.BY_HAND, tenant_id
    later(session, "mail.hand_on", raw.tenant_id, raw.id, at=at)


def drop(raw: RawMail) -> None:
    """It needs no ticket. Raises Stale when a colleague was faster."""
    _still_waits(raw)
    let_go(raw, Why.BY_HAND)


def _still_waits(raw: RawMail) -> None:
    if raw.state != State.TRIAGE:
        raise Stale("Somebody has seen to this mail already.")


def _not_anothers(session: Session, raw: RawMail, tenant_id: int) -> None:
    """Nobody's person is made a person of another client by mistake."""
    with acting_as(GATE):
        by_address, by_domain = people.tenants_of_sender(session, raw.sender)
    theirs = by_address | by_domain
    if theirs and tenant_id not in theirs:
        raise Refused("This sender belongs to another client.")
