"""Questions about issued documents: lists, lines, sources, the chain they stand in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.documents.snapshot import Heading, Names, snapshot
from billing.models import (
    Document,
    DocumentDraft,
    DocumentLine,
    DocumentSource,
    DocumentTax,
    Rendering,
    SeriesLink,
    TimeEntry,
)
from billing.queries import drafts
from billing.queries.facts import Subject, subject_of
from billing.queries.rates import work_names
from billing.rules.due import due_date
from billing.rules.periods import Period
from billing.schemas import read_due
from sla import holidays
from tenants.isolation import among
from tenants.models import Site


def document(session: Session, tenant_id: int, document_id: int) -> Document | None:
    return session.get(Document, (tenant_id, document_id))


def documents_of(session: Session, tenant_id: int, limit: int = 200) -> Sequence[Document]:
    """A tenant's issued documents, newest first."""
    return session.scalars(
        select(Document)
        .where(Document.tenant_id == tenant_id)
        .order_by(Document.issued_on.desc(), Document.id.desc())
        .limit(limit)
    ).all()


def lines_of(session: Session, tenant_id: int, document_id: int) -> Sequence[DocumentLine]:
    return session.scalars(
        select(DocumentLine)
        .where(DocumentLine.tenant_id == tenant_id, DocumentLine.document_id == document_id)
        .order_by(DocumentLine.place)
    ).all()


def taxes_of(session: Session, tenant_id: int, document_id: int) -> Sequence[DocumentTax]:
    return session.scalars(
        select(DocumentTax)
        .where(DocumentTax.tenant_id == tenant_id, DocumentTax.document_id == document_id)
        .order_by(DocumentTax.id)
    ).all()


def sources_of(
    session: Session, tenant_id: int, document_id: int, line_id: int | None = None
) -> Sequence[DocumentSource]:
    """What a document, or one line of it, is made of; in order of work."""
    asked = select(DocumentSource).where(
        DocumentSource.tenant_id == tenant_id, DocumentSource.document_id == document_id
    )
    if line_id is not None:
        asked = asked.where(DocumentSource.line_id == line_id)
    return session.scalars(asked.order_by(DocumentSource.on_date, DocumentSource.source_id, DocumentSource.part)).all()


def rendering(session: Session, tenant_id: int, document_id: int, form: str = "pdf") -> Rendering | None:
    """The kept file of a document, once it is made."""
    return session.scalar(
        select(Rendering).where(
            Rendering.tenant_id == tenant_id, Rendering.document_id == document_id, Rendering.format == form
        )
    )


def names_of(session: Session, tenant_id: int) -> Names:
    """What work types and sites are called on this tenant's documents."""
    sites = session.execute(select(Site.id, Site.name).where(Site.tenant_id == tenant_id)).all()
    return Names(work_names(session, tenant_id), dict(sites))


def due_on(subject: Subject, period: Period) -> date:
    """The day a document that closes this period is due; the account's rule, else the issuer's."""
    rule = read_due(subject.account.due or subject.issuer.due)
    if rule.shift == "none":
        return due_date(period.last_day, rule)
    years = range(period.last_day.year, period.last_day.year + 3)
    free = frozenset().union(*(holidays.dates(subject.issuer.country, year) for year in years))
    return due_date(period.last_day, rule, free)


def preview_of(session: Session, tenant_id: int, draft_id: int, at: datetime) -> dict[str, Any] | None:
    """The snapshot a draft would be frozen as now, without a number; for the preview on the screen."""
    subject, draft = subject_of(session, tenant_id), session.get(DocumentDraft, (tenant_id, draft_id))
    if subject is None or draft is None:
        return None
    heading = Heading(
        "",
        at.astimezone(ZoneInfo(subject.issuer.zone)).date(),
        due_on(subject, Period(draft.period_start, draft.period_end)),
    )
    return snapshot(
        subject, draft, drafts.lines_of(session, tenant_id, draft_id), heading, names_of(session, tenant_id)
    )


def annex_of(
    session: Session,
    tenant_id: int,
    charged: Mapping[int, int],
    tickets: Mapping[int, tuple[str, str]],
    words: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The work behind a document by ticket, for those tickets whose key and title the room above brought.

    `charged` are seconds by entry; `words` the work types' names, for entries that say nothing themselves.
    """
    entries = session.execute(
        select(
            TimeEntry.id,
            TimeEntry.ticket_id,
            TimeEntry.worked_on,
            TimeEntry.agent_name,
            TimeEntry.work_type,
            TimeEntry.text,
            TimeEntry.raw_seconds,
        )
        .where(TimeEntry.tenant_id == tenant_id, among(TimeEntry.id, charged))
        .order_by(TimeEntry.ticket_id, TimeEntry.worked_on, TimeEntry.id)
    )
    return [
        {
            "ticket": tickets[entry.ticket_id][0],
            "title": tickets[entry.ticket_id][1],
            "on": entry.worked_on.isoformat(),
            "by": entry.agent_name,
            "work": words[entry.work_type],
            "text": entry.text,
            "worked": entry.raw_seconds,
            "charged": charged[entry.id],
        }
        for entry in entries
        if entry.ticket_id in tickets
    ]


def broken_links(session: Session, issuer_id: int, kind: str) -> list[int]:
    """The places of a series whose hash does not follow from the one before: none in a sound series."""
    before, broken, expected = "", [], 1
    links = session.scalars(
        select(SeriesLink).where(SeriesLink.issuer_id == issuer_id, SeriesLink.kind == kind).order_by(SeriesLink.place)
    )
    for link in links:
        if link.place != expected or link.hash != chained(before, link.sha256):
            broken.append(link.place)
        before, expected = link.hash, link.place + 1
    return broken


def chained(before: str, sha256: str) -> str:
    """The hash of a document in its series: over the link before it and its own."""
    return hashlib.sha256((before + sha256).encode()).hexdigest()
