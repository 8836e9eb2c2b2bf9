"""Rate cards: the desk's, a client's own, and what an hour costs the desk."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import AccountDiscount, CostRate, DeskRate, TenantRate
from billing.models.prices import RATE_ROLES
from billing.queries import cards
from billing.queries.rates import work_types
from billing.schemas.account_form import CURRENCIES
from billing.schemas.money_forms import CostFormSchema, DiscountFormSchema, RateFormSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.models import Agent, Site
from tenants.rules import Permission

pages = Blueprint("rates", __name__)
DAY = timedelta(days=1)
UNKNOWN = "Choose one of these."


@pages.get("/settings/rates")
@guard.requires(Permission.SEE_BILLING)
def desk() -> str:
    """The desk's card, and what an hour costs it."""
    return _desk_page({})


@pages.post("/settings/rates")
@guard.requires(Permission.RUN_BILLING)
def keep_desk() -> ResponseReturnValue:
    """A price from a day on; the drafts follow over night, or as they are looked at."""
    given, errors = forms.read(RateFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                work_type = _known_type(rows, given)
                billing.set_desk_rate(
                    rows, given["price"], given["currency"], given["since"], work_type, given["role"] or None
                )
            return redirect(url_for(".desk", kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "work_type")
    return _desk_page(errors), 422


@pages.post("/settings/rates/<int:desk_rate_id>/drop")
@guard.requires(Permission.RUN_BILLING)
def drop_desk(desk_rate_id: int) -> ResponseReturnValue:
    """Take back a price that has not begun."""
    with transaction() as rows:
        if rows.get(DeskRate, desk_rate_id) is None:
            abort(404)
        billing.drop_desk_rate(rows, desk_rate_id, _today())
    return redirect(url_for(".desk", kept=1), 303)


@pages.post("/settings/rates/costs")
@guard.requires(Permission.RUN_BILLING)
def keep_cost() -> ResponseReturnValue:
    """What an hour of an agent or a role costs from a day on."""
    given, errors = forms.read(CostFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                agent_id, role = _whose(rows, given["whose"])
                billing.set_cost_rate(rows, agent_id, given["price"], given["currency"], given["since"], role)
            return redirect(url_for(".desk", kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "whose")
    return _desk_page({f"cost_{name}": said for name, said in errors.items()}), 422


@pages.post("/settings/rates/costs/<int:cost_rate_id>/drop")
@guard.requires(Permission.RUN_BILLING)
def drop_cost(cost_rate_id: int) -> ResponseReturnValue:
    """Take back a cost that has not begun."""
    with transaction() as rows:
        if rows.get(CostRate, cost_rate_id) is None:
            abort(404)
        billing.drop_cost_rate(rows, cost_rate_id, _today())
    return redirect(url_for(".desk", kept=1), 303)


@pages.get("/clients/<tenant:tenant>/rates")
@guard.requires(Permission.SEE_BILLING)
def of_client(tenant: str) -> str:
    """A client's own card, over the desk's."""
    return _client_page(tenant, {})


@pages.post("/clients/<tenant:tenant>/rates")
@guard.requires(Permission.RUN_BILLING)
def keep_client(tenant: str) -> ResponseReturnValue:
    """A price of this client from a day on; his drafts are computed anew."""
    given, errors = forms.read(RateFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.set_tenant_rate(
                    rows, tenant_here(), given["price"], given["currency"], given["since"], clock.now(),
                    _known_type(rows, given), _known_site(rows, given["site"]), given["role"] or None,
                )  # fmt: skip
            return redirect(url_for(".of_client", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "work_type")
    return _client_page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/rates/<int:rate_id>/drop")
@guard.requires(Permission.RUN_BILLING)
def drop_client(tenant: str, rate_id: int) -> ResponseReturnValue:
    """Take back a price of this client that has not begun."""
    with transaction() as rows:
        if rows.get(TenantRate, (tenant_here(), rate_id)) is None:
            abort(404)
        billing.drop_tenant_rate(rows, tenant_here(), rate_id, _today(), clock.now())
    return redirect(url_for(".of_client", tenant=tenant, kept=1), 303)


@pages.post("/clients/<tenant:tenant>/discounts")
@guard.requires(Permission.RUN_BILLING)
def keep_discount(tenant: str) -> ResponseReturnValue:
    """A discount on the whole of this client's invoices."""
    given, errors = forms.read(DiscountFormSchema())
    if not errors:
        with transaction() as rows:
            billing.add_discount(rows, tenant_here(), given, clock.now())
        return redirect(url_for(".of_client", tenant=tenant, kept=1), 303)
    return _client_page(tenant, {f"discount_{name}": said for name, said in errors.items()}), 422


@pages.post("/clients/<tenant:tenant>/discounts/<int:discount_id>/end")
@guard.requires(Permission.RUN_BILLING)
def end_discount(tenant: str, discount_id: int) -> ResponseReturnValue:
    """No discount from today on."""
    with transaction() as rows:
        if rows.get(AccountDiscount, (tenant_here(), discount_id)) is None:
            abort(404)
        billing.end_discount(rows, tenant_here(), discount_id, _today(), clock.now())
    return redirect(url_for(".of_client", tenant=tenant, kept=1), 303)


def _desk_page(errors: forms.Errors) -> str:
    rows, today = db.session(), _today()
    agents = rows.execute(select(Agent.id, Agent.name).where(Agent.left_at.is_(None)).order_by(Agent.sort_key)).all()
    return render_template(
        "money/rates.html",
        **_choices(rows),
        lines=cards.desk_card(rows, today),
        costs=cards.cost_card(rows, today),
        agents=[(f"agent:{agent_id}", name) for agent_id, name in agents],
        may_change=guard.principal().may(Permission.RUN_BILLING),
        errors=errors,
    )


def _client_page(tenant: str, errors: forms.Errors) -> str:
    rows, tenant_id, today = db.session(), tenant_here(), _today()
    room = client_money.frame(rows, tenant, "rates.of_client")
    sites = rows.execute(select(Site.id, Site.name).where(Site.tenant_id == tenant_id).order_by(Site.name)).all()
    return render_template(
        "money/client_rates.html",
        **room,
        **_choices(rows),
        lines=cards.tenant_card(rows, tenant_id, today),
        discounts=cards.discounts_of(rows, tenant_id),
        desk_lines=[line for line in cards.desk_card(rows, today) if line.state == "now"],
        sites=[(site_id, name) for site_id, name in sites],
        currency=client_money.currency_of(room["subject"]),
        one_day=DAY,
        errors=errors,
    )


def _choices(rows: Session) -> dict[str, Any]:
    language = reader().language
    return {
        "types": [(each.code, each.name(language)) for each in work_types(rows) if not each.retired],
        "type_names": {each.code: each.name(language) for each in work_types(rows)},
        "roles": RATE_ROLES,
        "currencies": CURRENCIES,
        "today": _today(),
        "typed": request.form if request.method == "POST" else {},
    }


def _known_type(rows: Session, given: dict[str, Any]) -> str | None:
    code = given["work_type"] or None
    if code is not None and code not in {each.code for each in work_types(rows)}:
        raise Refused(UNKNOWN, {"work_type": [UNKNOWN]})
    return code


def _known_site(rows: Session, site_id: int | None) -> int | None:
    if site_id is not None and rows.get(Site, (tenant_here(), site_id)) is None:
        raise Refused(UNKNOWN, {"site": [UNKNOWN]})
    return site_id


def _whose(rows: Session, named: str) -> tuple[int | None, str | None]:
    kind, _colon, which = named.partition(":")
    if kind == "role" and which in RATE_ROLES:
        return None, which
    if kind == "agent" and which.isdecimal() and len(which) < 18 and rows.get(Agent, int(which)) is not None:
        return int(which), None
    raise Refused(UNKNOWN, {"whose": [UNKNOWN]})


def _today() -> date:
    now = reader()
    return now.now.astimezone(now.zone).date()
