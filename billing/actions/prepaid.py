"""Verbs on what is paid ahead: sell a lot, give one, let it cover earlier work or end; say how it stands, warn once."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from billing.actions.entries import let_all_drafts_follow
from billing.actions.sale import SaleLine, draft_sale
from billing.models import ContractItem, Lot, ManualLine, PrepaidStanding
from billing.queries.contracts import item_names
from billing.queries.facts import Subject, closed_periods, subject_of
from billing.queries.lots import kept, lot_key
from billing.queries.prepaid import Balance, balances, unit_of
from billing.rules.money import Number, round_to
from billing.rules.periods import open_period
from billing.rules.prepaid import NOTICES, last_day_after
from billing.schemas import read_item
from tenants.errors import Refused
from tenants.rows import put_many
from tenants.work import later

PLACES: Final = 4
OUTSIDE: Final = "outside"
ENDS_LATER: Final = "A lot does not end before it begins."


def sell_lot(
    session: Session,
    tenant_id: int,
    item: str,
    units: Decimal,
    price: Decimal | None,
    by_id: int | None,
    at: datetime,
    *,
    since: date | None = None,
    periods_valid: int | None = None,
    note: str = "",
    on_invoice: bool = False,
) -> Lot:
    """Units of a prepaid item (minutes, money, tickets) from a day on, for the item's periods after it; None: for ever.

    With a price it is a sale with a draft of its own, or a line on the next invoice (`on_invoice`). Without a price it
    is given. Raises `Refused` for an item nothing can be paid ahead for, and for a day in a period that is invoiced.
    """
    subject = _subject(session, tenant_id)
    row = _item(session, tenant_id, item)
    since = since or subject.today(at)
    _still_open(session, subject, since)
    lot = Lot(
        tenant_id=tenant_id,
        item=item,
        units=units,
        price=price,
        currency=subject.account.currency,
        taxed=subject.issuer.prepayment_taxed_at,
        since=since,
        last_day=last_day_after(subject.period(since), periods_valid, subject.account.closing_day),
        note=note,
        by_id=by_id,
        at=at,
    )
    session.add(lot)
    session.flush()
    if price is not None and not on_invoice:
        read = read_item(row)
        line = SaleLine(
            name=row.name,
            quantity=Decimal(1),
            price=price,
            tax_code=OUTSIDE if lot.taxed == "use" else read.tax_code,
            account=read.account,
            source=("lot", lot.id),
        )
        draft_sale(session, tenant_id, [line], by_id, at, supplied_on=since)
    _follow(session, tenant_id, at)
    return lot


def cover_earlier(session: Session, tenant_id: int, lot_id: int, day: date, at: datetime) -> Lot:
    """Let a lot pay for work from an earlier day on, never in a period that is invoiced already."""
    subject, lot = _subject(session, tenant_id), _lot(session, tenant_id, lot_id)
    period = open_period(day, closed_periods(session, subject), subject.account.closing_day)
    reaches = max(day, period.begin)
    if reaches >= lot.since:
        raise Refused("All work before this lot is invoiced already.")
    lot.covers_from = reaches
    _follow(session, tenant_id, at)
    return lot


def end_lot(session: Session, tenant_id: int, lot_id: int, last_day: date | None, at: datetime) -> Lot:
    """Say on which day a lot expires, or that it never does. What is invoiced stays as it was."""
    subject, lot = _subject(session, tenant_id), _lot(session, tenant_id, lot_id)
    if last_day is not None:
        if last_day < lot.since:
            raise Refused(
                "A lot does not end before it begins.", {"last_day": ["A lot does not end before it begins."]}
            )
        _still_open(session, subject, last_day)
    lot.last_day = last_day
    _follow(session, tenant_id, at)
    return lot


def take_lot_back(session: Session, tenant_id: int, lot_id: int, at: datetime) -> None:
    """As if it had never been: only before it stands on a document and before a document drew from it."""
    lot = _lot(session, tenant_id, lot_id)
    held = kept(session, tenant_id)
    sold = lot.price is not None and not held.lots[lot_key(lot.id)].new
    drafted = session.scalar(
        select(ManualLine.draft_id).where(
            ManualLine.tenant_id == tenant_id, ManualLine.source_kind == "lot", ManualLine.source_id == lot_id
        )
    )
    if drafted is not None:
        raise Refused("It stands on the draft of a sale. Take that draft away first.")
    if sold or held.drawn.get(lot_key(lot_id)):
        raise Refused("It is on an invoice already; credit that instead.")
    session.delete(lot)
    _follow(session, tenant_id, at)


def count_prepaid(session: Session, tenant_id: int, at: datetime) -> list[Balance]:
    """Write down how each prepaid item stands, and leave a notice at 75, 90 and 100 % of use, once each a period."""
    found = balances(session, tenant_id, at)
    before = {
        row.item: row
        for row in session.scalars(
            select(PrepaidStanding).where(PrepaidStanding.tenant_id == tenant_id).with_for_update()
        )
    }
    names = item_names(session, tenant_id) if found else {}
    rows = []
    for balance in found:
        known = before.get(balance.item)
        told = known.told if known and known.period_start == balance.period.begin else 0
        reached = max((share for share in NOTICES if balance.share >= share), default=0)
        if reached > told:
            begun = balance.period.begin
            later(
                session, "escalations.prepaid", tenant_id, names[balance.item], reached, begun.toordinal(),
                at=at, key=f"{balance.item}:{begun}:{reached}",
            )  # fmt: skip
        rows.append(_row(tenant_id, balance, max(told, reached), at))
    put_many(session, PrepaidStanding, rows)
    gone = before.keys() - {balance.item for balance in found}
    session.execute(
        delete(PrepaidStanding).where(PrepaidStanding.tenant_id == tenant_id, PrepaidStanding.item.in_(sorted(gone)))
    )
    return found


def _row(tenant_id: int, balance: Balance, told: int, at: datetime) -> dict[str, object]:
    def plain(units: Number) -> Decimal:
        return round_to(units, PLACES, "half_up")

    return {
        "tenant_id": tenant_id,
        "item": balance.item,
        "name": balance.name,
        "unit": balance.unit,
        "currency": balance.currency,
        "period_start": balance.period.begin,
        "period_end": balance.period.end,
        "available": plain(balance.available),
        "used": plain(balance.used),
        "left": plain(balance.left),
        "overage": plain(balance.overage),
        "last_day": balance.last_day,
        "told": told,
        "at": at,
    }


def _follow(session: Session, tenant_id: int, at: datetime) -> None:
    session.flush()
    let_all_drafts_follow(session, tenant_id, at)


def _subject(session: Session, tenant_id: int) -> Subject:
    subject = subject_of(session, tenant_id)
    if subject is None:
        raise Refused("Nobody has said yet how this client is billed.")
    return subject


def _item(session: Session, tenant_id: int, key: str) -> ContractItem:
    row = session.scalar(
        select(ContractItem)
        .where(ContractItem.tenant_id == tenant_id, ContractItem.key == key)
        .order_by(ContractItem.id.desc())
        .limit(1)
    )
    if row is None or unit_of(read_item(row)) is None:
        raise Refused("Nothing can be paid ahead for this item.", {"item": ["Choose one of these."]})
    return row


def _lot(session: Session, tenant_id: int, lot_id: int) -> Lot:
    lot = session.get(Lot, (tenant_id, lot_id), with_for_update=True, populate_existing=True)
    if lot is None:
        raise Refused("There is nothing here.")
    return lot


def _still_open(session: Session, subject: Subject, day: date) -> None:
    if any(day in period for period in closed_periods(session, subject)):
        raise Refused("This day is in a period that is invoiced already.", {"since": ["Choose a later day."]})
