"""Prepaid lots that were bought or given, how a prepaid item stands, and discounts on a whole document."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Currency, Percent, Price, Quantity, known_currency
from tenants.isolation import Model, Walled
from tenants.models import Instant, one_of

UNITS = ("minutes", "money", "tickets")
Balance = Numeric(18, 4)


class Lot(Model):
    """Units somebody sold (at a price) or gave (without one) for a prepaid item: minutes, money or tickets.

    A pool's grants and automatic purchases are no rows: the engine makes them anew until their period is closed, then
    they stand on its document (`billing.queries.lots`). What a lot has left is nowhere kept.
    """

    __tablename__ = "lot"
    __staff_only__ = True

    item: Mapped[str]
    units: Mapped[Decimal] = mapped_column(Quantity)
    price: Mapped[Decimal | None] = mapped_column(Price)
    currency: Mapped[str] = mapped_column(Currency)
    taxed: Mapped[str] = mapped_column(default="sale")
    since: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    covers_from: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(default="")
    by_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        one_of("taxed", ("sale", "use")),
        CheckConstraint("units > 0", name="units"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("last_day >= since", name="span"),
        CheckConstraint("covers_from <= since", name="covers_from"),
        known_currency(),
        Index("ix_lot_tenant_id_item", "tenant_id", "item", "since"),
    )


class PrepaidStanding(Walled):
    """How a prepaid item stands in the running period, as last reckoned; both sides read it. It decides nothing.

    `available` is carried in, granted and bought; `used` counts work that waits for approval too; `told` is the
    highest share of use (75, 90, 100 %) both sides have heard of in this period.
    """

    __tablename__ = "prepaid_standing"

    item: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    unit: Mapped[str]
    currency: Mapped[str] = mapped_column(Currency)
    period_start: Mapped[date] = mapped_column(Date)
    period_end: Mapped[date] = mapped_column(Date)
    available: Mapped[Decimal] = mapped_column(Balance)
    used: Mapped[Decimal] = mapped_column(Balance)
    left: Mapped[Decimal] = mapped_column(Balance)
    overage: Mapped[Decimal] = mapped_column(Balance)
    last_day: Mapped[date | None] = mapped_column(Date)
    told: Mapped[int] = mapped_column(default=0)
    at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (one_of("unit", UNITS), CheckConstraint("told IN (0, 75, 90, 100)", name="told"))


class AccountDiscount(Model):
    """A discount on the whole of a tenant's recurring documents, for periods that end within its days."""

    __tablename__ = "account_discount"
    __staff_only__ = True

    percent: Mapped[Decimal | None] = mapped_column(Percent)
    amount: Mapped[Decimal | None] = mapped_column(Price)
    reason: Mapped[str] = mapped_column(default="")
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (
        CheckConstraint("(percent IS NULL) <> (amount IS NULL)", name="one"),
        CheckConstraint("percent >= 0 AND percent <= 100", name="percent"),
        CheckConstraint("amount >= 0", name="amount"),
        CheckConstraint("until > since", name="span"),
        Index("ix_account_discount_tenant_id_since", "tenant_id", "since"),
    )
