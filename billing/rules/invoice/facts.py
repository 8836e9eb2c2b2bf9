"""All that the engine is told about one tenant and period; nothing else decides what is billed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from billing.rules.discounts import Discount
from billing.rules.invoice.document import AheadLine
from billing.rules.invoice.items import Item, Rate
from billing.rules.money import Number
from billing.rules.periods import Period
from billing.rules.prepaid import Lot
from billing.rules.tax import Certificate, DatedTax
from billing.rules.timesheet.parts import Entry, TimeTerms
from billing.rules.totals import Terms

TaxedAt = Literal["sale", "use"]
TravelBasis = Literal["visit", "km", "zone"]


@dataclass(frozen=True, slots=True)
class TravelRate:
    """What a visit's way costs: per visit, per kilometre, or by its zone."""

    basis: TravelBasis
    price: Decimal
    zone: str | None = None
    tax_code: str = "standard"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A contract's items and way of counting time from a day up to, not including, another (None: open)."""

    begin: date
    end: date | None = None
    items: tuple[Item, ...] = ()
    time: TimeTerms
    travel: tuple[TravelRate, ...] = ()

    def holds(self, day: date) -> bool:
        return self.begin <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Contract:
    """Dated versions that do not overlap; one contract of a tenant may be its default."""

    key: str
    versions: tuple[Version, ...]
    default: bool = False

    def on(self, day: date) -> Version | None:
        return next((version for version in self.versions if version.holds(day)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidLot:
    """A lot of an item as it stands at the period's begin: what is left, and how it was sold.

    `price` is that of the whole lot, None for a grant; `new` asks for its sale line. `taxed` is frozen on it.
    """

    item: str
    lot: Lot
    left: Number
    price: Decimal | None = None
    taxed: TaxedAt = "sale"
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFact:
    """A ticket as counting needs it."""

    key: str
    kind: str
    opened: datetime
    closed: datetime | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One way to a site, however many tickets it served."""

    key: str
    at: datetime
    site: str | None = None
    km: Decimal = Decimal(0)
    zone: str | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualLine:
    """A line somebody wrote on the draft."""

    key: str
    name: str
    quantity: Decimal
    price: Decimal
    tax_code: str = "standard"
    unit: str = "C62"
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody's change to a computed line, with the reason and the figures seen when it was made."""

    key: str
    reason: str
    quantity: Decimal | None = None
    price: Decimal | None = None
    name: str | None = None
    seen_quantity: Decimal | None = None
    seen_price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One tenant, one period, one currency.

    `entries` are approved, billable and not yet billed; those dated before the period are late. `lots` stand as at the
    period's begin (new ones as sold). `ahead` is what earlier documents billed in advance. `counted_before` holds last
    period's quantity by item, `ticked` the items whose jump somebody confirmed.
    """

    tenant: str
    period: Period
    terms: Terms
    desk_time: TimeTerms
    closing_day: int | None = None
    contracts: tuple[Contract, ...] = ()
    entries: tuple[Entry, ...] = ()
    visits: tuple[Visit, ...] = ()
    tickets: tuple[TicketFact, ...] = ()
    tenant_rates: tuple[Rate, ...] = ()
    desk_rates: tuple[Rate, ...] = ()
    work_types: Mapping[str, Decimal] = field(default_factory=dict)
    counts: Mapping[str, Mapping[date, int]] = field(default_factory=dict)
    counted_before: Mapping[str, Decimal] = field(default_factory=dict)
    ticked: frozenset[str] = frozenset()
    lots: tuple[PaidLot, ...] = ()
    ahead: tuple[AheadLine, ...] = ()
    taxes: tuple[DatedTax, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    time_tax_code: str = "standard"
    prepayment_taxed: TaxedAt = "sale"
    discounts: tuple[Discount, ...] = ()
    manual: tuple[ManualLine, ...] = ()
    overrides: tuple[Override, ...] = ()
    prepaid: Decimal = Decimal(0)
    payable_rounding: Decimal = Decimal(0)
