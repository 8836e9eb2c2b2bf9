"""Close a month for ever, and say what it gives back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from sla.models import CreditProposal, FrozenMonth
from sla.queries.compliance import frozen_month
from sla.queries.months import PACE
from sla.rules.compliance import Tally, canonical, credit
from sla.rules.disputes import Pace
from tenants.errors import Stale
from tenants.models import DeskSetting
from tenants.work import later


def freeze_month(
    session: Session, tenant_id: int, month: date, facts: Mapping[str, Any], by: str, at: datetime
) -> FrozenMonth:
    """Keep a month's facts with their digest; nobody can change them afterwards. The client's admins hear of it."""
    if frozen_month(session, tenant_id, month) is not None:
        raise Stale("This month is closed already.")
    snapshot = canonical(facts)
    row = FrozenMonth(
        tenant_id=tenant_id,
        month=month,
        zone=facts["zone"],
        closed_at=at,
        closed_by=by,
        figures=facts["figures"],
        snapshot=snapshot,
        sha256=hashlib.sha256(snapshot.encode()).hexdigest(),
    )
    session.add(row)
    session.flush()
    later(session, "mail.month_closed", tenant_id, row.id, at=at)
    return row


def set_pace(session: Session, pace: Pace) -> None:
    """How fast months close from now on; what is closed stays, and a contest keeps the deadline it was opened with."""
    row = session.get(DeskSetting, PACE) or DeskSetting(name=PACE)
    row.value = {"close_after": pace.close_after, "answer_within": pace.answer_within}
    session.add(row)


def propose_credit(
    session: Session, tenant_id: int, month: date, agreed: Tally, terms: Mapping[str, Any], at: datetime
) -> CreditProposal | None:
    """What the contract's table gives back for a closed month; None where it gives nothing."""
    percent = credit(agreed, credit_table(terms), credit_cap(terms))
    share = agreed.percent(4)
    if not percent or share is None:
        return None
    row = CreditProposal(tenant_id=tenant_id, month=month, agreed=share, percent=percent, made_at=at)
    session.add(row)
    session.flush()
    return row


def decide_credit(row: CreditProposal, draft_id: int | None, by: str, at: datetime) -> None:
    """The owner puts it on a draft, or lets it be."""
    if row.status != "proposed":
        raise Stale("This has been decided meanwhile.")
    row.status = "declined" if draft_id is None else "accepted"
    row.draft_id, row.decided_by, row.decided_at = draft_id, by, at


def credit_table(terms: Mapping[str, Any]) -> dict[Decimal, Decimal]:
    """`credits` of a version: percent of the fee to give back by the agreed percent below which it is owed."""
    return {Decimal(str(row["below"])): Decimal(str(row["percent"])) for row in terms.get("credits") or ()}


def credit_cap(terms: Mapping[str, Any]) -> Decimal:
    """The most that is ever given back, percent of the fee."""
    said = terms.get("credit_cap")
    return Decimal(100) if said is None else Decimal(str(said))
