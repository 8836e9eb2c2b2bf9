"""Surge packs at the desk: offer one, take the offer back, end one before its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError

from billing.queries.contracts import items_of
from billing.queries.facts import subject_of
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import desk
from msp.web import forms
from msp.web.contract_form import offered, posted, target_names
from msp.web.mending import mend
from sla import actions, queries
from sla.models import Contract
from sla.schemas import PackSchema, local_instant
from tenants.db import db, transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("surge", __name__)


@pages.get("/clients/<tenant:tenant>/contract/<int:contract_id>/packs/new")
@guard.requires(Permission.RUN_CONTRACTS)
def form(tenant: str, contract_id: int) -> str:
    return _form(tenant, _contract(contract_id), {})


@pages.post("/clients/<tenant:tenant>/contract/<int:contract_id>/packs/new")
@guard.requires(Permission.RUN_CONTRACTS)
def propose(tenant: str, contract_id: int) -> ResponseReturnValue:
    """Offer it; the client's admin sees it in his rooms and decides."""
    typed, contract = posted(), _contract(contract_id)
    try:
        given = PackSchema(_zone()).load(typed)
        with transaction() as rows:
            held = queries.contract_of(rows, tenant_here(), contract_id, lock=True) or abort(404)
            offer = actions.Offer(**given, currency=_currency())
            actions.propose_pack(rows, held, offer, guard.principal().name, clock.now())
        return redirect(url_for("contracts.show", tenant=tenant, kept=1, _anchor="packs"), 303)
    except ValidationError as problem:
        errors = forms.said(problem.messages_dict)
    except Refused as refused:
        errors = mend(refused, "starts_at")
    return _form(tenant, contract, typed, errors), 422


@pages.post("/clients/<tenant:tenant>/contract/packs/<int:pack_id>/withdraw")
@guard.requires(Permission.RUN_CONTRACTS)
def withdraw(tenant: str, pack_id: int) -> ResponseReturnValue:
    """Take the offer back before anybody decided."""
    with transaction() as rows:
        pack = queries.pack_of(rows, tenant_here(), pack_id, lock=True) or abort(404)
        actions.withdraw_pack(pack, guard.principal().name, clock.now())
    return redirect(url_for("contracts.show", tenant=tenant, kept=1, _anchor="packs"), 303)


@pages.post("/clients/<tenant:tenant>/contract/packs/<int:pack_id>/end")
@guard.requires(Permission.RUN_CONTRACTS)
def end(tenant: str, pack_id: int) -> ResponseReturnValue:
    """End it before its time, now or later; what ran under it until then stays."""
    try:
        ends_at = local_instant(request.form.get("ends_at", ""), _zone())
    except ValidationError as wrong:
        raise Refused("This is not a date and time.") from wrong
    with transaction() as rows:
        pack = queries.pack_of(rows, tenant_here(), pack_id, lock=True) or abort(404)
        contract = queries.contract_of(rows, tenant_here(), pack.contract_id) or abort(404)
        actions.end_pack(rows, contract, pack, ends_at or clock.now(), guard.principal().name, clock.now())
    return redirect(url_for("contracts.show", tenant=tenant, kept=1, _anchor="packs"), 303)


def _form(tenant: str, contract: Contract, typed: Mapping[str, Any], errors: forms.Errors | None = None) -> str:
    rows, tenant_id = db.session(), tenant_here()
    versions = queries.versions_of(rows, tenant_id, contract.id)
    items = items_of(rows, tenant_id, versions[-1].id) if versions else ()
    return render_template(
        "contracts/pack.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        contract=contract,
        was=typed,
        errors=errors or {},
        labels={"name": _("Name"), "starts_at": _("Begins"), "ends_at": _("Ends"), "price": _("Fee"), **target_names()},
        items=[(item.key, item.name) for item in items],
        zone=_zone(),
        currency=_currency(),
        **offered(rows, tenant_id, typed),
    )


def _contract(contract_id: int) -> Contract:
    return queries.contract_of(db.session(), tenant_here(), contract_id) or abort(404)


def _currency() -> str:
    billed = subject_of(db.session(), tenant_here())
    return billed.account.currency if billed else "JPY"


def _zone() -> str:
    return db.session().get_one(Tenant, tenant_here()).zone
