"""/documents: what was issued to a client, with its lines, and as PDF."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

from flask import Response, abort, send_file
from sqlalchemy.orm import Session

from billing.models import Document
from billing.queries import documents
from billing.queries.numbers import document_numbered
from billing.rules.currencies import exponent_of
from msp import guard
from msp.api.frame import scope
from msp.api.problems import problem
from msp.api.routes import get
from msp.api.shapes_company import DocumentsShape, WholeDocumentShape
from msp.files import files
from msp.reach import tenant_here
from tenants.db import db
from tenants.rules import Permission

PLAIN = ("number", "kind", "issued_on", "due_on", "period_start", "period_end", "currency")
AMOUNTS = ("net", "tax", "gross", "payable")
PDF = "application/pdf"


@get("/clients/<tenant:tenant>/documents", "Documents", DocumentsShape)
@guard.requires(Permission.SEE_BILLING, Permission.OWN_INVOICES)
@scope("documents:read")
def list_documents(tenant: str) -> dict[str, Any]:  # noqa: ARG001 - the guard has read it
    """List a client’s documents

    The newest two hundred, newest first.
    """
    return {"items": [_head(each) for each in documents.documents_of(db.session(), tenant_here())]}


@get("/clients/<tenant:tenant>/documents/<document>", "Documents", WholeDocumentShape)
@guard.requires(Permission.SEE_BILLING, Permission.OWN_INVOICES)
@scope("documents:read")
def show_document(tenant: str, document: str) -> dict[str, Any]:  # noqa: ARG001 - the guard has read it
    """Read a document"""
    rows, found = db.session(), _found(db.session(), document)
    return _head(found) | {
        "lines": [
            {
                "text": line.text,
                "since": line.since,
                "until": line.until,
                "quantity": plain(line.quantity),
                "unit": line.unit,
                "price": plain(line.price),
                "amount": money(line.amount, line.currency),
            }
            for line in documents.lines_of(rows, found.tenant_id, found.id)
        ],
        "taxes": [
            {
                "category": tax.category,
                "rate": plain(tax.rate),
                "net": money(tax.base, found.currency),
                "tax": money(tax.amount, found.currency),
            }
            for tax in documents.taxes_of(rows, found.tenant_id, found.id)
        ],
    }


@get("/clients/<tenant:tenant>/documents/<document>/pdf", "Documents", kind=PDF)
@guard.requires(Permission.SEE_BILLING, Permission.OWN_INVOICES)
@scope("documents:read")
def download_document(tenant: str, document: str) -> Response:  # noqa: ARG001 - the guard has read it
    """Download a document as PDF

    503 with Retry-After while the file is still being made.
    """
    rows = db.session()
    found = _found(rows, document)
    kept = documents.rendering(rows, found.tenant_id, found.id)
    if kept is None:
        waiting = problem(503)
        waiting.headers["Retry-After"] = "5"
        return waiting
    try:
        content = files().read(kept.place)
    except FileNotFoundError:
        abort(404)
    name = f"{found.number}.pdf"
    return send_file(BytesIO(content), mimetype=PDF, as_attachment=True, download_name=name, etag=False)


def _found(rows: Session, number: str) -> Document:
    return document_numbered(rows, tenant_here(), number.replace("\0", "")) or abort(404)


def _head(document: Document) -> dict[str, Any]:
    return {name: getattr(document, name) for name in PLAIN} | {
        name: money(getattr(document, name), document.currency) for name in AMOUNTS
    }


def money(amount: Decimal, currency: str) -> str:
    """An amount with all places of its currency; amounts are never finer (billing.models.columns)."""
    return f"{amount:.{exponent_of(currency)}f}"


def plain(number: Decimal) -> str:
    """A number without needless zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
