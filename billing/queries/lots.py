"""Lots as they stand at a period's begin: what was sold, granted and drawn before, and what open periods will draw.

A document keeps the lots its period made and what was drawn as its sources: `lot` and `draw`, by the item, each part
named by the lot's key; `rule` holds the exact terms or units. Nothing else counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import DocumentSource, Lot, ManualLine
from billing.rules import prepaid
from billing.rules.invoice import facts as engine
from billing.rules.invoice.document import Document
from billing.rules.invoice.engine import invoice
from billing.rules.invoice.items import Block, Item, PerTicket, Pool, Retainer, TopUp
from billing.rules.money import round_to
from billing.rules.periods import Period, open_period

FURTHEST_BACK: Final = 120
"""Open periods replayed at most; ten years of months nobody invoiced."""

FactsOf = Callable[[Period], engine.Facts]
"""The facts of an open period before this one, without lots."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The lots of closed periods and of the desk's own acts, and all that issued documents drew, by lot."""

    lots: Mapping[str, engine.PaidLot]
    drawn: Mapping[str, Fraction]


def lot_key(lot_id: int) -> str:
    """What the engine calls a lot that is a row."""
    return f"lot-{lot_id}"


def lot_id(key: str) -> int | None:
    """The row behind a lot of the engine; None for one the engine made."""
    named = key.removeprefix("lot-")
    return int(named) if named != key and named.isdecimal() else None


def is_prepaid(item: Item) -> bool:
    """Whether lots of an item can be drawn from."""
    return isinstance(item.kind, Pool | Block | Retainer | PerTicket)


def lots_at(
    session: Session,
    tenant_id: int,
    period: Period,
    contracts: Sequence[engine.Contract],
    issued: Iterable[Period],
    closing_day: int | None,
    facts_of: FactsOf,
) -> tuple[engine.PaidLot, ...]:
    """The lots of a period as the engine takes them. Open periods before it are replayed first, oldest first."""
    prepaid_since = [
        version.begin
        for contract in contracts
        for version in contract.versions
        if version.begin < period.end and any(is_prepaid(item) for item in version.items)
    ]
    if not prepaid_since:
        return ()
    held = kept(session, tenant_id)
    state = {key: replace(paid, left=_left(paid.lot, held.drawn)) for key, paid in held.lots.items()}
    first = min([*prepaid_since, *(paid.lot.valid_from for paid in held.lots.values())])
    if state or _carries(contracts):
        for earlier in _open_before(period, first, list(issued), closing_day):
            facts = replace(facts_of(earlier), lots=tuple(_here(state, earlier)))
            state |= _after(facts, invoice(facts), state, held.drawn)
    return tuple(_here(state, period))


def kept(session: Session, tenant_id: int) -> Kept:
    """All lots that are rows or stand on documents, and what was drawn from any lot on live documents."""
    lots = {lot_key(row.id): row for row in session.scalars(select(Lot).where(Lot.tenant_id == tenant_id))}
    sold = _sold(session, tenant_id) if lots else frozenset()
    paid = {key: _paid(key, row, row.id in sold) for key, row in lots.items()}
    drawn: defaultdict[str, Fraction] = defaultdict(Fraction)
    sources = session.scalars(
        select(DocumentSource)
        .where(DocumentSource.tenant_id == tenant_id, DocumentSource.kind.in_(("lot", "draw")))
        .order_by(DocumentSource.id)
    )
    for source in sources:
        if source.kind == "draw":
            if source.live:
                drawn[source.part.partition("/")[0]] += Fraction(source.rule)
        elif source.rule:
            paid[source.part] = _restored(source)
    return Kept(paid, drawn)


def lot_sources(document: Document, items: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """What a document keeps of its ledgers: the lots its period made, each draw, and what a cap took."""
    sales = {
        line.explain.figures.get("lot"): (place, line)
        for place, line in enumerate(document.lines, 1)
        if line.role == "sale"
    }
    for key, (place, line) in sales.items():
        row = lot_id(str(key))
        if row is not None and line.service is not None:
            yield _source("lot", row, "sale", line.service.begin) | {"place": place}
    for item, made in sorted(document.new_lots.items()):
        for lot in made:
            sold = sales.get(lot.key)
            terms = {
                "item": item,
                "units": str(Fraction(lot.units)),
                "source": lot.source,
                "last_day": lot.last_day.isoformat() if lot.last_day else None,
                "price": str(sold[1].line.price) if sold else None,
                "taxed": sold[1].explain.figures["taxed"] if sold else "sale",
            }
            source = _source("lot", items[item], lot.key, lot.since, Fraction(lot.units), json.dumps(terms))
            yield source | {"place": sold[0] if sold else None}
    for item, ledger in sorted(document.ledgers.items()):
        for draw in ledger.draws:
            if draw.lot is not None:
                part = f"{draw.lot}/{draw.need}.{draw.part}"
                yield _source("draw", items[item], part, document.period.begin, draw.weighted, str(draw.weighted))
        for expiry in ledger.expiries:
            if expiry.why == "cap":
                part = f"{expiry.lot}/cap.{document.period.begin}"
                yield _source("draw", items[item], part, document.period.last_day, expiry.units, str(expiry.units))


def drawn_by(part: str) -> str:
    """Whose work a draw was for, as the engine calls it, from the part it stands under (`lot_sources`)."""
    return part.rpartition("/")[2].rpartition(".")[0]


def _source(
    kind: str, source_id: int, part: str, day: date, units: Fraction | None = None, rule: str = ""
) -> dict[str, Any]:
    return {
        "place": None,
        "kind": kind,
        "source_id": source_id,
        "part": part,
        "on_date": day,
        "worked": None,
        "charged": None if units is None else round_to(units, 4, "half_up"),
        "rule": rule,
    }


def _sold(session: Session, tenant_id: int) -> frozenset[int]:
    """The lots that stand on a sale's draft or on a document."""
    drafted = session.scalars(
        select(ManualLine.source_id).where(ManualLine.tenant_id == tenant_id, ManualLine.source_kind == "lot")
    )
    issued = session.scalars(
        select(DocumentSource.source_id).where(
            DocumentSource.tenant_id == tenant_id, DocumentSource.kind == "lot", DocumentSource.part == "sale"
        )
    )
    return frozenset(lot for lot in (*drafted, *issued) if lot is not None)


def _paid(key: str, row: Lot, sold: bool) -> engine.PaidLot:
    lot = prepaid.Lot(
        key=key,
        source="grant" if row.price is None else "purchase",
        units=row.units,
        since=row.since,
        last_day=row.last_day,
        covers_from=row.covers_from,
    )
    new = row.price is not None and not sold
    taxed = cast("engine.TaxedAt", row.taxed)
    return engine.PaidLot(item=row.item, lot=lot, left=row.units, price=row.price, taxed=taxed, new=new)


def _restored(source: DocumentSource) -> engine.PaidLot:
    terms = json.loads(source.rule)
    lot = prepaid.Lot(
        key=source.part,
        source=terms["source"],
        units=Fraction(terms["units"]),
        since=source.on_date,
        last_day=date.fromisoformat(terms["last_day"]) if terms["last_day"] else None,
    )
    price = Decimal(terms["price"]) if terms["price"] else None
    return engine.PaidLot(item=terms["item"], lot=lot, left=lot.units, price=price, taxed=terms["taxed"])


def _left(lot: prepaid.Lot, drawn: Mapping[str, Fraction]) -> Fraction:
    return max(Fraction(), Fraction(lot.units) - drawn.get(lot.key, Fraction()))


def _carries(contracts: Sequence[engine.Contract]) -> bool:
    """Whether a period's own lots may outlive it."""
    kinds = [item.kind for contract in contracts for version in contract.versions for item in version.items]
    return any((isinstance(kind, Pool) and kind.rollover != 0) or _top_up(kind) is not None for kind in kinds)


def _top_up(kind: object) -> TopUp | None:
    return kind.top_up if isinstance(kind, Block | Retainer) else None


def _open_before(period: Period, first: date, issued: Sequence[Period], closing_day: int | None) -> list[Period]:
    """The open periods from a day on that end by the begin of this one, oldest first."""
    found: list[Period] = []
    day = first
    while day < period.begin and len(found) < FURTHEST_BACK:
        held = next((each for each in issued if day in each), None)
        here = held or open_period(day, issued, closing_day)
        if held is None and here.end <= period.begin:
            found.append(here)
        day = here.end
    return found


def _here(state: Mapping[str, engine.PaidLot], period: Period) -> Iterator[engine.PaidLot]:
    """The lots that concern a period: begun by its end, not expired before it, with something left or just sold.

    What covers earlier work counts from there on; it is sold in the period of its own day.
    """
    for paid in state.values():
        lot = paid.lot
        alive = lot.valid_from < period.end and (lot.last_day is None or lot.last_day >= period.begin)
        sold_here = paid.new and lot.since in period
        if alive and (paid.left or sold_here):
            if lot.valid_from < period.begin or lot.since >= period.end:
                lot = replace(lot, since=lot.valid_from, covers_from=None)
            yield replace(paid, lot=lot, new=sold_here)


def _after(
    facts: engine.Facts, document: Document, state: Mapping[str, engine.PaidLot], drawn: Mapping[str, Fraction]
) -> dict[str, engine.PaidLot]:
    """What the lots have left once a period is over. Of lots it made anew, later documents may have drawn already."""
    after: dict[str, engine.PaidLot] = {}
    for item, ledger in document.ledgers.items():
        for paid in facts.lots:
            if paid.item == item:
                after[paid.lot.key] = replace(state[paid.lot.key], left=ledger.left.get(paid.lot.key, Fraction()))
        top_up_price = _top_up_price(facts, item)
        for lot in document.new_lots.get(item, ()):
            left = max(Fraction(), ledger.left.get(lot.key, Fraction()) - drawn.get(lot.key, Fraction()))
            price = top_up_price if lot.source == "purchase" else None
            after[lot.key] = engine.PaidLot(item=item, lot=lot, left=left, price=price, taxed=facts.prepayment_taxed)
    return after


def _top_up_price(facts: engine.Facts, key: str) -> Decimal | None:
    for contract in facts.contracts:
        for version in contract.versions:
            if version.holds(facts.period.last_day):
                for item in version.items:
                    top_up = _top_up(item.kind)
                    if item.key == key and top_up is not None:
                        return top_up.price
    return None
