"""A client's first contract on one screen, with what his last month would have cost under it beside the fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.queries.facts import Subject
from billing.queries.rates import work_types
from billing.queries.what_if import WhatIf, what_if
from billing.rules.invoice.facts import PaidLot
from billing.rules.periods import previous_period
from billing.rules.prepaid import Lot
from billing.schemas import read_time
from billing.schemas.first_contract import ASKED, NEEDED, OFFERS, PRODUCT, STEPS, FirstContractSchema, Offered, offered
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, contract_form, forms
from msp.web.language import reader
from msp.web.lines_beside import beside
from msp.web.mending import mend
from sla import actions as promises
from sla import holidays, queries
from sla.rules import reading
from sla.rules.hours import Hours
from sla.rules.weave import calendars_named
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("first_contract", __name__)


@dataclass(frozen=True, slots=True)
class Guess:
    """What the month before would have cost; `found` None where nobody said yet how to bill the client."""

    month: date
    found: WhatIf
    lines: list[Any]


@pages.get("/clients/<tenant:tenant>/contract/first")
@guard.requires(Permission.RUN_CONTRACTS)
def form(tenant: str) -> ResponseReturnValue:
    """The offer is chosen first; a client who has a contract gets its next version instead."""
    if queries.contracts_of(db.session(), tenant_here()):
        return redirect(url_for("items.index", tenant=tenant), 303)
    offer = request.args.get("offer", "")
    return _page(tenant, {"offer": offer if offer in OFFERS else OFFERS[0]}, {})


@pages.get("/clients/<tenant:tenant>/contract/first/price")
@guard.requires(Permission.RUN_CONTRACTS)
def price(tenant: str) -> ResponseReturnValue:
    """What last month would have cost under the fields as typed, asked for as they change; by itself, the form."""
    if not request.headers.get("HX-Request"):
        return redirect(url_for(".form", tenant=tenant, offer=request.args.get("offer", "")))
    rows = db.session()
    subject = client_money.frame(rows, tenant, "first_contract.form")["subject"]
    try:
        guess = _guess(rows, subject, FirstContractSchema().load(request.args.to_dict()))
    except ValidationError:
        guess = None
    return render_template("money/_guess.html", guess=guess, subject=subject, tenant=tenant)


@pages.post("/clients/<tenant:tenant>/contract/first")
@guard.requires(Permission.RUN_CONTRACTS)
def agree(tenant: str) -> ResponseReturnValue:
    """Make the calendars, the contract, its items, the first lot and the first count, all at once."""
    if queries.contracts_of(db.session(), tenant_here()):
        return redirect(url_for("items.index", tenant=tenant), 303)
    given, errors = forms.read(FirstContractSchema())
    if not errors:
        try:
            with transaction() as rows:
                _agree(rows, tenant, given)
            return redirect(url_for("items.index", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "since")
    return _page(tenant, request.form.to_dict(), errors), 422


def _agree(rows: Session, tenant: str, given: dict[str, Any]) -> None:
    who, now, tenant_id = guard.principal(), clock.now(), tenant_here()
    room = client_money.frame(rows, tenant, "first_contract.form")
    zone = _zone(room["subject"])
    since = now if given["since"] is None else max(now, datetime.combine(given["since"], time(), ZoneInfo(zone)))
    made = promises.first_contract(
        rows, tenant_id, _names()[given["offer"]], _terms(rows, given["promises"], zone, who.name, now), since,
        who.name, now,
    )  # fmt: skip
    offer = _offered(rows, given)
    for place, item in enumerate(offer.items):
        billing.add_item(
            rows,
            tenant_id,
            made.id,
            item["key"],
            item["kind"],
            item["name"],
            item["terms"],
            now,
            item["options"],
            place,
        )
    if offer.counting:
        billing.count_time(rows, tenant_id, made.id, offer.counting, now)
    first_day = since.astimezone(ZoneInfo(zone)).date()
    if offer.units is not None:
        billing.put_counts(rows, tenant_id, PRODUCT, {first_day: offer.units}, who.login_id, now)
    if offer.lot is not None:
        lot = offer.lot
        billing.sell_lot(
            rows, tenant_id, lot.item, lot.minutes, lot.price, who.login_id, now,
            since=first_day, periods_valid=lot.periods_valid,
        )  # fmt: skip


def _guess(rows: Session, subject: Subject | None, given: dict[str, Any]) -> Guess | None:
    if subject is None:
        return None
    account, zone = subject.account, subject.tenant.billing_zone
    period = previous_period(subject.period(subject.today(reader().now)), account.closing_day)
    offer = _offered(rows, given)
    hours = Hours(reading.calendar(_hours(contract_form.CALENDARS[given["promises"]][0], zone), holidays.dates))
    lots = []
    if offer.lot is not None:
        lot = Lot(key="first", source="purchase", units=offer.lot.minutes, since=period.begin)
        lots = [PaidLot(item=offer.lot.item, lot=lot, left=lot.units, price=offer.lot.price, new=True)]
    found = what_if(
        rows, subject.tenant_id, period, offer.items,
        time=read_time(offer.counting, zone, account.closing_day, hours), lots=lots,
        counts={PRODUCT: {period.begin: offer.units}} if offer.units is not None else None,
    )  # fmt: skip
    return Guess(period.begin, found, beside(rows, subject.tenant_id, found))


def _offered(rows: Session, given: dict[str, Any]) -> Offered:
    remote = [each.code for each in work_types(rows) if each.mode == "remote" and each.billable and not each.retired]
    return offered(given, _names(), remote)


def _terms(rows: Session, code: str, zone: str, by: str, at: datetime) -> dict[str, Any]:
    """The promises of a template, its calendars made and named by their ids."""
    terms = contract_form.template_terms(code)
    names = contract_form.template_names()
    known = {calendar.name: str(calendar.id) for calendar in queries.calendars_of(rows, tenant_here())}
    made = {
        named: known.get(names[named])
        or str(promises.open_calendar(rows, tenant_here(), names[named], _hours(named, zone), by, at).id)
        for named in sorted(calendars_named(terms))
    }
    by_priority = {priority: made[named] for priority, named in terms["calendar_by_priority"].items()}
    return terms | {"calendar": made[terms["calendar"]], "calendar_by_priority": by_priority}


def _hours(named: str, zone: str) -> dict[str, Any]:
    return {"tz": zone, **contract_form.HOURS[named.removeprefix(contract_form.NEW)]}


def _zone(subject: Subject | None) -> str:
    return subject.tenant.billing_zone if subject else "Asia/Tokyo"


def _page(tenant: str, typed: dict[str, Any], errors: forms.Errors) -> str:
    rows = db.session()
    room = client_money.frame(rows, tenant, "first_contract.form")
    offer = next((each for each in OFFERS if each == typed.get("offer")), OFFERS[0])
    guess: Guess | None = None
    try:
        guess = _guess(rows, room["subject"], FirstContractSchema().load(typed))
    except ValidationError:
        guess = None
    now = reader()
    return render_template(
        "money/first_contract.html",
        **room,
        offer=offer,
        offers=[(code, name) for code, name in _names().items() if code in OFFERS],
        asked=ASKED[offer],
        needed=NEEDED[offer],
        steps=STEPS,
        promises=contract_form.templates(),
        typed=typed,
        today=now.now.astimezone(now.zone).date(),
        currency=client_money.currency_of(room["subject"]),
        guess=guess,
        errors=errors,
    )


def _names() -> dict[str, str]:
    """What the offers and their items are called."""
    return {
        "managed": str(_("Managed service")),
        "block": str(_("Block of hours")),
        "tm": str(_("Time and material")),
        "device": str(_("Per device")),
        "mixed": str(_("Hours included, the rest by the hour")),
        "covered": str(_("Work included")),
    }
