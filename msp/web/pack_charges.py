"""Prices of surge packs that were approved: offered on a draft, put there by a press, or let be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.documents.figures import date_text
from billing.models import ContractItem, DocumentDraft
from billing.queries.contracts import items_of
from billing.queries.drafts import draft as standing
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from sla import queries
from sla.actions import decide_charge
from sla.models import SurgePack
from tenants.db import transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("pack_charges", __name__)


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/packs/<int:pack_id>")
@guard.requires(Permission.RUN_BILLING)
def decide(tenant: str, draft_id: int, pack_id: int) -> ResponseReturnValue:
    """Put the pack's price on the draft as a line of its own, or let it be."""
    who, now = guard.principal(), clock.now()
    with transaction() as rows:
        pack = queries.pack_of(rows, tenant_here(), pack_id, lock=True) or abort(404)
        draft = standing(rows, tenant_here(), draft_id) or abort(404)
        accepted = request.form.get("verdict") == "accept"
        decide_charge(pack, draft_id if accepted else None, who.name, now)
        if accepted:
            _charge(rows, pack, draft, who.login_id or 0)
    return redirect(url_for("invoices.draft", tenant=tenant, draft_id=draft_id), 303)


def charges_on(rows: Session, draft: DocumentDraft) -> Sequence[SurgePack]:
    """The packs whose price waits and that begin in this draft's period, or began before it."""
    return [pack for pack in queries.packs_to_charge(rows, draft.tenant_id) if _fits(rows, pack, draft)]


def _charge(rows: Session, pack: SurgePack, draft: DocumentDraft, by_id: int) -> None:
    if pack.price is None or not _fits(rows, pack, draft):
        raise Refused("This pack is not billed on this draft.")
    item = _item(rows, pack)
    options = item.options if item else {}
    billing.add_line(
        rows,
        pack.tenant_id,
        draft.id,
        by_id,
        clock.now(),
        name=_line_name(rows, pack),
        quantity=Decimal(1),
        price=pack.price,
        tax_code=options.get("tax_code") or "standard",
        account=options.get("account") or "",
    )


def _fits(rows: Session, pack: SurgePack, draft: DocumentDraft) -> bool:
    begins = pack.begins.astimezone(_zone(rows, pack.tenant_id)).date()
    return draft.kind == "invoice" and draft.currency == pack.currency and begins < draft.period_end


def _item(rows: Session, pack: SurgePack) -> ContractItem | None:
    """The item it is billed by, as the version says under which it begins."""
    held = [row for row in queries.versions_of(rows, pack.tenant_id, pack.contract_id) if row.since <= pack.begins]
    items = items_of(rows, pack.tenant_id, held[-1].id) if held and pack.item_key else ()
    return next((item for item in items if item.key == pack.item_key), None)


def _line_name(rows: Session, pack: SurgePack) -> str:
    """What stands on the invoice, in the client's language: the pack and its days."""
    company, zone = rows.get_one(Tenant, pack.tenant_id), _zone(rows, pack.tenant_id)
    first, last = (at.astimezone(zone).date() for at in (pack.begins, pack.ends_at - timedelta(seconds=1)))
    with force_locale(company.language):
        said = _(
            "Surge pack “%(name)s”, %(first)s – %(last)s",
            name=pack.name,
            first=date_text(first.isoformat(), company.language),
            last=date_text(last.isoformat(), company.language),
        )
    return str(said)


def _zone(rows: Session, tenant_id: int) -> ZoneInfo:
    """The clock by which a client's periods begin and end."""
    return ZoneInfo(rows.get_one(Tenant, tenant_id).billing_zone)
