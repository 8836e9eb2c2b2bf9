"""What was said of promises in the world of the proofs: a reason, a dispute, a closed month, a credit it proposes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from msp.reports.compliance import facts_of, result_of
from msp.reports.figures import Figure
from msp.tickets.models import Ticket
from sla.actions.disputes import answer_dispute, give_reason, open_dispute
from sla.actions.months import freeze_month
from sla.models import CreditProposal, CycleOutcome
from sla.queries import book
from sla.rules.disputes import CLIENT, DESK, Pace
from tenants.models import Tenant
from tenants.rules import Role
from tests.prove import marked, uneven

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)


def of_a_company(
    session: Session, company: Tenant, tickets: tuple[Ticket, Ticket, Ticket], canary: str, at: datetime
) -> dict[str, int]:
    """As one company: its first ticket is late with a reason, the others are disputed. The ids of that, and a credit's.

    What the desk proposes is `dispute_id`, what the client contests `contest_id`.
    """
    own, second, third = tickets
    inside = marked.canary(company.key, marked.INSIDE[Role.CLIENT_ADMIN])
    session.flush()
    tenant_id, late = company.tenant_id, (own.id, "resolution", 1)
    row = session.get_one(CycleOutcome, (tenant_id, *late))
    row.breached_at = row.decided_at = at
    session.flush()
    give_reason(session, tenant_id, late, "other", canary, canary, at)
    cycle = (second.id, "resolution", 1)
    other = session.get_one(CycleOutcome, (tenant_id, *cycle))
    other.breached_at = other.decided_at = at
    session.flush()
    give_reason(session, tenant_id, cycle, "other", inside, canary, at)
    if company.key == uneven.FIRST:
        left_out = open_dispute(session, tenant_id, cycle, DESK, canary, canary, Pace(), at)
        answer_dispute(session, left_out, CLIENT, True, "", canary, at)
    proposed, contested = (
        open_dispute(session, tenant_id, (ticket.id, "first_response", 1), side, words, canary, Pace(), at)
        for ticket, side, words in ((second, DESK, inside), (third, CLIENT, canary))
    )
    result = result_of(session, company, book(session, tenant_id), APRIL, at)
    freeze_month(session, tenant_id, APRIL, facts_of(result, {}) | {"words": canary}, canary, at)
    if company.key == uneven.FIRST:
        result = result_of(session, company, book(session, tenant_id), MARCH, at)
        figures = dict.fromkeys(result.figures, Figure(met=1, agreed_met=1))
        freeze_month(session, tenant_id, MARCH, facts_of(replace(result, figures=figures), {}), canary, at)
    credit = CreditProposal(tenant_id=tenant_id, month=APRIL, agreed=Decimal(90), percent=Decimal(5), made_at=at)
    session.add(credit)
    session.flush()
    return {"dispute_id": proposed.id, "contest_id": contested.id, "credit_id": credit.id}
