"""Correcting what was issued: a credit note with its own number, and the invoice that takes another's place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.entries import facts_of, leave_trace, let_draft_follow
from billing.actions.numbering import enter
from billing.actions.sending import send_issued
from billing.documents.again import credit_snapshot, day_of, replacement_snapshot
from billing.documents.snapshot import Heading
from billing.models import (
    BilledAhead,
    Document,
    DocumentLine,
    DocumentSource,
    DocumentTax,
    EntryState,
    Issuer,
    TimeEntry,
)
from billing.queries.counted import ticket_key
from billing.queries.credits import Creditable, creditable, live_sources
from billing.queries.facts import entry_key
from billing.queries.lots import drawn_by
from billing.rules.credit import CreditNote, MoreThanIsLeftError, credit, credit_all
from tenants.errors import Refused
from tenants.models import Tenant
from tenants.work import later

LINE: Final = (
    "key", "role", "text", "item", "work_type", "band", "site_id", "since", "until", "currency", "taxes", "account",
    "po_number",
)  # fmt: skip
FIGURES: Final = ("quantity", "unit", "base_quantity", "price", "charges", "allowances", "explain")
SOURCE: Final = ("kind", "source_id", "part", "on_date", "worked", "charged", "rule")


class MoreThanIsLeft(Refused):
    """More was to be credited than a line has left; `left` is the rest to offer, by line key."""

    def __init__(self, left: Mapping[str, Decimal]) -> None:
        super().__init__("There is less left to credit.", lines=", ".join(left))
        self.left = dict(left)


def credit_invoice(
    session: Session,
    tenant_id: int,
    document_id: int,
    reason: str,
    by_id: int | None,
    at: datetime,
    *,
    wanted: Mapping[str, Decimal] | None = None,
    release: Collection[str] = (),
) -> Document:
    """Credit an invoice: amounts by line key in the sense of its prices, or (None) all that is left of it.

    `release` names lines, credited in full by now, whose work may be billed again; each is freed once. Raises
    `MoreThanIsLeft` with the rest to offer, and `Refused` for a line that keeps something and should be released, or
    whose work stands on another line too: an entry is billed again in whole or not at all.
    """
    if not reason.strip():
        raise Refused("Say why it is credited.", {"reason": ["Say why it is credited."]})
    held = _held(session, tenant_id, document_id)
    note = _note(held, wanted)
    left = {key: amount - note.lines.get(key, Decimal(0)) for key, amount in held.left.items()}
    if any(left.get(key) != 0 for key in release):
        raise Refused("Only a line that is credited in full can be billed again.")
    freed = _freed(session, held, frozenset(release), everything=bool(release) and not any(left.values()))
    made = _enter_credit(session, held, note, reason, by_id, at)
    _release(session, held, made, freed, frozenset(release), by_id, at)
    return made


def replace_invoice(
    session: Session,
    tenant_id: int,
    document_id: int,
    recipient: Mapping[str, str],
    reason: str,
    by_id: int | None,
    at: datetime,
) -> tuple[Document, Document]:
    """It went to the wrong recipient: credit all of it and issue it again to the right one, in one act.

    `recipient` has name, honorific, attention and address, as many as change. The work stays billed, by the new one.
    """
    if not reason.strip():
        raise Refused("Say why it is credited.", {"reason": ["Say why it is credited."]})
    held = _held(session, tenant_id, document_id)
    if not held.untouched:
        raise Refused("A part of this invoice is credited already.")
    credited = _enter_credit(session, held, _note(held, None), reason, by_id, at)
    issuer, told = session.get_one(Issuer, held.document.issuer_id), held.told
    issued_on = at.astimezone(ZoneInfo(issuer.zone)).date()
    due = max(day_of(told, "due_on"), issued_on)
    made = enter(
        session,
        issuer,
        "replacement",
        issued_on,
        lambda number: replacement_snapshot(told, Heading(number, issued_on, due), recipient, reason),
        tenant_id=tenant_id,
        issued_at=at,
        issued_by_id=by_id,
        due_on=due,
        currency=held.document.currency,
        refers_to_id=document_id,
        line_count=len(held.rows),
        **{name: getattr(held.document, name) for name in ("net", "tax", "gross", "payable")},
    )
    kept = {row.id: DocumentLine(**_owned(made), place=row.place, amount=row.amount, **_taken(row, (*LINE, *FIGURES)))
            for row in held.rows}  # fmt: skip
    session.add_all(kept.values())
    _copy_taxes(session, held.document, made)
    session.flush()
    for source in live_sources(session, tenant_id, document_id):
        source.live = False
        session.flush()
        line_id = kept[source.line_id].id if source.line_id is not None else None
        session.add(DocumentSource(**_owned(made), line_id=line_id, **_taken(source, SOURCE)))
    session.flush()
    later(session, "documents.render", tenant_id, made.id, at=at)
    send_issued(session, made, at)
    return credited, made


def _held(session: Session, tenant_id: int, document_id: int) -> Creditable:
    """The invoice with what is left of it, while nobody else issues anything for this tenant."""
    session.execute(select(Tenant.tenant_id).where(Tenant.tenant_id == tenant_id).with_for_update())
    found = creditable(session, tenant_id, document_id)
    if found is None:
        raise Refused("There is nothing here.")
    return found


def _note(held: Creditable, wanted: Mapping[str, Decimal] | None) -> CreditNote:
    strange = set(wanted or ()) - {line.key for line in held.lines}
    if strange:
        raise Refused("There is no such line.")
    try:
        if wanted is None:
            note = credit_all(held.lines, held.terms, held.earlier)
        else:
            note = credit(held.lines, {key: each for key, each in wanted.items() if each}, held.terms, held.earlier)
    except MoreThanIsLeftError as more:
        raise MoreThanIsLeft(more.left) from None
    if not note.lines:
        raise Refused("Nothing is left to credit." if wanted is None else "Say what shall be credited.")
    return note


def _enter_credit(
    session: Session, held: Creditable, note: CreditNote, reason: str, by_id: int | None, at: datetime
) -> Document:
    invoice, told = held.document, held.told
    issuer = session.get_one(Issuer, invoice.issuer_id)
    issued_on = at.astimezone(ZoneInfo(issuer.zone)).date()
    made = enter(
        session,
        issuer,
        "credit_note",
        issued_on,
        lambda number: credit_snapshot(told, Heading(number, issued_on, issued_on), note, reason),
        tenant_id=invoice.tenant_id,
        issued_at=at,
        issued_by_id=by_id,
        due_on=issued_on,
        currency=invoice.currency,
        refers_to_id=invoice.id,
        line_count=len(note.lines),
        net=note.net,
        tax=note.tax,
        gross=note.gross,
        payable=note.gross,
    )
    credited = [row for row in held.rows if row.key in note.lines]
    session.add_all(_credited(made, row, place, note) for place, row in enumerate(credited, 1))
    session.add_all(
        DocumentTax(
            **_owned(made),
            category=group.tax.category,
            rate=group.tax.rate,
            name=group.tax.name,
            currency=invoice.currency,
            base=group.base,
            amount=group.amount,
        )
        for group in note.groups
    )
    session.flush()
    later(session, "documents.render", invoice.tenant_id, made.id, at=at)
    send_issued(session, made, at)
    return made


def _credited(made: Document, row: DocumentLine, place: int, note: CreditNote) -> DocumentLine:
    amount = note.lines[row.key]
    part: dict[str, Any] = {"quantity": 1, "unit": "C62", "base_quantity": 1, "price": amount}
    figures = _taken(row, FIGURES) if amount == row.amount else part | {"charges": [], "allowances": []}
    figures["explain"] = {"how": "credit", "figures": {"price": str(row.amount)}, "uses": []}
    return DocumentLine(**_owned(made), place=place, amount=amount, **_taken(row, LINE), **figures)


def _freed(session: Session, held: Creditable, keys: Collection[str], *, everything: bool) -> list[DocumentSource]:
    """What stands on these lines; with the whole invoice also the work on no line. Their draws go back to the lots."""
    standing = live_sources(session, held.document.tenant_id, held.document.id)
    line_ids = {row.id for row in held.rows if row.key in keys}
    freed = [one for one in standing if one.line_id in line_ids or (everything and one.line_id is None)]
    entries = _entries(freed)
    if entries & _entries(one for one in standing if one not in freed):
        raise Refused("A part of this work stands on another line too. Bill that again with it.")
    drawn = {entry_key(each) for each in entries} | {ticket_key(one.source_id) for one in freed if one.kind == "ticket"}
    return freed + [one for one in standing if one not in freed and one.kind == "draw" and drawn_by(one.part) in drawn]


def _entries(sources: Iterable[DocumentSource]) -> set[int]:
    return {one.source_id for one in sources if one.kind == "time"}


def _release(
    session: Session,
    held: Creditable,
    note: Document,
    freed: Sequence[DocumentSource],
    keys: Collection[str],
    by_id: int | None,
    at: datetime,
) -> None:
    for source in freed:
        source.live = False
    session.flush()
    _free_entries(session, note.tenant_id, _entries(freed), by_id, at)
    _forget_ahead(session, held, note, {row.item for row in held.rows if row.key in keys})


def _free_entries(
    session: Session, tenant_id: int, entry_ids: Collection[int], by_id: int | None, at: datetime
) -> None:
    entries = session.scalars(
        select(TimeEntry)
        .where(TimeEntry.tenant_id == tenant_id, TimeEntry.id.in_(sorted(entry_ids)))
        .order_by(TimeEntry.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for entry in entries:
        before = facts_of(entry)
        entry.state, entry.rule, entry.charged_seconds = EntryState.APPROVED, None, None
        leave_trace(session, entry, "release", before, by_id, at)
        let_draft_follow(session, entry, at)
    session.flush()


def _forget_ahead(session: Session, held: Creditable, note: Document, items: Collection[str | None]) -> None:
    """What these lines billed in advance counts as not billed: of two rows for one day the later one holds."""
    invoice = held.document
    rows = session.scalars(
        select(BilledAhead)
        .where(BilledAhead.tenant_id == invoice.tenant_id, BilledAhead.document_id == invoice.id)
        .order_by(BilledAhead.id)
    ).all()
    session.add_all(
        BilledAhead(
            **_owned(note),
            **_taken(row, ("item", "since", "until", "cycle_start", "cycle_end", "price")),
            quantity=Decimal(0),
        )
        for row in rows
        if row.item in items
    )
    session.flush()


def _copy_taxes(session: Session, of: Document, to: Document) -> None:
    rows = session.scalars(
        select(DocumentTax)
        .where(DocumentTax.tenant_id == of.tenant_id, DocumentTax.document_id == of.id)
        .order_by(DocumentTax.id)
    ).all()
    names = ("category", "rate", "name", "currency", "base", "amount")
    session.add_all(DocumentTax(**_owned(to), **_taken(row, names)) for row in rows)


def _owned(document: Document) -> dict[str, int]:
    return {"tenant_id": document.tenant_id, "document_id": document.id}


def _taken(row: object, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
