"""What is counted: units of a product day by day, tickets as they close, milestones, and items chosen by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Quantity
from tenants.isolation import Walled
from tenants.models import Instant, one_of


class UnitCount(Walled):
    """How many devices, users, licences or sites of a product a tenant had on a day."""

    __tablename__ = "unit_count"
    __staff_only__ = True

    product: Mapped[str] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(Date, primary_key=True)
    quantity: Mapped[int]
    source: Mapped[str] = mapped_column(default="typed")
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("source", ("typed", "file", "program")),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("product ~ '^[a-z0-9][a-z0-9_-]*$'", name="product"),
    )


class CountTick(Walled):
    """Somebody looked at the jump of an item's count in a period and says it is right: at this quantity."""

    __tablename__ = "count_tick"
    __staff_only__ = True

    item: Mapped[str] = mapped_column(primary_key=True)
    period_start: Mapped[date] = mapped_column(Date, primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class MilestoneReached(Walled):
    """The day on which a milestone of an item was reached."""

    __tablename__ = "milestone_reached"
    __staff_only__ = True

    item: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    reached_on: Mapped[date] = mapped_column(Date)
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)


class TicketItem(Walled):
    """The item somebody chose for all time on a ticket that names none itself."""

    __tablename__ = "ticket_item"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    item: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),)


class CountedTicket(Walled):
    """A ticket as billing counts it, told by the room above."""

    __tablename__ = "counted_ticket"
    __staff_only__ = True

    ticket_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[str]
    kind: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "ticket_id"], ["ticket.tenant_id", "ticket.id"]),
        Index("ix_counted_ticket_tenant_id_closed_at", "tenant_id", "closed_at"),
        Index("ix_counted_ticket_tenant_id_opened_at", "tenant_id", "opened_at"),
    )


class TicketTally(Walled):
    """Up to which instant a tenant's tickets were told; one told after its month was invoiced goes on the next."""

    __tablename__ = "ticket_tally"
    __staff_only__ = True

    through: Mapped[datetime] = mapped_column(Instant)
