"""What a company has bought, for its own admin: the contract in words, and surge packs to approve or decline."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from msp import clock, guard
from msp.reach import tenant_here
from msp.web import contract_words as words
from msp.web import contracts
from msp.web.language import reader
from msp.web.portal import frame
from sla import actions, queries
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("portal_contract", __name__)


@pages.get("/portal/<tenant:tenant>/contract")
@guard.requires(Permission.OWN_PROMISES)
def show(tenant: str) -> str:
    """The version in force, what comes after it, and the packs."""
    rows, tenant_id, here = db.session(), tenant_here(), reader()
    calendars = {str(each.id): each.name for each in queries.calendars_of(rows, tenant_id)}
    versions = [
        each for each in contracts.versions_of(rows, tenant_id, here.now) if each.in_force or each.since > here.now
    ]
    return render_template(
        "portal/contract.html",
        **frame(rows, guard.principal()),
        tenant=tenant,
        versions=[(each, words.differences(each.before, each.terms, calendars, here)) for each in versions],
        metrics=contracts.METRICS,
        packs=[
            (pack, words.pack_changes(pack.terms, calendars, here))
            for contract in queries.contracts_of(rows, tenant_id)
            for pack in reversed(queries.packs_of(rows, tenant_id, contract.id))
            if pack.status != "withdrawn"
        ],
        now=here.now,
        kept=request.args.get("kept", ""),
    )


@pages.post("/portal/<tenant:tenant>/contract/packs/<int:pack_id>/approve")
@guard.requires(Permission.OWN_PROMISES)
def approve(tenant: str, pack_id: int) -> ResponseReturnValue:
    """Take the offer: it begins at its start, or at once where that has passed."""
    with transaction() as rows:
        pack = queries.pack_of(rows, tenant_here(), pack_id, lock=True) or abort(404)
        contract = queries.contract_of(rows, tenant_here(), pack.contract_id, lock=True) or abort(404)
        actions.approve_pack(rows, contract, pack, guard.principal().name, clock.now())
    return redirect(url_for(".show", tenant=tenant, kept="approve", _anchor="packs"), 303)


@pages.post("/portal/<tenant:tenant>/contract/packs/<int:pack_id>/decline")
@guard.requires(Permission.OWN_PROMISES)
def decline(tenant: str, pack_id: int) -> ResponseReturnValue:
    """Do not take the offer."""
    with transaction() as rows:
        pack = queries.pack_of(rows, tenant_here(), pack_id, lock=True) or abort(404)
        actions.decline_pack(rows, pack, guard.principal().name, clock.now())
    return redirect(url_for(".show", tenant=tenant, kept="decline", _anchor="packs"), 303)
