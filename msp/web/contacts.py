"""People of a client: entering, changing, inviting, keeping out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.tickets import desk
from msp.web import forms
from msp.web.mending import mend
from tenants import actions, queries
from tenants.db import db, transaction
from tenants.isolation import acting_as
from tenants.models import Contact
from tenants.rules import CLIENT_ROLES, GATE, Permission, Role
from tenants.schemas import ContactSchema

pages = Blueprint("contacts", __name__)


@pages.get("/clients/<tenant:tenant>/people/new")
@guard.requires(Permission.RUN_TENANTS)
def form(tenant: str) -> str:
    return _form(tenant, None, {})


@pages.post("/clients/<tenant:tenant>/people")
@guard.requires(Permission.RUN_TENANTS)
def create(tenant: str) -> ResponseReturnValue:
    """A new person; with the box ticked he is invited at once."""
    given, errors = forms.read(ContactSchema())
    if not errors:
        try:
            with transaction() as rows:
                facts = _columns(rows, given)
                email = facts.pop("email")
                made = actions.add_contact(rows, tenant_here(), facts.pop("name"), email, **facts)
                if request.form.get("invite"):
                    actions.invite(rows, made, clock.now())
            return _back(tenant)
        except Refused as refused:
            errors = mend(refused, "name")
    return _form(tenant, None, errors), 422


@pages.get("/clients/<tenant:tenant>/people/<int:contact_id>")
@guard.requires(Permission.RUN_TENANTS)
def edit(tenant: str, contact_id: int) -> str:
    return _form(tenant, _contact(db.session(), contact_id), {})


@pages.post("/clients/<tenant:tenant>/people/<int:contact_id>")
@guard.requires(Permission.RUN_TENANTS)
def keep(tenant: str, contact_id: int) -> ResponseReturnValue:
    given, errors = forms.read(ContactSchema())
    if not errors:
        try:
            with transaction() as rows:
                actions.edit_contact(rows, _contact(rows, contact_id), _columns(rows, given))
            return _back(tenant)
        except Refused as refused:
            errors = mend(refused, "name")
    return _form(tenant, _contact(db.session(), contact_id), errors), 422


@pages.post("/clients/<tenant:tenant>/people/<int:contact_id>/leads")
@guard.requires(Permission.RUN_TENANTS)
def keep_led(tenant: str, contact_id: int) -> ResponseReturnValue:
    """Whose tickets a team lead sees: the ticked people and sites."""
    people = [int(each) for each in request.form.getlist("people") if each.isdecimal()]
    sites = [int(each) for each in request.form.getlist("sites") if each.isdecimal()]
    with transaction() as rows:
        actions.let_lead(rows, _contact(rows, contact_id), people, sites)
    return _back(tenant)


@pages.post("/clients/<tenant:tenant>/people/<int:contact_id>/invite")
@guard.requires(Permission.RUN_TENANTS)
def invite(tenant: str, contact_id: int) -> ResponseReturnValue:
    """Send the link to choose a password, for the first time or again."""
    with transaction() as rows:
        actions.invite(rows, _contact(rows, contact_id), clock.now())
    return _back(tenant, invited=True)


@pages.post("/clients/<tenant:tenant>/people/<int:contact_id>/out")
@guard.requires(Permission.RUN_TENANTS)
def keep_out(tenant: str, contact_id: int) -> ResponseReturnValue:
    """Shut a person's way into this company, or open it again."""
    with transaction() as rows:
        actions.keep_out(rows, _contact(rows, contact_id), out=request.form.get("out") != "0")
    return _back(tenant)


@pages.post("/clients/<tenant:tenant>/people/<int:contact_id>/left")
@guard.requires(Permission.RUN_TENANTS)
def left(tenant: str, contact_id: int) -> ResponseReturnValue:
    """The person works there no longer."""
    with transaction() as rows:
        actions.say_farewell(rows, _contact(rows, contact_id), clock.now())
    return _back(tenant)


def _form(tenant: str, contact: Contact | None, errors: forms.Errors) -> str:
    rows, tenant_id = db.session(), tenant_here()
    with acting_as(GATE):
        way = queries.ways_in(rows, tenant_id).get(contact.id) if contact else None
    led_people, led_sites = queries.led_by(rows, tenant_id, contact.id) if contact else (frozenset(), frozenset())
    return render_template(
        "companies/contact.html",
        tenant=tenant,
        colleagues=queries.contacts_of(rows, tenant_id) if contact and contact.role == Role.TEAM_LEAD else [],
        led_people=led_people,
        led_sites=led_sites,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        contact=contact,
        way=way,
        typed=request.form if request.method == "POST" else None,
        roles=CLIENT_ROLES,
        sites=queries.sites_of(rows, tenant_id),
        errors=errors,
    )


def _contact(rows: Session, contact_id: int) -> Contact:
    """A person of this client who has not left; else 404."""
    found = rows.get(Contact, (tenant_here(), contact_id))
    if found is None or found.left_at is not None:
        abort(404)
    return found


def _columns(rows: Session, given: dict[str, Any]) -> dict[str, Any]:
    """The form's fields as the row's columns. Raises Refused for a site that is not this client's."""
    facts = dict(given)
    site_id = facts.pop("site")
    if site_id is not None and site_id not in {site.id for site in queries.sites_of(rows, tenant_here())}:
        raise Refused("Choose one of these.", {"site": ["Choose one of these."]})
    return facts | {"site_id": site_id}


def _back(tenant: str, invited: bool = False) -> ResponseReturnValue:
    address = url_for("companies.show", tenant=tenant, kept=None if invited else 1, invited=1 if invited else None)
    return redirect(f"{address}#people", 303)
