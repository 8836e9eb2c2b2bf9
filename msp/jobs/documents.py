"""Living drafts follow the facts; issued documents get their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta

from billing import actions as billing
from billing import einvoice
from billing.documents import pdf
from billing.queries import documents, runs
from msp import clock, month_end
from msp.files import files
from msp.fonts import FONTS
from tenants.db import db

WATCHED = timedelta(seconds=10)
"""How long a run stands at most when a worker died between two clients."""


def draft(tenant_id: int, day: int) -> None:
    """Compute the draft on which work of a day stands (as `date.toordinal`)."""
    billing.draft_of_day(db.session(), tenant_id, date.fromordinal(day), clock.now())


def refresh(tenant_id: int, *_: int) -> None:
    """Every draft that stands, each night: what passes with the days alone is in it."""
    billing.refresh_drafts(db.session(), tenant_id, clock.now())


def issue(tenant_id: int, run_id: int) -> None:
    """One client's part of a month end."""
    month_end.settle(db.session(), tenant_id, run_id, clock.now())


def watch(tenant_id: int, run_id: int) -> None:
    """A month end at work is watched until it is done, so that a worker who died is missed for some seconds only."""
    session, now = db.session(), clock.now()
    run = runs.run(session, run_id)
    if run is not None and run.state == "working":
        month_end.watch(session, tenant_id, run_id, now, now + WATCHED)


def go_on(_tenant_id: int, run_id: int) -> None:
    """After a client is done (and with each look of the watch) the next one's turn is rung."""
    month_end.ring_next(run_id)


def render(tenant_id: int, document_id: int) -> None:
    """Make the files of an issued document from its snapshot alone and keep them with their hashes."""
    session = db.session()
    document = documents.document(session, tenant_id, document_id)
    if document is None:
        raise LookupError(f"Document {document_id} is not there.")
    snapshot = json.loads(document.snapshot)
    if snapshot.get("einvoice"):
        _keep(tenant_id, document_id, "ubl", einvoice.MADE_WITH, lambda: einvoice.ubl(snapshot))
    _keep(tenant_id, document_id, "pdf", pdf.MADE_WITH, lambda: pdf.pdf(snapshot, FONTS))


def _keep(tenant_id: int, document_id: int, form: str, made_with: str, make: Callable[[], bytes]) -> None:
    """A file once kept stays; it is never made again in silence."""
    session = db.session()
    if documents.rendering(session, tenant_id, document_id, form) is not None:
        return
    made = make()
    place, sha256 = files().keep(tenant_id, made)
    billing.note_rendering(
        session,
        tenant_id,
        document_id,
        form,
        place=place,
        size=len(made),
        sha256=sha256,
        made_with=made_with,
        at=clock.now(),
    )
