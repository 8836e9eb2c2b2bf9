"""What was sent and came back, at once or later: the mail's row and its ticket say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from billing.queries.sending import documents_in
from msp.intake.actions.facts import let_go
from msp.intake.models import RawMail, State, Why
from msp.intake.rules.automatic import Bounce
from msp.outbox import actions as outbox
from msp.outbox import queries as outbox_queries
from msp.outbox.models import Mail
from msp.outbox.rules import Ours
from msp.tickets import actions as tickets
from msp.tickets import queries as ticket_queries
from tenants.models import Tenant

NOT_FAILED = ("delayed", "delivered", "relayed", "expanded")


def take_bounce(session: Session, raw: RawMail, bounce: Bounce, ours: Ours, at: datetime) -> None:
    """A delivery report about a mail of ours, which its MAC proves. As job of the tenant the mail was of."""
    mail = outbox_queries.mail_by_id(session, raw.tenant_id, ours.mail_id)
    if mail is None:
        let_go(raw, Why.AUTOMATIC)
    elif bounce.action in NOT_FAILED:
        let_go(raw, Why.DELAYED, mail.ticket_id)
    else:
        why = " ".join(part for part in (bounce.action or "failed", bounce.status) if part)
        outbox.bounced(mail, bounce.recipient, why)
        tell_failure(session, mail, at)
        if mail.ticket_id is None:
            let_go(raw, Why.AUTOMATIC)
        else:
            raw.state, raw.ticket_id = State.TICKETED, mail.ticket_id


def tell_failure(session: Session, mail: Mail, at: datetime) -> None:
    """The ticket's story says that a mail did not arrive, and its owner hears of it once for each time it was sent.

    Of a document's mail whoever bills hears.
    """
    if mail.ticket_id is None:
        _tell_who_bills(session, mail, at)
        return
    ticket = ticket_queries.ticket_by_id(session, mail.tenant_id, mail.ticket_id, lock=True)
    if ticket is None:
        return
    to = [one["address"] for one in (*mail.to, *mail.cc)]
    tickets.tell(session, ticket, tickets.SYSTEM, "mail_failed", at, mail_id=mail.id, to=to, why=mail.last_error)
    outbox.notify(
        session,
        {ticket.owner_id},
        ticket.tenant_id,
        f"mail_failed:{ticket.tenant_id}:{mail.id}:{mail.again}",
        "mail_failed",
        ticket.key,
        {"to": to, "why": mail.last_error, "title": ticket.title},
        at,
    )


def _tell_who_bills(session: Session, mail: Mail, at: datetime) -> None:
    documents = documents_in(session, mail.tenant_id, mail.key)
    if not documents:
        return
    outbox.notify(
        session,
        outbox_queries.who_bills(session),
        mail.tenant_id,
        f"mail_failed:{mail.tenant_id}:{mail.id}:{mail.again}",
        "document_failed",
        session.get_one(Tenant, mail.tenant_id).key,
        {
            "document": documents[0].id,
            "number": ", ".join(one.number for one in documents),
            "to": [one["address"] for one in mail.to],
            "why": mail.last_error,
        },
        at,
    )
