"""Clients of the desk: the list, one client's page, and what may be changed about the company itself."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from billing.queries.facts import subject_of
from msp import clock, guard
from msp.errors import Refused
from msp.outbox.office import office
from msp.reach import tenant_here
from msp.reports import clients as glance
from msp.tickets import desk
from msp.web import contracts, forms
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.standing import Standings
from sla import queries as promises
from tenants import actions as people
from tenants import queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Site, Tenant
from tenants.rules import GATE, Permission
from tenants.schemas import TILES, CompanySchema, DomainSchema, MailSchema, NewCompanySchema, SiteSchema

pages = Blueprint("companies", __name__)


@pages.get("/clients")
@guard.requires(Permission.SEE_TENANTS)
def index() -> str:
    """All clients the person sees, by their reading."""
    rows, who = db.session(), guard.principal()
    found = queries.tenants_of(rows, who)
    ids = [tenant.tenant_id for tenant in found]
    return render_template(
        "companies/index.html",
        clients=found,
        counts=glance.open_counts(rows, ids) if ids else {},
        contracts=glance.contract_names(rows, ids) if ids else {},
        names=desk.agent_names(rows, [tenant.owner_login_id for tenant in found]),
        may_run=who.may(Permission.RUN_TENANTS),
    )


@pages.get("/clients/new")
@guard.requires(Permission.RUN_TENANTS)
def form() -> str:
    return _company_form(db.session(), None, {})


@pages.post("/clients")
@guard.requires(Permission.RUN_TENANTS)
def create() -> ResponseReturnValue:
    """Open a client; whoever sees only chosen clients sees the one he opened."""
    given, errors = forms.read(NewCompanySchema())
    who = guard.principal()
    if not errors:
        try:
            with transaction() as rows:
                _is_agent(rows, given["owner"])
                key = given.pop("key")
                made = people.open_tenant(rows, key, given.pop("name"), clock.now(), **_columns(given))
                caller = guard.signed_in()
                if caller is not None and not caller.sees_all:
                    people.allow(rows, who.login_id or 0, made.tenant_id)
            return redirect(url_for(".show", tenant=key), 303)
        except Refused as refused:
            errors = mend(refused, "key")
    return _company_form(db.session(), None, errors), 422


@pages.get("/clients/<tenant:tenant>")
@guard.requires(Permission.SEE_TENANTS)
def show(tenant: str) -> str:
    """All that is known of one client. That it was looked at is written down."""
    return _page(tenant)


@pages.get("/clients/<tenant:tenant>/edit")
@guard.requires(Permission.RUN_TENANTS)
def edit(tenant: str) -> str:
    return _company_form(db.session(), _company(db.session()), {}, tenant)


@pages.post("/clients/<tenant:tenant>/edit")
@guard.requires(Permission.RUN_TENANTS)
def keep(tenant: str) -> ResponseReturnValue:
    given, errors = forms.read(CompanySchema())
    if not errors:
        try:
            with transaction() as rows:
                _is_agent(rows, given["owner"])
                people.edit_company(rows, _company(rows), _columns(given))
            return redirect(url_for(".show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "name")
    return _company_form(db.session(), _company(db.session()), errors, tenant), 422


@pages.get("/clients/<tenant:tenant>/mail")
@guard.requires(Permission.RUN_TENANTS)
def mail(tenant: str) -> str:
    return _mail_form(tenant, {})


@pages.post("/clients/<tenant:tenant>/mail")
@guard.requires(Permission.RUN_TENANTS)
def keep_mail(tenant: str) -> ResponseReturnValue:
    """Whom the client's mail comes from, and its signature."""
    given, errors = forms.read(MailSchema())
    if errors:
        return _mail_form(tenant, errors), 422
    with transaction() as rows:
        people.edit_company(rows, _company(rows), given | {"mail_name": given["mail_name"] or None})
    return redirect(url_for(".show", tenant=tenant, kept=1), 303)


@pages.post("/clients/<tenant:tenant>/sites")
@guard.requires(Permission.RUN_TENANTS)
def add_site(tenant: str) -> ResponseReturnValue:
    given, errors = forms.read(SiteSchema())
    if not errors:
        try:
            with transaction() as rows:
                people.add_site(rows, tenant_here(), **given)
            return redirect(url_for(".show", tenant=tenant, kept=1, _anchor="sites"), 303)
        except Refused as refused:
            errors = mend(refused, "name")
    return _page(tenant, site_errors=errors, typed=request.form), 422


@pages.post("/clients/<tenant:tenant>/sites/<int:site_id>")
@guard.requires(Permission.RUN_TENANTS)
def keep_site(tenant: str, site_id: int) -> ResponseReturnValue:
    given, errors = forms.read(SiteSchema())
    db.session().get(Site, (tenant_here(), site_id)) or abort(404)
    if not errors:
        try:
            with transaction() as rows:
                site = rows.get(Site, (tenant_here(), site_id)) or abort(404)
                people.edit_site(rows, site, given["name"], given["address"])
            return redirect(url_for(".show", tenant=tenant, kept=1, _anchor="sites"), 303)
        except Refused as refused:
            errors = mend(refused, "name")
    return _page(tenant, site_errors=errors, typed=request.form, site_id=site_id), 422


@pages.post("/clients/<tenant:tenant>/domains")
@guard.requires(Permission.RUN_TENANTS)
def add_domain(tenant: str) -> ResponseReturnValue:
    """Mail from this domain is this client's from now on; one that is somebody's is refused without saying whose."""
    given, errors = forms.read(DomainSchema())
    if not errors:
        with transaction() as rows:
            free = people.claim_domain(rows, tenant_here(), given["name"])
        if free:
            return redirect(url_for(".show", tenant=tenant, kept=1, _anchor="domains"), 303)
        errors = {"name": [_("This domain is known already.")]}
    return _page(tenant, domain_errors=errors, typed_domain=request.form.get("name", "")), 422


@pages.post("/clients/<tenant:tenant>/domains/drop")
@guard.requires(Permission.RUN_TENANTS)
def drop_domain(tenant: str) -> ResponseReturnValue:
    with transaction() as rows:
        people.drop_domain(rows, tenant_here(), request.form.get("name", ""))
    return redirect(url_for(".show", tenant=tenant, kept=1, _anchor="domains"), 303)


def _page(tenant: str, **more: Any) -> str:
    rows, tenant_id, who, here = db.session(), tenant_here(), guard.principal(), reader()
    company = _company(rows)
    with transaction(durable=False):
        people.looked_at(rows, tenant_id, who, company.key, who.name, here.now)
    with acting_as(GATE):
        ways, domains = queries.ways_in(rows, tenant_id), queries.domains_of(rows, tenant_id)
    found, book = glance.open_tickets(rows, tenant_id), promises.book(rows, tenant_id)
    standings = Standings(here.now, here.language)
    lines = [
        (
            each,
            standings.of_ticket(
                each.status,
                each.clock,
                each.breached,
                each.due_at,
                each.due_target,
                book.hours.get(each.due_calendar or ""),
            ),
        )
        for each in found
    ]
    shown = {
        "company": company,
        "contacts": queries.contacts_of(rows, tenant_id),
        "ways": ways,
        "sites": queries.sites_of(rows, tenant_id),
        "domains": domains,
        "owner": desk.agent_names(rows, [company.owner_login_id]).get(company.owner_login_id or 0, ""),
        "mailbox": company.mail_address or office().mailbox,
        "version": contracts.in_force(rows, tenant_id, here.now),
        "metrics": contracts.METRICS,
        "lines": lines,
        "count": glance.open_counts(rows, [tenant_id]).get(tenant_id, (0, 0)),
        "billed": subject_of(rows, tenant_id) if who.may(Permission.SEE_BILLING) else None,
        "may_bill": who.may(Permission.RUN_BILLING),
        "may_open": who.may(Permission.WORK_TICKETS),
        "may_run": who.may(Permission.RUN_TENANTS),
        "as_of": here.now,
        "site_errors": {},
        "domain_errors": {},
        "typed": {},
        "typed_domain": "",
        "site_id": None,
        "kept": "kept" in request.args,
    }
    return render_template("companies/show.html", tenant=tenant, **(shown | more))


def _company_form(rows: Session, company: Tenant | None, errors: forms.Errors, tenant: str = "") -> str:
    return render_template(
        "companies/form.html",
        tenant=tenant,
        company=company,
        typed=request.form if request.method == "POST" else None,
        agents=queries.agents(rows),
        tiles=TILES,
        zones=sorted(available_timezones()),
        errors=errors,
    )


def _mail_form(tenant: str, errors: forms.Errors) -> str:
    company = _company(db.session())
    typed = request.form if request.method == "POST" else None
    return render_template(
        "companies/mail.html", tenant=tenant, company=company, typed=typed, errors=errors, mailbox=office().mailbox
    )


def _company(rows: Session) -> Tenant:
    return rows.get_one(Tenant, tenant_here())


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    """The form's fields as the row's columns."""
    return {("owner_login_id" if name == "owner" else name): value for name, value in given.items()}


def _is_agent(rows: Session, login_id: int) -> None:
    if login_id not in {agent.id for agent in queries.agents(rows)}:
        raise Refused("Choose one of these.", {"owner": ["Choose one of these."]})
