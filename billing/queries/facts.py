"""All that the engine is told about one tenant and period, read from the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing.models import BilledAhead, BillingAccount, Document, Issuer, LineOverride, ManualLine, TimeEntry
from billing.queries import counted, lots, rates
from billing.queries.contracts import contracts_of
from billing.queries.time import unbilled
from billing.queries.visited import visits_of
from billing.rules.invoice import facts as engine
from billing.rules.invoice.document import AheadLine
from billing.rules.invoice.items import Retainer, Tm
from billing.rules.money import Direction
from billing.rules.periods import Period, open_period, period_of
from billing.rules.timesheet.parts import Entry, Mode
from billing.rules.totals import Terms
from billing.schemas import read_time
from tenants.models import Tenant

NOON = time(12)
WorkOf = Callable[[Period], Sequence[TimeEntry]]


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose document it is, and by whom: the rows that every step of billing needs."""

    tenant: Tenant
    account: BillingAccount
    issuer: Issuer

    @property
    def tenant_id(self) -> int:
        return self.tenant.tenant_id

    def period(self, day: date) -> Period:
        """The tenant's period that holds a local date."""
        return period_of(day, self.account.closing_day)

    def today(self, at: datetime) -> date:
        """The date at an instant where the tenant is billed."""
        return at.astimezone(ZoneInfo(self.tenant.billing_zone)).date()


def subject_of(session: Session, tenant_id: int) -> Subject | None:
    """None for a tenant nobody has said yet how to bill."""
    row = session.execute(
        select(Tenant, BillingAccount, Issuer)
        .join(BillingAccount, BillingAccount.tenant_id == Tenant.tenant_id)
        .join(Issuer, Issuer.id == BillingAccount.issuer_id)
        .where(Tenant.tenant_id == tenant_id)
    ).one_or_none()
    if row is None:
        return None
    tenant, account, issuer = row
    return Subject(tenant, account, issuer)


def facts_of(
    session: Session,
    subject: Subject,
    period: Period,
    draft_id: int | None,
    entries: Sequence[TimeEntry],
    work: WorkOf | None = None,
) -> engine.Facts:
    """The facts of a tenant's recurring document; manual lines and overrides are those of the draft that stands.

    `work` finds the entries of open periods before this one, which draw from prepaid lots first; approved ones unless
    told otherwise.
    """
    tenant_id, account, issuer = subject.tenant_id, subject.account, subject.issuer
    zone, closing_day = subject.tenant.billing_zone, account.closing_day
    issued = closed_periods(session, subject)
    contracts = contracts_of(session, tenant_id, zone, account)
    counts = counted.counts_of(session, tenant_id, period, contracts, closing_day)
    facts = engine.Facts(
        tenant=str(tenant_id),
        period=period,
        closing_day=closing_day,
        terms=terms_of(subject),
        desk_time=read_time(account.time, zone, closing_day, None),
        contracts=contracts,
        tenant_rates=rates.tenant_rates(session, tenant_id, account.currency),
        desk_rates=rates.desk_rates(session, account.currency),
        work_types=rates.multipliers(session, tenant_id),
        counts=counts.by_product,
        counted_before=counts.before,
        ticked=counts.ticked,
        taxes=rates.taxes(session, issuer.country),
        time_tax_code=account.tax_code,
        prepayment_taxed=cast("engine.TaxedAt", issuer.prepayment_taxed_at),
        discounts=rates.discounts(session, tenant_id, period),
    )

    def of(span: Period, found: Sequence[TimeEntry]) -> engine.Facts:
        tickets = counted.tickets_of(session, tenant_id, span, contracts, zone, issued)
        visits = visits_of(session, tenant_id, span, contracts, zone, issued, closing_day)
        return replace(facts, period=span, entries=_entries(session, facts, found), tickets=tickets, visits=visits)

    def before(earlier: Period) -> engine.Facts:
        return of(earlier, work(earlier) if work else entries_of(session, subject, earlier))

    return replace(
        of(period, entries),
        lots=lots.lots_at(session, tenant_id, period, contracts, issued, closing_day, before),
        ahead=_ahead(session, tenant_id, period),
        manual=_manual(session, tenant_id, draft_id),
        overrides=_overrides(session, tenant_id, draft_id),
    )


def terms_of(subject: Subject) -> Terms:
    """How a document of this tenant counts."""
    return Terms(
        subject.account.currency,
        subject.account.prices_include_tax,
        cast("Direction", subject.issuer.amount_direction),
        cast("Direction", subject.issuer.tax_direction),
    )


def entries_of(session: Session, subject: Subject, period: Period, *, hold: bool = False) -> Sequence[TimeEntry]:
    """Approved, unbilled work of the period, and late work whose own period is closed and whose turn this one is."""
    issued = closed_periods(session, subject)
    closing_day = subject.account.closing_day
    return [
        entry
        for entry in unbilled(session, subject.tenant_id, period.end, hold=hold)
        if open_period(entry.worked_on, issued, closing_day) == period
    ]


def closed_periods(session: Session, subject: Subject) -> frozenset[Period]:
    """The periods that have their document."""
    rows = session.execute(
        select(Document.period_start, Document.period_end).where(
            Document.tenant_id == subject.tenant_id,
            Document.issuer_id == subject.issuer.id,
            Document.kind == "invoice",
            Document.currency == subject.account.currency,
            Document.period_start.is_not(None),
        )
    )
    return frozenset(Period(start, end) for start, end in rows if start is not None and end is not None)


def entry_key(entry_id: int) -> str:
    """What the engine calls an entry, so that no ticket or visit is taken for it."""
    return f"time-{entry_id}"


def entry_of_key(key: str) -> int:
    """The entry that the engine calls so; 0 for what is none."""
    return int(key.removeprefix("time-")) if key.startswith("time-") else 0


def _entries(session: Session, facts: engine.Facts, entries: Sequence[TimeEntry]) -> tuple[Entry, ...]:
    tenant_id, zone = int(facts.tenant), facts.desk_time.zone
    chosen = counted.ticket_items(session, tenant_id, {entry.ticket_id for entry in entries}) if entries else {}
    roles = rates.roles_of(session, {entry.agent_id for entry in entries}) if _by_role(facts) else {}
    return tuple(
        Entry(
            key=entry_key(entry.id),
            begin=(entry.started_at or some_time(entry.worked_on, zone, facts.contracts)).astimezone(UTC),
            seconds=entry.billable_seconds,
            work_type=entry.work_type,
            end=entry.ended_at.astimezone(UTC) if entry.ended_at else None,
            ticket=str(entry.ticket_id),
            visit=str(entry.visit_id) if entry.visit_id else None,
            contract=str(entry.contract_id) if entry.contract_id else None,
            item=entry.item_key,
            ticket_item=chosen.get(entry.ticket_id),
            site=str(entry.site_id) if entry.site_id else None,
            mode=cast("Mode", entry.mode),
            recorded=entry.id,
            role=roles.get(entry.agent_id),
        )
        for entry in entries
    )


def _by_role(facts: engine.Facts) -> bool:
    """Whether any price depends on who worked."""
    items = (item.kind for contract in facts.contracts for version in contract.versions for item in version.items)
    own = (rate for kind in items if isinstance(kind, Tm | Retainer) for rate in kind.rates)
    return any(rate.role for rate in (*facts.tenant_rates, *facts.desk_rates, *own))


def some_time(day: date, zone: str, contracts: Sequence[engine.Contract]) -> datetime:
    """A length typed on a day without a time: the opening of the default contract's hours that day, else noon."""
    default = next((contract for contract in contracts if contract.default), None)
    version = default.on(day) if default else None
    if version is not None and version.time.bands is not None:
        calendar = version.time.bands.hours.calendar
        opened = calendar.on(day)
        if opened:
            hours, minutes = divmod(opened[0][0] // 60, 60)
            return datetime.combine(day, time(hours, minutes), ZoneInfo(calendar.zone))
    return datetime.combine(day, NOON, ZoneInfo(zone))


def _ahead(session: Session, tenant_id: int, period: Period) -> tuple[AheadLine, ...]:
    rows = session.scalars(
        select(BilledAhead)
        .where(BilledAhead.tenant_id == tenant_id, BilledAhead.cycle_end > period.begin)
        .order_by(BilledAhead.id)
    )
    return tuple(
        AheadLine(row.item, row.since, row.until, Period(row.cycle_start, row.cycle_end), row.price, row.quantity)
        for row in rows.all()
    )


def _manual(session: Session, tenant_id: int, draft_id: int | None) -> tuple[engine.ManualLine, ...]:
    rows = session.scalars(
        select(ManualLine)
        .where(ManualLine.tenant_id == tenant_id, ManualLine.draft_id == draft_id)
        .order_by(ManualLine.id)
    )
    return tuple(
        engine.ManualLine(
            key=f"manual-{row.id}",
            name=row.name,
            quantity=row.quantity,
            price=row.price,
            tax_code=row.tax_code,
            unit=row.unit,
            account=row.account,
        )
        for row in rows.all()
    )


def _overrides(session: Session, tenant_id: int, draft_id: int | None) -> tuple[engine.Override, ...]:
    rows = session.scalars(
        select(LineOverride)
        .where(LineOverride.tenant_id == tenant_id, LineOverride.draft_id == draft_id)
        .order_by(LineOverride.key)
    )
    return tuple(
        engine.Override(
            key=row.key,
            reason=row.reason,
            quantity=row.quantity,
            price=row.price,
            name=row.name,
            seen_quantity=row.seen_quantity,
            seen_price=row.seen_price,
        )
        for row in rows.all()
    )
