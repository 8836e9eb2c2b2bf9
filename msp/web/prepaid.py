"""What a client has paid ahead: how it stands, its lots, selling and giving them; the same for the client himself."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.documents.units import units_text
from billing.models import Lot, PrepaidStanding
from billing.queries import prepaid
from billing.schemas import read_item
from billing.schemas.money_forms import CoverFormSchema, EndFormSchema, LotFormSchema
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.portal import frame as portal_frame
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("prepaid", __name__)
NEXT_MONTH = timedelta(days=31)


@pages.get("/clients/<tenant:tenant>/prepaid")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str) -> str:
    """How each prepaid item stands now, and every lot."""
    return _page(tenant, {})


@pages.post("/clients/<tenant:tenant>/prepaid")
@guard.requires(Permission.RUN_BILLING)
def sell(tenant: str) -> ResponseReturnValue:
    """Sell a lot with a draft of its own, put it on the next invoice, or give it."""
    given, errors = forms.read(LotFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                _sell(rows, given)
            return redirect(url_for(".show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "item")
    return _page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/prepaid/<int:lot_id>/cover")
@guard.requires(Permission.RUN_BILLING)
def cover(tenant: str, lot_id: int) -> ResponseReturnValue:
    """Let a lot pay for earlier work that is not invoiced yet."""
    _must_be_there(lot_id)
    given, errors = forms.read(CoverFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.cover_earlier(rows, tenant_here(), lot_id, given["day"], clock.now())
            return redirect(url_for(".show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "day")
    return _page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/prepaid/<int:lot_id>/end")
@guard.requires(Permission.RUN_BILLING)
def end(tenant: str, lot_id: int) -> ResponseReturnValue:
    """Move the day on which a lot expires."""
    _must_be_there(lot_id)
    given, errors = forms.read(EndFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.end_lot(rows, tenant_here(), lot_id, given["last_day"], clock.now())
            return redirect(url_for(".show", tenant=tenant, kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "last_day")
    return _page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/prepaid/<int:lot_id>/take-back")
@guard.requires(Permission.RUN_BILLING)
def take_back(tenant: str, lot_id: int) -> ResponseReturnValue:
    """A lot nobody has billed or used goes as if it had never been."""
    _must_be_there(lot_id)
    with transaction() as rows:
        billing.take_lot_back(rows, tenant_here(), lot_id, clock.now())
    return redirect(url_for(".show", tenant=tenant, kept=1), 303)


@pages.get("/portal/<tenant:tenant>/prepaid")
@guard.requires(Permission.OWN_PROMISES, Permission.OWN_INVOICES)
def own(tenant: str) -> str:
    """The client's own view of what is left."""
    rows = db.session()
    return render_template(
        "money/own_prepaid.html",
        **portal_frame(rows, guard.principal()),
        balances=balances_of(rows, tenant_here()),
        tenant=tenant,
    )


def balances_of(rows: Session, tenant_id: int) -> list[dict[str, object]]:
    """Each prepaid item as last reckoned, in the reader's words; `share` is how much is used, up to 100."""
    language = reader().language
    return [_said(standing, language) for standing in prepaid.standings_of(rows, tenant_id)]


def _said(standing: PrepaidStanding, language: str) -> dict[str, object]:
    def words(units: object) -> str:
        return units_text(Fraction(str(units)), standing.unit, standing.currency, language)

    wanted = standing.used + standing.overage
    share = 100 if not standing.available else min(100, int(wanted * 100 / standing.available))
    return {
        "item": standing.item,
        "name": standing.name,
        "left": words(standing.left),
        "available": words(standing.available),
        "used": words(standing.used),
        "overage": words(standing.overage) if standing.overage else "",
        "last_day": standing.last_day,
        "share": share,
        "at": standing.at,
        "period_end": standing.period_end - timedelta(days=1),
    }


def _must_be_there(lot_id: int) -> None:
    if db.session.get(Lot, (tenant_here(), lot_id)) is None:
        abort(404)


def _sell(rows: Session, given: dict[str, object]) -> None:
    units = given["hours"] if given["hours"] else given["units"]
    billing.sell_lot(
        rows,
        tenant_here(),
        str(given["item"]),
        units,  # type: ignore[arg-type]  # the schema gives decimals
        None if given["how"] == "gift" else given["price"],  # type: ignore[arg-type]
        guard.principal().login_id,
        clock.now(),
        since=given["since"],  # type: ignore[arg-type]
        periods_valid=given["periods_valid"],  # type: ignore[arg-type]
        note=str(given["note"]),
        on_invoice=given["how"] == "invoice",
    )


def _page(tenant: str, errors: forms.Errors) -> str:
    rows, tenant_id, now = db.session(), tenant_here(), reader()
    items = prepaid.prepaid_items(rows, tenant_id)
    units = {item.key: prepaid.unit_of(read_item(item)) or "minutes" for item in items}
    names = {item.key: item.name for item in items}
    room = client_money.frame(rows, tenant, "prepaid.show")
    today: date = room["subject"].today(now.now) if room["subject"] else now.now.date()
    return render_template(
        "money/prepaid.html",
        **room,
        balances=balances_of(rows, tenant_id),
        lots=[
            (
                one,
                names.get(one.lot.item, one.lot.item),
                units_text(one.lot.units, units.get(one.lot.item, "minutes"), one.lot.currency, now.language),
                units_text(one.left, units.get(one.lot.item, "minutes"), one.lot.currency, now.language),
            )
            for one in prepaid.lots_of(rows, tenant_id)
        ],
        items=items,
        units=units,
        today=today,
        currency=client_money.currency_of(room["subject"]),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
    )
