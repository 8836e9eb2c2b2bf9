"""Numbers without gaps: the counter row of a series, held until the commit, and the chain that hangs on it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.actions.settled import note_open
from billing.models import Document, Issuer, NumberSeries, SeriesLink
from billing.queries.documents import chained
from billing.queries.reckoning import canonical
from tenants.errors import Refused

FILLED: Final = re.compile(r"\{(year|number)(?::([1-9]))?\}")


def take_number(session: Session, issuer: Issuer, kind: str, issued_on: date) -> tuple[NumberSeries, str]:
    """The series, locked until the commit, and its next number. Its days never go back."""
    series = session.scalars(
        select(NumberSeries)
        .where(NumberSeries.issuer_id == issuer.id, NumberSeries.kind == kind)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if series.last_on is not None and issued_on < series.last_on:
        raise Refused("The last document of this series has a later date.")
    year = business_year(issued_on, issuer.fiscal_year_month if series.reset == "fiscal_year" else 1)
    if series.reset != "none" and year != series.year:
        series.value = 0
    series.year, series.last_on = year, issued_on
    series.value += 1
    series.place += 1
    return series, written(series.pattern, year, series.value)


def upcoming(session: Session, issuer: Issuer, kind: str, count: int, on: date) -> tuple[str, str]:
    """The first and the last of the next numbers of a series, if nobody is faster. Takes none of them."""
    series = session.get_one(NumberSeries, (issuer.id, kind))
    year = business_year(on, issuer.fiscal_year_month if series.reset == "fiscal_year" else 1)
    last = 0 if series.reset != "none" and year != series.year else series.value
    return written(series.pattern, year, last + 1), written(series.pattern, year, last + count)


def enter(
    session: Session,
    issuer: Issuer,
    kind: str,
    issued_on: date,
    told: Callable[[str], Mapping[str, Any]],
    **head: Any,
) -> Document:
    """Give a document the next number of its series, freeze what it says under that number and hang it on the chain.

    `told` makes the snapshot of a number, `head` are the row's other columns; its lines and taxes follow.
    """
    series, number = take_number(session, issuer, kind, issued_on)
    frozen = canonical(told(number))
    sha256 = hashlib.sha256(frozen.encode()).hexdigest()
    document = Document(
        issuer_id=issuer.id,
        kind=kind,
        number=number,
        issued_on=issued_on,
        snapshot=frozen,
        sha256=sha256,
        hash=chained(series.last_hash, sha256),
        **head,
    )
    session.add(document)
    session.flush()
    _link(session, series, document)
    owing = document.refers_to_id if document.kind == "credit_note" else document.id
    note_open(session, document.tenant_id, {owing} if owing is not None else ())
    return document


def _link(session: Session, series: NumberSeries, document: Document) -> None:
    series.last_hash = document.hash
    session.add(
        SeriesLink(
            issuer_id=series.issuer_id,
            kind=series.kind,
            place=series.place,
            number=document.number,
            issued_on=document.issued_on,
            tenant_id=document.tenant_id,
            document_id=document.id,
            sha256=document.sha256,
            hash=document.hash,
        )
    )


def business_year(day: date, first_month: int) -> int:
    """The year by the calendar, or the fiscal year, named by the year in which it begins."""
    return day.year if day.month >= first_month else day.year - 1


def written(pattern: str, year: int, number: int) -> str:
    """A pattern filled in: `INV-{year}-{number:5}` is INV-2026-00042."""
    values = {"year": year, "number": number}
    return FILLED.sub(lambda found: f"{values[found[1]]:0{found[2] or 1}d}", pattern)
