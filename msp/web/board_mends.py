"""What is set right on the month board itself: what is missing, time to approve, work that two items fit, a price."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import BillingAccount, TimeEntry
from billing.queries import choices
from billing.queries.board import BoardRow
from billing.queries.facts import entry_of_key
from billing.queries.rates import work_types
from billing.schemas.account_form import addresses
from billing.schemas.corrections import MendSchema
from billing.schemas.money_forms import BoardPriceSchema, ChoiceFormSchema
from msp import clock, guard, reach
from msp.errors import Refused
from msp.reports.month import Stuck, stuck
from msp.web import chosen_entries, forms
from msp.web.language import reader
from tenants.db import transaction
from tenants.rules import Permission

pages = Blueprint("board_mends", __name__)
TO_CHOOSE, TO_PRICE = "two_items", "no_price"


@dataclass(slots=True)
class Mends:
    """What of one client's month is set right in his row: entries that wait, entries to place, prices to name.

    `choices` pair an entry with the items that fit it, key and name; `prices` are work types, code and name.
    """

    waiting: list[Stuck] = field(default_factory=list)
    choices: list[tuple[Stuck, Sequence[tuple[str, str]]]] = field(default_factory=list)
    prices: dict[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        return sum(one.seconds for one in self.waiting)


def mends_of(rows: Session, found: Sequence[BoardRow]) -> Mapping[int, Mends]:
    """By tenant, in three statements however many they are; none where nothing stands in the way."""
    flagged = {row.tenant_id: row for row in found if row.state == "draft" and row.flags}
    placed: dict[tuple[int, int], tuple[str, str]] = {
        (tenant_id, entry_of_key(flag["subject"])): (flag["fault"], flag["detail"])
        for tenant_id, row in flagged.items()
        for flag in row.flags
        if flag["fault"] in (TO_CHOOSE, TO_PRICE)
    }
    waiting = {
        tenant_id: row.until
        for tenant_id, row in flagged.items()
        if row.until is not None and any(flag["fault"] == "unapproved_time" for flag in row.flags)
    }
    if not placed and not waiting:
        return {}
    language = reader().language
    kinds = {each.code: each.name(language) for each in work_types(rows)}
    names = choices.names_in(rows, {tenant_id for tenant_id, _entry in placed})
    mends: defaultdict[int, Mends] = defaultdict(Mends)
    for one in stuck(rows, waiting, placed):
        here = mends[one.tenant_id]
        fault, detail = placed.get((one.tenant_id, one.id), ("", ""))
        if fault == TO_CHOOSE:
            fitting = [(key, names.get((one.tenant_id, key), key)) for key in detail.split(", ")]
            here.choices.append((one, fitting))
        elif fault == TO_PRICE:
            here.prices[one.work_type] = kinds[one.work_type]
        else:
            here.waiting.append(one)
    return mends


@pages.post("/month/<tenant:tenant>/mend")
@guard.requires(Permission.RUN_BILLING)
def account(tenant: str) -> ResponseReturnValue:
    """What is missing on a client's account is written where it is missed; his draft follows at once."""
    given, errors = forms.read(MendSchema())
    facts = {name: value for name, value in given.items() if value}
    if not facts:
        raise Refused("Enter at least one e-mail address, or the order number.", errors)
    if "emails" in facts:
        facts["emails"] = addresses(facts["emails"])
    tenant_id, now = reach.tenant_here(), clock.now()
    with transaction() as rows:
        billing.set_account(rows, tenant_id, facts, now)
        billing.refresh_drafts(rows, tenant_id, now)
    return _back(tenant)


@pages.post("/month/<tenant:tenant>/approve")
@guard.requires(Permission.RUN_BILLING)
def approve(tenant: str) -> ResponseReturnValue:
    """Approve a client's time as it was listed in his row; what moved meanwhile, or is one's own, stays."""
    tenant_id, now = reach.tenant_here(), clock.now()
    seen = chosen_entries.chosen()
    if set(seen) != {tenant_id}:
        raise Refused("Nothing was chosen.")
    with transaction() as rows:
        _done, stayed = billing.approve_all(rows, tenant_id, seen[tenant_id], guard.principal().login_id or 0, now)
        billing.refresh_drafts(rows, tenant_id, now)
    return _back(tenant, stayed=len(stayed) or None)


@pages.post("/month/<tenant:tenant>/place/<int:entry_id>")
@guard.requires(Permission.RUN_BILLING)
def place(tenant: str, entry_id: int) -> ResponseReturnValue:
    """Say which item pays for an entry that two fit."""
    given, _errors = forms.read(ChoiceFormSchema())
    tenant_id, now = reach.tenant_here(), clock.now()
    with transaction() as rows:
        if rows.get(TimeEntry, (tenant_id, entry_id)) is None:
            abort(404)
        if given.get("item") not in {offer.key for offer in choices.offers(rows, tenant_id)}:
            raise Refused("Choose one of these.")
        by_id = guard.principal().login_id or 0
        billing.edit_time(rows, tenant_id, entry_id, {"item_key": given["item"]}, by_id, now, approver=True)
        billing.refresh_drafts(rows, tenant_id, now)
    return _back(tenant)


@pages.post("/month/<tenant:tenant>/price")
@guard.requires(Permission.RUN_BILLING)
def price(tenant: str) -> ResponseReturnValue:
    """This client's price for a kind of work that has none, from the first day on which it was worked."""
    given, errors = forms.read(BoardPriceSchema())
    if errors:
        raise Refused("Enter a price.", errors)
    tenant_id, now = reach.tenant_here(), clock.now()
    with transaction() as rows:
        account = rows.get(BillingAccount, tenant_id)
        if account is None or given["work_type"] not in {each.code for each in work_types(rows)}:
            raise Refused("Choose one of these.")
        since = _first_day(rows, tenant_id, given["work_type"]) or now.date()
        billing.set_tenant_rate(
            rows, tenant_id, given["price"], account.currency, since, now, given["work_type"]
        )  # fmt: skip
        billing.refresh_drafts(rows, tenant_id, now)
    return _back(tenant)


def _first_day(rows: Session, tenant_id: int, work_type: str) -> date | None:
    """The first day of work of this kind that lacks a price."""
    days = [
        one.entry.worked_on
        for one in choices.open_entries(rows, tenant_id)
        if one.fault == TO_PRICE and one.entry.work_type == work_type
    ]
    return min(days, default=None)


def _back(tenant: str, stayed: int | None = None) -> ResponseReturnValue:
    of = request.values.get("of")
    return redirect(url_for("month.board", of=of, stayed=stayed, _anchor=f"row-{tenant}"), 303)
