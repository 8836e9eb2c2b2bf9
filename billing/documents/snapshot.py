"""The snapshot: everything a document says, frozen as JSON; PDF and XML are made of it and of nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

from billing.documents.words import line_text, said
from billing.einvoice.codes import QUALIFIED_ISSUER
from billing.models import DocumentDraft, DraftLine
from billing.queries.facts import Subject
from billing.queries.rates import WorkName
from billing.queries.reckoning import plain
from billing.rules.money import Money, round_to
from billing.rules.registration import printed

PLACES: Final = 4
FORM: Final = 1
"""The form of a snapshot; a later one is read beside it, never instead."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What only issuing knows. A preview has no number."""

    number: str
    issued_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Names:
    """What things are called on the tenant's documents: work types by code, sites by id."""

    work: Mapping[str, WorkName]
    sites: Mapping[int, str]


def snapshot(
    subject: Subject,
    draft: DocumentDraft,
    lines: Sequence[DraftLine],
    heading: Heading,
    names: Names,
    annex: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The document that a draft would be under this heading, as plain JSON with amounts as text."""
    account = subject.account
    return {
        "form": FORM,
        "kind": draft.kind,
        "number": heading.number,
        "issued_on": plain(heading.issued_on),
        "due_on": plain(heading.due_on),
        "period": {"begin": plain(draft.period_start), "end": plain(draft.period_end)},
        "currency": draft.currency,
        "language": account.language,
        "prices_include_tax": account.prices_include_tax,
        "directions": {"amounts": subject.issuer.amount_direction, "tax": subject.issuer.tax_direction},
        "issuer": _issuer(subject, heading.issued_on),
        "recipient": {
            "name": account.recipient,
            "honorific": account.honorific,
            "attention": account.attention,
            "address": account.address,
        },
        "po_number": account.po_number,
        "einvoice": _einvoice(subject),
        "lines": [_line(line, account.language, names) for line in lines],
        "balances": [_balance(line) for line in lines if line.role == "used" and line.explain["how"] == "ledger"],
        "annex": [dict(entry) for entry in annex],
        "notes": account.notes,
        **draft.figures,
    }


def text_of(line: DraftLine, language: str, names: Names) -> str:
    """What a line is for, in the language of the document."""
    work = names.work.get(line.work_type or "")
    return line_text(
        line.role,
        line.name,
        language,
        work=said(work, language) if work else "",
        band=line.band,
        site=names.sites.get(line.site_id or 0, ""),
        item=line.item is not None,
    )


def _line(line: DraftLine, language: str, names: Names) -> dict[str, Any]:
    return {
        "place": line.place,
        "key": line.key,
        "role": line.role,
        "text": text_of(line, language, names),
        "note": line.note,
        "since": plain(line.since) if line.since else None,
        "until": plain(line.until) if line.until else None,
        "quantity": plain(line.quantity),
        "unit": line.unit,
        "base_quantity": plain(line.base_quantity),
        "price": plain(line.price),
        "charges": line.charges,
        "allowances": line.allowances,
        "amount": str(Money(line.amount, line.currency).amount),
        "taxes": line.taxes,
        "account": line.account,
        "po_number": line.po_number,
    }


def _balance(line: DraftLine) -> dict[str, str]:
    """How a prepaid item stood from the period's begin to its end, in the line's unit; an entry where it is known."""
    told = {
        name.replace(" ", "_"): plain(round_to(Fraction(units), PLACES, "half_up"))
        for name, units in line.explain["figures"].items()
    }
    return {"name": line.name, "unit": line.unit} | told


def _issuer(subject: Subject, issued_on: date) -> dict[str, str]:
    issuer, english = subject.issuer, subject.account.language == "en"
    number = printed(issuer.registration_number, issuer.registered_on or date.min, issued_on)
    return {
        "name": (english and issuer.name_en) or issuer.name,
        "address": (english and issuer.address_en) or issuer.address,
        "country": issuer.country,
        "phone": issuer.phone,
        "email": issuer.email,
        "registration_number": number or "",
        "bank": (english and issuer.bank_en) or issuer.bank,
    }


def _einvoice(subject: Subject) -> dict[str, Any]:
    """What the electronic form needs besides; a Japanese issuer is found by its registration number."""
    issuer, account = subject.issuer, subject.account
    if not account.einvoice:
        return {}
    seller = {"endpoint": issuer.endpoint, "scheme": issuer.endpoint_scheme}
    if not issuer.endpoint and issuer.country == "JP":
        seller = {"endpoint": issuer.registration_number, "scheme": QUALIFIED_ISSUER}
    return {
        "profile": account.einvoice,
        "seller": seller,
        "buyer": {
            "endpoint": account.endpoint,
            "scheme": account.endpoint_scheme,
            "country": account.country,
            "tax_number": account.tax_number,
        },
        "reference": account.buyer_reference,
    }
