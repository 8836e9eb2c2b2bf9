"""Questions about what was agreed: contracts, their versions and packs, calendars, and changes under way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from sla.models import Calendar, CalendarVersion, Contract, ContractVersion, FrozenMonth, Remeasuring, SurgePack
from sla.rules.compliance import borders


def contracts_of(session: Session, tenant_id: int) -> Sequence[Contract]:
    return session.scalars(select(Contract).where(Contract.tenant_id == tenant_id).order_by(Contract.id)).all()


def contract_of(session: Session, tenant_id: int, contract_id: int, lock: bool = False) -> Contract | None:
    """One contract; `lock` keeps others from changing it until the commit."""
    statement = select(Contract).where(Contract.tenant_id == tenant_id, Contract.id == contract_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def versions_of(session: Session, tenant_id: int, contract_id: int) -> Sequence[ContractVersion]:
    """A contract's versions, oldest first, without those withdrawn before they began."""
    return session.scalars(
        select(ContractVersion)
        .where(
            ContractVersion.tenant_id == tenant_id,
            ContractVersion.contract_id == contract_id,
            ContractVersion.withdrawn_at.is_(None),
        )
        .order_by(ContractVersion.since)
    ).all()


def version_of(session: Session, tenant_id: int, version_id: int) -> ContractVersion | None:
    return session.scalar(
        select(ContractVersion).where(ContractVersion.tenant_id == tenant_id, ContractVersion.id == version_id)
    )


def packs_of(session: Session, tenant_id: int, contract_id: int) -> Sequence[SurgePack]:
    """A contract's surge packs, whatever became of them, by their start."""
    return session.scalars(
        select(SurgePack)
        .where(SurgePack.tenant_id == tenant_id, SurgePack.contract_id == contract_id)
        .order_by(SurgePack.starts_at, SurgePack.id)
    ).all()


def packs_waiting(session: Session, tenant_id: int, at: datetime) -> Sequence[SurgePack]:
    """Packs on offer that the client may still decide on."""
    return session.scalars(
        select(SurgePack)
        .where(SurgePack.tenant_id == tenant_id, SurgePack.status == "proposed", SurgePack.ends_at > at)
        .order_by(SurgePack.id)
    ).all()


def packs_to_charge(session: Session, tenant_id: int) -> Sequence[SurgePack]:
    """Approved packs whose price stands on no draft yet."""
    return session.scalars(
        select(SurgePack)
        .where(SurgePack.tenant_id == tenant_id, SurgePack.charge == "proposed")
        .order_by(SurgePack.starts_at, SurgePack.id)
    ).all()


def pack_of(session: Session, tenant_id: int, pack_id: int, lock: bool = False) -> SurgePack | None:
    """One pack; `lock` keeps others from deciding on it until the commit."""
    statement = select(SurgePack).where(SurgePack.tenant_id == tenant_id, SurgePack.id == pack_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def remeasurings_of(session: Session, tenant_id: int, contract_id: int, limit: int = 5) -> Sequence[Remeasuring]:
    """The contract's changes on their way to the tickets, newest first."""
    return session.scalars(
        select(Remeasuring)
        .where(Remeasuring.tenant_id == tenant_id, Remeasuring.contract_id == contract_id)
        .order_by(Remeasuring.id.desc())
        .limit(limit)
    ).all()


def closed_until(session: Session, tenant_id: int) -> datetime | None:
    """The end of the last closed month; what was decided before it stays as it was."""
    last = session.execute(
        select(FrozenMonth.month, FrozenMonth.zone)
        .where(FrozenMonth.tenant_id == tenant_id)
        .order_by(FrozenMonth.month.desc())
        .limit(1)
    ).one_or_none()
    return datetime.fromtimestamp(borders(last.zone, last.month.year, last.month.month)[1], UTC) if last else None


def calendars_of(session: Session, tenant_id: int) -> Sequence[Calendar]:
    return session.scalars(select(Calendar).where(Calendar.tenant_id == tenant_id).order_by(Calendar.name)).all()


def calendar_of(session: Session, tenant_id: int, calendar_id: int, lock: bool = False) -> Calendar | None:
    """One calendar; `lock` keeps others from changing it until the commit."""
    statement = select(Calendar).where(Calendar.tenant_id == tenant_id, Calendar.id == calendar_id)
    return session.scalar(statement.with_for_update() if lock else statement)


def calendar_versions_of(session: Session, tenant_id: int) -> Sequence[CalendarVersion]:
    """What the tenant's calendars say, each oldest first; of a restated version the latest revision only."""
    rows = session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.tenant_id == tenant_id)
        .order_by(CalendarVersion.calendar_id, CalendarVersion.since, CalendarVersion.revision)
    ).all()
    return list({(row.calendar_id, row.since): row for row in rows}.values())


def calendar_history_of(session: Session, tenant_id: int, calendar_id: int) -> Sequence[CalendarVersion]:
    """Everything that was ever recorded of one calendar, newest first."""
    return session.scalars(
        select(CalendarVersion)
        .where(CalendarVersion.tenant_id == tenant_id, CalendarVersion.calendar_id == calendar_id)
        .order_by(CalendarVersion.since.desc(), CalendarVersion.revision.desc())
    ).all()
