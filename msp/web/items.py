"""What a contract's versions cost: their items in words, what changed, and the editor of a version to come."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.models import ContractItem
from billing.models.prices import ITEM_KINDS
from billing.queries.contracts import items_of
from billing.queries.rates import work_types
from billing.schemas import read_item
from billing.schemas.by_hand import TAX_CODES
from billing.schemas.item_form import ROLLOVERS, ItemFormSchema, form_of, options_of, terms_of
from billing.schemas.kinds import POLICIES
from billing.schemas.money_forms import NextVersionFormSchema
from billing.schemas.typed import messages_of
from msp import clock, guard
from msp.errors import Refused
from msp.reach import tenant_here
from msp.web import client_money, forms
from msp.web.item_words import Words, changes, facts_of
from msp.web.language import reader
from msp.web.mending import mend
from sla import actions as promises
from sla import queries as agreements
from sla.models import Contract, ContractVersion
from tenants.db import db, transaction
from tenants.models import Site
from tenants.rules import Permission

pages = Blueprint("items", __name__)
LISTS = ("work_types", "sites")


@pages.get("/clients/<tenant:tenant>/items")
@guard.requires(Permission.SEE_BILLING)
def index(tenant: str) -> str:
    """Every version with its items, the newest first, and what each says otherwise than the one before."""
    return _index(tenant, {})


@pages.post("/clients/<tenant:tenant>/items/<int:version_id>/next")
@guard.requires(Permission.RUN_CONTRACTS)
def make_next(tenant: str, version_id: int) -> ResponseReturnValue:
    """The next version of a contract from a day on, with the same promises and items, open to change until then."""
    _version(db.session(), version_id)
    given, errors = forms.read(NextVersionFormSchema())
    if not errors:
        try:
            with transaction() as rows:
                contract, before = _version(rows, version_id)
                room = client_money.frame(rows, tenant, "items.index")
                zone = ZoneInfo(room["subject"].tenant.billing_zone if room["subject"] else "Asia/Tokyo")
                since, now = datetime.combine(given["since"], time(), zone), clock.now()
                who = guard.principal()
                made = promises.next_version(rows, contract, before.terms, since, before.mode, who.name, now)
                billing.carry_items(rows, tenant_here(), version_id, made.id, now)
                made_id = made.id
            return redirect(url_for(".index", tenant=tenant, kept=1, _anchor=f"version-{made_id}"), 303)
        except Refused as refused:
            errors = mend(refused, "since")
    return _index(tenant, errors), 422


@pages.get("/clients/<tenant:tenant>/items/<int:version_id>/item")
@guard.requires(Permission.RUN_BILLING)
def form(tenant: str, version_id: int) -> str:
    """An item of a version to come, or a new one of a kind."""
    rows = db.session()
    _version(rows, version_id)
    key = request.args.get("key", "")
    row = next((each for each in items_of(rows, tenant_here(), version_id) if each.key == key), None)
    kind = request.args.get("kind", "")
    typed = form_of(row) if row else {"kind": kind if kind in ITEM_KINDS else "fixed"}
    return _form(tenant, version_id, typed, {}, row)


@pages.post("/clients/<tenant:tenant>/items/<int:version_id>/item")
@guard.requires(Permission.RUN_BILLING)
def keep(tenant: str, version_id: int) -> ResponseReturnValue:
    """Add the item or change it; only before the version begins."""
    _version(db.session(), version_id)
    typed: dict[str, Any] = {**request.form.to_dict(), **{name: request.form.getlist(name) for name in LISTS}}
    errors: forms.Errors = {}
    try:
        given = ItemFormSchema().load(typed)
        terms, options = terms_of(given), options_of(given)
        with transaction() as rows:
            billing.put_item(
                rows, tenant_here(), version_id, given["key"], given["kind"], given["name"], terms, clock.now(), options
            )
        return redirect(url_for(".index", tenant=tenant, kept=1, _anchor=f"version-{version_id}"), 303)
    except ValidationError as problem:
        errors = forms.said(_at_fields(messages_of(problem)))
    except Refused as refused:
        errors = mend(refused, "name")
    return _form(tenant, version_id, typed, errors, None), 422


@pages.post("/clients/<tenant:tenant>/items/<int:version_id>/item/remove")
@guard.requires(Permission.RUN_BILLING)
def remove(tenant: str, version_id: int) -> ResponseReturnValue:
    """Take an item off a version to come."""
    with transaction() as rows:
        _version(rows, version_id)
        billing.remove_item(rows, tenant_here(), version_id, request.form.get("key", ""), clock.now())
    return redirect(url_for(".index", tenant=tenant, kept=1, _anchor=f"version-{version_id}"), 303)


def words_of(rows: Session, currency: str) -> Words:
    """How items are written for whoever reads the page."""
    language = reader().language
    return Words(language, currency, {each.code: each.name(language) for each in work_types(rows)})


def _index(tenant: str, errors: forms.Errors) -> str:
    rows, now = db.session(), reader().now
    room = client_money.frame(rows, tenant, "items.index")
    words = words_of(rows, client_money.currency_of(room["subject"]))
    return render_template(
        "money/items.html",
        **room,
        versions=_versions(rows, tenant_here(), now, words),
        kinds=ITEM_KINDS,
        may_agree=guard.principal().may(Permission.RUN_CONTRACTS),
        typed=request.form if request.method == "POST" else {},
        errors=errors,
    )


def _versions(rows: Session, tenant_id: int, now: datetime, words: Words) -> list[dict[str, Any]]:
    found = []
    for contract in agreements.contracts_of(rows, tenant_id):
        chain = agreements.versions_of(rows, tenant_id, contract.id)
        before: list[ContractItem] | None = None
        for place, version in enumerate(chain):
            items = list(items_of(rows, tenant_id, version.id))
            found.append(
                {
                    "id": version.id,
                    "contract": contract.name,
                    "contract_id": contract.id,
                    "since": version.since,
                    "begun": version.since <= now,
                    "newest": place == len(chain) - 1,
                    "items": [(item, facts_of(read_item(item), words)) for item in items],
                    "changes": None if before is None else changes(before, items, words),
                }
            )
            before = items
    return sorted(found, key=lambda version: version["since"], reverse=True)


def _form(tenant: str, version_id: int, typed: dict[str, Any], errors: forms.Errors, row: ContractItem | None) -> str:
    rows = db.session()
    language = reader().language
    room = client_money.frame(rows, tenant, "items.index")
    sites = rows.execute(select(Site.id, Site.name).where(Site.tenant_id == tenant_here()).order_by(Site.name)).all()
    return render_template(
        "money/item.html",
        **room,
        version_id=version_id,
        typed=typed,
        row=row,
        kinds=ITEM_KINDS,
        rollovers=ROLLOVERS,
        policies=POLICIES,
        tax_codes=TAX_CODES,
        types=[(each.code, each.name(language)) for each in work_types(rows) if not each.retired],
        sites=[(str(site_id), name) for site_id, name in sites],
        currency=client_money.currency_of(room["subject"]),
        errors=errors,
    )


def _version(rows: Session, version_id: int) -> tuple[Contract, ContractVersion]:
    version = agreements.version_of(rows, tenant_here(), version_id) or abort(404)
    contract = agreements.contract_of(rows, tenant_here(), version.contract_id) or abort(404)
    return contract, version


def _at_fields(messages: dict[str, Any]) -> dict[str, Any]:
    """Faults of the terms stand at the fields of the form that say them."""
    fields = {
        "minutes": "hours",
        "top_up": "top_units",
        "fair_use": "fair_hours",
        "_schema": "name",
        "timing": "months",
    }
    return {fields.get(name, name): _flat(said) for name, said in messages.items()}


def _flat(said: Any) -> list[str]:
    """The first sentence of a fault, however deep it lies."""
    while isinstance(said, dict):
        said = next(iter(said.values()))
    return [str(each) for each in said] if isinstance(said, list) else [str(said)]
