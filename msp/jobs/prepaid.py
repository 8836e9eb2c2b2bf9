"""What was paid ahead is counted as work is logged, and both sides hear of it before it is gone."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from flask_babel import force_locale, gettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.documents.units import units_text
from billing.models import ContractItem, PrepaidStanding
from billing.queries import prepaid
from billing.queries.counted import LATEST_TICKETS, counts_tickets
from msp import clock
from msp.jobs import documents
from msp.outbox import actions as outbox
from msp.outbox.actions import Writing
from msp.outbox.office import office
from msp.outbox.rules import Automatic, Mailbox
from msp.tickets.models import Ticket
from msp.tickets.rules import DONE
from tenants.db import db
from tenants.models import Agent, Contact, Tenant
from tenants.rules import Role

HEAR_AT_CLIENT = (Role.CLIENT_ADMIN, Role.BILLING_CONTACT)
A_PERIOD = timedelta(days=31)


def draft(tenant_id: int, day: int) -> None:
    """The living invoice follows what changed, and so does what is left of what was paid ahead."""
    documents.draft(tenant_id, day)
    _count(tenant_id)


def tally(tenant_id: int, *_: int) -> None:
    """Each hour: tickets are told where they are charged, and balances follow the calendar."""
    session, at = db.session(), clock.now()
    if counts_tickets(session, tenant_id):
        billing.tell_tickets(session, tenant_id, _tickets(session, tenant_id), at)
    _count(tenant_id)


def warn(tenant_id: int, item_id: int, share: int, begun: int) -> None:
    """So much is used: the owners and the client's own agent see it, his admin and billing contact get a mail."""
    session, at = db.session(), clock.now()
    item = session.get(ContractItem, (tenant_id, item_id))
    standing = session.get(PrepaidStanding, (tenant_id, item.key)) if item else None
    if standing is None or standing.period_start != date.fromordinal(begun):
        return
    tenant = session.get_one(Tenant, tenant_id)
    key = f"prepaid:{tenant_id}:{item_id}:{begun}:{share}"
    owners = session.scalars(select(Agent.id).where(Agent.role == Role.OWNER, Agent.left_at.is_(None)))
    told = {
        "title": standing.name,
        "share": share,
        "unit": standing.unit,
        "currency": standing.currency,
        "used": str(standing.used + standing.overage),
        "available": str(standing.available),
    }
    hear = {*owners, *([tenant.owner_login_id] if tenant.owner_login_id else [])}
    outbox.notify(session, hear, tenant_id, key, "prepaid", tenant.key, told, at)
    for contact in _contacts(session, tenant_id):
        outbox.write(session, tenant_id, office(), _mail(standing, contact, share, f"{key}:{contact.id}"), at)


def _count(tenant_id: int) -> None:
    """Who has nothing prepaid, and had nothing, has no balances either."""
    session = db.session()
    if prepaid.prepaid_items(session, tenant_id) or prepaid.standings_of(session, tenant_id):
        billing.count_prepaid(session, tenant_id, clock.now())


def _tickets(session: Session, tenant_id: int) -> list[billing.TicketTold]:
    """Tickets of about three months; older ones stand on documents or never will."""
    since = clock.now() - LATEST_TICKETS - A_PERIOD
    rows = session.scalars(
        select(Ticket).where(Ticket.tenant_id == tenant_id, or_(Ticket.opened_at >= since, Ticket.resolved_at >= since))
    )
    return [
        billing.TicketTold(row.id, row.key, row.kind, row.opened_at, row.resolved_at if row.status in DONE else None)
        for row in rows.all()
    ]


def _contacts(session: Session, tenant_id: int) -> list[Contact]:
    rows = session.scalars(
        select(Contact)
        .where(Contact.tenant_id == tenant_id, Contact.role.in_(HEAR_AT_CLIENT), Contact.left_at.is_(None))
        .order_by(Contact.id)
    )
    return [row for row in rows.all() if row.email]


def _mail(standing: PrepaidStanding, contact: Contact, share: int, key: str) -> Writing:
    with force_locale(contact.language):
        used, available, beyond = (
            units_text(Fraction(units), standing.unit, standing.currency, contact.language)
            for units in (standing.used, standing.available, standing.overage)
        )
        if share < 100:
            text = gettext(
                "%(share)s %% of what was paid ahead for “%(name)s” is used: %(used)s of %(available)s.\n\n"
                "You need not do anything. If more will be needed this month, ask us for more in good time.",
                share=share,
                name=standing.name,
                used=used,
                available=available,
            )
        else:
            text = gettext(
                "All that was paid ahead for “%(name)s” is used: %(available)s. Beyond it: %(beyond)s so far.\n\n"
                "Further work is charged at the agreed rate. To buy more, answer this mail or write to us.",
                name=standing.name,
                available=available,
                beyond=beyond,
            )
        subject = gettext("%(share)s %% of “%(name)s” is used", share=share, name=standing.name)
    return Writing(
        key=key,
        to=(Mailbox(contact.email or "", contact.name),),
        subject=subject,
        text=text,
        language=contact.language,
        contact_id=contact.id,
        automatic=Automatic.NOTICE,
    )
