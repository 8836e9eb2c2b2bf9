"""Service credits that a closed month proposes: offered on a draft, put there by a press, or let be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import DraftLine
from billing.queries.drafts import Sheet, sheet_of
from billing.rules.currencies import exponent_of
from billing.rules.money import round_to
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web.compliance import share_number
from msp.web.format import Language, Reader, month
from sla.actions.months import decide_credit
from sla.models import CreditProposal
from sla.queries.compliance import credit_of, credits_of
from tenants.db import transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("credits", __name__)


class Offer(NamedTuple):
    """A proposed credit as it would stand on a draft: percent of `fee`, the recurring fees of that draft."""

    proposal: CreditProposal
    fee: Decimal
    amount: Decimal

    @property
    def agreed(self) -> str:
        """What was kept, in percent, as the page of the month says it."""
        return _kept(self.proposal)


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/credits/<int:credit_id>")
@guard.requires(Permission.RUN_BILLING)
def decide(tenant: str, draft_id: int, credit_id: int) -> ResponseReturnValue:
    """Put the credit on the draft as a line of its own, or let it be."""
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        proposal = credit_of(rows, tenant_here(), credit_id, lock=True) or abort(404)
        sheet = sheet_of(rows, tenant_here(), draft_id) or abort(404)
        accepted = request.form.get("verdict") == "accept"
        decide_credit(proposal, draft_id if accepted else None, who.name, now)
        if accepted:
            offer = _offer(proposal, sheet)
            if not offer.amount:
                raise Refused("This draft has no recurring fee to give back from.")
            name, price, by_id = _line_name(rows, proposal), -offer.amount, who.login_id or 0
            billing.add_line(rows, tenant_here(), draft_id, by_id, now, name=name, quantity=Decimal(1), price=price)
    return redirect(url_for("invoices.draft", tenant=tenant, draft_id=draft_id), 303)


def offers_on(rows: Session, sheet: Sheet) -> Sequence[Offer]:
    """The credits that wait for a decision, reckoned from this draft's fees."""
    return [_offer(proposal, sheet) for proposal in credits_of(rows, sheet.draft.tenant_id)]


def fee_of(lines: Sequence[DraftLine]) -> Decimal:
    """What the draft charges for its cycles, before tax."""
    return sum((line.amount for line in lines if line.explain.get("how") == "cycle"), Decimal(0))


def _offer(proposal: CreditProposal, sheet: Sheet) -> Offer:
    fee = max(fee_of(sheet.lines), Decimal(0))
    exact = Fraction(fee) * Fraction(proposal.percent) / 100
    return Offer(proposal, fee, round_to(exact, exponent_of(sheet.draft.currency), "half_up"))


def _line_name(rows: Session, proposal: CreditProposal) -> str:
    """What stands on the invoice, in the client's language, with the figure it comes from."""
    company = rows.get_one(Tenant, proposal.tenant_id)
    language: Language = "ja" if company.language == "ja" else "en"
    with force_locale(language):
        said = _(
            "Service credit for %(month)s: %(agreed)s %% kept, %(percent)s %% of the fee",
            month=month(proposal.month, Reader(language, UTC, proposal.made_at)),
            agreed=_kept(proposal),
            percent=f"{proposal.percent.normalize():f}",
        )
    return str(said)


def _kept(proposal: CreditProposal) -> str:
    return share_number(Fraction(proposal.agreed) / 100)
