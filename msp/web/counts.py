"""Devices, users, licences, sites: a client's counts day by day, typed or from a file, and jumps somebody confirms."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.documents.figures import number_text
from billing.queries.contracts import contracts_of
from billing.queries.counted import counts_of, days_without, products_of, quantity_of, snapshots_of
from billing.queries.facts import Subject
from billing.queries.reckoning import plain
from billing.rules.counts import needs_tick
from billing.rules.invoice.items import PerUnit
from billing.rules.periods import Period, next_period, period_of, previous_period
from billing.schemas.money_forms import LARGEST_FILE, BadLineError, CountFormSchema, TickFormSchema, read_counts
from billing.schemas.typed import messages_of
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.language import reader
from msp.web.mending import mend
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("counts", __name__)


@pages.get("/clients/<tenant:tenant>/counts")
@guard.requires(Permission.SEE_BILLING)
def show(tenant: str) -> str:
    """The counts of a period, day by day; what is missing is marked, what jumped asks for a tick."""
    return _page(tenant, {})


@pages.post("/clients/<tenant:tenant>/counts")
@guard.requires(Permission.RUN_BILLING)
def keep(tenant: str) -> ResponseReturnValue:
    """A count of one day."""
    given, errors = forms.read(CountFormSchema())
    if not errors:
        try:
            _put(given["product"], {given["on_date"]: given["quantity"]}, "typed")
            return redirect(url_for(".show", tenant=tenant, day=given["on_date"].isoformat(), kept=1), 303)
        except Refused as refused:
            errors = mend(refused, "quantity")
    return _page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/counts/file")
@guard.requires(Permission.RUN_BILLING)
def take_file(tenant: str) -> ResponseReturnValue:
    """Counts of many days and products from a CSV file; all of it or nothing."""
    sent = request.files.get("file")
    try:
        found = read_counts(sent.read(LARGEST_FILE + 1) if sent else b"")
        with transaction() as rows:
            for product, days in sorted(found.items()):
                billing.put_counts(
                    rows, tenant_here(), product, days, guard.principal().login_id, clock.now(), "file"
                )  # fmt: skip
        return redirect(url_for(".show", tenant=tenant, kept=1), 303)
    except BadLineError as bad:
        errors = {"file": [_("Line %(number)s cannot be read.", number=bad.number)]}
    except ValidationError as problem:
        errors = forms.said(messages_of(problem))
    except Refused as refused:
        errors = {"file": [_(refused.sentence, **refused.facts)]}
    return _page(tenant, errors), 422


@pages.post("/clients/<tenant:tenant>/counts/tick")
@guard.requires(Permission.RUN_BILLING)
def tick(tenant: str) -> ResponseReturnValue:
    """The jump of an item's count is right."""
    given, errors = forms.read(TickFormSchema())
    if errors:
        return _page(tenant, errors), 422
    with transaction() as rows:
        billing.tick_count(
            rows, tenant_here(), given["item"], given["day"], guard.principal().login_id, clock.now()
        )  # fmt: skip
    return redirect(url_for(".show", tenant=tenant, day=given["day"].isoformat(), kept=1), 303)


def _put(product: str, days: Mapping[date, int], source: str) -> None:
    with transaction() as rows:
        billing.put_counts(rows, tenant_here(), product, days, guard.principal().login_id, clock.now(), source)


def _page(tenant: str, errors: forms.Errors) -> str:
    rows, tenant_id, now = db.session(), tenant_here(), reader()
    room = client_money.frame(rows, tenant, "counts.show")
    subject: Subject | None = room["subject"]
    today = subject.today(now.now) if subject else now.now.astimezone(now.zone).date()
    closing_day = subject.account.closing_day if subject else None
    period = period_of(_day(request.args.get("day", "")) or today, closing_day)
    items = _items(rows, subject, period)
    products = sorted({*products_of(rows, tenant_id), *(item.kind.product for item, *_ in items)})
    found = snapshots_of(rows, tenant_id, products)
    return render_template(
        "money/counts.html",
        **room,
        period=period,
        last_day=period.last_day,
        before=previous_period(period, closing_day).begin,
        after=next_period(period, closing_day).begin,
        today=today,
        items=items,
        products=products,
        days=[day for day in period if day <= today],
        found=found,
        missing={product: set(days_without(found.get(product, {}), period, today)) for product in products},
        typed=request.form if request.method == "POST" else {},
        errors=errors,
    )


def _items(rows: Session, subject: Subject | None, period: Period) -> list[tuple[Any, str | None, str, bool, bool]]:
    """(item, its quantity now, that of the period before, whether it jumped, whether somebody confirmed that)."""
    if subject is None:
        return []
    closing_day = subject.account.closing_day
    contracts = contracts_of(rows, subject.tenant_id, subject.tenant.billing_zone, subject.account)
    counts = counts_of(rows, subject.tenant_id, period, contracts, closing_day)
    items = {
        item.key: item
        for contract in contracts
        for version in contract.versions
        if period.clip(version.begin, version.end) is not None
        for item in version.items
        if isinstance(item.kind, PerUnit)
    }
    lines = []
    for item in items.values():
        now, before = quantity_of(item, counts.by_product, period), counts.before.get(item.key)
        jumped = now is not None and needs_tick(before, now)
        lines.append((item, _plain(now), _plain(before) or "", jumped, item.key in counts.ticked))
    return lines


def _plain(quantity: Decimal | None) -> str | None:
    return None if quantity is None else number_text(plain(quantity))


def _day(text: str) -> date | None:
    try:
        read = date.fromisoformat(text)
    except ValueError:
        return None
    return read if abs(read - clock.now().date()) < timedelta(days=3660) else None
