"""Issuing: a draft becomes a numbered document in one transaction, and from then on nobody can change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from billing.actions.drafts import RECURRING, drop_draft, recompute
from billing.actions.numbering import enter
from billing.actions.sending import send_issued
from billing.documents.snapshot import Heading, snapshot, text_of
from billing.documents.words import said
from billing.einvoice import lacks
from billing.models import (
    BilledAhead,
    Document,
    DocumentDraft,
    DocumentLine,
    DocumentSource,
    DocumentTax,
    DraftLine,
    DraftSource,
    EntryState,
    Rendering,
    TimeChange,
    TimeEntry,
)
from billing.queries.documents import annex_of, due_on, names_of
from billing.queries.drafts import lines_of, sources_of
from billing.queries.facts import Subject, subject_of
from billing.queries.reckoning import charged_seconds
from billing.rules.periods import Period
from tenants.errors import Refused, Stale
from tenants.isolation import among
from tenants.models import Tenant
from tenants.rows import change_many, insert_many, insert_once
from tenants.work import later

LINE: Final = (
    "place", "key", "role", "item", "work_type", "band", "site_id", "since", "until", "quantity", "unit",
    "base_quantity", "price", "currency", "charges", "allowances", "amount", "taxes", "account", "po_number", "explain",
)  # fmt: skip
SOURCE: Final = ("kind", "source_id", "part", "on_date", "worked", "charged", "rule")
HEAD: Final = ("tenant_id", "currency", "net", "tax", "gross", "payable")


def issue(
    session: Session,
    tenant_id: int,
    draft_id: int,
    by_id: int | None,
    at: datetime,
    *,
    seen: str | None = None,
    tickets: Mapping[int, tuple[str, str]] | None = None,
    sends: bool = True,
) -> Document:
    """Give a draft its number and freeze it, with the entries behind it.

    `seen` is the `calc_hash` somebody looked at: where the facts moved since, nothing is issued and `Stale` is raised.
    `tickets` (id -> key and title) come from the room above, for the annex. `sends`: it leaves by mail by
    itself. Raises `Refused` for a period that is not
    over and for an empty or blocked draft. Locks in this order: tenant, draft, entries, series.
    """
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    draft, subject = _checked(session, tenant_id, draft_id, at, seen)
    lines, sources = lines_of(session, tenant_id, draft_id), sources_of(session, tenant_id, draft_id)
    if not lines:
        raise Refused("There is nothing on this draft.")
    names = names_of(session, tenant_id)
    words = {code: said(name, subject.account.language) for code, name in names.work.items()}
    charged = charged_seconds(_taken(source, SOURCE) for source in sources)
    annex = annex_of(session, tenant_id, charged, tickets or {}, words)
    issued_on = at.astimezone(ZoneInfo(subject.issuer.zone)).date()
    due = due_on(subject, Period(draft.period_start, draft.period_end))
    for missing in lacks(snapshot(subject, draft, lines, Heading("", issued_on, due), names)):
        raise _lacking(missing)
    document = enter(
        session,
        subject.issuer,
        draft.kind,
        issued_on,
        lambda number: snapshot(subject, draft, lines, Heading(number, issued_on, due), names, annex),
        issued_at=at,
        issued_by_id=by_id,
        due_on=due,
        period_start=draft.period_start if draft.kind == RECURRING else None,
        period_end=draft.period_end if draft.kind == RECURRING else None,
        line_count=len(lines),
        **_taken(draft, HEAD),
    )
    _copy(
        session,
        document,
        draft,
        lines,
        sources,
        {line.id: text_of(line, subject.account.language, names) for line in lines},
    )
    rules = {source.source_id: source.rule for source in sources if source.kind == "time"}
    _lock_entries(session, tenant_id, charged, rules, by_id, at)
    drop_draft(session, draft)
    later(session, "documents.render", tenant_id, document.id, at=at)
    send_issued(session, document, at, sends=sends)
    return document


def note_rendering(
    session: Session,
    tenant_id: int,
    document_id: int,
    form: str,
    *,
    place: str,
    size: int,
    sha256: str,
    made_with: str,
    at: datetime,
) -> bool:
    """Where a document's file is kept; a second note of the same form changes nothing and answers False."""
    values = {"tenant_id": tenant_id, "document_id": document_id, "format": form}
    made = {"place": place, "size": size, "sha256": sha256, "made_with": made_with, "made_at": at}
    return insert_once(session, Rendering, values | made) is not None


def _checked(
    session: Session, tenant_id: int, draft_id: int, at: datetime, seen: str | None
) -> tuple[DocumentDraft, Subject]:
    """The draft as the facts are now, ready to be issued."""
    subject = subject_of(session, tenant_id)
    found = session.get(DocumentDraft, (tenant_id, draft_id))
    if subject is None or found is None:
        raise Refused("There is nothing here.")
    if found.kind == RECURRING and subject.today(at) < found.period_end:
        raise Refused("This period is not over.")
    draft = recompute(session, found, at, hold=True)
    if draft is None or draft.id != draft_id:
        raise Stale("This draft was issued, or is billed another way by now.")
    if seen is not None and draft.calc_hash != seen:
        raise Stale("The facts moved since you looked: look again before you issue.")
    if draft.blocked:
        raise Refused("Something on this draft needs a decision first.")
    return draft, subject


def _lacking(code: str) -> Refused:
    """Why the electronic form cannot be made, as a sentence (`billing.einvoice.lacks`)."""
    match code:
        case "seller":
            return Refused("The issuer has no electronic address for the electronic invoice.")
        case "buyer" | "country":
            return Refused("The client has no electronic address for the electronic invoice.")
        case "registration":
            return Refused("The issuer has no registration number for the electronic invoice.")
        case "reference":
            return Refused("The electronic invoice needs the buyer’s reference or an order number.")
        case "outside":
            return Refused("An electronic invoice cannot hold untaxed lines beside taxed ones.")
    return Refused("This document cannot be said as an electronic invoice: bill this client without tax in the prices.")


def _copy(
    session: Session,
    document: Document,
    draft: DocumentDraft,
    lines: Sequence[DraftLine],
    sources: Sequence[DraftSource],
    texts: Mapping[int, str],
) -> None:
    """Lines, taxes, sources and what was billed ahead, as they stand on the draft now."""
    owned = {"tenant_id": document.tenant_id, "document_id": document.id}
    kept = {line.id: DocumentLine(text=texts[line.id], **owned, **_taken(line, LINE)) for line in lines}
    session.add_all(kept.values())
    session.add_all(
        DocumentTax(
            category=group["category"],
            rate=Decimal(group["rate"]),
            name=group["name"],
            currency=document.currency,
            base=Decimal(group["base"]),
            amount=Decimal(group["amount"]),
            **owned,
        )
        for group in draft.figures["taxes"]
    )
    session.flush()
    insert_many(
        session,
        DocumentSource,
        [
            {"line_id": kept[source.line_id].id if source.line_id is not None else None} | _taken(source, SOURCE)
            for source in sources
        ],
        same=owned | {"live": True},
    )
    session.add_all(
        BilledAhead(
            item=row["item"],
            price=Decimal(row["price"]),
            quantity=Decimal(row["quantity"]),
            **{name: date.fromisoformat(row[name]) for name in ("since", "until", "cycle_start", "cycle_end")},
            **owned,
        )
        for row in draft.ahead
    )


def _lock_entries(
    session: Session,
    tenant_id: int,
    charged: Mapping[int, int],
    rules: Mapping[int, str],
    by_id: int | None,
    at: datetime,
) -> None:
    """The entries behind a document are billed; what was charged and by which rule stands on them."""
    entries = session.scalars(
        select(TimeEntry)
        .where(TimeEntry.tenant_id == tenant_id, among(TimeEntry.id, charged))
        .order_by(TimeEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if any(entry.state != EntryState.APPROVED for entry in entries):
        raise Stale("The facts moved since you looked: look again before you issue.")
    billed = [
        {
            "id": entry.id,
            "state": EntryState.BILLED,
            "rule": rules[entry.id],
            "charged_seconds": charged[entry.id],
            "version": entry.version + 1,
        }
        for entry in entries
    ]
    change_many(session, TimeEntry, tenant_id, billed)
    for entry, now in zip(entries, billed, strict=True):
        for name, value in now.items():
            set_committed_value(entry, name, value)
    change = {"before": {"state": EntryState.APPROVED}, "after": {"state": EntryState.BILLED}}
    traced = {"tenant_id": tenant_id, "at": at, "by_id": by_id, "verb": "bill"} | change
    insert_many(session, TimeChange, [{"entry_id": entry.id} for entry in entries], same=traced)


def _taken(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
