"""Proof that nothing issued was changed: chains, snapshots and files, each byte that differs named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import Document, DocumentLine, DocumentTax, NumberSeries, Rendering, SeriesLink
from billing.queries.documents import chained

BATCH = 200
Read = Callable[[str], bytes]
"""The kept bytes of a place; FileNotFoundError where there are none."""
Links = dict[tuple[int, int], SeriesLink]
"""The chain's links by tenant and document."""


def faults_of_series(session: Session) -> Iterator[str]:
    """Every series: places without a gap, each hash over the one before, the counter at the last link."""
    for series in session.scalars(select(NumberSeries).order_by(NumberSeries.issuer_id, NumberSeries.kind)).all():
        before, place, day = "", 0, None
        named = f"series {series.issuer_id}/{series.kind}"
        links = session.scalars(
            select(SeriesLink)
            .where(SeriesLink.issuer_id == series.issuer_id, SeriesLink.kind == series.kind)
            .order_by(SeriesLink.place)
        )
        for link in links:
            if link.place != place + 1:
                yield f"{named}: place {place + 1} is missing before {link.number}"
            if link.hash != chained(before, link.sha256):
                yield f"{named}: {link.number} does not hang on the link before it"
            if day is not None and link.issued_on < day:
                yield f"{named}: {link.number} has an earlier date than the one before it"
            before, place, day = link.hash, link.place, link.issued_on
        if (place, before) != (series.place, series.last_hash):
            yield f"{named}: the counter stands at {series.place}, the chain ends at {place}"


def links_of(session: Session) -> Links:
    """Every link of every chain."""
    return {(link.tenant_id, link.document_id): link for link in session.scalars(select(SeriesLink))}


def faults_of_tenant(session: Session, tenant_id: int, links: Links, read: Read) -> Iterator[str]:
    """Every document of a tenant against its snapshot, its link and its files; and links without a document."""
    seen, last = set(), 0
    while True:
        batch = session.scalars(
            select(Document)
            .where(Document.tenant_id == tenant_id, Document.id > last)
            .order_by(Document.id)
            .limit(BATCH)
        ).all()
        if not batch:
            break
        last = batch[-1].id
        seen |= {document.id for document in batch}
        for document in batch:
            yield from _faults_of(session, document, links.get((tenant_id, document.id)), read)
        session.expunge_all()
    for (owner, document_id), link in links.items():
        if owner == tenant_id and document_id not in seen:
            yield f"{link.number}: the document is gone"


def _faults_of(session: Session, document: Document, link: SeriesLink | None, read: Read) -> Iterator[str]:
    found = hashlib.sha256(document.snapshot.encode()).hexdigest()
    if found != document.sha256:
        yield f"{document.number}: the snapshot is not what its hash says"
    if link is None or (link.number, link.sha256, link.hash) != (document.number, document.sha256, document.hash):
        yield f"{document.number}: it is not what hangs on the chain"
    try:
        told = json.loads(document.snapshot)
    except ValueError:
        yield f"{document.number}: the snapshot is no JSON"
        return
    yield from (f"{document.number}: {what}" for what in _columns(session, document, told))
    for file in _files(session, document):
        try:
            content = read(file.place)
        except FileNotFoundError:
            yield f"{document.number}: the {file.format} is gone"
            continue
        if hashlib.sha256(content).hexdigest() != file.sha256:
            yield f"{document.number}: the {file.format} was changed"


def _columns(session: Session, document: Document, told: dict[str, Any]) -> Iterator[str]:
    """The rows that pages and sums read, against the snapshot."""
    if (document.number, document.kind, document.issued_on.isoformat()) != (
        told["number"], told["kind"], told["issued_on"],
    ):  # fmt: skip
        yield "number, kind or date are not the snapshot's"
    for name in ("net", "tax", "gross", "payable"):
        if getattr(document, name) != Decimal(told[name]):
            yield f"the {name} is not the snapshot's"
    owned = {"tenant_id": document.tenant_id, "document_id": document.id}
    lines = session.execute(select(DocumentLine.key, DocumentLine.amount).filter_by(**owned)).all()
    if {tuple(line) for line in lines} != {(line["key"], Decimal(line["amount"])) for line in told["lines"]}:
        yield "the lines are not the snapshot's"
    taxes = session.execute(
        select(DocumentTax.category, DocumentTax.rate, DocumentTax.name, DocumentTax.base, DocumentTax.amount)
        .filter_by(**owned)
    ).all()  # fmt: skip
    if {tuple(tax) for tax in taxes} != {_tax(tax) for tax in told["taxes"]}:
        yield "the taxes are not the snapshot's"


def _tax(tax: dict[str, str]) -> tuple[object, ...]:
    return tax["category"], Decimal(tax["rate"]), tax["name"], Decimal(tax["base"]), Decimal(tax["amount"])


def _files(session: Session, document: Document) -> Any:
    return session.scalars(
        select(Rendering).where(Rendering.tenant_id == document.tenant_id, Rendering.document_id == document.id)
    ).all()
