"""A client's draft and his issued documents: lines left, what they are made of right, the real pages below."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from billing import actions as billing
from billing.documents import pdf
from billing.documents.snapshot import text_of
from billing.models import Document, DocumentLine, DraftLine
from billing.queries import documents
from billing.queries.credits import CREDITABLE, referring
from billing.queries.drafts import Sheet, sheet_of
from billing.queries.drafts import draft as standing
from billing.queries.receivables import owed
from billing.schemas.by_hand import TAX_CODES, ChangeSchema, LineSchema
from msp import clock, guard
from msp.errors import Refused, Stale
from msp.files import files
from msp.fonts import FONTS
from msp.reach import tenant_here
from msp.reports import month as behind
from msp.tickets import desk
from msp.web import forms
from msp.web.calculation import Calculation, calculation, entries_of, entry_id, shown
from msp.web.comparison import compared, moved_lines
from msp.web.credits import offers_on
from msp.web.document_story import failure_of, moments_of, standing_of
from msp.web.format import DAY
from msp.web.language import reader
from msp.web.mending import mend
from msp.web.month import must_ask_again
from msp.web.pack_charges import charges_on
from msp.web.portal import NOT_IN_NAMES, pdf_response
from msp.web.questions import thread_on
from tenants import actions as people
from tenants.db import db, transaction
from tenants.rules import Permission

pages = Blueprint("invoices", __name__)


@pages.get("/month/<tenant:tenant>/drafts/<int:draft_id>")
@guard.requires(Permission.SEE_BILLING)
def draft(tenant: str, draft_id: int) -> ResponseReturnValue:
    """The living invoice; with a line named its calculation stands at the right."""
    rows = db.session()
    sheet = sheet_of(rows, tenant_here(), draft_id)
    if sheet is None:
        abort(404)
    opened = _opened(rows, sheet)
    if request.headers.get("HX-Target") == "calculation":
        return render_template("month/_calculation.html", tenant=tenant, **_own(sheet), **opened)
    return _draft_page(tenant, rows, sheet, opened)


@pages.get("/month/<tenant:tenant>/drafts/<int:draft_id>/preview")
@guard.requires(Permission.SEE_BILLING)
def preview(tenant: str, draft_id: int) -> str:
    """The real pages, marked as a draft: the same engine, data and fonts as the PDF."""
    snapshot = documents.preview_of(db.session(), tenant_here(), draft_id, clock.now()) or abort(404)
    images = [b64encode(one).decode("ascii") for one in pdf.svg(snapshot, FONTS)]
    template = "month/_preview.html" if request.headers.get("HX-Request") else "month/preview.html"
    return render_template(template, images=images, tenant=tenant, draft_id=draft_id)


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/compute")
@guard.requires(Permission.RUN_BILLING)
def compute(tenant: str, draft_id: int) -> ResponseReturnValue:
    """The draft as the facts are now."""
    with transaction() as rows:
        found = standing(rows, tenant_here(), draft_id) or abort(404)
        billing.recompute(rows, found, clock.now())
    return redirect(url_for(".draft", tenant=tenant, draft_id=draft_id), 303)


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/lines")
@guard.requires(Permission.RUN_BILLING)
def add(tenant: str, draft_id: int) -> ResponseReturnValue:
    """A line of one's own."""
    given, errors = forms.read(LineSchema())
    if not errors:
        try:
            with transaction() as rows:
                billing.add_line(rows, tenant_here(), draft_id, guard.principal().login_id or 0, clock.now(), **given)
            return redirect(url_for(".draft", tenant=tenant, draft_id=draft_id), 303)
        except Stale:
            return _moved_page(tenant, draft_id, typed=request.form)
        except Refused as refused:
            errors = mend(refused, "name")
    rows = db.session()
    sheet = sheet_of(rows, tenant_here(), draft_id) or abort(404)
    return _draft_page(tenant, rows, sheet, _opened(rows, sheet), errors=errors, typed=request.form), 422


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/change")
@guard.requires(Permission.RUN_BILLING)
def change(tenant: str, draft_id: int) -> ResponseReturnValue:
    """Other figures in the computed line that the address names, with the reason."""
    key = request.args.get("line", "").replace("\0", "")
    given, errors = forms.read(ChangeSchema())
    if not errors:
        given["name"] = given["name"] or None
        try:
            with transaction() as rows:
                by_id = guard.principal().login_id or 0
                billing.change_line(
                    rows, tenant_here(), draft_id, key, by_id, given.pop("reason"), clock.now(), **given
                )
            return redirect(url_for(".draft", tenant=tenant, draft_id=draft_id, line=key), 303)
        except Stale:
            return _moved_page(tenant, draft_id, changed=request.form)
        except Refused as refused:
            errors = mend(refused, "reason")
    rows = db.session()
    sheet = sheet_of(rows, tenant_here(), draft_id) or abort(404)
    opened = _opened(rows, sheet) | {"change_errors": errors, "changed": request.form}
    return _draft_page(tenant, rows, sheet, opened), 422


@pages.post("/month/<tenant:tenant>/drafts/<int:draft_id>/restore")
@guard.requires(Permission.RUN_BILLING)
def restore(tenant: str, draft_id: int) -> ResponseReturnValue:
    """The computed figures count again, or a line of one's own goes."""
    key = request.args.get("line", "").replace("\0", "")
    with transaction() as rows:
        sheet = sheet_of(rows, tenant_here(), draft_id) or abort(404)
        version = request.form.get("version", type=int)
        if key in sheet.manual:
            line_id = sheet.manual[key].id
            billing.remove_line(rows, tenant_here(), draft_id, line_id, clock.now(), version=version)
        else:
            billing.restore_line(rows, tenant_here(), draft_id, key, clock.now(), version=version)
    return redirect(url_for(".draft", tenant=tenant, draft_id=draft_id), 303)


@pages.get("/month/<tenant:tenant>/invoices/<int:document_id>")
@guard.requires(Permission.SEE_BILLING)
def issued(tenant: str, document_id: int) -> str:
    """An issued document as it stands for ever, with its hash and what happened to it."""
    rows, tenant_id, who, here = db.session(), tenant_here(), guard.principal(), reader()
    found = documents.document(rows, tenant_id, document_id) or abort(404)
    with transaction(durable=False):
        people.looked_at(rows, tenant_id, who, found.number, who.name, here.now)
    lines, told = documents.lines_of(rows, tenant_id, document_id), json.loads(found.snapshot)
    opened = _calculation_of(rows, tenant_id, lines, {line.key: line.text for line in lines})
    opened |= thread_on(rows, found, next((line for line in lines if line.key == opened["open_key"]), None))
    own = {"address": url_for(".issued", tenant=tenant, document_id=document_id), "may_change": False}
    own |= {"may_answer": who.may(Permission.RUN_BILLING), "document_id": document_id}
    if request.headers.get("HX-Target") == "calculation":
        return render_template("month/_calculation.html", tenant=tenant, **own, **opened)
    return render_template(
        "month/issued_one.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        document=found,
        lines=[shown(line, line.text, here) for line in lines],
        taxes=documents.taxes_of(rows, tenant_id, document_id),
        kept=documents.rendering(rows, tenant_id, document_id),
        kept_xml=documents.rendering(rows, tenant_id, document_id, "ubl"),
        refers_to=documents.document(rows, tenant_id, found.refers_to_id) if found.refers_to_id else None,
        referring=referring(rows, tenant_id, document_id),
        moments=moments_of(rows, found, reader()),
        standing=standing_of(rows, found),
        failure=failure_of(rows, found),
        owed=next((one for one in owed(rows, tenant_id, also=[document_id]) if one.document_id == document_id), None),
        today=here.now.astimezone(here.zone).date(),
        may_run=who.may(Permission.RUN_BILLING),
        reason=told.get("reason", ""),
        may_credit=found.kind in CREDITABLE and who.may(Permission.RUN_BILLING),
        sound=hashlib.sha256(found.snapshot.encode()).hexdigest() == found.sha256,
        recipient=told["recipient"],
        one_day=DAY,
        **own,
        **opened,
    )


@pages.get("/month/<tenant:tenant>/invoices/<int:document_id>.pdf")
@guard.requires(Permission.SEE_BILLING)
def issued_pdf(tenant: str, document_id: int) -> ResponseReturnValue:
    """The kept file; until it is made the page says so."""
    rows, tenant_id = db.session(), tenant_here()
    found: Document = documents.document(rows, tenant_id, document_id) or abort(404)
    kept = documents.rendering(rows, tenant_id, document_id)
    if kept is None:
        return redirect(url_for(".issued", tenant=tenant, document_id=document_id))
    return pdf_response(kept.place, found.number)


@pages.get("/month/<tenant:tenant>/invoices/<int:document_id>.xml")
@guard.requires(Permission.SEE_BILLING)
def issued_xml(tenant: str, document_id: int) -> ResponseReturnValue:  # noqa: ARG001 - the guard reads it
    """The kept electronic form. 404 for a document that goes out on paper."""
    rows, tenant_id = db.session(), tenant_here()
    found: Document = documents.document(rows, tenant_id, document_id) or abort(404)
    kept = documents.rendering(rows, tenant_id, document_id, "ubl")
    if kept is None:
        abort(404)
    try:
        content = files().read(kept.place)
    except FileNotFoundError:
        abort(404)
    name = f"{NOT_IN_NAMES.sub('-', found.number)}.xml"
    return send_file(BytesIO(content), mimetype="application/xml", as_attachment=True, download_name=name, etag=False)


def _draft_page(tenant: str, rows: Session, sheet: Sheet, opened: dict[str, Any], **more: Any) -> str:
    tenant_id, here, who = tenant_here(), reader(), guard.principal()
    with transaction(durable=False):
        people.looked_at(rows, tenant_id, who, f"draft {sheet.draft.period_end - DAY:%Y-%m}", who.name, here.now)
    names = documents.names_of(rows, tenant_id)
    covered = [source.source_id for source in sheet.sources.get(None, ()) if source.kind == "time"]
    month = sheet.draft.period_end - timedelta(days=1)
    return render_template(
        "month/draft.html",
        tenant=tenant,
        client=desk.clients(rows, [tenant_id])[tenant_id],
        sheet=sheet,
        month=month,
        lines=[shown(line, text_of(line, here.language, names), here) for line in sheet.lines],
        covered=list(behind.worked(rows, tenant_id, covered).values()) if covered else [],
        flagged=_flagged(rows, tenant_id, sheet),
        differences=compared(rows, tenant_id, sheet, names, here),
        moved=moved_lines(sheet, names, here),
        credits=offers_on(rows, sheet),
        charges=charges_on(rows, sheet.draft),
        tax_codes=TAX_CODES,
        ask_again=must_ask_again(),
        over=here.now.astimezone(here.zone).date() >= sheet.draft.period_end,
        one_day=DAY,
        now=here.now,
        **({"errors": {}, "typed": {}, "stale": False} | _own(sheet) | opened | more),
    )


def _moved_page(tenant: str, draft_id: int, **typed: Any) -> ResponseReturnValue:
    """Somebody was faster: nothing was kept, what moved stands on top, what was typed stays in its form."""
    rows = db.session()
    sheet = sheet_of(rows, tenant_here(), draft_id) or abort(404)
    return _draft_page(tenant, rows, sheet, _opened(rows, sheet) | typed, stale=True), 409


def _own(sheet: Sheet) -> dict[str, Any]:
    tenant, draft_id = request.view_args["tenant"] if request.view_args else "", sheet.draft.id
    return {
        "address": url_for(".draft", tenant=tenant, draft_id=draft_id),
        "may_change": guard.principal().may(Permission.RUN_BILLING),
        "draft_id": draft_id,
        "version": sheet.draft.version,
        "manual": sheet.manual,
        "overrides": sheet.overrides,
    }


def _opened(rows: Session, sheet: Sheet) -> dict[str, Any]:
    names = documents.names_of(rows, tenant_here())
    language = reader().language
    texts = {line.key: text_of(line, language, names) for line in sheet.lines}
    return _calculation_of(rows, tenant_here(), sheet.lines, texts)


def _calculation_of(
    rows: Session, tenant_id: int, lines: Sequence[DraftLine | DocumentLine], texts: dict[str, str]
) -> dict[str, Any]:
    """The calculation of the line that the address names, else of none."""
    key = request.args.get("line", "").replace("\0", "")
    line = next((each for each in lines if each.key == key), None)
    made: Calculation | None = None
    if line is not None:
        made = calculation(line, texts[key], behind.worked(rows, tenant_id, entries_of([line])), reader())
    return {"calculation": made, "change_errors": {}, "changed": {}, "open_key": key}


def _flagged(rows: Session, tenant_id: int, sheet: Sheet) -> dict[str, behind.Worked]:
    """The entries that flags are about, by the flag's subject."""
    named = {str(flag["subject"]): entry_id(str(flag["subject"])) for flag in sheet.draft.flags}
    entries = behind.worked(rows, tenant_id, {each for each in named.values() if each is not None})
    return {subject: entries[each] for subject, each in named.items() if each in entries}
