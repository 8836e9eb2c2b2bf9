"""Living drafts follow the facts; issued documents get their pages."""

from __future__ import annotations

import json
from datetime import date

from billing import actions as billing
from billing.documents import pdf
from billing.queries import documents
from msp import clock
from msp.files import files
from msp.fonts import FONTS
from tenants.db import db


def draft(tenant_id: int, day: int) -> None:
    """Compute the draft on which work of a day stands (as `date.toordinal`)."""
    billing.draft_of_day(db.session(), tenant_id, date.fromordinal(day), clock.now())


def refresh(tenant_id: int, *_: int) -> None:
    """Every draft that stands, each night: what passes with the days alone is in it."""
    billing.refresh_drafts(db.session(), tenant_id, clock.now())


def render(tenant_id: int, document_id: int) -> None:
    """Make the PDF of an issued document from its snapshot alone and keep it with its hash."""
    session = db.session()
    document = documents.document(session, tenant_id, document_id)
    if document is None:
        raise LookupError(f"Document {document_id} is not there.")
    if documents.rendering(session, tenant_id, document_id) is not None:
        return
    made = pdf.pdf(json.loads(document.snapshot), FONTS)
    place, sha256 = files().keep(tenant_id, made)
    billing.note_rendering(
        session,
        tenant_id,
        document_id,
        "pdf",
        place=place,
        size=len(made),
        sha256=sha256,
        made_with=pdf.MADE_WITH,
        at=clock.now(),
    )
