"""A contract's promises in detail: make its next version, edit one that has not begun, or take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from billing import actions as billing
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.reports import replays
from msp.tickets import desk
from msp.web import forms
from msp.web.contract_form import as_typed, months_before, offered, posted, step_names, target_names
from msp.web.language import reader
from msp.web.mending import mend
from sla import actions, queries
from sla.models import Contract, ContractVersion
from sla.rules.weave import calendars_named
from sla.schemas import VersionSchema
from tenants.db import db, transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("contract_editor", __name__)
MONTHS = (1, 3, 6)


@pages.get("/clients/<tenant:tenant>/contract/<int:contract_id>/next")
@guard.requires(Permission.RUN_CONTRACTS)
def next_form(tenant: str, contract_id: int) -> str:
    """Filled in with the newest version, or with what a comparison was asked about (`?like=` its id).

    A version that is yet to begin is edited where it keeps its instant.
    """
    contract, last = _contract(contract_id)
    like = replays.replay_of(db.session(), tenant_here(), request.args.get("like", 0, int))
    terms = like.terms if like and like.contract_id == contract.id else last.terms
    begins = last.since.astimezone(ZoneInfo(_zone())) if last.since > reader().now else None
    kept = {"mode": last.mode, "since": f"{begins:%Y-%m-%dT%H:%M}"} if begins else {}
    return _form(tenant, contract, as_typed(terms) | kept)


@pages.post("/clients/<tenant:tenant>/contract/<int:contract_id>/next")
@guard.requires(Permission.RUN_CONTRACTS)
def keep(tenant: str, contract_id: int) -> ResponseReturnValue:
    """The next version, with the items of the one before; or what it would have made of real months."""
    contract, last = _contract(contract_id)
    typed, at, who = posted(), clock.now(), guard.principal()
    try:
        given = VersionSchema(_zone(), last.terms).load(typed)
        with transaction() as rows:
            if "what_if" in request.form:
                return _what_if(rows, tenant, contract, given["terms"], request.form.get("months", "1"))
            _next(rows, contract, given, who.name, at)
        return redirect(url_for("contracts.show", tenant=tenant, kept=1), 303)
    except ValidationError as problem:
        errors = forms.said(problem.messages_dict)
    except Refused as refused:
        errors = mend(refused, "since")
    return _form(tenant, contract, typed, errors), 422


@pages.post("/clients/<tenant:tenant>/contract/versions/<int:version_id>/withdraw")
@guard.requires(Permission.RUN_CONTRACTS)
def withdraw(tenant: str, version_id: int) -> ResponseReturnValue:
    """A version that has not begun will not begin."""
    with transaction() as rows:
        version = queries.version_of(rows, tenant_here(), version_id) or abort(404)
        contract = queries.contract_of(rows, tenant_here(), version.contract_id) or abort(404)
        actions.withdraw_version(rows, contract, version, guard.principal().name, clock.now())
    return redirect(url_for("contracts.show", tenant=tenant, kept=1), 303)


def _next(rows: Session, contract: Contract, given: Mapping[str, Any], by: str, at: datetime) -> None:
    """A version and what it costs as before: items go over from the one that would have held on."""
    since = given["since"] or at
    held = queries.contract_of(rows, contract.tenant_id, contract.id, lock=True) or abort(404)
    versions = queries.versions_of(rows, contract.tenant_id, contract.id)
    same = next((row for row in versions if row.since == since), None)
    if same is not None and same.since > at:
        actions.reword_version(rows, held, same, given["terms"], given["mode"], by, at)
        return
    before = [row for row in versions if row.since <= since]
    version = actions.next_version(rows, held, given["terms"], since, given["mode"], by, at)
    if before:
        billing.carry_items(rows, contract.tenant_id, before[-1].id, version.id, at)


def _what_if(
    rows: Session, tenant: str, contract: Contract, terms: Mapping[str, Any], count: str
) -> ResponseReturnValue:
    at = clock.now()
    many = int(count) if count.isdecimal() and int(count) in MONTHS else MONTHS[0]
    months = months_before(at, _zone(), many)
    if calendars_named(terms) - {str(each.id) for each in queries.calendars_of(rows, tenant_here())}:
        raise Refused("Choose one of these.", {"calendar": ["Choose one of these."]})
    asked = replays.replay(rows, tenant_here(), contract.id, months, terms, {}, guard.principal().name, at)
    return redirect(url_for("what_if.show", tenant=tenant, replay_id=asked.id), 303)


def _form(
    tenant: str,
    contract: Contract,
    typed: Mapping[str, Any],
    errors: forms.Errors | None = None,
) -> str:
    rows, tenant_id = db.session(), tenant_here()
    return render_template(
        "contracts/form.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        contract=contract,
        was=typed,
        errors=errors or {},
        labels=_labels(),
        month_choices=MONTHS,
        hooks_url=url_for("webhooks.index") if guard.principal().may(Permission.RUN_WORK) else None,
        zone=_zone(),
        now=reader().now,
        **offered(rows, tenant_id, typed),
    )


def _labels() -> dict[str, str]:
    """What the summary of errors calls the fields of the top level."""
    return {
        "calendar": _("Calendar"),
        "since": _("Begins"),
        "reopen_days": _("Reopening window in days"),
        "credit_cap": _("At most"),
        **target_names(),
        **step_names(),
    }


def _contract(contract_id: int) -> tuple[Contract, ContractVersion]:
    """A contract of this client with its newest version; else 404."""
    rows = db.session()
    contract = queries.contract_of(rows, tenant_here(), contract_id) or abort(404)
    versions = queries.versions_of(rows, tenant_here(), contract_id) or abort(404)
    return contract, versions[-1]


def _zone() -> str:
    """The client's zone, in whose wall clock versions begin."""
    return db.session().get_one(Tenant, tenant_here()).zone
