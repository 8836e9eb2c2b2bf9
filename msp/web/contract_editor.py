"""Make a client's first contract from a template, or a contract's next version; take back one that has not begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from billing import actions as billing
from msp import clock, guard
from msp.errors import Refused
from msp.reports import replays
from msp.tickets import desk
from msp.web import contract_form, forms
from msp.web.contract_form import CALENDARS, HOURS, NEW, as_typed, months_before, offered, posted, template_terms
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.reach import tenant_here
from sla import actions, queries
from sla.models import Contract, ContractVersion
from sla.rules.weave import calendars_named
from sla.schemas import ContractSchema, VersionSchema
from tenants.db import db, transaction
from tenants.models import Tenant
from tenants.rules import Permission

pages = Blueprint("contract_editor", __name__)
MONTHS = (1, 3, 6)


@pages.get("/clients/<tenant:tenant>/contract/new")
@guard.requires(Permission.RUN_CONTRACTS)
def form(tenant: str) -> ResponseReturnValue:
    """A first contract, filled in from a template; a client who has one gets its next version instead."""
    held = queries.contracts_of(db.session(), tenant_here())
    if held:
        return redirect(url_for(".next_form", tenant=tenant, contract_id=held[0].id))
    code = request.args.get("template", "office")
    code = code if code in CALENDARS else "office"
    names = {each: name for each, name, _why in contract_form.templates()}
    return _form(tenant, None, as_typed(template_terms(code)) | {"name": names[code]}, template=code)


@pages.post("/clients/<tenant:tenant>/contract/new")
@guard.requires(Permission.RUN_CONTRACTS)
def create(tenant: str) -> ResponseReturnValue:
    """Agree on the first contract; a template's calendars are made with it."""
    return _take(tenant, None, ContractSchema(_zone()))


@pages.get("/clients/<tenant:tenant>/contract/<int:contract_id>/next")
@guard.requires(Permission.RUN_CONTRACTS)
def next_form(tenant: str, contract_id: int) -> str:
    contract, last = _contract(contract_id)
    return _form(tenant, contract, as_typed(last.terms))


@pages.post("/clients/<tenant:tenant>/contract/<int:contract_id>/next")
@guard.requires(Permission.RUN_CONTRACTS)
def keep(tenant: str, contract_id: int) -> ResponseReturnValue:
    """The next version, with the items of the one before; or what it would have made of real months."""
    contract, last = _contract(contract_id)
    return _take(tenant, contract, VersionSchema(_zone(), last.terms))


@pages.post("/clients/<tenant:tenant>/contract/versions/<int:version_id>/withdraw")
@guard.requires(Permission.RUN_CONTRACTS)
def withdraw(tenant: str, version_id: int) -> ResponseReturnValue:
    """A version that has not begun will not begin."""
    with transaction() as rows:
        version = queries.version_of(rows, tenant_here(), version_id) or abort(404)
        contract = queries.contract_of(rows, tenant_here(), version.contract_id) or abort(404)
        actions.withdraw_version(rows, contract, version, guard.principal().name, clock.now())
    return redirect(url_for("contracts.show", tenant=tenant, kept=1), 303)


def _take(tenant: str, contract: Contract | None, schema: VersionSchema) -> ResponseReturnValue:
    typed, at, who = posted(), clock.now(), guard.principal()
    try:
        given = schema.load(typed)
        with transaction() as rows:
            if "what_if" in request.form:
                return _what_if(rows, tenant, contract, given["terms"], request.form.get("months", "1"))
            if contract is None:
                terms = _with_calendars(rows, given["terms"], who.name)
                actions.first_contract(rows, tenant_here(), given["name"], terms, given["since"] or at, who.name, at)
            else:
                _next(rows, contract, given, who.name)
        return redirect(url_for("contracts.show", tenant=tenant, kept=1), 303)
    except ValidationError as problem:
        errors = forms.said(problem.messages_dict)
    except Refused as refused:
        errors = mend(refused, "since")
    return _form(tenant, contract, typed, errors), 422


def _next(rows: Session, contract: Contract, given: Mapping[str, Any], by: str) -> None:
    """The version, and what it costs as before: items go over from the one that would have held on."""
    at = clock.now()
    since = given["since"] or at
    before = [row for row in queries.versions_of(rows, contract.tenant_id, contract.id) if row.since <= since]
    held = queries.contract_of(rows, contract.tenant_id, contract.id, lock=True) or abort(404)
    version = actions.next_version(rows, held, given["terms"], since, given["mode"], by, at)
    if before:
        billing.carry_items(rows, contract.tenant_id, before[-1].id, version.id, at)


def _with_calendars(rows: Session, terms: Mapping[str, Any], by: str) -> dict[str, Any]:
    """The terms with each calendar of a template made and named by its id."""
    named = {code: name for code, name in contract_form.template_names().items() if code in calendars_named(terms)}
    made = {
        code: str(actions.open_calendar(rows, tenant_here(), name, _hours(code), by, clock.now()).id)
        for code, name in named.items()
    }
    by_priority = {priority: made.get(name, name) for priority, name in terms["calendar_by_priority"].items()}
    calendar = terms["calendar"]
    return dict(terms) | {"calendar": made.get(calendar, calendar), "calendar_by_priority": by_priority}


def _what_if(
    rows: Session, tenant: str, contract: Contract | None, terms: Mapping[str, Any], count: str
) -> ResponseReturnValue:
    at = clock.now()
    many = int(count) if count.isdecimal() and int(count) in MONTHS else MONTHS[0]
    months = months_before(at, _zone(), many)
    drafts = {code: _hours(code) for code in calendars_named(terms) if code.startswith(NEW)}
    known = {str(each.id) for each in queries.calendars_of(rows, tenant_here())} | set(drafts)
    if calendars_named(terms) - known:
        raise Refused("Choose one of these.", {"calendar": ["Choose one of these."]})
    contract_id = contract.id if contract else None
    asked = replays.replay(rows, tenant_here(), contract_id, months, terms, drafts, guard.principal().name, at)
    return redirect(url_for("what_if.show", tenant=tenant, replay_id=asked.id), 303)


def _hours(code: str) -> dict[str, Any]:
    return {"tz": _zone(), **HOURS[code.removeprefix(NEW)]}


def _form(
    tenant: str,
    contract: Contract | None,
    typed: Mapping[str, Any],
    errors: forms.Errors | None = None,
    template: str = "",
) -> str:
    rows, tenant_id = db.session(), tenant_here()
    shown = offered(rows, tenant_id, typed)
    if contract is None:
        shown["calendars"] |= contract_form.template_calendars()
    return render_template(
        "contracts/form.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        contract=contract,
        was=typed,
        errors=errors or {},
        labels=_labels(),
        templates=contract_form.templates(),
        template=template,
        month_choices=MONTHS,
        zone=_zone(),
        now=reader().now,
        **shown,
    )


def _labels() -> dict[str, str]:
    """What the summary of errors calls the fields of the top level."""
    return {
        "name": _("Name"),
        "calendar": _("Calendar"),
        "since": _("Begins"),
        "reopen_days": _("Reopening window in days"),
        "credit_cap": _("At most"),
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
