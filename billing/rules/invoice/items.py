"""What a tenant bought: the eight kinds of contract items and what every item may say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from billing.rules.counts import Policy, Tier, TierMode
from billing.rules.discounts import Discount
from billing.rules.prorate import BY_DAYS, FULL_MONTH, Proration
from billing.rules.timesheet.bands import Band

Timing = Literal["arrears", "advance"]
MultiplierOn = Literal["price", "burn"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per hour from a day up to, not including, another; without a work type, site or role it is for any."""

    price: Decimal
    work_type: str | None = None
    site: str | None = None
    begin: date = date.min
    end: date = date.max
    role: str | None = None

    @property
    def names(self) -> tuple[bool, bool, bool]:
        """How particular it is: a work type weighs more than a site, a site more than a role."""
        return (self.work_type is not None, self.site is not None, self.role is not None)


@dataclass(frozen=True, slots=True)
class FairUse:
    """What happens when a flat fee is used for more than so many minutes a period; without a rate only an alert."""

    minutes: int
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TopUp:
    """An automatic purchase as soon as the balance falls below the threshold (minutes, money or tickets)."""

    threshold: Decimal
    units: Decimal
    price: Decimal
    periods_valid: int | None = None


@dataclass(frozen=True, slots=True)
class Tm:
    """Time at a price per hour; a work type not listed takes the tenant's rate card, then the desk's."""

    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Fixed:
    """One flat fee a cycle for all the work it names."""

    price: Decimal
    fair_use: FairUse | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A flat fee that grants minutes each period. `rollover`: periods after the grant's own, None for ever."""

    price: Decimal
    minutes: Decimal
    overage_rate: Decimal | None = None
    overage_step: Decimal = Decimal(0)
    rollover: int | None = 0
    cap: Decimal | None = None
    multiplier_on: MultiplierOn = "burn"


@dataclass(frozen=True, slots=True)
class Block:
    """Minutes bought ahead in lots; what exceeds them is overage."""

    overage_rate: Decimal | None = None
    overage_step: Decimal = Decimal(0)
    top_up: TopUp | None = None
    multiplier_on: MultiplierOn = "burn"


@dataclass(frozen=True, slots=True)
class Retainer:
    """Money paid ahead and used at the price of time; what exceeds it is charged as time."""

    rates: tuple[Rate, ...] = ()
    top_up: TopUp | None = None


@dataclass(frozen=True, slots=True)
class PerUnit:
    """A count of devices, users, licences or sites at a price, or at tiers of prices."""

    product: str
    price: Decimal | None = None
    tiers: tuple[Tier, ...] = ()
    tier_mode: TierMode = "graduated"
    policy: Policy = "period_end"
    minimum: Decimal = Decimal(0)
    free: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PerTicket:
    """Tickets closed or opened in the period; bought tickets are drawn first."""

    price: Decimal
    counted: Literal["closed", "opened"] = "closed"
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Milestone:
    """A step of a fixed price; `percent` of the whole, which the last one ignores: it takes the remainder."""

    key: str
    name: str
    percent: Decimal
    reached: date | None = None


@dataclass(frozen=True, slots=True)
class Milestones:
    """A fixed price due step by step."""

    price: Decimal
    steps: tuple[Milestone, ...]


Kind = Tm | Fixed | Pool | Block | Retainer | PerUnit | PerTicket | Milestones
TIME_KINDS = (Tm, Fixed, Pool, Block, Retainer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing on a contract. Keys are unique within a tenant; items of one key in neighbouring versions are the same
    thing at other terms.

    Without work types a time item is its contract's catch-all. `months` is the cycle: 1, 3, 6 or 12. A minimum, a
    discount as an amount and a cap are per period, or per longer cycle in arrears. `price_includes_tax` None follows
    the document.
    """

    key: str
    name: str
    kind: Kind
    work_types: frozenset[str] = frozenset()
    sites: frozenset[str] = frozenset()
    quantity: Decimal = Decimal(1)
    timing: Timing = "arrears"
    months: int = 1
    proration: Proration | None = None
    price_includes_tax: bool | None = None
    tax_code: str = "standard"
    tax_site: str | None = None
    account: str = ""
    po_number: str = ""
    po_required: bool = False
    minimum: Decimal = Decimal(0)
    cap: Decimal | None = None
    discount: Discount | None = None

    @property
    def prorates(self) -> Proration:
        """By days for flat fees and counts unless told otherwise; a pool's fee and its grant are whole."""
        if self.proration is not None:
            return self.proration
        return BY_DAYS if isinstance(self.kind, Fixed | PerUnit) else FULL_MONTH


def rate_for(
    rates: Sequence[Rate], work_type: str, site: str | None, day: date, role: str | None = None
) -> tuple[Rate, ...]:
    """The most particular rates in force: naming type and site, then the type, then the site, then any; of those that
    name as much, first the one for the role of who worked."""
    held = [
        rate
        for rate in rates
        if rate.begin <= day < rate.end
        and rate.work_type in (None, work_type)
        and rate.site in (None, site)
        and rate.role in (None, role)
    ]
    best = max((rate.names for rate in held), default=None)
    return tuple(rate for rate in held if rate.names == best)


def line_key(item: str, work_type: str = "", band: Band | str = "", rate: str = "", site: str | None = None) -> str:
    """The stable name of a line, the same every month: `item:worktype:band:rate:site`."""
    return ":".join((item, work_type, band, rate, site or ""))
