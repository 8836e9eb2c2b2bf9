"""What things cost: work types, dated rate cards of the desk and of a tenant, contract items, cost."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, ForeignKeyConstraint, Identity, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from billing.models.columns import Currency, Multiplier, Price, known_currency
from tenants.isolation import Desk, Model, Walled
from tenants.models import one_of

MODES = ("remote", "on_site", "travel")
RATE_ROLES = ("agent", "lead", "owner")
ITEM_KINDS = ("tm", "fixed", "pool", "block", "retainer", "per_unit", "per_ticket", "milestone")


class WorkType(Desk):
    """A kind of work the desk does. Its own multiplier competes with the band's; the highest applies.

    Step and minimum (minutes) shape what is offered when its time is kept; what is charged is the contract's rule.
    """

    __tablename__ = "work_type"
    __why__ = "one list of work types serves all clients"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_ja: Mapped[str]
    name_en: Mapped[str]
    mode: Mapped[str] = mapped_column(default="remote")
    billable: Mapped[bool] = mapped_column(default=True)
    multiplier: Mapped[Decimal | None] = mapped_column(Multiplier)
    step: Mapped[int | None]
    minimum: Mapped[int | None]
    place: Mapped[int] = mapped_column(default=0)
    retired: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        one_of("mode", MODES),
        CheckConstraint("multiplier >= 0", name="multiplier"),
        CheckConstraint("step BETWEEN 0 AND 1440", name="step"),
        CheckConstraint("minimum BETWEEN 0 AND 1440", name="minimum"),
    )

    def name(self, language: str) -> str:
        return self.name_ja if language == "ja" else self.name_en


class TenantWorkType(Walled):
    """What one tenant has otherwise in a work type; what is empty follows the desk's list."""

    __tablename__ = "tenant_work_type"
    __staff_only__ = True

    code: Mapped[str] = mapped_column(ForeignKey("work_type.code"), primary_key=True)
    name_ja: Mapped[str | None]
    name_en: Mapped[str | None]
    billable: Mapped[bool | None]
    multiplier: Mapped[Decimal | None] = mapped_column(Multiplier)

    __table_args__ = (CheckConstraint("multiplier >= 0", name="multiplier"),)


class DeskRate(Desk):
    """The desk's price per hour from a day on; without a work type, or a role of who works, it is for any."""

    __tablename__ = "desk_rate"
    __why__ = "the desk's rate card serves all clients"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    work_type: Mapped[str | None] = mapped_column(ForeignKey("work_type.code"))
    role: Mapped[str | None]
    currency: Mapped[str] = mapped_column(Currency)
    since: Mapped[date] = mapped_column(Date)
    price: Mapped[Decimal] = mapped_column(Price)

    __table_args__ = (
        UniqueConstraint("work_type", "role", "currency", "since", postgresql_nulls_not_distinct=True),
        one_of("role", RATE_ROLES),
        CheckConstraint("price >= 0", name="price"),
        known_currency(),
    )


class TenantRate(Model):
    """A tenant's price per hour from a day on; without a work type, role or site it is for any."""

    __tablename__ = "tenant_rate"
    __staff_only__ = True

    work_type: Mapped[str | None] = mapped_column(ForeignKey("work_type.code"))
    role: Mapped[str | None]
    site_id: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Currency)
    since: Mapped[date] = mapped_column(Date)
    price: Mapped[Decimal] = mapped_column(Price)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "site_id"], ["site.tenant_id", "site.id"]),
        UniqueConstraint(
            "tenant_id", "work_type", "role", "site_id", "currency", "since", postgresql_nulls_not_distinct=True
        ),
        one_of("role", RATE_ROLES),
        CheckConstraint("price >= 0", name="price"),
        known_currency(),
    )


class CostRate(Desk):
    """What an hour of an agent, or of anybody of a role, costs the desk from a day on; never shown to a client."""

    __tablename__ = "cost_rate"
    __why__ = "people of the desk serve many tenants"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("agent.id"))
    role: Mapped[str | None]
    since: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(Currency)
    price: Mapped[Decimal] = mapped_column(Price)

    __table_args__ = (
        UniqueConstraint("agent_id", "role", "since", postgresql_nulls_not_distinct=True),
        one_of("role", RATE_ROLES),
        CheckConstraint("(agent_id IS NULL) <> (role IS NULL)", name="whose"),
        CheckConstraint("price >= 0", name="price"),
        known_currency(),
    )


class ContractItem(Model):
    """A priced thing on a version of a contract. Items of one `key` in neighbouring versions are the same thing.

    `terms` are those of the kind, `options` what any item may say (`billing.schemas.items`); amounts as text.
    """

    __tablename__ = "contract_item"
    __staff_only__ = True

    version_id: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str]
    kind: Mapped[str]
    name: Mapped[str]
    place: Mapped[int] = mapped_column(default=0)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["contract_version.tenant_id", "contract_version.id"]),
        UniqueConstraint("tenant_id", "version_id", "key"),
        one_of("kind", ITEM_KINDS),
        CheckConstraint("key ~ '^[a-z0-9][a-z0-9_-]*$'", name="key"),
    )


class ContractTime(Walled):
    """How a version of a contract counts time: rounding by mode, bands' multipliers, the night; else the account's."""

    __tablename__ = "contract_time"
    __staff_only__ = True

    version_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "version_id"], ["contract_version.tenant_id", "contract_version.id"]),
    )
