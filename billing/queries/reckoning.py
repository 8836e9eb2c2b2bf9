"""A tenant's period, reckoned: the engine's document as plain rows, with a hash of all that decides it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sqlalchemy.orm import Session

from billing.models import TimeEntry
from billing.queries.contracts import item_names
from billing.queries.counted import ticket_sources
from billing.queries.facts import Subject, entries_of, entry_key, facts_of
from billing.queries.lots import lot_sources
from billing.queries.time import unapproved_seconds
from billing.queries.visited import visit_sources
from billing.rules.invoice.document import AheadLine, Document, DocumentLine, Finding, Use
from billing.rules.invoice.engine import invoice
from billing.rules.money import Number, round_to
from billing.rules.periods import Period
from billing.rules.tax import Tax
from billing.rules.totals import Adjustment

ON_TIME: Final = frozenset({"time", "used", "overage", "fee"})
OF_ITEM: Final = {
    "fee": "fee",
    "credit": "fee",
    "true_up": "fee",
    "units": "count",
    "milestone": "milestone",
}
PLACES: Final = 4


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What a draft would hold. `sources` name their line by its place; None is work that a fee covers."""

    document: Document
    lines: Sequence[dict[str, Any]]
    sources: Sequence[dict[str, Any]]
    figures: Mapping[str, Any]
    flags: Sequence[dict[str, str]]
    ahead: Sequence[dict[str, str]]
    blocked: bool
    seconds: int
    calc_hash: str


def reckon(
    session: Session, subject: Subject, period: Period, draft_id: int | None = None, *, hold: bool = False
) -> Reckoned:
    """The document a tenant's period would get now; of a draft that stands it keeps what was written by hand.

    Writes nothing; `hold` locks the entries it counted until the transaction ends.
    """
    work = entries_of(session, subject, period, hold=hold)
    facts = facts_of(session, subject, period, draft_id, work)
    document = invoice(facts)
    names = item_names(session, subject.tenant_id)
    sources = list(_sources(document, {entry_key(entry.id): entry for entry in work}, names))
    sources += [
        *ticket_sources(document, facts.contracts),
        *visit_sources(document, subject.tenant.billing_zone),
        *lot_sources(document, names),
    ]
    return kept(document, sources, list(_own_flags(session, subject, period)))


def kept(document: Document, sources: Sequence[dict[str, Any]], own_flags: Sequence[dict[str, str]]) -> Reckoned:
    """The engine's document as rows, with what the rows know beside it."""
    lines = [_line(place, line, document.currency) for place, line in enumerate(document.lines, 1)]
    figures = _figures(document)
    flags = [*_flags(document), *own_flags]
    ahead = [_ahead(row) for row in document.ahead]
    told = {"lines": lines, "sources": sources, "figures": figures, "flags": flags, "ahead": ahead}
    return Reckoned(
        document=document,
        lines=lines,
        sources=sources,
        figures=figures,
        flags=flags,
        ahead=ahead,
        blocked=any(flag["level"] != "notice" for flag in flags),
        seconds=sum(charged_seconds(sources).values()),
        calc_hash=hashlib.sha256(canonical(told).encode()).hexdigest(),
    )


def charged_seconds(sources: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """What is charged of each entry, in whole seconds; its parts by band may be finer."""
    exact: defaultdict[int, Decimal] = defaultdict(Decimal)
    for source in sources:
        if source["kind"] == "time":
            exact[source["source_id"]] += source["charged"]
    return {entry_id: int(round_to(seconds, 0, "half_up")) for entry_id, seconds in exact.items()}


def canonical(value: object) -> str:
    """JSON in its one form: sorted keys, no spaces, figures and dates as text."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=plain)


def plain(value: object) -> str:
    """A figure or date as exact text: 12.5, 100/3, 2026-06-30."""
    match value:
        case Decimal():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
        case date():
            return value.isoformat()
        case Fraction():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no plain form")


def stored_taxes(taxes: Iterable[Tax]) -> list[dict[str, str]]:
    """Taxes as a row keeps them."""
    return [{"category": tax.category, "rate": plain(tax.rate), "name": tax.name} for tax in taxes]


def _line(place: int, line: DocumentLine, currency: str) -> dict[str, Any]:
    return {
        "place": place,
        "key": line.key,
        "role": line.role,
        "name": line.name,
        "item": line.item,
        "work_type": line.work_type,
        "band": line.band,
        "site_id": int(line.site) if line.site else None,
        "since": line.service.begin if line.service else None,
        "until": line.service.end if line.service else None,
        "quantity": line.line.quantity,
        "unit": line.unit,
        "base_quantity": line.line.base_quantity,
        "price": line.line.price,
        "currency": currency,
        "charges": [plain(amount) for amount in line.line.charges],
        "allowances": [plain(amount) for amount in line.line.allowances],
        "amount": line.amount,
        "taxes": stored_taxes(line.line.taxes),
        "account": line.account,
        "po_number": line.po_number,
        "note": line.note,
        "explain": {
            "how": line.explain.how,
            "figures": {name: _text(value) for name, value in line.explain.figures.items()},
            "uses": [_use(use) for use in line.explain.uses],
        },
    }


def _use(use: Use) -> dict[str, str | None]:
    return {
        "key": use.key,
        "ticket": use.ticket,
        "begin": plain(use.begin),
        "worked": _text(use.worked),
        "charged": _text(use.charged),
        "band": use.band,
        "multiplier": plain(use.multiplier),
        "rule": use.rule,
        "lot": use.lot,
        "amount": None if use.amount is None else plain(use.amount),
    }


def _text(value: Number | date | str) -> str:
    return str(value) if isinstance(value, int | str) else plain(value)


def _sources(
    document: Document, entries: Mapping[str, TimeEntry], items: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Each line's parts of entries and its fee for its time of service, then work that stands on no line."""
    parts: Counter[str] = Counter()
    for place, line in enumerate(document.lines, 1):
        if line.role in ON_TIME:
            for use in line.explain.uses:
                if use.key in entries:
                    yield _time(entries[use.key], use, parts) | {"place": place}
        if line.role in OF_ITEM and line.service is not None:
            yield {
                "kind": OF_ITEM[line.role],
                "source_id": items.get(line.item or "", 0),
                "part": f"{line.key}/{line.service.begin.isoformat()}",
                "on_date": line.service.last_day,
                "worked": None,
                "charged": None,
                "rule": "",
                "place": place,
            }
    for use in document.covered:
        yield _time(entries[use.key], use, parts) | {"place": None}


def _time(entry: TimeEntry, use: Use, parts: Counter[str]) -> dict[str, Any]:
    parts[use.key] += 1
    return {
        "kind": "time",
        "source_id": entry.id,
        "part": str(parts[use.key]),
        "on_date": entry.worked_on,
        "worked": round_to(use.worked, PLACES, "half_up"),
        "charged": round_to(use.charged, PLACES, "half_up"),
        "rule": use.rule,
    }


def _figures(document: Document) -> dict[str, Any]:
    foot = document.totals
    return {
        "line_total": str(foot.line_total),
        "allowances": [_adjustment(each) for each in document.allowances],
        "taxes": [
            {
                "category": group.tax.category,
                "rate": plain(group.tax.rate),
                "name": group.tax.name,
                "base": str(group.base),
                "amount": str(group.amount),
                "gross": str(group.gross),
            }
            for group in foot.groups
        ],
        "net": str(foot.net),
        "tax": str(foot.tax),
        "gross": str(foot.gross),
        "prepaid": str(foot.prepaid),
        "rounding": str(foot.rounding),
        "payable": str(foot.payable),
    }


def _adjustment(each: Adjustment) -> dict[str, Any]:
    return {"amount": str(each.amount), "taxes": stored_taxes(each.taxes), "reason": each.reason}


def _ahead(row: AheadLine) -> dict[str, str]:
    return {
        "item": row.item,
        "since": plain(row.begin),
        "until": plain(row.end),
        "cycle_start": plain(row.cycle.begin),
        "cycle_end": plain(row.cycle.end),
        "price": plain(row.price),
        "quantity": plain(row.quantity),
    }


def _flags(document: Document) -> Iterator[dict[str, str]]:
    for level, findings in (
        ("error", document.errors),
        ("decision", document.decisions),
        ("notice", document.notices),
    ):
        for finding in findings:
            yield _flag(level, finding)


def _flag(level: str, finding: Finding) -> dict[str, str]:
    return {"level": level, "fault": finding.fault, "subject": finding.subject, "detail": finding.detail}


def _own_flags(session: Session, subject: Subject, period: Period) -> Iterator[dict[str, str]]:
    """What the rows know and the engine does not."""
    account, issuer = subject.account, subject.issuer
    if account.po_required and not account.po_number:
        yield {"level": "error", "fault": "po_missing", "subject": "", "detail": ""}
    waiting = unapproved_seconds(session, subject.tenant_id, period.end)
    if waiting:
        yield {"level": "notice", "fault": "unapproved_time", "subject": "", "detail": str(waiting)}
    if issuer.country == "JP" and not issuer.registration_number:
        yield {"level": "notice", "fault": "no_registration_number", "subject": issuer.name, "detail": ""}
    if not account.emails:
        yield {"level": "notice", "fault": "no_delivery_address", "subject": "", "detail": ""}
